# SPDX-License-Identifier: MIT
"""krait.torch against plain torch: the formulas, gradients, states, layouts, types, threads."""

import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

import krait._library as library  # noqa: E402
import krait.torch as kt  # noqa: E402
from krait.torch._reference import causal_conv1d_varlen_states_ref  # noqa: E402
from torch_plain import close, compare, leaf, plain_conv, plain_scan  # noqa: E402
from waits import HANGS  # noqa: E402


# ---- selective scan ------------------------------------------------------------------------------

SHAPES = [(1, 1, 1, 1), (2, 3, 7, 5), (3, 17, 33, 4), (1, 70, 19, 16), (2, 6, 1, 3), (2, 4, 300, 2)]


def scan_tensors(batch, channels, steps, states, groups=0):
    shared = (batch, groups, states, steps) if groups else (batch, states, steps)
    return {
        "u": leaf(batch, channels, steps),
        "delta": leaf(batch, channels, steps, scale=0.5),
        "A": (-torch.rand(channels, states)).requires_grad_(),
        "B": leaf(*shared),
        "C": leaf(*shared),
    }


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("full", [False, True])
def test_scan(shape, full):
    batch, channels, steps, states = shape
    tensors = scan_tensors(*shape)
    if full:
        tensors.update(
            D=leaf(channels),
            z=leaf(batch, channels, steps),
            delta_bias=leaf(channels),
            initial_state=leaf(batch, channels, states),
        )
    compare(
        lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
        lambda **t: plain_scan(**t, delta_softplus=True),
        tensors,
    )


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_scan_with_groups(groups):
    compare(
        lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
        lambda **t: plain_scan(**t, delta_softplus=True),
        scan_tensors(2, 6, 9, 3, groups),
    )


@pytest.mark.parametrize("fixed", ["B", "C", "BC"])
def test_scan_with_fixed_inputs(fixed):
    tensors = scan_tensors(2, 5, 9, 3)
    tensors.update({name: leaf(5, 3) for name in fixed})
    compare(
        lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
        lambda **t: plain_scan(**t, delta_softplus=True),
        tensors,
    )


def test_scan_without_softplus_and_with_rates_of_any_sign():
    tensors = scan_tensors(2, 5, 9, 3)
    tensors["A"] = leaf(5, 3, scale=0.5)
    compare(lambda **t: kt.selective_scan_fn(**t, return_last_state=True), plain_scan, tensors)


def test_scan_takes_any_strides():
    u = leaf(2, 9, 10)
    wide = leaf(2, 9, 7)
    tensors = {"u": u, "wide": wide, "A": (-torch.rand(5, 3)).requires_grad_(), "D": leaf(1)}

    def spread(function, u, wide, A, D, **settings):
        return function(
            u.transpose(1, 2)[:, ::2, :],
            u.transpose(1, 2)[:, 5:, :],
            A,
            wide[:, :, :3].transpose(1, 2),
            wide.transpose(1, 2)[:, 4:],
            D.expand(5),
            delta_softplus=True,
            **settings,
        )

    compare(
        lambda **t: spread(kt.selective_scan_fn, **t, return_last_state=True),
        lambda **t: spread(plain_scan, **t),
        tensors,
    )


@pytest.mark.parametrize("fixed", ["", "B", "BC"])
@pytest.mark.parametrize("groups", [0, 2])
def test_scan_with_complex_rates(fixed, groups):
    """Two states are one oscillator: A's imaginary part is its frequency."""
    tensors = scan_tensors(2, 4, 9, 3, groups)
    for name in "BC":
        tensors[name] = leaf(*tensors[name].shape[:-1], 18)
    tensors.update(
        {name: leaf(4, 3).detach().to(torch.complex64).mul(1 + 2j).requires_grad_() for name in fixed}
    )
    tensors["A"] = torch.complex(-torch.rand(4, 3), torch.randn(4, 3)).requires_grad_()
    tensors.update(
        D=leaf(4),
        z=leaf(2, 4, 9),
        delta_bias=leaf(4),
        initial_state=torch.randn(2, 4, 3, dtype=torch.complex64).requires_grad_(),
    )
    compare(
        lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
        lambda **t: plain_scan(**t, delta_softplus=True),
        tensors,
    )


def test_only_what_is_wanted_is_differentiated():
    tensors = {name: t.detach() for name, t in scan_tensors(2, 3, 5, 2).items()}
    tensors["B"].requires_grad_()
    y = kt.selective_scan_fn(**tensors)
    y.sum().backward()
    want = tensors["B"].detach().clone().requires_grad_()
    plain_scan(**dict(tensors, B=want))[0].sum().backward()
    close(tensors["B"].grad, want.grad)


def test_a_scan_in_two_parts_is_one_scan():
    tensors = {name: t.detach() for name, t in scan_tensors(2, 3, 12, 2).items()}
    whole, last = kt.selective_scan_fn(**tensors, return_last_state=True)
    cut = {name: (t if name == "A" else t[..., :5]) for name, t in tensors.items()}
    first, state = kt.selective_scan_fn(**cut, return_last_state=True)
    cut = {name: (t if name == "A" else t[..., 5:]) for name, t in tensors.items()}
    second, end = kt.selective_scan_fn(**cut, return_last_state=True, initial_state=state)
    close(torch.cat([first, second], dim=-1), whole)
    close(end, last)


@pytest.mark.filterwarnings("ignore:.*double precision:UserWarning")
def test_gradcheck_in_float():
    inputs = tuple(scan_tensors(1, 2, 4, 2).values())
    assert torch.autograd.gradcheck(
        lambda *t: kt.selective_scan_fn(*t, delta_softplus=True), inputs, eps=1e-2, atol=1e-2, rtol=1e-2
    )


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_types(kind):
    tensors = {name: t.detach() for name, t in scan_tensors(2, 3, 8, 4).items()}
    halves = {name: t.to(kind).requires_grad_() for name, t in tensors.items()}
    floats = {name: t.detach().float().requires_grad_() for name, t in halves.items()}
    y, last = kt.selective_scan_fn(**halves, delta_softplus=True, return_last_state=True)
    assert y.dtype == kind and last.dtype == torch.float32
    y.float().sum().backward()
    want = plain_scan(**floats, delta_softplus=True)[0]
    want.sum().backward()
    close(y.float(), want, 1e-2)
    close(halves["u"].grad.float(), floats["u"].grad, 1e-2)


# ---- convolution ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 7, 4), (3, 17, 2, 4), (1, 70, 33, 2), (2, 5, 9, 16)])
@pytest.mark.parametrize("activation", [None, "silu", "swish"])
@pytest.mark.parametrize("full", [False, True])
def test_conv(shape, activation, full):
    batch, channels, steps, width = shape
    tensors = {"x": leaf(batch, channels, steps), "weight": leaf(channels, width)}
    if full:
        tensors["bias"] = leaf(channels)
        if width > 1:
            tensors["initial_states"] = leaf(batch, channels, width - 1)
    compare(
        lambda **t: kt.causal_conv1d_fn(**t, activation=activation, return_final_states=True),
        lambda **t: plain_conv(**t, activation=activation),
        tensors,
    )


def test_conv_writes_final_states():
    x, weight, out = torch.randn(2, 3, 5), torch.randn(3, 4), torch.zeros(2, 3, 3)
    _, final = kt.causal_conv1d_fn(x, weight, return_final_states=True, final_states_out=out)
    assert final is out and torch.equal(out, x[..., -3:])


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_conv_of_sequences_one_after_the_other(kind):
    """seq_idx: each run by itself, with gradients; filling is 0 and gets no gradient."""
    x, weight, bias = leaf(2, 3, 9), leaf(3, 4), leaf(3)
    seq_idx = torch.tensor([[4, 4, 4, 4, 4, 7, 1, 1, 1], [0, 0, -1, -1, 0, 0, 0, -1, -1]], dtype=torch.int32)
    y = kt.causal_conv1d_fn(x.to(kind), weight, bias, seq_idx=seq_idx, activation="silu")
    want, gradients = torch.zeros(2, 3, 9), torch.randn(2, 3, 9)
    for row, first, end in ((0, 0, 5), (0, 5, 6), (0, 6, 9), (1, 0, 2), (1, 4, 7)):
        want[row, :, first:end] = kt.causal_conv1d_fn(
            x[row : row + 1, :, first:end].to(kind), weight, bias, activation="silu"
        )[0]
    assert y.dtype == kind and torch.equal(y.float(), want) and not y[1, :, 2:4].any()
    (y * gradients).sum().backward()
    got = [t.grad.clone() for t in (x, weight, bias)]
    for g, w in zip(got, torch.autograd.grad((want * gradients).sum(), (x, weight, bias))):
        close(g, w)
    assert not got[0][seq_idx.unsqueeze(1).expand(2, 3, 9) < 0].any()
    assert kt.causal_conv1d_fn(x[:0], weight, seq_idx=seq_idx[:0]).shape == (0, 3, 9)


def test_last_steps_of_sequences_one_after_the_other():
    x, ends = torch.randn(7, 3), torch.tensor([0, 2, 2, 7])
    states = kt.causal_conv1d_varlen_states(x, ends, 4)
    assert torch.equal(states, causal_conv1d_varlen_states_ref(x, ends, 4))
    assert torch.equal(states[0, :, 2:], x[:2].T) and torch.equal(states[2], x[3:].T)
    assert not states[0, :, :2].any() and not states[1].any()
    assert kt.causal_conv1d_varlen_states(x[:0], torch.tensor([0, 0]), 4).shape == (1, 3, 4)


def test_conv_steps_are_one_conv():
    x, weight, bias = torch.randn(2, 3, 9), torch.randn(3, 4), torch.randn(3)
    want = kt.causal_conv1d_fn(x, weight, bias, activation="silu")
    state = torch.zeros(2, 3, 5)
    got = [kt.causal_conv1d_update(x[..., t], state, weight, bias, "silu").unsqueeze(-1) for t in range(4)]
    got.append(kt.causal_conv1d_update(x[..., 4:], state, weight, bias, "silu"))
    close(torch.cat(got, dim=-1), want)
    assert torch.equal(state, x[..., -5:])


@pytest.mark.parametrize("kept", [3, 5])
def test_conv_steps_in_a_ring(kept):
    """The same with places that are counted on, and with more states than sequences."""
    x, weight = torch.randn(2, 3, 14), torch.randn(3, 4)
    want = kt.causal_conv1d_fn(x, weight, activation="silu")
    states, chosen, seen, got = (
        torch.zeros(4, 3, kept),
        torch.tensor([3, 1]),
        torch.zeros(2, dtype=torch.int32),
        [],
    )
    for n in (1, 2, 1, 9, 1):
        first = sum(t.shape[-1] for t in got)
        got.append(
            kt.causal_conv1d_update(
                x[..., first : first + n],
                states,
                weight,
                activation="silu",
                cache_seqlens=seen,
                conv_state_indices=chosen,
            )
        )
        seen += n
    close(torch.cat(got, dim=-1), want)
    assert torch.equal(states[chosen][..., torch.arange(14 - kept, 14) % kept], x[..., -kept:])
    assert not states[[0, 2]].any()
    before = states.clone()
    y = kt.causal_conv1d_update(
        x[..., :1], states, weight, conv_state_indices=torch.tensor([-1, 2], dtype=torch.int32)
    )
    assert not y[0].any() and y[1].any() and torch.equal(states[[0, 1, 3]], before[[0, 1, 3]])


# ---- a step --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_step(kind):
    state, x, dt, z = (torch.randn(*s).to(kind) for s in ((2, 6, 4), (2, 6), (2, 6), (2, 6)))
    A, B, C, D, bias = -torch.rand(6, 4), torch.randn(2, 4), torch.randn(2, 4), torch.randn(6), torch.randn(6)
    want, h = plain_scan(
        x[..., None].float(),
        dt[..., None].float(),
        A,
        B[..., None],
        C[..., None],
        D,
        z[..., None].float(),
        bias,
        True,
        initial_state=state.float(),
    )
    y = kt.selective_state_update(state, x, dt, A, B, C, D, z, bias, dt_softplus=True)
    tolerance = 2e-4 if kind == torch.float32 else 1e-2
    close(y.float(), want[..., 0], tolerance)
    close(state.float(), h, tolerance)


def test_step_with_heads():
    batch, heads, width, states, groups = 2, 4, 3, 5, 2
    state = torch.randn(batch, heads, width, states)
    x, z = torch.randn(batch, heads, width), torch.randn(batch, heads, width)
    dt = torch.randn(batch, heads, 1).expand(-1, -1, width)
    A = (-torch.rand(heads, 1, 1)).expand(-1, width, states)
    D, bias = torch.randn(heads, width), torch.randn(heads, 1).expand(-1, width)
    B, C = torch.randn(batch, groups, states), torch.randn(batch, groups, states)
    flat = [t.reshape(batch, -1, 1) for t in (x, dt, z)]
    want, h = plain_scan(
        flat[0],
        flat[1],
        A.reshape(-1, states),
        B[..., None],
        C[..., None],
        D.reshape(-1),
        flat[2],
        bias.reshape(-1),
        True,
        initial_state=state.reshape(batch, -1, states),
    )
    y = kt.selective_state_update(state, x, dt, A, B, C, D, z, bias, dt_softplus=True)
    close(y, want.reshape(x.shape))
    close(state, h.reshape(state.shape))


def test_step_of_chosen_states():
    states, x = torch.randn(5, 6, 4), torch.randn(2, 6)
    chosen, A, B = torch.tensor([4, 0]), -torch.rand(6, 4), torch.randn(2, 4)
    before, some = states.clone(), states[chosen]
    want = kt.selective_state_update(some, x, x, A, B, B, dt_softplus=True)
    y = kt.selective_state_update(states, x, x, A, B, B, dt_softplus=True, state_batch_indices=chosen)
    assert (
        torch.equal(y, want) and torch.equal(states[chosen], some) and torch.equal(states[1:4], before[1:4])
    )


# ---- bits ----------------------------------------------------------------------------------------


def test_the_same_bits_for_any_number_of_threads():
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        torch.manual_seed(3)
        tensors = scan_tensors(3, 90, 64, 8)
        weight, first = leaf(90, 4), leaf(3, 90, 3)
        y, last = kt.selective_scan_fn(**tensors, delta_softplus=True, return_last_state=True)
        x, final = kt.causal_conv1d_fn(y, weight, None, None, first, True, activation="silu")
        (x.square().sum() + last.sum() + final.sum()).backward()
        results.append([x, last, final, weight.grad, first.grad, *[t.grad for t in tensors.values()]])
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other))


@pytest.mark.parametrize("batch", [0, 1])
def test_a_batch_of_nothing(batch):
    """And of one: outputs and gradients in their shapes, those of what it shares zeros."""
    tensors = scan_tensors(batch, 3, 5, 2)
    tensors.update(D=leaf(3), initial_state=leaf(batch, 3, 2))
    compare(lambda **t: kt.selective_scan_fn(**t, return_last_state=True), plain_scan, tensors)
    compare(
        lambda **t: kt.causal_conv1d_fn(**t, return_final_states=True),
        plain_conv,
        {"x": leaf(batch, 3, 5), "weight": leaf(3, 4)},
    )


@pytest.mark.parametrize("states", [1, 2, 3, 15, 17, 64, 256])
def test_numbers_of_states(states):
    compare(
        lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
        lambda **t: plain_scan(**t, delta_softplus=True),
        scan_tensors(2, 3, 6, states),
    )


# ---- refusals ------------------------------------------------------------------------------------


def test_double_backward_is_refused():
    u = leaf(1, 2, 3)
    rest = [t.detach() for t in list(scan_tensors(1, 2, 3, 2).values())[1:]]
    (grad,) = torch.autograd.grad(kt.selective_scan_fn(u, *rest).square().sum(), u, create_graph=True)
    with pytest.raises(library.Error, match="selective_scan_fn has no double backward"):
        grad.sum().backward()
    x = leaf(1, 2, 3)
    (grad,) = torch.autograd.grad(
        kt.causal_conv1d_fn(x, torch.ones(2, 2)).square().sum(), x, create_graph=True
    )
    with pytest.raises(library.Error, match="causal_conv1d_fn has no double backward"):
        grad.sum().backward()


def test_double_is_refused():
    x, kind = torch.zeros(1, 2, 3).double(), "x is torch.float64: convert it"
    with pytest.raises(library.Unsupported, match=f"causal_conv1d_fn computes in float32; {kind}"):
        kt.causal_conv1d_fn(x, torch.ones(2, 2))
    with pytest.raises(library.Unsupported, match=f"causal_conv1d_fn computes in float32; {kind}"):
        kt.causal_conv1d_update(x, torch.zeros(1, 2, 4), torch.ones(2, 2))
    with pytest.raises(library.Unsupported, match=f"selective_state_update computes in float32; {kind}"):
        B = torch.zeros(1, 4)
        kt.selective_state_update(torch.zeros(1, 2, 4), x[..., 0], torch.zeros(1, 2), torch.zeros(2, 4), B, B)
    with pytest.raises(library.Unsupported, match=f"Mamba computes in float32; {kind}"):
        kt.Mamba(3)(x)
    with pytest.raises(library.Unsupported, match="Mamba computes in float32; in_proj is torch.float64"):
        kt.Mamba(3, dtype=torch.float64)(x.float())


def test_refusals():
    t = {name: value.detach() for name, value in scan_tensors(2, 6, 5, 3).items()}
    for change, text in (
        ({"u": t["u"].double()}, "u is torch.float64: convert it"),
        ({"B": t["B"].to(torch.complex64)}, "no complex numbers; B is"),
        ({"B": t["B"][..., :4]}, r"B is \(2, 1, 3, 4\), not \(2, 1, 3, 5\)"),
        ({"B": torch.randn(2, 4, 3, 5)}, "4 groups of B do not divide 6 channels"),
        ({"delta": t["delta"][:1]}, r"delta is \(1, 6, 5\)"),
        ({"D": torch.ones(5)}, r"D is \(5,\), not \(6,\)"),
        ({"u": t["u"].to("meta")}, "CPU tensors; u is on meta"),
        ({"u": t["u"].numpy()}, r"computes on tensors; u is a numpy.ndarray: torch.as_tensor\(\) makes one"),
        ({"D": [1.0] * 6}, "computes on tensors; D is a list"),
        ({"u": t["u"].to_sparse()}, "dense tensors; u is torch.sparse_coo"),
        ({"u": torch.nested.nested_tensor(list(t["u"]))}, "dense tensors; u is nested"),
        ({"A": 100 * t["A"].abs() + 100, "delta": t["delta"].abs() + 1}, "leaves float"),
    ):
        with pytest.raises(library.Error, match=text):
            kt.selective_scan_fn(**dict(t, **change))
    runs = {"seq_idx": torch.zeros(2, 5)}
    with pytest.raises(ValueError, match="4 channels and 0 steps"):
        kt.causal_conv1d_fn(torch.ones(2, 4, 0), torch.ones(4, 4), seq_idx=torch.zeros(2, 0))
    with pytest.raises(ValueError, match=r"causal_conv1d_fn: seq_idx is \(2, 5\), not \(2, 6\)"):
        kt.causal_conv1d_fn(torch.ones(2, 6, 6), torch.ones(6, 4), **runs)
    with pytest.raises(ValueError, match="causal_conv1d_fn with seq_idx has no return_final_states"):
        kt.causal_conv1d_fn(t["u"], torch.ones(6, 4), return_final_states=True, **runs)
    with pytest.raises(
        ValueError, match=r"causal_conv1d_varlen_states: x is \(steps, channels\), not \(3,\)"
    ):
        kt.causal_conv1d_varlen_states(torch.ones(3), torch.tensor([0, 3]), 2)
    with pytest.raises(ValueError, match="activation 'relu'"):
        kt.causal_conv1d_fn(t["u"], torch.ones(6, 4), activation="relu")
    with pytest.raises(ValueError, match="17 taps"):
        kt.causal_conv1d_fn(t["u"], torch.ones(6, 17))


# ---- fork ----------------------------------------------------------------------------------------

FORK = """
import os, signal, torch, krait.torch
torch.set_num_threads(2)
u, B = torch.randn(4, 256, 1000), torch.randn(4, 16, 1000)
numbers = u, torch.rand(4, 256, 1000), -torch.rand(256, 16), B, B
want = krait.torch.selective_scan_fn(*numbers).numpy()
torch.randn(1 << 20).exp()
child = os.fork()
if child == 0:
    signal.alarm(int(os.environ["HANGS"]))
    os._exit(0 if (krait.torch.selective_scan_fn(*numbers).numpy() == want).all() else 1)
print(os.waitpid(child, 0)[1])
"""


def test_the_scan_works_after_fork():
    """Large enough that the threads of torch's OpenMP, which the child does not have, would be sent to sleep."""
    out = subprocess.run(
        [sys.executable, "-c", FORK],
        env=dict(os.environ, HANGS=str(HANGS)),
        check=True,
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert out.stdout == "0\n"


def test_the_threads_of_openmp_can_be_ended():
    from krait.torch import _arrays

    if not _arrays._OpenMP._find():
        pytest.skip("this torch has another OpenMP than gcc's")
    torch.set_num_threads(3)
    torch.randn(1 << 20).exp()
    before = len(os.listdir("/proc/self/task"))
    _arrays._openmp.rest()
    assert len(os.listdir("/proc/self/task")) <= before - 2
