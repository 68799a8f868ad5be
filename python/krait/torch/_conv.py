# SPDX-License-Identifier: MIT
"""The causal convolution of Mamba, each channel by itself."""

import torch

from .. import _abi, _library
from ._arrays import expect, refuse, take
from ._operation import Operation

NAMES = ("x", "weight", "bias", "first")


def _describe(function, values, activation):
    x, weight = values["x"], values["weight"]
    if activation not in (None, "silu", "swish"):
        raise _library.make_error(
            f"{function}: activation {activation!r} is not None, 'silu' or 'swish'", "activation"
        )
    if x.dim() != 3 or weight.dim() != 2:
        raise _library.make_error(
            f"{function}: x is (batch, channels, steps) and weight (channels, width), not "
            f"{tuple(x.shape)} and {tuple(weight.shape)}",
            "x",
            "SHAPE",
        )
    batch, channels, steps = map(int, x.shape)
    width = int(weight.shape[1])
    expect(function, "weight", weight, (channels, width))
    expect(function, "bias", values["bias"], (channels,))
    expect(function, "initial_states", values["first"], (batch, channels, width - 1))
    return _library.sized(
        _abi.kr_causal_conv,
        batch=batch,
        d_inner=channels,
        seq_len=steps,
        d_conv=width,
        with_silu=activation is not None,
    )


def _empty_outputs(conv, x):
    return torch.empty_like(x), x.new_empty(conv.batch, conv.d_inner, conv.d_conv - 1)


_causal_conv = Operation(
    "kr_causal_conv",
    _abi.kr_causal_conv_arrays,
    NAMES,
    ("y", "last"),
    "str? activation",
    describe=_describe,
    empty_outputs=_empty_outputs,
    work=lambda conv: conv.batch * conv.d_inner * conv.seq_len * 2,
)


def causal_conv1d_fn(
    x,
    weight,
    bias=None,
    seq_idx=None,
    initial_states=None,
    return_final_states=False,
    final_states_out=None,
    activation=None,
):
    """Depthwise causal convolution over time, with gradients.

    ``y[t] = act(bias + sum over j of weight[j] x[t - (width - 1) + j])``

    Parameters
    ----------
    x : Tensor, (batch, channels, steps)
        float32, or bfloat16 / float16, which are computed in float32; any strides.
    weight : Tensor, (channels, width)
        width up to 16.
    bias : Tensor, (channels), optional
    seq_idx : Tensor of int, (batch, steps), optional
        Sequences that lie one after the other: steps with the same number belong together, and nothing goes from a run of
        them into the next. Below 0: filling, where y is 0. Not with initial_states or return_final_states.
    initial_states : Tensor, (batch, channels, width - 1), optional
        x before step 0; zeros if not given.
    return_final_states : bool
    final_states_out : Tensor, (batch, channels, width - 1), optional
        Gets the final states, too.
    activation : None, "silu" or "swish"

    Returns
    -------
    Tensor, as x; with return_final_states also the last width - 1 steps of initial_states and x.

    Raises
    ------
    krait.InputError
        A shape does not fit; a tensor is complex, float64 or not on the CPU.

    Notes
    -----
    The same bits for any number of threads. There is no double backward.
    The signature is that of causal-conv1d.
    """
    name = "causal_conv1d_fn"
    given = zip(("x", "weight", "bias", "initial_states"), (x, weight, bias, initial_states))
    tensors = [take(name, n, t) for n, t in given]
    if seq_idx is not None:
        together = dict(initial_states=initial_states, return_final_states=return_final_states)
        refuse(f"{name} with seq_idx", **together)
        if x.numel() > 0:
            return _convolve_runs(name, tensors, seq_idx, activation).to(x.dtype)
    y, last = _causal_conv(name, tensors, activation)
    y = y.to(x.dtype)
    if not return_final_states:
        return y
    last = last.to(x.dtype)
    if final_states_out is not None:
        final_states_out.copy_(last)
        last = final_states_out
    return y, last


# ---- sequences one after the other ---------------------------------------------------------------


@torch.compiler.disable  # a graph cannot depend on where runs end
def _convolve_runs(name, tensors, seq_idx, activation):
    """The convolution of each run of equal numbers by itself; y is 0 where they are below 0."""
    x, *weights = tensors
    _describe(name, dict(zip(NAMES, tensors)), activation)
    expect(name, "seq_idx", seq_idx, (x.shape[0], x.shape[2]))
    rows = []
    for row, numbers in zip(x.split(1), seq_idx):
        numbers, lengths = numbers.unique_consecutive(return_counts=True)
        runs = zip(row.split(lengths.tolist(), dim=-1), (numbers >= 0).tolist())
        parts = [
            _causal_conv(name, [run, *weights], activation)[0] if is_there else torch.zeros_like(run)
            for run, is_there in runs
        ]
        rows.append(torch.cat(parts, dim=-1))
    return torch.cat(rows)


@torch.no_grad()
def causal_conv1d_varlen_states(x, cu_seqlens, state_len):
    """The last steps of each of several sequences that lie one after the other. No gradients.

    Parameters
    ----------
    x : Tensor, (steps, channels)
    cu_seqlens : Tensor of int, (batch + 1)
        Where they begin, and where the last ends: 0, .., steps.
    state_len : int

    Returns
    -------
    Tensor, (batch, channels, state_len), as causal_conv1d_update takes it; zeros before a sequence that is shorter.

    Raises
    ------
    krait.InputError
        x has other axes.

    Notes
    -----
    The signature is that of causal-conv1d.
    """
    if x.dim() != 2:
        raise _library.make_error(
            f"causal_conv1d_varlen_states: x is (steps, channels), not {tuple(x.shape)}", "x", "SHAPE"
        )
    at = cu_seqlens[1:, None] + torch.arange(-state_len, 0)
    is_inside = at >= cu_seqlens[:-1, None]
    last = x[at[is_inside]]
    return x.new_zeros(*at.shape, x.shape[1]).index_put_((is_inside,), last).transpose(1, 2)


# ---- steps ---------------------------------------------------------------------------------------


def recall(conv_state, count, cache_seqlens=None):
    """The last `count` steps that the state holds, (batch, channels, count)."""
    kept = conv_state.shape[-1]
    if cache_seqlens is None:
        return conv_state[..., kept - count :]
    at = (cache_seqlens.long()[:, None, None] + torch.arange(-count, 0)) % kept
    return conv_state.gather(2, at.expand(*conv_state.shape[:2], count))


def remember(conv_state, steps, cache_seqlens=None):
    """Put steps, (batch, channels, n), behind those that the state holds, of which the oldest go."""
    steps, kept = steps.to(conv_state.dtype), conv_state.shape[-1]
    if cache_seqlens is None:
        conv_state.copy_(torch.cat([conv_state, steps], dim=-1)[..., steps.shape[-1] :])
        return
    first = max(steps.shape[-1] - kept, 0)
    at = (cache_seqlens.long()[:, None, None] + torch.arange(first, steps.shape[-1])) % kept
    conv_state.scatter_(2, at.expand(*steps.shape[:2], -1), steps[..., first:])


@torch.no_grad()
def causal_conv1d_update(
    x, conv_state, weight, bias=None, activation=None, cache_seqlens=None, conv_state_indices=None
):
    """Some steps of the convolution; the state is changed in place. No gradients.

    Parameters
    ----------
    x : Tensor, (batch, channels) or (batch, channels, steps)
    conv_state : Tensor, (batch, channels, n), n at least width - 1
        The last n steps.
    weight, bias, activation : as in causal_conv1d_fn
    cache_seqlens : Tensor of int, (batch), optional
        How many steps came before: then step t is at place t % n of the state.
    conv_state_indices : Tensor of int, (batch), optional
        Which entry of conv_state, which may have more of them, belongs to each sequence; all different. Below 0: none,
        and the output is 0.

    Returns
    -------
    Tensor, as x.

    Raises
    ------
    krait.InputError
        A shape does not fit.

    Notes
    -----
    The signature is that of causal-conv1d.
    """
    name = "causal_conv1d_update"
    if conv_state_indices is not None:
        here, y = conv_state_indices >= 0, torch.zeros_like(x)
        entries, seen = (
            conv_state_indices[here].long(),
            None if cache_seqlens is None else cache_seqlens[here],
        )
        chosen = conv_state[entries]
        y[here] = causal_conv1d_update(x[here], chosen, weight, bias, activation, seen)
        conv_state[entries] = chosen
        return y
    steps = x.unsqueeze(-1) if x.dim() == 2 else x
    kept, before = conv_state.shape[-1], weight.shape[-1] - 1
    if kept < before:
        raise _library.make_error(
            f"{name}: conv_state has {kept} steps, the convolution needs {before}", "conv_state", "SHAPE"
        )
    expect(name, "conv_state", conv_state, (*steps.shape[:2], kept))
    expect(name, "cache_seqlens", cache_seqlens, steps.shape[:1])
    memory = recall(conv_state, before, cache_seqlens)
    y = causal_conv1d_fn(steps, weight, bias, initial_states=memory, activation=activation)
    remember(conv_state, steps, cache_seqlens)
    return y.squeeze(-1) if x.dim() == 2 else y
