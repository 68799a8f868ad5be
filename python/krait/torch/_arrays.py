# SPDX-License-Identifier: MIT
"""Tensors for the library: what they must be, their views, and calls on them."""
import ctypes
import functools
import sys
import threading

import torch

from .. import _abi, _library

_FLOATS = (torch.float32, torch.bfloat16, torch.float16)
# A call with less work than this is over within a millisecond: no thread of its own for it.
_LEAST_WORK = 1 << 20
_FloatPointer = ctypes.POINTER(ctypes.c_float)


def opaque(function):
    """To torch.compile the function, and all that it calls, is a break in the graph.

    torch.compiler.disable() loads the compiler, which takes seconds: not before somebody else has.
    """
    hidden = []

    @functools.wraps(function)
    def call(*arguments, **named):
        if "torch._dynamo" not in sys.modules:
            return function(*arguments, **named)
        if not hidden:
            hidden.append(torch.compiler.disable(function))
        return hidden[0](*arguments, **named)

    call._torchdynamo_disable = True
    return call


def take(function, name, tensor):
    """The tensor in float32, of a kind that the library can read; None stays None.

    Raises
    ------
    krait.InputError
        It is on another device, complex, or of a type other than float32, bfloat16, float16.
    """
    if tensor is None:
        return None
    if tensor.device.type != "cpu":
        raise _library.make_error(f"{function} computes on CPU tensors; {name} is on {tensor.device}", name)
    if tensor.is_complex():
        raise _library.make_error(f"{function} has no complex numbers; {name} is {tensor.dtype}", name, "UNSUPPORTED")
    if tensor.dtype not in _FLOATS:
        raise _library.make_error(f"{function} computes in float32; {name} is {tensor.dtype}: convert it",
                                  name, "UNSUPPORTED")
    return tensor.float()


def expect(function, name, tensor, shape):
    """Raises krait.InputError when the tensor (None: it is not there) has another shape."""
    if tensor is not None and tuple(tensor.shape) != tuple(shape):
        raise _library.make_error(f"{function}: {name} is {tuple(tensor.shape)}, not {tuple(shape)}", name, "SHAPE")


def refuse(function, **values):
    """Raises krait.InputError for the first that is not None or False."""
    for name, value in values.items():
        if value is not None and value is not False:
            raise _library.make_error(f"{function} has no {name}", name, "UNSUPPORTED")


def strided(tensor):
    """A view for the library, which borrows the memory; None is the array that is not there."""
    view = _abi.kr_strided()
    if tensor is None or tensor.numel() == 0:
        return view
    view.values = ctypes.cast(tensor.data_ptr(), _FloatPointer)
    view.stride[:tensor.dim()] = tensor.stride()
    return view


def arrays(kind, tensors):
    """A structure of views, by name."""
    return kind(**{name: strided(tensor) for name, tensor in tensors.items()})


def run(name, work, *structures):
    """Call the library with as many threads as torch uses; work: updates of a state, about."""
    team = _library.team(torch.get_num_threads())
    pointers = [ctypes.byref(s) for s in structures]
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and work >= _LEAST_WORK:
        team.run(name, team.pointer, *pointers)
    else:
        _library.call(name, team.pointer, *pointers)


class _Once(torch.autograd.Function):
    """Gradients that cannot be differentiated, and say so."""

    @staticmethod
    def forward(ctx, function, count, *tensors):
        ctx.function = function
        return tuple(t.view_as(t) for t in tensors[:count])

    @staticmethod
    def backward(ctx, *_):
        raise _library.make_error(f"{ctx.function} has no double backward: its gradient cannot be differentiated",
                                  status="UNSUPPORTED")


def once(function, gradients, sources):
    """The gradients, for a backward that may itself be differentiated (create_graph=True).

    Parameters
    ----------
    gradients : list of Tensor or None
    sources : what they were computed from
    """
    if not torch.is_grad_enabled():
        return gradients
    there = [g for g in gradients if g is not None]
    made = iter(_Once.apply(function, len(there), *there, *[s for s in sources if s is not None]))
    return [None if g is None else next(made) for g in gradients]
