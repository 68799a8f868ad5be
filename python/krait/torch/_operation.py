# SPDX-License-Identifier: MIT
"""Operations of the library in torch: with gradients, and as operators in the graphs of torch.compile and torch.export.

Outside of graphs an operation is an autograd.Function, which costs the least. Graphs are of operators that torch
knows by name, krait::kr_scan_forward and so on; shapes of their outputs come from the same description.
"""

import ctypes

import torch

from .. import _abi, _library
from ._arrays import arrays, run

_SOMEWHERE = _abi.kr_strided(values=ctypes.cast(64, ctypes.POINTER(ctypes.c_float)))


def _there(kind, tensors):
    """A structure of views that say only which arrays are there."""
    return kind(**{name: _SOMEWHERE for name, t in tensors.items() if t is not None and t.numel() > 0})


class Operation:
    """An operation of the library, with gradients: outputs = operation(function, tensors, *settings).

    Parameters
    ----------
    name : str
        Of the library's: `name`_forward and `name`_backward.
    kind : a structure of _abi
        Of its arrays.
    inputs, outputs : tuple of str
        Their names in it; the first input is always there.
    settings : str
        What else it is told, as in a signature of torch's operators: "bool softplus, bool bias".
    describe : callable
        (function, dict of inputs, *settings) -> the structure that says the sizes to the library, if all fits.
    empty_outputs : callable
        (description, first tensor) -> the outputs, not filled.
    work : callable
        description -> updates of a state, about.
    shelf_of : callable, optional
        inputs -> the Shelf for what the library keeps between forward and backward, `name`_kept_size numbers; None: it
        keeps nothing.
    """

    def __init__(
        self, name, kind, inputs, outputs, settings, *, describe, empty_outputs, work, shelf_of=None
    ):
        self.name, self.kind, self.inputs, self.outputs = name, kind, inputs, outputs
        self._describe, self.empty_outputs, self.work, self.shelf_of = describe, empty_outputs, work, shelf_of
        self.in_graphs = _Operators(self, settings)

    def __call__(self, function, tensors, *settings, shelf=None):
        """Outputs, a tuple.

        Parameters
        ----------
        function : str
            What its user called.
        shelf : Shelf, optional
            Another one than that of the inputs; graphs do not use it.
        """
        if torch._C._are_functorch_transforms_active():
            raise _library.make_error(
                f"{function} does not work in torch.func (grad, jvp, vmap, ..); use torch.autograd",
                status="UNSUPPORTED",
            )
        wants_gradients = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)
        if torch.compiler.is_compiling():
            return self.in_graphs(function, tensors, settings, wants_gradients)
        description = self.describe(function, tensors, settings)
        kept = None
        if wants_gradients and self.shelf_of and description.batch > 0:
            kept = (shelf or self.shelf_of(tensors)).lend(self.count_kept(description, tensors))
        return _Call.apply(self, function, description, kept, *tensors)

    def describe(self, function, tensors, settings):
        return self._describe(function, dict(zip(self.inputs, tensors)), *settings)

    def count_kept(self, description, tensors):
        count, there = ctypes.c_int64(), _there(self.kind, dict(zip(self.inputs, tensors)))
        _library.call(
            f"{self.name}_kept_size", ctypes.byref(description), ctypes.byref(there), ctypes.byref(count)
        )
        return count.value

    def forward(self, description, kept, tensors):
        outputs = self.empty_outputs(description, tensors[0])
        self._run("forward", description, kept, self._views(tensors, outputs))
        return outputs

    def backward(self, description, kept, tensors, needed, grads):
        """Gradients of those tensors that are needed (a bool each); None for the others."""
        empty = torch.empty_like if description.batch > 0 else torch.zeros_like
        gradients = [empty(t) if t is not None and n else None for t, n in zip(tensors, needed)]
        self._run("backward", description, kept, self._views(tensors), self._views(gradients, grads))
        return gradients

    def _run(self, direction, description, kept, *views):
        """Call the library, which does not take a batch of nothing."""
        if description.batch == 0:
            return
        work = self.work(description) * (3 if direction == "backward" else 1)
        more = ()
        if self.shelf_of:
            more = (None if kept is None else ctypes.cast(kept.data_ptr(), ctypes.POINTER(ctypes.c_float)),)
        run(f"{self.name}_{direction}", work, description, *views, *more)

    def _views(self, tensors, outputs=()):
        return arrays(self.kind, {**dict(zip(self.inputs, tensors)), **dict(zip(self.outputs, outputs))})


# ---- gradients -----------------------------------------------------------------------------------


class _Call(torch.autograd.Function):
    @staticmethod
    def forward(ctx, operation, function, description, kept, *tensors):
        outputs = operation.forward(description, kept, tensors)
        ctx.operation, ctx.function, ctx.description = operation, function, description
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(kept, *tensors)
        return outputs

    @staticmethod
    def backward(ctx, *grads):
        kept, *tensors = ctx.saved_tensors
        if all(g is None for g in grads):
            return (None,) * (4 + len(tensors))
        with torch.no_grad():
            needed = ctx.needs_input_grad[4:]
            gradients = ctx.operation.backward(ctx.description, kept, tensors, needed, grads)
        return (None, None, None, None, *_once(ctx.function, gradients, (*grads, *tensors)))


class _Once(torch.autograd.Function):
    """Gradients that cannot be differentiated, and say so."""

    @staticmethod
    def forward(ctx, function, count, *tensors):
        ctx.function = function
        return tuple(t.view_as(t) for t in tensors[:count])

    @staticmethod
    def backward(ctx, *_):
        _refuse_second(ctx.function)


def _refuse_second(function):
    raise _library.make_error(
        f"{function} has no double backward: its gradient cannot be differentiated", status="UNSUPPORTED"
    )


def _once(function, gradients, sources):
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


# ---- graphs --------------------------------------------------------------------------------------


class _Operators:
    """The operators krait::`name`_forward and krait::`name`_backward.

    forward: (function, is `kept` wanted, settings, inputs) -> (outputs, kept); kept is empty if it is not wanted
    backward: (function, which gradients, settings, inputs, kept, gradients of the outputs) -> those gradients
    """

    def __init__(self, operation, settings):
        self._operation = operation
        self._n_settings = settings.count(",") + 1
        first, *others = operation.inputs
        inputs = ", ".join([settings, f"Tensor {first}", *(f"Tensor? {name}" for name in others)])
        n, grads = len(operation.outputs), ", ".join(f"Tensor? grad_{name}" for name in operation.outputs)
        self._forward = define(
            f"{operation.name}_forward",
            f"(str function, bool keep, {inputs}) -> ({', '.join(['Tensor'] * (n + 1))})",
            self._compute,
            self._imagine,
        )
        self._backward = define(
            f"{operation.name}_backward",
            f"(str function, bool[] needed, {inputs}, Tensor kept, {grads}) -> Tensor[]",
            self._compute_gradients,
            self._imagine_gradients,
        )
        forward, backward = (f"krait::{operation.name}_{way}" for way in ("forward", "backward"))
        torch.library.register_autograd(forward, self._differentiate, setup_context=self._remember)
        torch.library.register_autograd(backward, self._refuse, setup_context=self._remember_function)

    def __call__(self, function, tensors, settings, wants_gradients):
        keep = wants_gradients and self._operation.shelf_of is not None
        return self._forward(function, keep, *settings, *tensors)[:-1]

    def _take(self, function, values):
        """Settings and inputs as one list: the description, and the inputs."""
        settings, tensors = values[: self._n_settings], values[self._n_settings :]
        return self._operation.describe(function, tensors, settings), tensors

    def _count_kept(self, keep, description, tensors):
        return self._operation.count_kept(description, tensors) if keep and description.batch > 0 else 0

    def _compute(self, function, keep, *values):
        description, tensors = self._take(function, values)
        count = self._count_kept(keep, description, tensors)
        kept = self._operation.shelf_of(tensors).lend(count) if count else None
        outputs = self._operation.forward(description, kept, tensors)
        return (*outputs, tensors[0].new_empty(0) if kept is None else kept)

    def _imagine(self, function, keep, *values):
        """The outputs of tensors that have no numbers."""
        description, tensors = self._take(function, values)
        outputs = self._operation.empty_outputs(description, tensors[0])
        return (*outputs, tensors[0].new_empty(self._count_kept(keep, description, tensors)))

    def _split(self, values):
        """Arguments of backward behind the first two: settings and inputs, kept, gradients of the outputs."""
        n = self._n_settings + len(self._operation.inputs)
        return values[:n], values[n], values[n + 1 :]

    def _compute_gradients(self, function, needed, *values):
        values, kept, grads = self._split(values)
        description, tensors = self._take(function, values)
        kept = kept if kept.numel() else None
        gradients = self._operation.backward(description, kept, tensors, needed, grads)
        return [g for g in gradients if g is not None]

    def _imagine_gradients(self, _, needed, *values):
        tensors = self._split(values)[0][self._n_settings :]
        return [torch.empty_like(t) for t, n in zip(tensors, needed) if n]

    # ---- their gradients ----

    def _remember(self, ctx, inputs, output):
        function, _, *values = inputs
        ctx.function, ctx.settings = function, values[: self._n_settings]
        ctx.mark_non_differentiable(output[-1])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(output[-1], *values[self._n_settings :])

    def _differentiate(self, ctx, *grads):
        kept, *tensors = ctx.saved_tensors
        before = 2 + self._n_settings
        needed = [t is not None and n for t, n in zip(tensors, ctx.needs_input_grad[before:])]
        if all(g is None for g in grads[:-1]):
            return (None,) * (before + len(tensors))
        made = iter(self._backward(ctx.function, needed, *ctx.settings, *tensors, kept, *grads[:-1]))
        return ((None,) * before) + tuple(next(made) if n else None for n in needed)

    @staticmethod
    def _remember_function(ctx, inputs, output):
        ctx.function = inputs[0]

    @staticmethod
    def _refuse(ctx, *_):
        _refuse_second(ctx.function)


def define(name, schema, compute, imagine):
    """An operator on CPU tensors; imagine: the same for tensors without numbers."""
    torch.library.define(f"krait::{name}", schema)
    torch.library.impl(f"krait::{name}", "CPU", compute)
    torch.library.register_fake(f"krait::{name}", imagine)
    return getattr(torch.ops.krait, name).default
