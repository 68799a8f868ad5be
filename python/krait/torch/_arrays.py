# SPDX-License-Identifier: MIT
"""Tensors for the library: what they must be, their views, and calls on them."""

import collections
import ctypes
import os
import re
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


def take(function, name, tensor):
    """The tensor in float32, of a kind that the library can read; None stays None.

    Raises
    ------
    krait.InputError
        It is no tensor, sparse or nested, on another device, complex, or of a type other than float32, bfloat16,
        float16.
    """
    if tensor is None:
        return None
    if not isinstance(tensor, torch.Tensor):
        kind = f"{type(tensor).__module__}.{type(tensor).__qualname__}".removeprefix("builtins.")
        raise _library.make_error(
            f"{function} computes on tensors; {name} is a {kind}: torch.as_tensor() makes one", name
        )
    if tensor.is_nested or tensor.layout is not torch.strided:
        kind = "nested" if tensor.is_nested else tensor.layout
        raise _library.make_error(
            f"{function} computes on dense tensors; {name} is {kind}", name, "UNSUPPORTED"
        )
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
            "the tensor has no numbers yet, as in torch.func, and the library needs them; torch.autograd, "
            "torch.compile and torch.export work",
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
