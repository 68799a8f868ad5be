# SPDX-License-Identifier: MIT
"""The formulas of krait.torch in plain torch, and comparisons with them."""

from contextlib import contextmanager

import krait.torch as kt
import torch
from krait.torch import _arrays
from krait.torch._reference import causal_conv1d_ref, mamba_inner_ref, selective_scan_ref


def plain_scan(*args, **named):
    return selective_scan_ref(*args, **named, return_last_state=True)


def plain_conv(*args, **named):
    return causal_conv1d_ref(*args, **named, return_final_states=True)


def close(got, want, tolerance=2e-4):
    scale = 1 + want.abs().max().item() if want.numel() else 1
    torch.testing.assert_close(got, want, rtol=tolerance, atol=tolerance * scale)


def compare(ours, plain, tensors):
    """Outputs and all gradients of the two functions, of which each takes the tensors by name."""
    copies = {name: t.detach().clone().requires_grad_() for name, t in tensors.items()}
    got, want = ours(**tensors), plain(**copies)
    weights = [torch.randn_like(w) for w in want]
    for outputs in (got, want):
        sum((y * w).sum().real for y, w in zip(outputs, weights)).backward()
    for g, w in zip(got, want):
        close(g, w)
    for name, tensor in tensors.items():
        close(tensor.grad, copies[name].grad, 5e-4)


def leaf(*shape, scale=1.0):
    return (scale * torch.randn(*shape)).requires_grad_()


def inner_tensors(batch=2, channels=6, steps=7, states=3, rank=2):
    return {
        "xz": leaf(batch, 2 * channels, steps),
        "conv1d_weight": leaf(channels, 1, 4),
        "conv1d_bias": leaf(channels),
        "x_proj_weight": leaf(rank + 2 * states, channels),
        "delta_proj_weight": leaf(channels, rank),
        "out_proj_weight": leaf(4, channels),
        "out_proj_bias": leaf(4),
        "A": (-torch.rand(channels, states)).requires_grad_(),
    }


class PlainMamba(kt.Mamba):
    """The block in plain torch, by the formulas."""

    def forward(self, x, inference_params=None):
        return mamba_inner_ref(
            self.in_proj(x).transpose(1, 2),
            self.conv1d.weight,
            self.conv1d.bias,
            self.x_proj.weight,
            self.dt_proj.weight,
            self.out_proj.weight,
            self.out_proj.bias,
            -torch.exp(self.A_log),
            D=self.D,
            delta_bias=self.dt_proj.bias,
        )


def both_blocks(**settings):
    torch.manual_seed(1)
    ours = kt.Mamba(**settings)
    plain = PlainMamba(**settings)
    plain.load_state_dict(ours.state_dict())
    return ours, plain


@contextmanager
def watch_work_memory():
    """A list of the addresses of the work memory that is lent meanwhile, in order."""
    places, real = [], _arrays.Shelf.lend

    def lend(shelf, count):
        loan = real(shelf, count)
        places.append(loan.data_ptr())
        return loan

    _arrays.Shelf.lend = lend
    try:
        yield places
    finally:
        _arrays.Shelf.lend = real
