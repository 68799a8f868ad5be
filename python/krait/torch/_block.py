# SPDX-License-Identifier: MIT
"""The inner part of a Mamba block as one operation of the library: its products, convolution and scan."""

import torch
from torch.utils.weak import WeakIdKeyDictionary

from .. import _abi, _library
from ._arrays import KeepingOperation, Shelf, expect, opaque, take

NAMES = (
    "x",
    "in_proj",
    "in_proj_bias",
    "conv",
    "conv_bias",
    "x_proj",
    "dt_proj",
    "dt_bias",
    "A",
    "D",
    "out_proj",
    "out_proj_bias",
)

# Of each block by its convolution's weight: what it holds goes with it.
_shelves = WeakIdKeyDictionary()


def _describe(function, values):
    """Check shapes; the structure that says them to the library."""
    x, A, out_proj, in_proj = (values[name] for name in ("x", "A", "out_proj", "in_proj"))
    if x.dim() != 3 or A.dim() != 2:
        raise _library.make_error(
            f"{function}: the input has 3 axes and A (channels, states), not "
            f"{tuple(x.shape)} and {tuple(A.shape)}",
            "A",
            "SHAPE",
        )
    (batch, steps, width), (channels, states) = x.shape, A.shape
    rank, taps = values["dt_proj"].shape[-1], values["conv"].shape[-1]
    for name, shape in (
        ("in_proj", (2 * channels, width)),
        ("in_proj_bias", (2 * channels,)),
        ("conv", (channels, taps)),
        ("conv_bias", (channels,)),
        ("x_proj", (rank + 2 * states, channels)),
        ("dt_proj", (channels, rank)),
        ("dt_bias", (channels,)),
        ("D", (channels,)),
        ("out_proj", (out_proj.shape[0], channels)),
        ("out_proj_bias", out_proj.shape[:1]),
    ):
        expect(function, name, values[name], shape)
    if in_proj is None:
        expect(function, "xz", x, (batch, steps, 2 * channels))
    return _library.sized(
        _abi.kr_block,
        batch=batch,
        seq_len=steps,
        d_model=width,
        d_inner=channels,
        d_state=states,
        d_conv=taps,
        dt_rank=rank,
        d_out=out_proj.shape[0],
        x_is_constant=not x.requires_grad,
    )


def _work(block):
    return block.batch * block.seq_len * block.d_inner * (block.d_state + block.d_model // 4)


def _empty_outputs(block, x):
    return (x.new_empty(block.batch, block.seq_len, block.d_out),)


_block = KeepingOperation(
    "mamba_inner_fn", "kr_block", _abi.kr_block_arrays, NAMES, ("y",), _empty_outputs, _work
)


@opaque
def run_block(function, owner, x, **weights):
    """The block on sequences; of NAMES what is not given is not there.

    Parameters
    ----------
    function : str
        What its user called.
    owner : Tensor
        The weight that stands for the block: as long as it lives, work memory waits for the next call.
    x : Tensor, (batch, steps, d_model)
        Without in_proj (batch, steps, 2 channels), what in_proj would give.
    weights : as in kr/scan.h, section block
        A is not above 0.

    Returns
    -------
    Tensor, (batch, steps, d_out), in x's type, or in that of autocast.
    """
    tensors = [take(function, name, t) for name, t in zip(NAMES, (x, *map(weights.get, NAMES[1:])))]
    block = _describe(function, dict(zip(NAMES, tensors)))
    (y,) = _block(block, *tensors, shelf=_shelves.setdefault(owner, Shelf()))
    return y.to(torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype)
