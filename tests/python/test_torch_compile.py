# SPDX-License-Identifier: MIT
"""krait.torch in the graphs of torch.compile and torch.export: whole graphs, with the bits of the plain calls."""

import pytest

torch = pytest.importorskip("torch")

import krait.torch as kt  # noqa: E402
from krait.torch import _block, _conv, _scan  # noqa: E402
from krait.torch._model import MambaConfig, MambaLMHeadModel  # noqa: E402
from torch_plain import close, inner_tensors, leaf, watch_work_memory  # noqa: E402


def whole(function, **options):
    """Compiled as one graph, or an error."""
    torch.compiler.reset()
    return torch.compile(function, fullgraph=True, backend="aot_eager", **options)


def compare(function, *tensors):
    """Outputs and gradients of the compiled function and of the plain one."""
    leaves = [t for t in tensors if t.requires_grad]
    results = []
    for f in (function, whole(function)):
        outputs = f(*tensors)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        loss = sum(y.float().square().sum() for y in outputs)
        results.append((*outputs, *torch.autograd.grad(loss, leaves)))
    assert len(results[0]) == len(results[1])
    for want, got in zip(*results):
        assert got.dtype == want.dtype and torch.equal(got, want)


@pytest.mark.parametrize("is_fast", [True, False])
def test_block(is_fast):
    block = kt.Mamba(8, d_state=3, use_fast_path=is_fast)
    names, weights = zip(*block.named_parameters())

    def call(x, *weights):
        return torch.func.functional_call(block, dict(zip(names, weights)), x)

    compare(call, leaf(2, 6, 8), *weights)
    compare(call, torch.randn(2, 6, 8), *weights)  # no gradient of x


def test_block_without_gradients():
    block, x = kt.Mamba(8), torch.randn(2, 6, 8)
    with torch.no_grad():
        assert torch.equal(whole(block)(x), block(x))


def test_a_batch_of_nothing():
    block, x = kt.Mamba(8), torch.zeros(0, 6, 8, requires_grad=True)
    whole(block)(x).sum().backward()
    assert x.grad.shape == (0, 6, 8)
    assert not block.D.grad.any()


def test_work_memory_is_used_again():
    block = kt.Mamba(8)
    compiled = whole(block)
    with watch_work_memory() as places:
        for _ in range(3):
            compiled(torch.randn(2, 5, 8)).sum().backward()
    assert len(places) == 3 and len(set(places)) == 1


def test_sizes_that_change():
    block = kt.Mamba(8, d_state=3)
    compiled = whole(block, dynamic=True)
    for batch, steps in ((2, 6), (3, 9), (1, 5)):
        x = torch.randn(batch, steps, 8)
        assert torch.equal(compiled(x), block(x))


def test_autocast():
    block, x = kt.Mamba(8), torch.randn(2, 6, 8)
    with torch.autocast("cpu", torch.bfloat16):
        y = whole(block)(x)
    assert y.dtype == torch.bfloat16
    close(y.float(), block(x), 3e-2)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_scan(kind):
    u, delta, z = (torch.randn(2, 4, 7).to(kind).requires_grad_() for _ in range(3))
    A = (-torch.rand(4, 3)).requires_grad_()
    B, C, first = leaf(2, 3, 7), leaf(2, 3, 7), leaf(2, 4, 3)

    def scan(u, delta, A, B, C, z, first):
        return kt.selective_scan_fn(
            u, delta, A, B, C, z=z, delta_softplus=True, return_last_state=True, initial_state=first
        )

    compare(scan, u, delta, A, B, C, z, first)


def test_scan_with_complex_A():
    u, delta, A = (
        torch.randn(2, 4, 7),
        torch.randn(2, 4, 7),
        torch.complex(-torch.rand(4, 3), torch.rand(4, 3)),
    )
    B, C = torch.randn(2, 3, 14), torch.randn(2, 3, 14)

    def scan(u, delta):
        return kt.selective_scan_fn(u, delta, A, B, C, delta_softplus=True)

    close(whole(scan)(u, delta), scan(u, delta))


@pytest.mark.parametrize("activation", [None, "silu"])
def test_convolution(activation):
    def convolve(x, weight, bias, first):
        return kt.causal_conv1d_fn(
            x, weight, bias, initial_states=first, return_final_states=True, activation=activation
        )

    compare(convolve, leaf(2, 4, 7), leaf(4, 3), leaf(4), leaf(2, 4, 2))


def test_convolution_of_sequences_one_after_the_other():
    """Not part of a graph, which cannot depend on the numbers: the graph ends before and begins again behind."""
    x, weight = torch.randn(1, 4, 7), torch.randn(4, 3)
    seq_idx = torch.tensor([[0, 0, 0, 1, 1, 1, 1]])

    def convolve(x):
        return 2 * kt.causal_conv1d_fn(x + 1, weight, seq_idx=seq_idx)

    assert torch.equal(torch.compile(convolve, backend="aot_eager")(x), convolve(x))


def test_inner_function():
    """Layer by layer in graphs, since A may be above 0."""
    t = inner_tensors(channels=3, steps=5, states=2, rank=1)
    y, got = kt.mamba_inner_fn(**t), whole(kt.mamba_inner_fn)(**t)
    close(got, y, 1e-4)
    for want, made in zip(*(torch.autograd.grad(out.sum(), list(t.values())) for out in (y, got))):
        close(made, want, 1e-3)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_steps(kind):
    block = kt.Mamba(8, d_state=3, dtype=kind)
    states, others = block.allocate_inference_cache(2, 0), block.allocate_inference_cache(2, 0)
    compiled = whole(block.step)
    with torch.no_grad():
        for _ in range(3):
            x = torch.randn(2, 1, 8, dtype=kind)
            assert torch.equal(compiled(x, *others)[0], block.step(x, *states)[0])
    assert all(torch.equal(a, b) for a, b in zip(states, others)) and states[1].any()


def test_language_model():
    model, x = (
        MambaLMHeadModel(MambaConfig(d_model=16, n_layer=2, vocab_size=20)),
        torch.randint(0, 20, (2, 9)),
    )
    want = torch.autograd.grad(model(x).logits.square().sum(), list(model.parameters()))
    got = torch.autograd.grad(whole(model)(x).logits.square().sum(), list(model.parameters()))
    for made, w in zip(got, want):
        close(made, w, 1e-4)


def test_export():
    block, x = kt.Mamba(8).eval(), torch.randn(2, 6, 8)
    assert torch.equal(torch.export.export(block, (x,)).module()(x), block(x))


def test_operators_are_as_torch_wants_them():
    """Schema, gradients and shapes without numbers; each with tensors that are there and some that are not."""
    A, B, C = -torch.rand(4, 3), torch.randn(2, 1, 3, 7), torch.randn(2, 1, 3, 7)
    scan = _scan._selective_scan.in_graphs._forward
    torch.library.opcheck(
        scan, ("f", False, True, leaf(2, 4, 7), leaf(2, 4, 7), A, B, C, leaf(4), None, None, None)
    )
    torch.library.opcheck(
        _conv._causal_conv.in_graphs._forward, ("f", False, None, leaf(2, 4, 7), leaf(4, 3), leaf(4), None)
    )
    weights = (
        leaf(8, 4), None, leaf(4, 3), None, leaf(5, 4), leaf(4, 1), None, -torch.rand(4, 2), None, leaf(6, 4), None
    )  # fmt: skip
    torch.library.opcheck(
        _block._block.in_graphs._forward,
        ("f", True, False, leaf(2, 5, 4), *weights),
        test_utils=("test_schema", "test_autograd_registration", "test_faketensor"),
    )
    state = torch.zeros(2, 4, 3)
    step = (
        state,
        torch.randn(2, 4),
        torch.randn(2, 4),
        A,
        torch.randn(2, 3),
        torch.randn(2, 3),
        None,
        None,
        None,
    )
    torch.library.opcheck(_scan._step_in_graphs, (*step, True))


BLOCK = kt.Mamba(8)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda x: BLOCK(x.double()), "Mamba computes in float32; x is torch.float64: convert it"),
        (lambda x: BLOCK(x[..., :7]), r"Mamba: in_proj is \(32, 8\), not \(32, 7\)"),
        (lambda x: kt.causal_conv1d_fn(x, x[0, :, :2], activation="x"), "causal_conv1d_fn: activation 'x' is not"),
    ],
)
def test_what_is_refused_is_said_in_words(call, words):
    with pytest.raises(Exception, match=words):
        whole(call)(torch.randn(2, 6, 8))
    torch.compiler.reset()
    with pytest.raises((ValueError, RuntimeError), match=words):  # torch's own, of a shape
        torch.compile(call, backend="aot_eager")(torch.randn(2, 6, 8))


def test_double_backward_is_refused():
    block, x = kt.Mamba(4), leaf(1, 3, 4)
    with pytest.raises(RuntimeError, match="not currently support double backward"):
        (grad,) = torch.autograd.grad(whole(block)(x).square().sum(), x, create_graph=True)
        grad.sum().backward()
    y = _conv._causal_conv.in_graphs("f", (leaf(1, 3, 4), leaf(3, 2), None, None), (None,), True)[0]
    (grad,) = torch.autograd.grad(
        y.square().sum(), y.grad_fn.next_functions[0][0].variable, create_graph=True
    )
    with pytest.raises(ValueError, match="f has no double backward"):
        grad.sum().backward()
