# SPDX-License-Identifier: MIT
"""The selective scan of Mamba, and a single step of it."""

import torch

from .. import _abi, _library
from ._arrays import arrays, expect, run, strided, take
from ._complex import complex_scan
from ._operation import Operation, define

NAMES = ("u", "delta", "A", "B", "C", "D", "z", "delta_bias", "h_first")


def _groups(name, tensor, channels, states, batch, steps, function):
    """How many groups B or C has, 0 when it is (channels, states)."""
    if tensor.dim() == 2:
        expect(function, name, tensor, (channels, states))
        return 0
    groups = tensor.shape[1] if tensor.dim() == 4 else 1
    expect(function, name, tensor, (batch, groups, states, steps))
    if groups == 0 or channels % groups:
        raise _library.make_error(
            f"{function}: {groups} groups of {name} do not divide {channels} channels", name, "SHAPE"
        )
    return groups


def describe(function, values, softplus):
    """Check shapes; the structure that says them to the library."""
    if values["u"].dim() != 3 or values["A"].dim() != 2:
        raise _library.make_error(
            f"{function}: u is (batch, channels, steps) and A (channels, states), not "
            f"{tuple(values['u'].shape)} and {tuple(values['A'].shape)}",
            "u",
            "SHAPE",
        )
    batch, channels, steps = map(int, values["u"].shape)
    states = int(values["A"].shape[1])
    for name, shape in (
        ("delta", (batch, channels, steps)),
        ("z", (batch, channels, steps)),
        ("A", (channels, states)),
        ("D", (channels,)),
        ("delta_bias", (channels,)),
        ("h_first", (batch, channels, states)),
    ):
        expect(function, name, values[name], shape)
    groups = [_groups(name, values[name], channels, states, batch, steps, function) for name in "BC"]
    return _library.sized(
        _abi.kr_scan,
        batch=batch,
        d_inner=channels,
        seq_len=steps,
        d_state=states,
        n_groups_B=groups[0],
        n_groups_C=groups[1],
        delta_softplus=bool(softplus),
    )


def _work(scan):
    return scan.batch * scan.d_inner * scan.seq_len * scan.d_state


def _empty_outputs(scan, u):
    return torch.empty_like(u), u.new_empty(scan.batch, scan.d_inner, scan.d_state)


_selective_scan = Operation(
    "kr_scan",
    _abi.kr_scan_arrays,
    NAMES,
    ("y", "h_last"),
    "bool softplus",
    describe=describe,
    empty_outputs=_empty_outputs,
    work=_work,
)


def selective_scan_fn(
    u,
    delta,
    A,
    B,
    C,
    D=None,
    z=None,
    delta_bias=None,
    delta_softplus=False,
    return_last_state=False,
    initial_state=None,
):
    """The selective state-space recurrence, with gradients.

    ``dt = delta + delta_bias``, after a softplus if asked for;
    ``h[t] = exp(dt[t] A) h[t-1] + dt[t] B[t] u[t]``;
    ``y[t] = (sum of C[t] h[t] over the states + D u[t]) silu(z[t])``.

    Parameters
    ----------
    u, delta, z : Tensor, (batch, channels, steps)
        float32, or bfloat16 / float16, which are computed in float32; any strides.
    A : Tensor, (channels, states)
        Real, or complex: then y is twice the real part.
    B, C : Tensor, (batch, states, steps), (batch, groups, states, steps) or (channels, states)
        The last costs a channel as much as 16 channels do else. With complex A the last is complex, and of the others
        each step has its real and imaginary part side by side, (.., 2 steps).
    D, delta_bias : Tensor, (channels), optional
    delta_softplus : bool
    return_last_state : bool
    initial_state : Tensor, (batch, channels, states), optional
        The state before step 0; mamba-ssm has no such argument.

    Returns
    -------
    Tensor, (batch, channels, steps), in u's type; with return_last_state also the state after the last step,
    (batch, channels, states), float32 or complex64, through which gradients go (mamba-ssm's do not).

    Raises
    ------
    krait.InputError
        A shape does not fit; a tensor other than A and what goes with it is complex; one is float64 or not on the CPU.
    krait.NumericError
        exp(dt A) leaves float32.

    Notes
    -----
    The same bits for any number of threads. There is no double backward.
    Source: Mamba, arXiv:2312.00752, section 3.2; the signature is that of mamba-ssm.
    """
    if A.is_complex():
        y, h_last = complex_scan(
            _real_scan,
            u,
            delta,
            A,
            B,
            C,
            D=D,
            z=z,
            delta_bias=delta_bias,
            delta_softplus=delta_softplus,
            initial_state=initial_state,
        )
    else:
        y, h_last = _real_scan(u, delta, A, B, C, D, z, delta_bias, delta_softplus, initial_state)
    return (y, h_last) if return_last_state else y


def _real_scan(u, delta, A, B, C, D, z, delta_bias, delta_softplus, initial_state):
    name = "selective_scan_fn"
    given = (u, delta, A, B, C, D, z, delta_bias, initial_state)
    tensors = [take(name, n, t) for n, t in zip(NAMES, given)]
    tensors[3:5] = [t.unsqueeze(1) if t.dim() == 3 else t for t in tensors[3:5]]
    y, h_last = _selective_scan(name, tensors, bool(delta_softplus))
    return y.to(u.dtype), h_last


# ---- a step --------------------------------------------------------------------------------------


def _step_views(state, x, dt, A, B, C, D, z, dt_bias):
    """All heads side by side, as one step of a sequence."""
    batch, states = state.shape[0], state.shape[-1]

    def series(tensor):
        return None if tensor is None else tensor.reshape(batch, -1, 1)

    def channel(tensor):
        return None if tensor is None else tensor.reshape(-1)

    def shared(tensor):
        return tensor.reshape(batch, -1, states, 1)

    return {
        "u": series(x),
        "delta": series(dt),
        "A": A.reshape(-1, states),
        "B": shared(B),
        "C": shared(C),
        "D": channel(D),
        "z": series(z),
        "delta_bias": channel(dt_bias),
        "h_first": state.reshape(batch, -1, states),
    }


def _step(state, x, dt, A, B, C, D, z, dt_bias, softplus):
    """y, as x, and the state changed in place; all in float32."""
    values = _step_views(state, x, dt, A, B, C, D, z, dt_bias)
    scan = describe("selective_state_update", values, softplus)
    y, h = torch.empty_like(values["u"]), values["h_first"]
    structure = arrays(_abi.kr_scan_arrays, dict(values, y=y))
    structure.h_last = strided(h)
    run("kr_scan_forward", _work(scan), scan, structure)
    if h.data_ptr() != state.data_ptr():
        state.copy_(h.reshape(state.shape))
    return y.reshape(x.shape)


_step_in_graphs = define(
    "kr_scan_step",
    "(Tensor(a!) state, Tensor x, Tensor dt, Tensor A, Tensor B, Tensor C, Tensor? D, Tensor? z, "
    "Tensor? dt_bias, bool softplus) -> Tensor",
    _step,
    lambda state, x, *_: x.new_empty(x.shape),
)


@torch.no_grad()
def selective_state_update(
    state, x, dt, A, B, C, D=None, z=None, dt_bias=None, dt_softplus=False, state_batch_indices=None
):
    """One step of the selective scan; the state is changed in place. No gradients.

    Parameters
    ----------
    state : Tensor, (batch, channels, states) or (batch, heads, channels, states)
    x, dt, z : Tensor, as state without its last axis
    A : Tensor, as state without its first axis
    B, C : Tensor, (batch, states), or with heads (batch, groups, states)
    D, dt_bias : Tensor, as x without its first axis, optional
    dt_softplus : bool
    state_batch_indices : Tensor of int, (batch), optional
        Which entry of state, which may have more of them, belongs to each sequence; all different.

    Returns
    -------
    Tensor, as x: the output of the step.

    Raises
    ------
    krait.InputError
        A shape does not fit; a tensor is complex, float64 or not on the CPU.

    Notes
    -----
    The signature is that of mamba-ssm.
    """
    if state_batch_indices is not None:
        chosen = state[state_batch_indices]
        y = selective_state_update(chosen, x, dt, A, B, C, D, z, dt_bias, dt_softplus)
        state[state_batch_indices] = chosen
        return y
    name = "selective_state_update"
    names = ("state", "x", "dt", "A", "B", "C", "D", "z", "dt_bias")
    given = (state, x, dt, A, B, C, D, z, dt_bias)
    tensors = [take(name, n, t) for n, t in zip(names, given)]
    for n, t, shape in (
        ("x", x, state.shape[:-1]),
        ("dt", dt, x.shape),
        ("A", A, state.shape[1:]),
        ("z", z, x.shape),
        ("D", D, x.shape[1:]),
        ("dt_bias", dt_bias, x.shape[1:]),
        ("C", C, B.shape),
    ):
        expect(name, n, t, shape)
    expect(name, "B", B, (state.shape[0], *((B.shape[1],) if state.dim() == 4 else ()), state.shape[-1]))
    step = _step_in_graphs if torch.compiler.is_compiling() else _step
    y = step(*tensors, bool(dt_softplus))
    if tensors[0].dtype != state.dtype:
        state.copy_(tensors[0])
    return y.to(x.dtype)
