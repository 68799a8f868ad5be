# SPDX-License-Identifier: MIT
"""Stacks of Mamba blocks and the language model on them, with the parameters and the calls of mamba-ssm."""

import json
import math
from collections import namedtuple
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from ._arrays import refuse
from ._generation import GenerationMixin
from ._mamba import Mamba
from ._norm import RMSNorm, layer_norm_fn

CausalLMOutput = namedtuple("CausalLMOutput", ["logits"])


@dataclass
class MambaConfig:
    """Settings of MambaLMHeadModel; names and defaults of mamba-ssm."""

    d_model: int = 2560
    d_intermediate: int = 0
    n_layer: int = 64
    vocab_size: int = 50277
    ssm_cfg: dict = field(default_factory=dict)
    attn_layer_idx: list = field(default_factory=list)
    attn_cfg: dict = field(default_factory=dict)
    rms_norm: bool = True
    residual_in_fp32: bool = True
    fused_add_norm: bool = True
    pad_vocab_size_multiple: int = 8
    tie_embeddings: bool = True


class GatedMLP(nn.Module):
    """fc2(y activation(gate)) with (y, gate) = fc1(x); the hidden width is rounded up to multiple_of."""

    def __init__(
        self,
        in_features,
        hidden_features=None,
        out_features=None,
        activation=F.silu,
        bias=False,
        multiple_of=128,
        device=None,
        dtype=None,
    ):
        super().__init__()
        kind = {"device": device, "dtype": dtype}
        hidden = int(8 * in_features / 3) if hidden_features is None else hidden_features
        hidden = math.ceil(hidden / multiple_of) * multiple_of
        self.fc1 = nn.Linear(in_features, 2 * hidden, bias=bias, **kind)
        self.activation = activation
        self.fc2 = nn.Linear(hidden, in_features if out_features is None else out_features, bias=bias, **kind)

    def forward(self, x):
        y, gate = self.fc1(x).chunk(2, dim=-1)
        return self.fc2(y * self.activation(gate))


class Block(nn.Module):
    """A mixer behind a norm, on a residual stream: (x, residual) -> (mixer(norm(x + residual)), x + residual)."""

    def __init__(
        self,
        dim,
        mixer_cls,
        mlp_cls=nn.Identity,
        norm_cls=nn.LayerNorm,
        fused_add_norm=False,
        residual_in_fp32=False,
    ):
        super().__init__()
        self.residual_in_fp32, self.fused_add_norm = residual_in_fp32, fused_add_norm
        self.norm = norm_cls(dim)
        self.mixer = mixer_cls(dim)
        self.mlp = None
        if mlp_cls is not nn.Identity:
            self.norm2 = norm_cls(dim)
            self.mlp = mlp_cls(dim)

    def _normalise(self, norm, x, residual):
        return add_and_normalise(norm, x, residual, self.fused_add_norm, self.residual_in_fp32)

    def forward(self, hidden_states, residual=None, inference_params=None, **mixer_kwargs):
        x, residual = self._normalise(self.norm, hidden_states, residual)
        x = self.mixer(x, inference_params=inference_params, **mixer_kwargs)
        if self.mlp is not None:
            x, residual = self._normalise(self.norm2, x, residual)
            x = self.mlp(x)
        return x, residual

    def allocate_inference_cache(self, batch_size, max_seqlen, dtype=None, **kwargs):
        return self.mixer.allocate_inference_cache(batch_size, max_seqlen, dtype=dtype, **kwargs)


def add_and_normalise(norm, x, residual, is_fused, residual_in_fp32):
    """norm(x + residual), and the sum; fused: in float32 throughout."""
    if is_fused:
        return layer_norm_fn(
            x,
            norm.weight,
            norm.bias,
            residual=residual,
            prenorm=True,
            eps=norm.eps,
            residual_in_fp32=residual_in_fp32,
            is_rms_norm=isinstance(norm, RMSNorm),
        )
    total = x if residual is None else x + residual
    y = norm(total.to(norm.weight.dtype))
    return y, total.float() if residual_in_fp32 else total


def create_block(
    d_model,
    d_intermediate=0,
    ssm_cfg=None,
    attn_layer_idx=None,
    attn_cfg=None,
    norm_epsilon=1e-5,
    rms_norm=False,
    residual_in_fp32=False,
    fused_add_norm=False,
    layer_idx=None,
    device=None,
    dtype=None,
):
    """A Block with a Mamba in it, and a GatedMLP if d_intermediate is not 0.

    Raises
    ------
    krait.InputError
        The layer is one of attention, or ssm_cfg asks for another layer than Mamba1.
    """
    settings = dict(ssm_cfg or {})
    layer = settings.pop("layer", "Mamba1")
    refuse("create_block", attention=layer_idx in (attn_layer_idx or []), **{layer: layer != "Mamba1"})
    kind = {"device": device, "dtype": dtype}
    norm = partial(RMSNorm if rms_norm else nn.LayerNorm, eps=norm_epsilon, **kind)
    mlp = nn.Identity
    if d_intermediate > 0:
        mlp = partial(GatedMLP, hidden_features=d_intermediate, out_features=d_model, **kind)
    block = Block(
        d_model,
        partial(Mamba, layer_idx=layer_idx, **settings, **kind),
        mlp,
        norm,
        fused_add_norm,
        residual_in_fp32,
    )
    block.layer_idx = layer_idx
    return block


def _start_weights(
    module, n_layer, initializer_range=0.02, rescale_prenorm_residual=True, n_residuals_per_layer=1
):
    """Initial values as in GPT-2: what ends in the residual stream is smaller by the root of how many such there are."""
    if (
        isinstance(module, nn.Linear)
        and module.bias is not None
        and not getattr(module.bias, "_no_reinit", False)
    ):
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=initializer_range)
    if not rescale_prenorm_residual:
        return
    for name, weight in module.named_parameters():
        if name in ("out_proj.weight", "fc2.weight"):
            nn.init.kaiming_uniform_(weight, a=math.sqrt(5))
            with torch.no_grad():
                weight /= math.sqrt(n_residuals_per_layer * n_layer)


class MixerModel(nn.Module):
    """Embedding, blocks, norm: (batch, steps) tokens -> (batch, steps, d_model)."""

    def __init__(
        self,
        d_model,
        n_layer,
        d_intermediate,
        vocab_size,
        ssm_cfg=None,
        attn_layer_idx=None,
        attn_cfg=None,
        norm_epsilon=1e-5,
        rms_norm=False,
        initializer_cfg=None,
        fused_add_norm=False,
        residual_in_fp32=False,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.residual_in_fp32, self.fused_add_norm = residual_in_fp32, fused_add_norm
        kind = {"device": device, "dtype": dtype}
        self.embedding = nn.Embedding(vocab_size, d_model, **kind)
        self.layers = nn.ModuleList(
            [
                create_block(
                    d_model,
                    d_intermediate,
                    ssm_cfg,
                    attn_layer_idx,
                    attn_cfg,
                    norm_epsilon,
                    rms_norm,
                    residual_in_fp32,
                    fused_add_norm,
                    layer_idx=i,
                    **kind,
                )
                for i in range(n_layer)
            ]
        )
        self.norm_f = (RMSNorm if rms_norm else nn.LayerNorm)(d_model, eps=norm_epsilon, **kind)
        self.apply(
            partial(
                _start_weights,
                n_layer=n_layer,
                **(initializer_cfg or {}),
                n_residuals_per_layer=2 if d_intermediate > 0 else 1,
            )
        )

    def allocate_inference_cache(self, batch_size, max_seqlen, dtype=None, **kwargs):
        return {
            i: layer.allocate_inference_cache(batch_size, max_seqlen, dtype=dtype, **kwargs)
            for i, layer in enumerate(self.layers)
        }

    def forward(self, input_ids, inference_params=None, **mixer_kwargs):
        x, residual = self.embedding(input_ids), None
        for layer in self.layers:
            x, residual = layer(x, residual, inference_params=inference_params, **mixer_kwargs)
        return add_and_normalise(self.norm_f, x, residual, self.fused_add_norm, self.residual_in_fp32)[0]


class MambaLMHeadModel(nn.Module, GenerationMixin):
    """Tokens -> logits of the next; trains, generates, loads and saves as mamba-ssm's.

    Parameters
    ----------
    config : MambaConfig
    initializer_cfg : dict, optional
        initializer_range, rescale_prenorm_residual.
    """

    def __init__(self, config, initializer_cfg=None, device=None, dtype=None):
        super().__init__()
        self.config = config
        kind = {"device": device, "dtype": dtype}
        vocabulary = (
            math.ceil(config.vocab_size / config.pad_vocab_size_multiple) * config.pad_vocab_size_multiple
        )
        shared = {
            name: getattr(config, name)
            for name in (
                "d_model",
                "n_layer",
                "d_intermediate",
                "ssm_cfg",
                "attn_layer_idx",
                "attn_cfg",
                "rms_norm",
                "residual_in_fp32",
                "fused_add_norm",
            )
        }
        self.backbone = MixerModel(vocab_size=vocabulary, initializer_cfg=initializer_cfg, **shared, **kind)
        self.lm_head = nn.Linear(config.d_model, vocabulary, bias=False, **kind)
        self.apply(partial(_start_weights, n_layer=config.n_layer, **(initializer_cfg or {})))
        self.tie_weights()

    def tie_weights(self):
        if self.config.tie_embeddings:
            self.lm_head.weight = self.backbone.embedding.weight

    def allocate_inference_cache(self, batch_size, max_seqlen, dtype=None, **kwargs):
        return self.backbone.allocate_inference_cache(batch_size, max_seqlen, dtype=dtype, **kwargs)

    def forward(self, input_ids, position_ids=None, inference_params=None, num_last_tokens=0, **mixer_kwargs):
        """position_ids are ignored; num_last_tokens: logits of the last ones alone, 0: of all."""
        x = self.backbone(input_ids, inference_params=inference_params, **mixer_kwargs)
        return CausalLMOutput(self.lm_head(x[:, -num_last_tokens:]))

    @classmethod
    def from_pretrained(cls, pretrained_model_name, device=None, dtype=None, **kwargs):
        """From a folder that save_pretrained() wrote, or one of the hub's by name (with huggingface_hub)."""
        model = cls(
            MambaConfig(**load_config_hf(pretrained_model_name)), device=device, dtype=dtype, **kwargs
        )
        model.load_state_dict(load_state_dict_hf(pretrained_model_name))
        return model

    def save_pretrained(self, save_directory):
        """pytorch_model.bin and config.json."""
        folder = Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(self.state_dict(), folder / "pytorch_model.bin")
        (folder / "config.json").write_text(json.dumps(asdict(self.config), indent=4), encoding="utf-8")


def _find(model_name, file):
    """A file of a folder, or, with huggingface_hub, of a model of the hub."""
    if Path(model_name).is_dir():
        return Path(model_name) / file
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(model_name, file))


def load_config_hf(model_name):
    """The settings of a saved model."""
    return json.loads(_find(model_name, "config.json").read_text(encoding="utf-8"))


def load_state_dict_hf(model_name, device=None, dtype=None):
    """Its parameters; nothing but tensors is read."""
    weights = torch.load(_find(model_name, "pytorch_model.bin"), map_location="cpu", weights_only=True)
    return {name: tensor.to(device=device, dtype=dtype) for name, tensor in weights.items()}
