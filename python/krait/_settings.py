# SPDX-License-Identifier: MIT
"""Settings of the library as keywords: their list, their texts, and a handle that holds them."""

import inspect
import keyword
from dataclasses import dataclass

from . import _abi
from ._library import Handle, call, library, make_error, sized, text

_KINDS = {
    _abi.KR_SETTING_TEXT: str,
    _abi.KR_SETTING_INT: int,
    _abi.KR_SETTING_REAL: float,
    _abi.KR_SETTING_BOOL: bool,
    _abi.KR_SETTING_OFF: bool,
}


@dataclass(frozen=True)
class Setting:
    """One of a list: what a keyword may be."""

    name: str
    kind: type
    default: object
    help: str
    choices: str
    low: float
    high: float
    group: str

    def line(self):
        """For a docstring in numpy's form, where the default comes first among choices."""
        choices = sorted(self.choices.split("|"), key=lambda choice: choice != self.default)
        values = "{" + ", ".join(map(repr, choices)) + "}" if self.choices else self.kind.__name__
        return f"{self.name} : {values}, default {self.default!r}\n    {self.help}."


def create(creator):
    """All settings of a list at their defaults: `creator` is the name of the function that makes them."""
    handle = Handle(_abi.kr_settings, "kr_settings_destroy")
    call(creator, handle.out())
    return handle


def list_of(creator, hidden=(), defaults=None, hidden_groups=("names", "reading", "output")):
    """The settings of a list by name, but the hidden ones, such as how a program reads and writes files."""
    handle, listed = create(creator), {}
    for i in range(library.kr_settings_count(handle)):
        info = sized(_abi.kr_setting_info)
        library.kr_settings_describe(handle, i, info)
        name, group, kind = text(info.name), text(info.group), _KINDS[info.kind]
        if name in hidden or group in hidden_groups:
            continue
        default = _value(kind, text(info.default_text))
        if defaults and name in defaults:
            default = defaults[name]
        name = name + "_" if keyword.iskeyword(name) else name
        listed[name] = Setting(
            name, kind, default, text(info.help), text(info.choices), info.min, info.max, group
        )
    return listed


def _value(kind, given):
    if kind is bool:
        return given in ("1", "true")
    return kind(given)


def _key(name):
    """As the library knows it: `from_` is its `from`, a word that Python keeps for itself."""
    return name.removesuffix("_").encode()


def put(handle, name, value):
    """Set one by its Python value; a list becomes words between commas, None the empty text, or the default."""
    key = _key(name)
    if isinstance(value, bool):
        call("kr_settings_set_int", handle, key, int(value))
    elif value is None:
        if _is_text(handle, key):
            call("kr_settings_set", handle, key, b"")
    elif isinstance(value, str):
        call("kr_settings_set", handle, key, value.encode())
    elif isinstance(value, (list, tuple)):
        call("kr_settings_set", handle, key, ",".join(str(v) for v in value).encode())
    elif isinstance(value, float) or not hasattr(value, "__index__"):
        _put_real(handle, key, float(value))
    else:
        _put_int(handle, key, value.__index__())


def _is_text(handle, key):
    for i in range(library.kr_settings_count(handle)):
        info = sized(_abi.kr_setting_info)
        library.kr_settings_describe(handle, i, info)
        if info.name == key:
            return info.kind == _abi.KR_SETTING_TEXT
    return False


def _put_real(handle, key, value):
    if _is_text(handle, key):
        call("kr_settings_set", handle, key, repr(value).encode())
    else:
        call("kr_settings_set_real", handle, key, value)


def _put_int(handle, key, value):
    if _is_text(handle, key):
        call("kr_settings_set", handle, key, str(value).encode())
    else:
        call("kr_settings_set_int", handle, key, value)


def get(handle, name):
    """One as text."""
    import ctypes

    value = ctypes.create_string_buffer(512)
    call("kr_settings_get", handle, _key(name), value, 512)
    return text(value.value)


def values_of(handle, listed):
    """Those that are not at their defaults, as keywords."""
    values = {name: _value(s.kind, get(handle, name)) for name, s in listed.items()}
    return {name: value for name, value in values.items() if value != listed[name].default}


def check(owner, given, listed):
    """InputError for a keyword that is no setting, and for a truth where a number belongs."""
    import difflib

    for name, value in given.items():
        if name not in listed:
            near = difflib.get_close_matches(name, listed, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise make_error(f"{owner} has no setting `{name}`{hint}", near[0] if near else "")
        if isinstance(value, bool) and listed[name].kind in (int, float):
            raise make_error(f"{name}: {value!r} is no number", name)


def signature(listed, first=()):
    """What inspect.signature() and an editor show."""
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = list(first) + [
        inspect.Parameter(s.name, kind, default=s.default)
        for s in listed.values()
        if s.name not in {p.name for p in first}
    ]
    return inspect.Signature(parameters)


def lines(listed):
    """The part "Parameters" of a docstring."""
    return "\n".join(s.line() for s in listed.values())
