# SPDX-License-Identifier: MIT
"""The formulas of krait.torch in plain torch, and comparisons with them."""
import krait.torch as kt
import torch
from torch.nn import functional as F


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
