# SPDX-License-Identifier: MIT
"""The selective scan with complex A, by a real scan.

With A = a + ib and the angle p[t] = b (dt[0] + .. + dt[t]), g[t] = exp(-i p[t]) h[t] follows

    g[t] = exp(dt[t] a) g[t-1] + dt[t] (exp(-i p[t]) B[t]) u[t]
    2 Re(sum of C[t] h[t]) = sum of 2 Re(E[t]) Re(g[t]) - 2 Im(E[t]) Im(g[t]),    E[t] = exp(i p[t]) C[t]

so that real and imaginary parts of g are two sets of real states, whose B and C each channel has for itself.
"""

import math

import torch

from ._reference import step_sizes, to_channels


def complex_scan(real_scan, u, delta, A, B, C, *, delta_bias, delta_softplus, initial_state, **rest):
    """y, and the complex state after the last step; real_scan: selective_scan_fn on real numbers, with a state.

    Takes as much memory as the formulas do: some arrays of (batch, channels, states, steps).
    """
    batch, channels, steps = u.shape
    dt = step_sizes(delta.float(), delta_bias, delta_softplus)
    # In double, since what counts of a large angle is what is left of whole turns.
    angle = dt.double().cumsum(-1).unsqueeze(2) * A.imag.double().unsqueeze(-1)
    angle = torch.remainder(angle, 2 * math.pi).float()
    turn = torch.polar(torch.ones_like(angle), angle)
    B, C = (to_channels(t, batch, channels, steps, True) for t in (B, C))
    B, C = turn.conj() * B, 2 * turn * C
    start = None if initial_state is None else torch.cat([initial_state.real, initial_state.imag], dim=-1)
    y, last = real_scan(
        u,
        delta,
        torch.cat([A.real, A.real], dim=-1),
        torch.cat([B.real, B.imag], dim=2),
        torch.cat([C.real, -C.imag], dim=2),
        delta_bias=delta_bias,
        delta_softplus=delta_softplus,
        initial_state=start,
        **rest,
    )
    return y, turn[..., -1] * torch.complex(*last.chunk(2, dim=-1))
