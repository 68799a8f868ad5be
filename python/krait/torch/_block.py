# SPDX-License-Identifier: MIT
"""The inner part of a Mamba block as one operation of the library: its products, convolution and scan."""

import torch
from torch.utils.weak import WeakIdKeyDictionary

from .. import _abi, _library
from ._arrays import Shelf, expect, take
from ._operation import Operation

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

# Of each block by one of its weights: what it holds goes with that.
_shelves = WeakIdKeyDictionary()


def _shelf_of(weight):
    return _shelves.setdefault(weight, Shelf())


def _describe(function, values, x_is_constant):
    """Check shapes; the structure that says them to the library."""
    x, A, out_proj, in_proj = (values[name] for name in ("x", "A", "out_proj", "in_proj"))
    if x.dim() != 3 or A.dim() != 2:
        raise _library.make_error(
            f"{function}: the input has 3 axes and A (channels, states), not "
            f"{tuple(x.shape)} and {tuple(A.shape)}",
            "A",
            "SHAPE",
        )
    (batch, steps, width), (channels, states) = map(int, x.shape), map(int, A.shape)
    rank, taps, outputs = (
        int(n) for n in (values["dt_proj"].shape[-1], values["conv"].shape[-1], out_proj.shape[0])
    )
    for name, shape in (
        ("in_proj", (2 * channels, width)),
        ("in_proj_bias", (2 * channels,)),
        ("conv", (channels, taps)),
        ("conv_bias", (channels,)),
        ("x_proj", (rank + 2 * states, channels)),
        ("dt_proj", (channels, rank)),
        ("dt_bias", (channels,)),
        ("D", (channels,)),
        ("out_proj", (outputs, channels)),
        ("out_proj_bias", (outputs,)),
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
        d_out=outputs,
        x_is_constant=x_is_constant,
    )


def _work(block):
    return block.batch * block.seq_len * block.d_inner * (block.d_state + block.d_model // 4)


def _empty_outputs(block, x):
    return (x.new_empty(block.batch, block.seq_len, block.d_out),)


_block = Operation(
    "kr_block",
    _abi.kr_block_arrays,
    NAMES,
    ("y",),
    "bool x_is_constant",
    describe=_describe,
    empty_outputs=_empty_outputs,
    work=_work,
    shelf_of=lambda tensors: _shelf_of(tensors[NAMES.index("x_proj")]),
)


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
    shelf = None if torch.compiler.is_compiling() else _shelf_of(owner)
    (y,) = _block(function, tensors, not tensors[0].requires_grad, shelf=shelf)
    return y.to(torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype)
