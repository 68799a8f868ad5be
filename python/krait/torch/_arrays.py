# SPDX-License-Identifier: MIT
"""Tensors for the library: what they must be, their views, and calls on them."""

import collections
import ctypes
import functools
import os
import re
import sys
import threading
import weakref

import numpy as np
import torch

from .. import _abi, _library

_FLOATS = (torch.float32, torch.bfloat16, torch.float16)
# A call with less work than this is over within a millisecond: no thread of its own for it.
_LEAST_WORK = 1 << 20
# With more, threads of torch that wait in a loop are worth ending.
_MUCH_WORK = 1 << 23
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
        raise _library.make_error(
            f"{function} has no complex numbers; {name} is {tensor.dtype}", name, "UNSUPPORTED"
        )
    if tensor.dtype not in _FLOATS:
        raise _library.make_error(
            f"{function} computes in float32; {name} is {tensor.dtype}: convert it", name, "UNSUPPORTED"
        )
    return tensor.float()


def expect(function, name, tensor, shape):
    """Raises krait.InputError when the tensor (None: it is not there) has another shape."""
    if tensor is not None and tuple(tensor.shape) != tuple(shape):
        raise _library.make_error(
            f"{function}: {name} is {tuple(tensor.shape)}, not {tuple(shape)}", name, "SHAPE"
        )


def refuse(function, **values):
    """Raises krait.InputError for the first that is not None or False."""
    for name, value in values.items():
        if value is not None and value is not False:
            raise _library.make_error(f"{function} has no {name}", name, "UNSUPPORTED")


def _address(tensor):
    try:
        return tensor.data_ptr()
    except RuntimeError as error:
        raise _library.make_error(
            "the tensor has no numbers yet, as in torch.func and torch.export, and the library needs them; "
            "torch.autograd and torch.compile work",
            status="UNSUPPORTED",
        ) from error


def strided(tensor):
    """A view for the library, which borrows the memory; None is the array that is not there."""
    view = _abi.kr_strided()
    if tensor is None or tensor.numel() == 0:
        return view
    view.values = ctypes.cast(_address(tensor), _FloatPointer)
    view.stride[: tensor.dim()] = tensor.stride()
    return view


def arrays(kind, tensors):
    """A structure of views, by name."""
    return kind(**{name: strided(tensor) for name, tensor in tensors.items()})


class _OpenMP:
    """gcc's OpenMP in this process, which torch's wheels and others bring along, a copy each.

    Their threads wait for the next work in a loop, for some 10 ms, and so hold CPUs that the library is about to use.
    To end them costs 0.1 ms, and as much to start them again. A forked child does not have them, which its OpenMP
    does not know.
    """

    _SOFT = 1  # of omp_pause_resource_t

    def __init__(self):
        self._process = os.getpid()
        self._pauses = None

    def rest(self):
        """End the threads that wait for this one."""
        if os.getpid() != self._process:
            return
        if self._pauses is None:
            self._pauses = [
                library.omp_pause_resource_all
                for library in self._find()
                if hasattr(library, "omp_pause_resource_all")
            ]
        for pause in self._pauses:
            pause(self._SOFT)

    @staticmethod
    def _find():
        try:
            with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
                paths = {line.split(maxsplit=5)[-1].strip() for line in maps}
        except OSError:
            return []
        return [
            ctypes.CDLL(path, mode=os.RTLD_NOLOAD)
            for path in sorted(paths)
            if re.match(r"libgomp[-.]", os.path.basename(path))
        ]


_openmp = _OpenMP()


def run(name, work, *arguments):
    """Call the library with as many threads as torch uses.

    Parameters
    ----------
    work : updates of a state, about
    arguments : structures, which are handed over by reference, and pointers
    """
    team = _library.team(torch.get_num_threads())
    pointers = [ctypes.byref(a) if isinstance(a, ctypes.Structure) else a for a in arguments]
    if work >= _MUCH_WORK and torch.get_num_threads() > 1:
        _openmp.rest()
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and work >= _LEAST_WORK:
        team.run(name, team.pointer, *pointers)
    else:
        _library.call(name, team.pointer, *pointers)


class Shelf:
    """Work memory of a block: an array that is free again serves the next forward, since the system takes
    milliseconds for memory that is new."""

    def __init__(self):
        self._free = collections.deque()

    def _take(self, count):
        """One that fits; those that do not are given up."""
        while True:
            try:
                array = self._free.pop()
            except IndexError:
                return np.empty(count, np.float32)
            if count <= array.size <= 2 * count:
                return array

    def lend(self, count):
        """A tensor of `count` numbers, whose memory comes back when nobody holds the tensor any more."""
        array = self._take(count)
        loan = array[:count]
        weakref.finalize(loan, self._free.append, array).atexit = False
        return torch.from_numpy(loan)


class Operation:
    """An operation of the library, with gradients: outputs = operation(description, *tensors).

    Parameters
    ----------
    function : str
        What its user calls it.
    name : str
        Of the library's: `name`_forward and `name`_backward.
    kind : a structure of _abi
        Of its arrays.
    inputs, outputs : tuple of str
        Their names in it.
    empty_outputs : callable
        (description, first tensor) -> the outputs, not filled.
    work : callable
        description -> updates of a state, about.
    """

    def __init__(self, function, name, kind, inputs, outputs, empty_outputs, work):
        self.function, self.name, self.kind, self.inputs, self.outputs = function, name, kind, inputs, outputs
        self.empty_outputs, self.work = empty_outputs, work

    def __call__(self, description, *tensors):
        return _Call.apply(self, description, None, *tensors)

    def run(self, direction, description, kept, *views):
        """Call the library, which does not take a batch of nothing."""
        work = self.work(description) * (3 if direction == "backward" else 1)
        if description.batch > 0:
            run(f"{self.name}_{direction}", work, description, *views, *self.more(kept))

    def views(self, tensors, outputs=None):
        named = dict(zip(self.inputs, tensors))
        if outputs is not None:
            named.update(zip(self.outputs, outputs))
        return arrays(self.kind, named)

    def more(self, kept):
        """Further arguments of the library's functions."""
        return ()


class KeepingOperation(Operation):
    """The same where the library keeps something between forward and backward: `name`_kept_size numbers."""

    def __call__(self, description, *tensors, shelf):
        kept = None
        wants_gradients = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)
        if wants_gradients and description.batch > 0:
            count = ctypes.c_int64()
            _library.call(
                f"{self.name}_kept_size",
                ctypes.byref(description),
                ctypes.byref(self.views(tensors)),
                ctypes.byref(count),
            )
            kept = shelf.lend(count.value)
        return _Call.apply(self, description, kept, *tensors)

    def more(self, kept):
        return (None if kept is None else ctypes.cast(kept.data_ptr(), _FloatPointer),)


class _Call(torch.autograd.Function):
    @staticmethod
    def forward(ctx, operation, description, kept, *tensors):
        outputs = operation.empty_outputs(description, tensors[0])
        operation.run("forward", description, kept, operation.views(tensors, outputs))
        ctx.operation, ctx.description = operation, description
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(kept, *tensors)
        return outputs

    @staticmethod
    def backward(ctx, *grads):
        operation, description, (kept, *tensors) = ctx.operation, ctx.description, ctx.saved_tensors
        if all(g is None for g in grads):
            return (None,) * (3 + len(tensors))
        with torch.no_grad():
            empty = torch.empty_like if description.batch > 0 else torch.zeros_like
            gradients = [
                empty(t) if t is not None and needed else None
                for t, needed in zip(tensors, ctx.needs_input_grad[3:])
            ]
            operation.run(
                "backward", description, kept, operation.views(tensors), operation.views(gradients, grads)
            )
        return (None, None, None, *once(operation.function, gradients, (*grads, *tensors)))


class _Once(torch.autograd.Function):
    """Gradients that cannot be differentiated, and say so."""

    @staticmethod
    def forward(ctx, function, count, *tensors):
        ctx.function = function
        return tuple(t.view_as(t) for t in tensors[:count])

    @staticmethod
    def backward(ctx, *_):
        raise _library.make_error(
            f"{ctx.function} has no double backward: its gradient cannot be differentiated",
            status="UNSUPPORTED",
        )


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
