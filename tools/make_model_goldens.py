#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference numbers of iTransformer and NLinear, computed by PyTorch: tests/golden/models/.

    tools/make_model_goldens.py FOLDER     (needs torch and numpy)

The classes are written after the papers (iTransformer: arXiv:2310.06625; NLinear: arXiv:2205.13504) and
carry the parameter names of the authors' code, thuml/iTransformer and cure-lab/LTSF-Linear. Inputs are
made-up waves. tests/golden/README.md says what the arrays are; `versions` holds those of torch and numpy.
"""
import io
import math
import os
import sys
import zipfile

import numpy as np
import torch
from torch import nn

BATCH, SEQ_LEN, PRED_LEN, CHANNELS, MARKS = 3, 20, 7, 4, 2


class Attention(nn.Module):
    """softmax(q k' / sqrt(d_head)) v in heads, with dropout on the probabilities."""

    def __init__(self, d_model, n_heads, drop):
        super().__init__()
        self.query_projection = nn.Linear(d_model, d_model)
        self.key_projection = nn.Linear(d_model, d_model)
        self.value_projection = nn.Linear(d_model, d_model)
        self.out_projection = nn.Linear(d_model, d_model)
        self.n_heads, self.drop = n_heads, drop

    def forward(self, x):
        def heads(projection):
            return projection(x).unflatten(2, (self.n_heads, -1)).transpose(1, 2)

        q, k, v = heads(self.query_projection), heads(self.key_projection), heads(self.value_projection)
        p = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[3]), dim=3)
        return self.out_projection((self.drop(p) @ v).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """Post-norm encoder layer; the feed-forward part is two convolutions of width 1 over the tokens."""

    def __init__(self, d_model, n_heads, d_ff, activation, drop):
        super().__init__()
        self.attention = Attention(d_model, n_heads, drop)
        self.conv1, self.conv2 = nn.Conv1d(d_model, d_ff, 1), nn.Conv1d(d_ff, d_model, 1)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.activation, self.drop = activation, drop

    def forward(self, x):
        x = self.norm1(x + self.drop(self.attention(x)))
        hidden = self.drop(self.activation(self.conv1(x.transpose(1, 2))))
        return self.norm2(x + self.drop(self.conv2(hidden).transpose(1, 2)))


class Encoder(nn.Module):
    def __init__(self, layers, d_model):
        super().__init__()
        self.attn_layers, self.norm = nn.ModuleList(layers), nn.LayerNorm(d_model)

    def forward(self, x):
        for layer in self.attn_layers:
            x = layer(x)
        return self.norm(x)


class Embedding(nn.Module):
    def __init__(self, seq_len, d_model):
        super().__init__()
        self.value_embedding = nn.Linear(seq_len, d_model)


class ITransformer(nn.Module):
    """Every variate's whole window is a token, and so is every time mark's."""

    def __init__(self, drop, d_model=8, n_heads=2, d_ff=12, e_layers=2, activation="gelu", use_norm=True):
        super().__init__()
        act = torch.relu if activation == "relu" else nn.functional.gelu
        self.enc_embedding = Embedding(SEQ_LEN, d_model)
        layers = [Layer(d_model, n_heads, d_ff, act, drop) for _ in range(e_layers)]
        self.encoder = Encoder(layers, d_model)
        self.projector = nn.Linear(d_model, PRED_LEN)
        self.drop, self.use_norm = drop, use_norm

    def forward(self, x, mark=None):
        n = x.shape[2]
        if self.use_norm:
            mean = x.mean(1, keepdim=True).detach()
            x = x - mean
            deviation = torch.sqrt(x.var(1, keepdim=True, unbiased=False) + 1e-5)
            x = x / deviation
        series = (x if mark is None else torch.cat((x, mark), 2)).transpose(1, 2)
        tokens = self.encoder(self.drop(self.enc_embedding.value_embedding(series)))
        y = self.projector(tokens).transpose(1, 2)[:, :, :n]
        return y * deviation + mean if self.use_norm else y


class NLinear(nn.Module):
    """One linear map for all variates of what is left without the last value, which comes back."""

    def __init__(self):
        super().__init__()
        self.Linear = nn.Linear(SEQ_LEN, PRED_LEN)

    def forward(self, x):
        last = x[:, -1:, :].detach()
        return self.Linear((x - last).transpose(1, 2)).transpose(1, 2) + last


class Dropout:
    """Keep masks, drawn at the first pass and used again in the next ones."""

    def __init__(self, p):
        self.p, self.masks, self.at = p, [], 0

    def __call__(self, x):
        if self.p == 0:
            return x
        if self.at == len(self.masks):
            self.masks.append((torch.rand(x.shape) >= self.p).to(torch.float32))
        self.at += 1
        return x * self.masks[self.at - 1].to(x.dtype) / (1 - self.p)


def make_inputs():
    t = torch.arange(SEQ_LEN, dtype=torch.float32)[None, :, None]
    phase = torch.randn(BATCH, 1, CHANNELS)
    x = 3 * torch.sin(t / 3 + phase) + torch.linspace(-5, 5, CHANNELS) + 0.3 * torch.randn(BATCH, SEQ_LEN, CHANNELS)
    return {"x_enc": x, "x_mark": torch.rand(BATCH, SEQ_LEN, MARKS) - 0.5}


def run(model, inputs, w, dtype):
    """Output, loss and all gradients in one precision."""
    model.to(dtype).zero_grad()
    leaves = {k: v.to(dtype, copy=True).requires_grad_() for k, v in inputs.items()}
    y = model(*leaves.values())
    loss = (y * w.to(dtype)).sum()
    loss.backward()
    out = {"y": y, "loss": loss}
    out |= {"grad." + k: p.grad for k, p in model.named_parameters()}
    out |= {"grad_in." + k: v.grad for k, v in leaves.items()}
    return {k: v.detach().numpy().copy() for k, v in out.items()}


def record(path, model, inputs, drop):
    w = torch.randn(BATCH, PRED_LEN, CHANNELS)
    # Norms start as ones and zeros, which would hide a mistake.
    for name, p in model.named_parameters():
        if "norm" in name:
            p.data += 0.2 * torch.randn(p.shape)
    arrays = {"param." + k: p.detach().numpy().copy() for k, p in model.named_parameters()}
    arrays |= {"in." + k: v.numpy() for k, v in inputs.items()}
    arrays["w"] = w.numpy()
    arrays |= run(model, inputs, w, torch.float32)
    drop.at = 0
    arrays |= {"f64." + k: v for k, v in run(model, inputs, w, torch.float64).items()}
    arrays |= {"mask.%02d" % i: m.numpy() for i, m in enumerate(drop.masks)}
    arrays["versions"] = np.array(["torch " + torch.__version__, "numpy " + np.__version__]).astype("S")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for key, value in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(value), version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(key + ".npy", (1980, 1, 1, 0, 0, 0))
            z.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    torch.set_num_threads(1)
    torch.manual_seed(7)
    os.makedirs(sys.argv[1], exist_ok=True)
    inputs = make_inputs()
    only_x = {"x_enc": inputs["x_enc"]}
    cases = (
        ("itransformer", inputs, 0, {}),
        ("itransformer_no_marks", only_x, 0, {"e_layers": 1}),
        ("itransformer_no_norm_relu", inputs, 0, {"use_norm": False, "activation": "relu"}),
        ("itransformer_dropout", inputs, 0.2, {}),
    )
    for name, given, p, settings in cases:
        drop = Dropout(p)
        record(os.path.join(sys.argv[1], name + ".npz"), ITransformer(drop, **settings), given, drop)
    record(os.path.join(sys.argv[1], "nlinear.npz"), NLinear(), only_x, Dropout(0))


if __name__ == "__main__":
    main()
