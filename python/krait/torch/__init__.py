# SPDX-License-Identifier: MIT
"""Mamba for PyTorch on a CPU: the functions and the block of mamba-ssm, computed by libkrait.

    import krait.torch
    block = krait.torch.Mamba(d_model=64)
    y = block(x)                        # (batch, steps, 64); y.sum().backward() works

    krait.torch.install()               # import mamba_ssm finds krait.torch from now on

    python -m krait.torch SCRIPT ..     # runs a script so

Tensors are float32 on the CPU; bfloat16 and float16 are converted, computed in float32 and converted back; float64
is refused, and so are complex numbers but in A of the scan and in what goes with it. Arrays are borrowed, whatever their strides. Results have the same bits for any
number of threads; as many are used as torch.get_num_threads() says. There are first derivatives only, by
torch.autograd. torch.compile (fullgraph=True, too) and torch.export take the functions as they are, each an operator in
the graph.
"""

from ._conv import causal_conv1d_fn, causal_conv1d_update, causal_conv1d_varlen_states
from ._install import install
from ._mamba import Mamba, mamba_inner_fn
from ._scan import selective_scan_fn, selective_state_update

__all__ = [
    "Mamba",
    "causal_conv1d_fn",
    "causal_conv1d_update",
    "causal_conv1d_varlen_states",
    "install",
    "mamba_inner_fn",
    "selective_scan_fn",
    "selective_state_update",
]
