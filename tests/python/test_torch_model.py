# SPDX-License-Identifier: MIT
"""The language model of krait.torch, its norms and its generation."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import krait._library as library  # noqa: E402
from krait.torch import _generation, _model, _norm  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch_plain import PlainMamba, close, leaf  # noqa: E402


def small_model(**settings):
    settings = {"d_model": 16, "n_layer": 2, "vocab_size": 30, "ssm_cfg": {"d_state": 4}, **settings}
    return _model.MambaLMHeadModel(_model.MambaConfig(**settings))


def with_plain_blocks(model):
    """The same model, with the formulas in its blocks."""
    for layer in model.backbone.layers:
        plain = PlainMamba(model.config.d_model, **model.config.ssm_cfg)
        plain.load_state_dict(layer.mixer.state_dict())
        layer.mixer = plain
    return model


# ---- training ------------------------------------------------------------------------------------


def characters():
    """This file, a number for each character."""
    text = Path(__file__).read_text(encoding="utf-8")
    place = {c: i for i, c in enumerate(sorted(set(text)))}
    return torch.tensor([place[c] for c in text]), len(place)


def losses_of(model, text, steps=40, length=24):
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    draws, history = torch.Generator().manual_seed(5), []
    for _ in range(steps):
        first = torch.randint(len(text) - length, (8, 1), generator=draws)
        windows = text[first + torch.arange(length + 1)]
        logits = model(windows[:, :-1]).logits
        loss = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(loss.item())
    return torch.tensor(history)


def test_training_gives_the_losses_of_the_plain_blocks():
    torch.set_num_threads(1)  # many small operations
    text, vocabulary = characters()
    losses = []
    for change in (lambda model: model, with_plain_blocks):
        torch.manual_seed(4)
        losses.append(losses_of(change(small_model(vocab_size=vocabulary)), text))
    assert losses[0][-1] < 0.8 * losses[0][0]
    torch.testing.assert_close(losses[0], losses[1], rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"fused_add_norm": False, "rms_norm": False},
        {"d_intermediate": 24},
        {"fused_add_norm": False, "residual_in_fp32": False, "d_intermediate": 24},
    ],
)
def test_settings(settings):
    model = small_model(**settings)
    want = {
        "backbone.embedding.weight",
        "backbone.layers.1.mixer.A_log",
        "backbone.layers.1.norm.weight",
        "backbone.norm_f.weight",
        "lm_head.weight",
    }
    if "d_intermediate" in settings:
        want |= {"backbone.layers.0.norm2.weight", "backbone.layers.0.mlp.fc1.weight"}
    assert want <= set(model.state_dict())
    tokens = torch.randint(30, (2, 7))
    logits = model(tokens).logits
    assert logits.shape == (2, 7, 32) and model.lm_head.weight is model.backbone.embedding.weight
    close(with_plain_blocks(model)(tokens).logits, logits)
    assert torch.equal(model(tokens, num_last_tokens=2).logits, model(tokens).logits[:, -2:])


def test_what_is_not_there_is_named():
    for layer in ("Mamba2", "Mamba3"):
        with pytest.raises(library.Error, match=f"create_block has no {layer}"):
            small_model(ssm_cfg={"layer": layer})
    with pytest.raises(library.Error, match="create_block has no attention"):
        small_model(attn_layer_idx=[1])
    with pytest.raises(library.Error, match="layer_norm_fn has no rowscale"):
        _norm.layer_norm_fn(torch.ones(2), torch.ones(2), None, rowscale=torch.ones(2))
    with pytest.raises(library.Error, match="decode has no enable_timing"):
        small_model().generate(torch.zeros(1, 1, dtype=torch.long), 3, enable_timing=True)


def test_a_saved_model_is_the_same(tmp_path):
    model, tokens = small_model(), torch.randint(30, (2, 5))
    model.save_pretrained(tmp_path / "model")
    again = _model.MambaLMHeadModel.from_pretrained(str(tmp_path / "model"))
    assert again.config == model.config and torch.equal(again(tokens).logits, model(tokens).logits)


# ---- norms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_rms", [False, True])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_norms(is_rms, kind):
    x, residual = torch.randn(2, 3, 8).to(kind), torch.randn(2, 3, 8)
    weight, bias = leaf(8), leaf(8)
    y, total = _norm.layer_norm_fn(x, weight, bias, residual, eps=1e-3, prenorm=True, is_rms_norm=is_rms)
    want = x.float() + residual
    assert torch.equal(total, want) and y.dtype == kind
    centred = want if is_rms else want - want.mean(-1, keepdim=True)
    want = centred * (centred.square().mean(-1, keepdim=True) + 1e-3).rsqrt() * weight + bias
    close(y.float(), want, 2e-2 if kind == torch.bfloat16 else 1e-5)
    _, total = _norm.layer_norm_fn(x, weight, None, prenorm=True, residual_in_fp32=True, is_rms_norm=is_rms)
    assert total.dtype == torch.float32


def test_norm_module():
    norm, x = _norm.RMSNorm(8, dropout_p=0.5), torch.randn(4, 8)
    assert set(norm.state_dict()) == {"weight"} and not torch.equal(norm(x), norm(x))
    close(norm.eval()(x), F.rms_norm(x, (8,), eps=1e-5))


# ---- generation ----------------------------------------------------------------------------------


def test_generation_continues_as_the_whole_model_would():
    model, tokens = small_model().eval(), torch.randint(30, (3, 4))
    made = model.generate(tokens, 9, vocab_size=30)
    assert made.shape == (3, 9) and torch.equal(made[:, :4], tokens)
    logits = model(made).logits[..., :30]
    assert torch.equal(logits[:, 3:-1].argmax(-1), made[:, 4:])
    given = model.generate(
        tokens[:, :1], 4, teacher_outputs=tokens, output_scores=True, return_dict_in_generate=True
    )
    assert torch.equal(given.sequences, tokens)
    close(torch.stack(given.scores, dim=1), model(tokens).logits[:, :-1])


def test_generation_ends_and_is_heard():
    class Heard:
        def __init__(self):
            self.tokens = []

        def put(self, tokens):
            self.tokens.append(tokens)

        def end(self):
            self.tokens.append("end")

    model, tokens, heard = small_model().eval(), torch.zeros(1, 2, dtype=torch.long), Heard()
    first = model.generate(tokens, 3)[0, -1].item()
    made = model.generate(tokens, 9, eos_token_id=first, streamer=heard)
    assert made.shape == (1, 3)
    assert heard.tokens[0] is tokens and heard.tokens[1].item() == first and heard.tokens[2] == "end"


def test_draws():
    logits = torch.log(torch.tensor([[0.05, 0.6, 0.25, 0.1]])).repeat(4000, 1)

    def share(**settings):
        tokens = _generation.sample(logits, **settings)
        return torch.bincount(tokens, minlength=4) / 4000

    torch.testing.assert_close(share(top_k=0), torch.tensor([0.05, 0.6, 0.25, 0.1]), atol=0.03, rtol=0)
    assert share(top_k=1)[1] == 1
    torch.testing.assert_close(share(top_k=2), torch.tensor([0, 0.6, 0.25, 0]) / 0.85, atol=0.03, rtol=0)
    torch.testing.assert_close(
        share(top_k=0, top_p=0.84), torch.tensor([0, 0.6, 0.25, 0]) / 0.85, atol=0.03, rtol=0
    )
    torch.testing.assert_close(
        share(top_k=0, min_p=0.15), torch.tensor([0, 0.6, 0.25, 0.1]) / 0.95, atol=0.03, rtol=0
    )
    assert share(top_k=0, temperature=0.05)[1] > 0.99


def test_what_was_said_becomes_less_likely():
    logits = torch.tensor([[2.0, -2.0, 1.0]])
    got = _generation.penalise(logits, torch.tensor([[0, 1]]), 2.0)
    assert torch.equal(got, torch.tensor([[1.0, -4.0, 1.0]]))
