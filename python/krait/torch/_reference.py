# SPDX-License-Identifier: MIT
"""The formulas in plain torch, a step at a time: slow, to compare with. Any type that torch computes with.

Names and signatures are those of mamba-ssm and causal-conv1d, whose tests use them.
"""

import torch
import torch.nn.functional as F

from ._conv import recall, remember


def pair(tensor):
    """Real and imaginary parts side by side on the last axis, as complex numbers."""
    return torch.view_as_complex(tensor.float().unflatten(-1, (-1, 2)).contiguous())


def to_channels(tensor, batch, channels, steps, is_complex=False):
    """B or C for each channel: (batch, channels, states, steps)."""
    if tensor.dim() == 2:
        return tensor[None, :, :, None].expand(batch, -1, -1, steps)
    tensor = pair(tensor) if is_complex else tensor
    if tensor.dim() == 3:
        tensor = tensor.unsqueeze(1)
    return tensor.repeat_interleave(channels // tensor.shape[1], dim=1)


def by_states(projected, is_complex=False):
    """B or C as it is projected, (batch, steps, states), as the scan wants it: (batch, states, steps)."""
    if not is_complex:
        return projected.transpose(1, 2)
    return projected.unflatten(-1, (-1, 2)).transpose(1, 2).flatten(2)


def step_sizes(delta, delta_bias, delta_softplus):
    if delta_bias is not None:
        delta = delta + delta_bias[..., None]
    return F.softplus(delta) if delta_softplus else delta


def selective_scan_ref(
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
    """selective_scan_fn in plain torch."""
    kind, (batch, channels, steps), is_complex = u.dtype, u.shape, A.is_complex()
    dt = step_sizes(delta.float(), delta_bias, delta_softplus)
    u = u.float()
    B, C = (
        to_channels(t if t.is_complex() else t.float(), batch, channels, steps, is_complex) for t in (B, C)
    )
    h = A.new_zeros(batch, channels, A.shape[1]) if initial_state is None else initial_state
    ys = []
    for t in range(steps):
        h = torch.exp(dt[:, :, t, None] * A) * h + dt[:, :, t, None] * B[..., t] * u[:, :, t, None]
        y = (C[..., t] * h).sum(-1)
        ys.append(2 * y.real if is_complex else y)
    y = torch.stack(ys, dim=-1)
    if D is not None:
        y = y + D[:, None] * u
    y = (y if z is None else y * F.silu(z.float())).to(kind)
    return (y, h) if return_last_state else y


def causal_conv1d_ref(
    x,
    weight,
    bias=None,
    initial_states=None,
    return_final_states=False,
    final_states_out=None,
    activation=None,
):
    """causal_conv1d_fn in plain torch."""
    width = weight.shape[1]
    whole = F.pad(x, (width - 1, 0)) if initial_states is None else torch.cat([initial_states, x], dim=-1)
    y = F.conv1d(whole.to(weight.dtype), weight.unsqueeze(1), bias, groups=weight.shape[0])
    y = (y if activation is None else F.silu(y)).to(x.dtype)
    if not return_final_states:
        return y
    last = whole[..., whole.shape[-1] - (width - 1) :]
    return y, last if final_states_out is None else final_states_out.copy_(last)


def causal_conv1d_update_ref(x, conv_state, weight, bias=None, activation=None, cache_seqlens=None):
    """causal_conv1d_update in plain torch."""
    steps = x.unsqueeze(-1) if x.dim() == 2 else x
    memory = recall(conv_state, weight.shape[1] - 1, cache_seqlens).to(steps.dtype)
    y = causal_conv1d_ref(steps, weight, bias, memory, activation=activation)
    remember(conv_state, steps, cache_seqlens)
    return y.squeeze(-1) if x.dim() == 2 else y


def causal_conv1d_varlen_states_ref(x, cu_seqlens, state_len):
    """causal_conv1d_varlen_states in plain torch."""
    states = x.new_zeros(len(cu_seqlens) - 1, x.shape[1], state_len)
    for state, first, end in zip(states, cu_seqlens.tolist(), cu_seqlens[1:].tolist()):
        count = min(end - first, state_len)
        state[:, state_len - count :] = x[end - count : end].T
    return states


def selective_state_update_ref(state, x, dt, A, B, C, D=None, z=None, dt_bias=None, dt_softplus=False):
    """selective_state_update in plain torch."""
    if state.dim() == 4:
        B, C = (t.repeat_interleave(state.shape[1] // t.shape[1], dim=1).unsqueeze(2) for t in (B, C))
    else:
        B, C = B.unsqueeze(1), C.unsqueeze(1)
    dt = dt if dt_bias is None else dt + dt_bias
    dt = (F.softplus(dt) if dt_softplus else dt).unsqueeze(-1)
    state.copy_(state * torch.exp(dt * A) + dt * B * x.unsqueeze(-1))
    y = (state.to(C.dtype) * C).sum(-1)
    y = y if D is None else y + x * D
    return (y if z is None else y * F.silu(z)).to(x.dtype)


def mamba_inner_ref(
    xz,
    conv1d_weight,
    conv1d_bias,
    x_proj_weight,
    delta_proj_weight,
    out_proj_weight,
    out_proj_bias,
    A,
    B=None,
    C=None,
    D=None,
    delta_bias=None,
    B_proj_bias=None,
    C_proj_bias=None,
    delta_softplus=True,
    *,
    conv=causal_conv1d_ref,
    scan=selective_scan_ref,
):
    """mamba_inner_fn in plain torch, or with other functions for the convolution and the scan."""
    x, z = xz.chunk(2, dim=1)
    x = conv(x, conv1d_weight.squeeze(1), conv1d_bias, activation="silu")
    parts = F.linear(x.transpose(1, 2), x_proj_weight)
    rank, width = delta_proj_weight.shape[1], A.shape[1] * (2 if A.is_complex() else 1)
    delta = F.linear(parts[..., :rank], delta_proj_weight).transpose(1, 2)
    if B is None:
        B = parts[..., rank : rank + width]
        B = by_states(B if B_proj_bias is None else B + B_proj_bias, A.is_complex())
    if C is None:
        C = parts[..., -width:]
        C = by_states(C if C_proj_bias is None else C + C_proj_bias, A.is_complex())
    y = scan(x, delta, A, B, C, D, z, delta_bias, delta_softplus)
    return F.linear(y.transpose(1, 2), out_proj_weight, out_proj_bias)
