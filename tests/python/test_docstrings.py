# SPDX-License-Identifier: MIT
"""Every public class, function, method and parameter is described where a person looks: in its docstring."""

import importlib.util
import inspect
import re

import krait
import pytest

if importlib.util.find_spec("griffe") is None:
    pytest.skip("griffe, which reads docstrings, is not installed", allow_module_level=True)
import griffe

MODULES = ["krait"] + (["krait.torch"] if importlib.util.find_spec("torch") else [])
_KIND = griffe.DocstringSectionKind


def documented_objects():
    """(name, object) of all that a person can reach: names of the modules, and methods that are ours."""
    for module in MODULES:
        public = importlib.import_module(module)
        for name in public.__all__:
            thing = getattr(public, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{module}.{name}", thing
            if inspect.isclass(thing):
                yield from methods_of(f"{module}.{name}", thing)
    from krait.nextstep import Stream, Synth

    for made in Stream, Synth:  # not by a person: their methods alone
        yield from methods_of(made.__name__, made)


def methods_of(name, kind):
    """What is defined in krait: a base class of torch has documents of its own."""
    for attribute in sorted(dir(kind)):
        thing = inspect.getattr_static(kind, attribute)
        thing = getattr(thing, "__func__", thing)
        if not attribute.startswith("_") and (inspect.isfunction(thing) or isinstance(thing, property)):
            where = (thing.fget if isinstance(thing, property) else thing).__module__ or ""
            if where.startswith("krait"):
                yield f"{name}.{attribute}", thing


OBJECTS = dict(documented_objects())


def entries(thing):
    """Names that the part "Parameters" describes; None: there is no such part."""
    for part in griffe.Docstring(inspect.getdoc(thing)).parse("numpy"):
        if part.kind is _KIND.parameters:
            assert all(p.description or p.annotation for p in part.value), "an entry says nothing"
            return {name.strip("* \\\n") for p in part.value for name in p.name.split(",")}
    return None


def parameters(thing):
    if isinstance(thing, property):
        return []
    if inspect.isclass(thing) and thing.__init__ is object.__init__ and not hasattr(thing, "__signature__"):
        return []
    kinds = inspect.signature(thing).parameters
    return [name for name in kinds if name not in ("self", "cls") and not name.startswith("_")]


def missing(thing):
    """Parameters that the docstring does not describe: as entries, or in a short docstring by name."""
    told, text = entries(thing), inspect.getdoc(thing)
    assert told is not None or not re.search("^ *Parameters *$", text, re.M), (
        "its parts do not begin at its margin"
    )
    if told is None:
        return [name for name in parameters(thing) if not re.search(rf"\b{name}\b", text)]
    return [name for name in parameters(thing) if name not in told]


@pytest.mark.parametrize("name", OBJECTS)
def test_docstring(name):
    thing = OBJECTS[name]
    assert inspect.getdoc(thing), "there is none"
    if inspect.isclass(thing) and issubclass(thing, BaseException):
        return
    assert not missing(thing)


def test_what_is_not_described_is_seen():
    def bare(x, y):
        """Of x."""

    def in_parts(x, y):
        """A function.

        Parameters
        ----------
        y : float
        """

    assert missing(bare) == ["y"] and missing(in_parts) == ["x"]
