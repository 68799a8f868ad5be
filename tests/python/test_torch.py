# SPDX-License-Identifier: MIT
"""krait.torch against plain torch: the formulas, gradients, states, layouts, types, threads, training."""
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

import krait._library as library  # noqa: E402
import krait.torch as kt  # noqa: E402
from torch.nn import functional as F  # noqa: E402


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


# ---- the formulas in plain torch -----------------------------------------------------------------


def _shared(tensor, batch, channels, steps):
    """B or C as (batch, channels, states, steps)."""
    if tensor.dim() == 2:
        return tensor[None, :, :, None].expand(batch, -1, -1, steps)
    if tensor.dim() == 3:
        tensor = tensor.unsqueeze(1)
    return tensor.repeat_interleave(channels // tensor.shape[1], dim=1)


def plain_scan(u, delta, A, B, C, D=None, z=None, delta_bias=None, delta_softplus=False, initial_state=None):
    batch, channels, steps = u.shape
    B, C = (_shared(t, batch, channels, steps) for t in (B, C))
    if delta_bias is not None:
        delta = delta + delta_bias[:, None]
    if delta_softplus:
        delta = F.softplus(delta)
    h = u.new_zeros(batch, channels, A.shape[1]) if initial_state is None else initial_state
    ys = []
    for t in range(steps):
        dt = delta[:, :, t, None]
        h = torch.exp(dt * A) * h + dt * B[..., t] * u[:, :, t, None]
        ys.append((C[..., t] * h).sum(-1))
    y = torch.stack(ys, dim=-1)
    if D is not None:
        y = y + D[:, None] * u
    return (y if z is None else y * F.silu(z)), h


def plain_conv(x, weight, bias=None, initial_states=None, activation=None):
    width = weight.shape[1]
    whole = F.pad(x, (width - 1, 0)) if initial_states is None else torch.cat([initial_states, x], dim=-1)
    y = F.conv1d(whole, weight.unsqueeze(1), bias, groups=weight.shape[0])
    return (y if activation is None else F.silu(y)), whole[..., whole.shape[-1] - (width - 1):]


def close(got, want, tolerance=2e-4):
    scale = 1 + want.abs().max().item() if want.numel() else 1
    torch.testing.assert_close(got, want, rtol=tolerance, atol=tolerance * scale)


def compare(ours, plain, tensors):
    """Outputs and all gradients of the two functions, of which each takes the tensors by name."""
    copies = {name: t.detach().clone().requires_grad_() for name, t in tensors.items()}
    got, want = ours(**tensors), plain(**copies)
    weights = [torch.randn_like(w) for w in want]
    sum((g * w).sum() for g, w in zip(got, weights)).backward()
    sum((g * w).sum() for g, w in zip(want, weights)).backward()
    for g, w in zip(got, want):
        close(g, w)
    for name, tensor in tensors.items():
        close(tensor.grad, copies[name].grad, 5e-4)


def leaf(*shape, scale=1.0):
    return (scale * torch.randn(*shape)).requires_grad_()


# ---- selective scan ------------------------------------------------------------------------------

SHAPES = [(1, 1, 1, 1), (2, 3, 7, 5), (3, 17, 33, 4), (1, 70, 19, 16), (2, 6, 1, 3), (2, 4, 300, 2)]


def scan_tensors(batch, channels, steps, states, groups=0):
    shared = (batch, groups, states, steps) if groups else (batch, states, steps)
    return {"u": leaf(batch, channels, steps), "delta": leaf(batch, channels, steps, scale=0.5),
            "A": (-torch.rand(channels, states)).requires_grad_(), "B": leaf(*shared), "C": leaf(*shared)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("full", [False, True])
def test_scan(shape, full):
    batch, channels, steps, states = shape
    tensors = scan_tensors(*shape)
    if full:
        tensors.update(D=leaf(channels), z=leaf(batch, channels, steps), delta_bias=leaf(channels),
                       initial_state=leaf(batch, channels, states))
    compare(lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
            lambda **t: plain_scan(**t, delta_softplus=True), tensors)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_scan_with_groups(groups):
    compare(lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
            lambda **t: plain_scan(**t, delta_softplus=True), scan_tensors(2, 6, 9, 3, groups))


@pytest.mark.parametrize("fixed", ["B", "C", "BC"])
def test_scan_with_fixed_inputs(fixed):
    tensors = scan_tensors(2, 5, 9, 3)
    tensors.update({name: leaf(5, 3) for name in fixed})
    compare(lambda **t: kt.selective_scan_fn(**t, delta_softplus=True, return_last_state=True),
            lambda **t: plain_scan(**t, delta_softplus=True), tensors)


def test_scan_without_softplus_and_with_rates_of_any_sign():
    tensors = scan_tensors(2, 5, 9, 3)
    tensors["A"] = leaf(5, 3, scale=0.5)
    compare(lambda **t: kt.selective_scan_fn(**t, return_last_state=True), plain_scan, tensors)


def test_scan_takes_any_strides():
    u = leaf(2, 9, 10)
    wide = leaf(2, 9, 7)
    tensors = {"u": u, "wide": wide, "A": (-torch.rand(5, 3)).requires_grad_(), "D": leaf(1)}

    def spread(function, u, wide, A, D, **settings):
        return function(u.transpose(1, 2)[:, ::2, :], u.transpose(1, 2)[:, 5:, :], A, wide[:, :, :3].transpose(1, 2),
                        wide.transpose(1, 2)[:, 4:], D.expand(5), delta_softplus=True, **settings)

    compare(lambda **t: spread(kt.selective_scan_fn, **t, return_last_state=True),
            lambda **t: spread(plain_scan, **t), tensors)


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
    assert torch.autograd.gradcheck(lambda *t: kt.selective_scan_fn(*t, delta_softplus=True), inputs, eps=1e-2,
                                    atol=1e-2, rtol=1e-2)


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
    compare(lambda **t: kt.causal_conv1d_fn(**t, activation=activation, return_final_states=True),
            lambda **t: plain_conv(**t, activation=activation), tensors)


def test_conv_writes_final_states():
    x, weight, out = torch.randn(2, 3, 5), torch.randn(3, 4), torch.zeros(2, 3, 3)
    _, final = kt.causal_conv1d_fn(x, weight, return_final_states=True, final_states_out=out)
    assert final is out and torch.equal(out, x[..., -3:])


def test_conv_steps_are_one_conv():
    x, weight, bias = torch.randn(2, 3, 9), torch.randn(3, 4), torch.randn(3)
    want = kt.causal_conv1d_fn(x, weight, bias, activation="silu")
    state = torch.zeros(2, 3, 5)
    got = [kt.causal_conv1d_update(x[..., t], state, weight, bias, "silu").unsqueeze(-1) for t in range(4)]
    got.append(kt.causal_conv1d_update(x[..., 4:], state, weight, bias, "silu"))
    close(torch.cat(got, dim=-1), want)
    assert torch.equal(state, x[..., -5:])


# ---- a step --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_step(kind):
    state, x, dt, z = (torch.randn(*s).to(kind) for s in ((2, 6, 4), (2, 6), (2, 6), (2, 6)))
    A, B, C, D, bias = -torch.rand(6, 4), torch.randn(2, 4), torch.randn(2, 4), torch.randn(6), torch.randn(6)
    want, h = plain_scan(x[..., None].float(), dt[..., None].float(), A, B[..., None], C[..., None], D,
                         z[..., None].float(), bias, True, state.float())
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
    want, h = plain_scan(flat[0], flat[1], A.reshape(-1, states), B[..., None], C[..., None], D.reshape(-1), flat[2],
                         bias.reshape(-1), True, state.reshape(batch, -1, states))
    y = kt.selective_state_update(state, x, dt, A, B, C, D, z, bias, dt_softplus=True)
    close(y, want.reshape(x.shape))
    close(state, h.reshape(state.shape))


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


# ---- refusals ------------------------------------------------------------------------------------


def test_double_backward_is_refused():
    u = leaf(1, 2, 3)
    rest = [t.detach() for t in list(scan_tensors(1, 2, 3, 2).values())[1:]]
    grad, = torch.autograd.grad(kt.selective_scan_fn(u, *rest).square().sum(), u, create_graph=True)
    with pytest.raises(library.Error, match="selective_scan_fn has no double backward"):
        grad.sum().backward()
    x = leaf(1, 2, 3)
    grad, = torch.autograd.grad(kt.causal_conv1d_fn(x, torch.ones(2, 2)).square().sum(), x, create_graph=True)
    with pytest.raises(library.Error, match="causal_conv1d_fn has no double backward"):
        grad.sum().backward()


def test_refusals():
    t = {name: value.detach() for name, value in scan_tensors(2, 6, 5, 3).items()}
    for change, text in (({"u": t["u"].double()}, "u is torch.float64: convert it"),
                         ({"A": t["A"].to(torch.complex64)}, "no complex numbers; A is"),
                         ({"B": t["B"][..., :4]}, r"B is \(2, 1, 3, 4\), not \(2, 1, 3, 5\)"),
                         ({"B": torch.randn(2, 4, 3, 5)}, "4 groups of B do not divide 6 channels"),
                         ({"delta": t["delta"][:1]}, r"delta is \(1, 6, 5\)"),
                         ({"D": torch.ones(5)}, r"D is \(5,\), not \(6,\)"),
                         ({"u": t["u"].to("meta")}, "CPU tensors; u is on meta"),
                         ({"A": 100 * t["A"].abs() + 100, "delta": t["delta"].abs() + 1}, "leaves float")):
        with pytest.raises(library.Error, match=text):
            kt.selective_scan_fn(**dict(t, **change))
    with pytest.raises(ValueError, match="causal_conv1d_fn has no seq_idx"):
        kt.causal_conv1d_fn(t["u"], torch.ones(6, 4), seq_idx=torch.zeros(2, 5))
    with pytest.raises(ValueError, match="activation 'relu'"):
        kt.causal_conv1d_fn(t["u"], torch.ones(6, 4), activation="relu")
    with pytest.raises(ValueError, match="17 taps"):
        kt.causal_conv1d_fn(t["u"], torch.ones(6, 17))


# ---- the block -----------------------------------------------------------------------------------


class PlainMamba(kt.Mamba):
    """The block in plain torch, by the formulas."""

    def forward(self, x):
        u, z = self.in_proj(x).transpose(1, 2).chunk(2, dim=1)
        u, _ = plain_conv(u, self.conv1d.weight.squeeze(1), self.conv1d.bias, activation="silu")
        dt, B, C = self.x_proj(u.transpose(1, 2)).split([self.dt_rank, self.d_state, self.d_state], dim=-1)
        dt = (dt @ self.dt_proj.weight.t()).transpose(1, 2)
        y, _ = plain_scan(u, dt, -torch.exp(self.A_log), B.transpose(1, 2), C.transpose(1, 2), self.D, z,
                          self.dt_proj.bias, True)
        return self.out_proj(y.transpose(1, 2))


def both_blocks(**settings):
    torch.manual_seed(1)
    ours = kt.Mamba(**settings)
    plain = PlainMamba(**settings)
    plain.load_state_dict(ours.state_dict())
    return ours, plain


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


def test_names_and_shapes_are_those_of_mamba_ssm():
    block = kt.Mamba(32, dt_rank=3)
    assert {name: tuple(t.shape) for name, t in block.state_dict().items()} == {
        "A_log": (64, 16), "D": (64,), "in_proj.weight": (128, 32), "conv1d.weight": (64, 1, 4), "conv1d.bias": (64,),
        "x_proj.weight": (35, 64), "dt_proj.weight": (64, 3), "dt_proj.bias": (64,), "out_proj.weight": (32, 64)}
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
            got.append(block(x[:, t:t + 1], inference))
    close(torch.cat(got, dim=1), want)
    conv, h = inference.key_value_memory_dict[3]
    assert conv.shape == (2, 24, 4) and h.shape == (2, 24, 16)


def test_inner_function_with_biases_and_norms():
    batch, channels, steps, states, rank = 2, 6, 7, 3, 2
    t = {"xz": leaf(batch, 2 * channels, steps), "conv1d_weight": leaf(channels, 1, 4), "conv1d_bias": leaf(channels),
         "x_proj_weight": leaf(rank + 2 * states, channels), "delta_proj_weight": leaf(channels, rank),
         "out_proj_weight": leaf(4, channels), "out_proj_bias": leaf(4), "A": (-torch.rand(channels, states)),
         "B_proj_bias": leaf(states), "c_rms_weight": leaf(states), "dt_rms_weight": leaf(channels)}
    y = kt.mamba_inner_fn(**t)
    x, z = t["xz"].chunk(2, dim=1)
    x, _ = plain_conv(x, t["conv1d_weight"].squeeze(1), t["conv1d_bias"], activation="silu")
    parts = x.transpose(1, 2) @ t["x_proj_weight"].t()

    def norm(v, weight):
        return v * torch.rsqrt(v.square().mean(-1, keepdim=True) + 1e-6) * weight

    delta = norm(parts[..., :rank] @ t["delta_proj_weight"].t(), t["dt_rms_weight"])
    B = parts[..., rank:rank + states] + t["B_proj_bias"]
    C = norm(parts[..., -states:], t["c_rms_weight"])
    want, _ = plain_scan(x, delta.transpose(1, 2), t["A"], B.transpose(1, 2), C.transpose(1, 2), z=z,
                         delta_softplus=True)
    close(y, want.transpose(1, 2) @ t["out_proj_weight"].t() + t["out_proj_bias"], 1e-3)


def test_training_gives_the_losses_of_the_plain_block():
    """A model of two blocks learns to say what came three steps ago."""
    losses = []
    for kind in (kt.Mamba, PlainMamba):
        torch.manual_seed(4)
        model = torch.nn.Sequential(torch.nn.Embedding(8, 16), kind(16, d_state=4), torch.nn.LayerNorm(16),
                                    kind(16, d_state=4), torch.nn.Linear(16, 8))
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
        draws = torch.Generator().manual_seed(5)
        history = []
        for _ in range(30):
            x = torch.randint(8, (8, 24), generator=draws)
            loss = F.cross_entropy(model(x)[:, 3:].flatten(0, 1), x[:, :-3].flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            history.append(loss.item())
        losses.append(torch.tensor(history))
    assert losses[0][-1] < 0.9 * losses[0][0]
    torch.testing.assert_close(losses[0], losses[1], rtol=2e-3, atol=2e-3)


def test_compiled_block():
    block = kt.Mamba(8, d_state=3)
    x = leaf(2, 6, 8)
    want = block(x)
    want.sum().backward()
    kept, x.grad = x.grad, None
    got = torch.compile(block, backend="eager")(x)
    got.sum().backward()
    assert torch.equal(got, want)
    close(x.grad, kept)


def test_autocast():
    block = kt.Mamba(8)
    x = torch.randn(2, 6, 8)
    with torch.autocast("cpu", torch.bfloat16):
        y = block(x)
    assert y.dtype == torch.bfloat16
    close(y.float(), block(x), 3e-2)


# ---- install -------------------------------------------------------------------------------------

SCRIPT = """
import importlib.util, krait.torch
krait.torch.install()
krait.torch.install()
import mamba_ssm, causal_conv1d
from mamba_ssm import Mamba
from mamba_ssm.modules.mamba_simple import Mamba as Same
from mamba_ssm.ops.selective_scan_interface import selective_scan_fn, mamba_inner_fn
from mamba_ssm.ops.triton.selective_state_update import selective_state_update
from causal_conv1d import causal_conv1d_fn, causal_conv1d_update
assert Mamba is Same is krait.torch.Mamba and selective_scan_fn is krait.torch.selective_scan_fn
assert importlib.util.find_spec("mamba_ssm") and selective_state_update is krait.torch.selective_state_update
try:
    from mamba_ssm import Mamba2
except ImportError:
    print("no Mamba2")
"""


def test_install():
    out = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert out.stdout == "no Mamba2\n"


def test_install_comes_first():
    script = "import sys, types; sys.modules['mamba_ssm'] = types.ModuleType('mamba_ssm')\n" \
             "import krait.torch; krait.torch.install()"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "mamba_ssm has been imported already" in out.stderr


# ---- fork ----------------------------------------------------------------------------------------

FORK = """
import os, torch, krait.torch
u, B = torch.randn(4, 64, 200), torch.randn(4, 16, 200)
numbers = u, torch.rand(4, 64, 200), -torch.rand(64, 16), B, B
want = krait.torch.selective_scan_fn(*numbers).numpy()
child = os.fork()
if child == 0:
    os._exit(0 if (krait.torch.selective_scan_fn(*numbers).numpy() == want).all() else 1)
print(os.waitpid(child, 0)[1])
"""


def test_the_scan_works_after_fork():
    out = subprocess.run([sys.executable, "-c", FORK], check=True, capture_output=True, text=True, timeout=60)
    assert out.stdout == "0\n"
