# SPDX-License-Identifier: MIT
"""The block of krait.torch against plain torch: gradients, states, what it keeps, training."""

import copy
import gc
import pickle
import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

torch = pytest.importorskip("torch")

import krait._library as library  # noqa: E402
import krait.torch as kt  # noqa: E402
from krait.torch import _block  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from krait.torch._reference import mamba_inner_ref  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402
from torch_plain import (
    both_blocks,
    close,
    compare,
    inner_tensors,
    leaf,
    plain_conv,
    plain_scan,
    watch_work_memory,
)  # noqa: E402


def test_block():
    ours, plain = both_blocks(d_model=20, d_state=5, d_conv=3, bias=True)
    x = leaf(2, 11, 20)
    other = x.detach().clone().requires_grad_()
    y, want = ours(x), plain(other)
    close(y, want)
    y.square().sum().backward()
    want.square().sum().backward()
    close(x.grad, other.grad, 1e-3)
    for (name, p), q in zip(ours.named_parameters(), plain.parameters()):
        close(p.grad, q.grad, 1e-3)


def test_layer_by_layer_is_the_same():
    """With a hook, or a layer that was replaced, the layers are called one by one."""
    block = kt.Mamba(12, d_state=5, bias=True)
    x = leaf(3, 9, 12)
    want = block(x)
    want.square().sum().backward()
    kept = [x.grad, *(p.grad for p in block.parameters())]
    heard = []
    block.x_proj.register_forward_hook(lambda *_: heard.append(1))
    for t in (x, *block.parameters()):
        t.grad = None
    y = block(x)
    y.square().sum().backward()
    assert heard
    close(y, want)
    for t, w in zip((x, *block.parameters()), kept):
        close(t.grad, w, 1e-3)
    block.out_proj = torch.nn.Sequential(block.out_proj, torch.nn.Hardtanh(0, 0.5))
    assert block(x).min() >= 0


def test_a_second_backward_of_the_same_graph():
    block = kt.Mamba(8)
    x = leaf(3, 6, 8)
    loss = block(x).square().sum()
    loss.backward(retain_graph=True)
    once = [x.grad.clone(), *(p.grad.clone() for p in block.parameters())]
    loss.backward()
    for t, w in zip((x, *block.parameters()), once):
        assert torch.equal(t.grad, 2 * w)


def test_two_calls_before_one_backward():
    """As in a model that uses a block twice."""
    ours, plain = both_blocks(d_model=8, d_state=3)
    x = leaf(2, 5, 8)
    other = x.detach().clone().requires_grad_()
    ours(ours(x)).square().sum().backward()
    plain(plain(other)).square().sum().backward()
    close(x.grad, other.grad, 1e-3)
    for p, q in zip(ours.parameters(), plain.parameters()):
        close(p.grad, q.grad, 1e-3)


def test_some_parameters_are_frozen():
    ours, plain = both_blocks(d_model=8, d_state=3)
    for block in (ours, plain):
        block.in_proj.weight.requires_grad_(False)
        block.A_log.requires_grad_(False)
        block(torch.ones(2, 5, 8)).square().sum().backward()
    assert ours.in_proj.weight.grad is None and ours.A_log.grad is None
    close(ours.conv1d.weight.grad, plain.conv1d.weight.grad, 1e-3)


def test_a_parameter_that_changed_before_backward_is_an_error():
    block = kt.Mamba(8)
    loss = block(torch.randn(2, 5, 8)).sum()
    with torch.no_grad():
        block.D.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_work_memory_is_used_again_and_goes_with_the_block():
    block = kt.Mamba(8)
    with watch_work_memory() as places:
        for _ in range(3):
            block(torch.randn(2, 5, 8)).sum().backward()
        with torch.no_grad():
            block(torch.randn(2, 5, 8))
        both = block(torch.randn(2, 5, 8)), block(torch.randn(2, 5, 8))
    assert len(set(places[:4])) == 1 and len(places) == 5 and places[4] != places[3]
    before = len(_block._shelves)
    del block, both
    gc.collect()
    assert len(_block._shelves) == before - 1


def test_double_backward_is_refused():
    block, x = kt.Mamba(4), leaf(1, 3, 4)
    (grad,) = torch.autograd.grad(block(x).square().sum(), x, create_graph=True)
    with pytest.raises(library.Error, match="Mamba has no double backward"):
        grad.sum().backward()


def test_the_same_bits_for_any_number_of_threads():
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        torch.manual_seed(3)
        block, x = kt.Mamba(40), leaf(3, 50, 40)
        y = block(x)
        y.square().sum().backward()
        results.append([y, x.grad, *(p.grad for p in block.parameters())])
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other))


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_types(kind):
    block = kt.Mamba(8, d_state=3)
    halves = kt.Mamba(8, d_state=3, dtype=kind)
    halves.load_state_dict(block.state_dict())
    block.load_state_dict(halves.state_dict())
    x = torch.randn(2, 6, 8).to(kind).requires_grad_()
    other = x.detach().float().requires_grad_()
    y, want = halves(x), block(other)
    y.float().square().sum().backward()
    want.square().sum().backward()
    assert y.dtype == x.grad.dtype == kind
    close(y.float(), want, 1e-2)
    close(x.grad.float(), other.grad, 2e-2)
    close(halves.x_proj.weight.grad.float(), block.x_proj.weight.grad, 2e-2)


@pytest.mark.parametrize("shape", [(2, 1, 6), (1, 1, 6), (0, 5, 6), (20, 3, 6)])
def test_sizes(shape):
    ours, plain = both_blocks(d_model=6, d_state=3)
    x = leaf(*shape)
    other = x.detach().clone().requires_grad_()
    y, want = ours(x), plain(other)
    close(y, want)
    y.square().sum().backward()
    want.square().sum().backward()
    close(x.grad, other.grad, 1e-3)
    close(ours.in_proj.weight.grad, plain.in_proj.weight.grad, 1e-3)


def test_layouts():
    ours, plain = both_blocks(d_model=6, d_state=3)
    x, other = leaf(7, 6, 4), None
    other = x.detach().clone().requires_grad_()
    ours(x.permute(2, 0, 1)[::2]).square().sum().backward()
    plain(other.permute(2, 0, 1)[::2]).square().sum().backward()
    close(x.grad, other.grad, 1e-3)


def test_no_steps_are_refused():
    with pytest.raises(library.Error, match="no block has 2 sequences of 0 steps"):
        kt.Mamba(6)(torch.randn(2, 0, 6))


def test_names_and_shapes_are_those_of_mamba_ssm():
    block = kt.Mamba(32, dt_rank=3)
    assert {name: tuple(t.shape) for name, t in block.state_dict().items()} == {
        "A_log": (64, 16),
        "D": (64,),
        "in_proj.weight": (128, 32),
        "conv1d.weight": (64, 1, 4),
        "conv1d.bias": (64,),
        "x_proj.weight": (35, 64),
        "dt_proj.weight": (64, 3),
        "dt_proj.bias": (64,),
        "out_proj.weight": (32, 64),
    }
    close(block.A_log[5], torch.log(torch.arange(1.0, 17)))
    dt = F.softplus(block.dt_proj.bias)
    assert 0.001 <= dt.min() * 1.001 and dt.max() <= 0.1 * 1.001
    assert block.dt_proj.bias._no_reinit and block.A_log._no_weight_decay and block.D._no_weight_decay


class _Inference:
    def __init__(self):
        self.seqlen_offset, self.key_value_memory_dict = 0, {}


@pytest.mark.parametrize("prompt", [1, 2, 7])
def test_steps_continue_a_prompt(prompt):
    block = kt.Mamba(12, layer_idx=3).eval()
    x = torch.randn(2, 12, 12)
    with torch.no_grad():
        want = block(x)
        inference = _Inference()
        got = [block(x[:, :prompt], inference)]
        for t in range(prompt, 12):
            inference.seqlen_offset = t
            got.append(block(x[:, t : t + 1], inference))
    close(torch.cat(got, dim=1), want)
    conv, h = inference.key_value_memory_dict[3]
    assert conv.shape == (2, 24, 4) and h.shape == (2, 24, 16)


def test_inner_function_in_one_operation_and_in_many():
    """Biases of zeros make it many."""
    one, many = inner_tensors(), {}
    for more in ({}, {"D": leaf(6), "delta_bias": leaf(6)}):
        one.update(more)
        many = {name: t.detach().clone().requires_grad_() for name, t in one.items()}
        got = kt.mamba_inner_fn(**one)
        want = kt.mamba_inner_fn(**many, B_proj_bias=torch.zeros(3))
        close(got, want)
        got.square().sum().backward()
        want.square().sum().backward()
        for name, t in one.items():
            close(t.grad, many[name].grad, 1e-3)
            t.grad = None


@pytest.mark.parametrize("fixed", ["", "B", "C"])
def test_inner_function_with_complex_rates(fixed):
    t = inner_tensors()
    t["A"] = torch.complex(-torch.rand(6, 3), torch.randn(6, 3)).requires_grad_()
    t["x_proj_weight"] = leaf(2 + 6 * (2 - len(fixed)), 6)
    t.update({name: torch.randn(6, 3, dtype=torch.complex64).requires_grad_() for name in fixed})
    compare(lambda **t: [kt.mamba_inner_fn(**t)], lambda **t: [mamba_inner_ref(**t)], t)


@pytest.mark.parametrize("change", [{"delta_softplus": False}, {"A": torch.full((6, 3), 0.1)}])
def test_inner_function_where_one_operation_does_not_do(change):
    t = {name: value.detach() for name, value in inner_tensors().items()} | change
    x, z = t["xz"].chunk(2, dim=1)
    x, _ = plain_conv(x, t["conv1d_weight"].squeeze(1), t["conv1d_bias"], activation="silu")
    delta, B, C = (x.transpose(1, 2) @ t["x_proj_weight"].t()).split([2, 3, 3], dim=-1)
    delta = (delta @ t["delta_proj_weight"].t()).transpose(1, 2)
    want, _ = plain_scan(
        x,
        delta,
        t["A"],
        B.transpose(1, 2),
        C.transpose(1, 2),
        z=z,
        delta_softplus=t.get("delta_softplus", True),
    )
    close(kt.mamba_inner_fn(**t), want.transpose(1, 2) @ t["out_proj_weight"].t() + t["out_proj_bias"])


def test_refusals():
    t = {name: value.detach() for name, value in inner_tensors().items()}
    for change, text in (
        ({"xz": t["xz"][:, 1:]}, r"mamba_inner_fn: xz is \(2, 7, 11\), not \(2, 7, 12\)"),
        ({"x_proj_weight": t["x_proj_weight"][1:]}, r"x_proj is \(7, 6\), not \(8, 6\)"),
        ({"xz": t["xz"].double()}, "mamba_inner_fn computes in float32; x is torch.float64"),
    ):
        with pytest.raises(library.Error, match=text):
            kt.mamba_inner_fn(**dict(t, **change))
    with pytest.raises(library.Error, match="Mamba: in_proj is"):
        kt.Mamba(6)(torch.randn(2, 3, 5))


def test_inner_function_with_biases_and_norms():
    batch, channels, steps, states, rank = 2, 6, 7, 3, 2
    t = {
        **inner_tensors(batch, channels, steps, states, rank),
        "B_proj_bias": leaf(states),
        "c_rms_weight": leaf(states),
        "dt_rms_weight": leaf(channels),
    }
    y = kt.mamba_inner_fn(**t)
    x, z = t["xz"].chunk(2, dim=1)
    x, _ = plain_conv(x, t["conv1d_weight"].squeeze(1), t["conv1d_bias"], activation="silu")
    parts = x.transpose(1, 2) @ t["x_proj_weight"].t()

    def norm(v, weight):
        return v * torch.rsqrt(v.square().mean(-1, keepdim=True) + 1e-6) * weight

    delta = norm(parts[..., :rank] @ t["delta_proj_weight"].t(), t["dt_rms_weight"])
    B = parts[..., rank : rank + states] + t["B_proj_bias"]
    C = norm(parts[..., -states:], t["c_rms_weight"])
    want, _ = plain_scan(
        x, delta.transpose(1, 2), t["A"], B.transpose(1, 2), C.transpose(1, 2), z=z, delta_softplus=True
    )
    close(y, want.transpose(1, 2) @ t["out_proj_weight"].t() + t["out_proj_bias"], 1e-3)


@pytest.mark.filterwarnings("ignore:.*double precision:UserWarning")
def test_gradcheck_in_float():
    t = inner_tensors(channels=3, steps=4, states=2, rank=1)
    with torch.no_grad():
        for name in ("conv1d_weight", "x_proj_weight", "delta_proj_weight", "out_proj_weight"):
            t[name] *= 0.5
    assert torch.autograd.gradcheck(
        lambda *values: kt.mamba_inner_fn(**dict(zip(t, values))),
        tuple(t.values()),
        eps=1e-2,
        atol=2e-2,
        rtol=2e-2,
    )


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpoints(reentrant):
    """Forward again in backward, as torch does to save memory."""
    block, x = kt.Mamba(8, d_state=3), leaf(2, 6, 8)
    block(x).square().sum().backward()
    want, x.grad = [x.grad, *(p.grad.clone() for p in block.parameters())], None
    block.zero_grad()
    checkpoint(block, x, use_reentrant=reentrant).square().sum().backward()
    for t, w in zip((x, *block.parameters()), want):
        assert torch.equal(t.grad, w)


def test_several_threads_at_once():
    """Each has a block and steps of its own; also one team serves them all."""
    torch.set_num_threads(2)

    def train(seed):
        draws = torch.Generator().manual_seed(seed)
        x = torch.randn(2, 300, 16, generator=draws)
        for _ in range(3):
            y = blocks[seed](x)
            y.square().mean().backward()
        return y

    torch.manual_seed(0)
    blocks = [kt.Mamba(16) for _ in range(4)]
    alone = [(train(i), blocks[i].A_log.grad.clone()) for i in range(4)]
    for block in blocks:
        block.zero_grad()
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(train, range(4)))
    for (y, grad), other, block in zip(alone, together, blocks):
        assert torch.equal(y, other) and torch.equal(grad, block.A_log.grad)


def test_a_block_can_be_copied_and_stored():
    block, x = kt.Mamba(8), torch.randn(2, 5, 8)
    block(x).sum().backward()
    for other in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
        assert torch.equal(other(x), block(x))


def test_memory_is_flat():
    """A hundred steps of 6 MB of work memory."""
    block, x = kt.Mamba(32), torch.randn(4, 256, 32)

    def steps(count):
        for _ in range(count):
            block(x).square().mean().backward()
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    first = steps(10)
    assert steps(100) - first < 30e6


def test_autocast():
    block = kt.Mamba(8)
    x = torch.randn(2, 6, 8)
    with torch.autocast("cpu", torch.bfloat16):
        y = block(x)
    assert y.dtype == torch.bfloat16
    close(y.float(), block(x), 3e-2)


@pytest.mark.parametrize("transform", ["grad", "vmap", "jvp"])
def test_torch_func_is_refused_in_words(transform):
    block, x = kt.Mamba(8), torch.randn(1, 3, 8)
    calls = {
        "grad": lambda: torch.func.grad(lambda x: block(x).sum())(x),
        "vmap": lambda: torch.func.vmap(block)(x[None]),
        "jvp": lambda: torch.func.jvp(block, (x,), (x,)),
    }
    with pytest.raises(library.Unsupported, match="Mamba does not work in torch.func"):
        calls[transform]()
