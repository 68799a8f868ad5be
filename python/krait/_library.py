# SPDX-License-Identifier: MIT
"""libkrait in this process: loading it, calling it, its errors, its threads and its log.

Every other module calls the library through `call()` (at once) or `Team.run()` (for what may take long: the
interpreter goes on, Ctrl-C stops the work, and what the library says of the data becomes a warning).
"""

import atexit
import collections
import ctypes
import logging
import os
import sys
import threading
import warnings
import weakref
from pathlib import Path

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise ImportError("krait needs numpy, which is not there: pip install numpy") from error

from . import _abi

logger = logging.getLogger("krait")


# ---- errors ------------------------------------------------------------------------------------


class Error(Exception):
    """What the library refused or failed to do, in its sentence.

    Attributes
    ----------
    hint : str
        The setting to mend, the first that the sentence names; "" if it names none.
    status : str
        The kind of failure: "USAGE", "IO", "FORMAT", "SHAPE", "MEMORY", "NUMERIC", "UNSUPPORTED".
    """

    hint = ""
    status = ""


class InputError(Error, ValueError):
    """Settings, data or sizes that are not possible. Also a ValueError."""

    status = "USAGE"


class NotNumbers(InputError, TypeError):
    """Data hold what is no number. Also a TypeError, and a ValueError."""


class FileError(Error, OSError):
    """Reading or writing failed. Also an OSError."""


class OutOfMemory(Error, MemoryError):
    """Also a MemoryError."""


class NumericError(Error, ArithmeticError, ValueError):
    """A number is not finite, of data or on the way. Also an ArithmeticError, and a ValueError."""


class Note(UserWarning):
    """What the library assumed about data, or what its user should know of a result."""


class Unsupported(InputError, NotImplementedError):
    """It is not made for that. Also a NotImplementedError, and a ValueError."""


_ERRORS = {"IO": FileError, "MEMORY": OutOfMemory, "NUMERIC": NumericError, "UNSUPPORTED": Unsupported}


def make_error(text, hint="", status="USAGE"):
    error = _ERRORS.get(status, InputError)(text)
    error.hint = hint
    error.status = status
    return error


def wrong(name, why):
    """The error that says why a setting is not possible."""
    return make_error(f"{name}: {why}", name)


def whole(name, value, least):
    """The value as an int; InputError: it is no whole number, or below the least."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise wrong(name, f"{value!r}; use a whole number, {least} or more")
    return int(value)


def warn(line, kind=Note):
    """A warning at the line outside of this package that called it, so that the same one is shown there once."""
    frame, level = sys._getframe(1), 2
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        frame, level = frame.f_back, level + 1
    warnings.warn(line, kind, stacklevel=level)


def within(name, value, least, most=np.inf, is_open=False):
    """The number, which must be in least .. most (is_open: above least)."""
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not good or not (least < value <= most or (value == least and not is_open)):
        limits = f"above {least:g}" if is_open else f"{least:g} or more"
        raise wrong(
            name,
            f"{value!r} is out of range; use a number {limits}"
            + (f", up to {most:g}" if np.isfinite(most) else ""),
        )
    return value


def as_real(x, what):
    """x as an array, if every value of it is a real number as it stands.

    Raises
    ------
    InputError : values are complex, dates or masked, which numpy would make numbers of without a word.
    """
    if np.ma.is_masked(x):
        raise InputError(
            f"{what}: {np.ma.count_masked(x)} values are masked; fill them or leave their rows out"
        )
    array = np.asarray(x)
    if array.dtype.kind == "c":
        raise InputError(f"{what}: Complex data not supported; take their real part or their size")
    if array.dtype.kind in "mM":
        raise InputError(f"{what}: dates and times are no numbers; take their differences, in a unit")
    return array


def as_floats(x, what):
    """as_real(x) in float32 or float64, whichever holds its numbers.

    Raises
    ------
    InputError : as_real() does.
    NotNumbers : something in it is no number.
    """
    array = as_real(x, what)
    if array.dtype in (np.float32, np.float64):
        return array
    try:
        return array.astype(np.float32 if array.dtype == np.float16 else np.float64)
    except (TypeError, ValueError) as error:
        raise NotNumbers(f"{what}: no array of numbers and no data frame: {error}") from error


# ---- loading -----------------------------------------------------------------------------------


def _find():
    """The library: KRAIT_LIBRARY, else the one in the package."""
    named = os.environ.get("KRAIT_LIBRARY")
    if named:
        return named
    for path in sorted((Path(__file__).parent / "lib").glob("libkrait.so*")):
        return str(path)
    raise ImportError(
        "krait: the package has no libkrait.so; install the wheel, or name one in KRAIT_LIBRARY"
    )


def _load():
    path = _find()
    try:
        library = ctypes.CDLL(path)
        for name, (result, arguments) in _abi.FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        # No library at all, or one of another version, which lacks a function.
        raise ImportError(
            f"krait: {path} is not the libkrait that this package is made for: {error}; "
            "install the wheel again, or name the right one in KRAIT_LIBRARY"
        ) from error
    return library


library = _load()
version = library.kr_version().decode()


def text(value):
    """A C string as str; None stays None."""
    return None if value is None else value.decode("utf-8", "replace")


def _check(status, err):
    if status == _abi.KR_OK:
        return
    name = text(library.kr_status_name(status))
    if status == _abi.KR_INTERRUPTED:
        raise KeyboardInterrupt(text(err.text))
    raise make_error(text(err.text), text(err.hint), name)


def call(name, *arguments):
    """Call a function whose last argument is a kr_error; raises what it says."""
    err = _abi.kr_error()
    _check(getattr(library, name)(*arguments, ctypes.byref(err)), err)


def sized(kind, **fields):
    """A structure that begins with its size."""
    return kind(size=ctypes.sizeof(kind), **fields)


# ---- handles -----------------------------------------------------------------------------------


class Handle:
    """An object of the library, which is destroyed with the last reference to this one.

    Parameters
    ----------
    kind : a structure of _abi
    destroy : name of the function; None: what `keep` holds owns the object
    keep : what must live as long (arrays that the library borrows, the team)
    """

    def __init__(self, kind, destroy, keep=()):
        self.pointer = ctypes.POINTER(kind)()
        self._keep = keep
        self._finalizer = weakref.finalize(self, _destroy, destroy, self.pointer) if destroy else lambda: None

    @property
    def _as_parameter_(self):
        """A handle can be an argument itself, and then lives as long as the call."""
        return self.pointer

    def out(self):
        """For a parameter `kind **out`."""
        return ctypes.byref(self.pointer)

    def adopt(self, pointer):
        """Take over an object that a function returned; returns self."""
        ctypes.memmove(ctypes.byref(self.pointer), ctypes.byref(pointer), ctypes.sizeof(pointer))
        return self

    def destroy(self):
        """At once."""
        self._finalizer()


def _destroy(name, pointer):
    if pointer:
        getattr(library, name)(pointer)
        ctypes.memset(ctypes.byref(pointer), 0, ctypes.sizeof(pointer))


# ---- threads -----------------------------------------------------------------------------------

LogFunction = _abi.FUNCTIONS["kr_team_create"][1][1]


class Team:
    """Threads that compute, their log, and how to stop them.

    Parameters
    ----------
    threads : int, optional
        None or 0: all CPUs of this process.
    """

    def __init__(self, threads=None):
        self._call = threading.local()  # .lines: what the library said in the call of this thread
        self._lines = collections.deque()  # and in threads of its own
        self._log = LogFunction(self._hear)
        self._handle = Handle(_abi.kr_team, "kr_team_destroy", keep=self._log)
        call("kr_team_create", int(threads or 0), self._log, None, self._handle.out())

    @property
    def pointer(self):
        return self._handle.pointer

    _as_parameter_ = pointer

    def _hear(self, _, level, line):
        getattr(self._call, "lines", self._lines).append((level, text(line)))

    def run(self, name, *arguments):
        """call(), in a thread of its own when this is the main thread, so that Ctrl-C is heard."""
        self.work(lambda: call(name, *arguments))

    def work(self, function):
        """The same for a function that makes many calls; returns what it returns."""
        lines = collections.deque()

        def heard():
            self._call.lines = lines
            try:
                return function()
            finally:
                del self._call.lines

        try:
            if threading.current_thread() is threading.main_thread():
                return self._work_aside(heard)
            return heard()
        finally:
            self._say(lines)
            self._say(self._lines)

    def _work_aside(self, function):
        result, failure, done = [], [], threading.Event()

        def work():
            try:
                result.append(function())
            except BaseException as error:  # to be raised where the work was asked for
                failure.append(error)
            finally:
                done.set()

        threading.Thread(target=work, name="krait", daemon=True).start()
        interrupted = self._wait(done)
        if interrupted:
            raise KeyboardInterrupt from (failure[0] if failure else None)
        if failure:
            raise failure[0]
        return result[0]

    def _wait(self, done):
        """True: Ctrl-C was pressed meanwhile.

        An event, not join(): before Python 3.13 a join() that Ctrl-C ends takes the thread for finished. In
        turns, since _thread.interrupt_main(), and a signal that another thread receives, wake nobody. Ctrl-C
        that is pressed again, also while the first is dealt with, changes nothing: what the library writes
        to belongs to the caller, so nobody leaves before it is done.
        """
        interrupted = False
        while not done.is_set():
            try:
                while not done.is_set():
                    if interrupted:
                        library.kr_team_stop(self.pointer)
                    done.wait(0.1)
            except KeyboardInterrupt:
                interrupted = True
        if interrupted:
            library.kr_team_go_on(self.pointer)
        return interrupted

    @staticmethod
    def _say(lines):
        while lines:
            try:
                level, line = lines.popleft()
            except IndexError:  # another thread was quicker
                return
            if level >= _abi.KR_LOG_NOTE:
                warn(line)
            else:
                logger.log(logging.DEBUG if level == _abi.KR_LOG_DEBUG else logging.INFO, line)


_teams = {}
_teams_lock = threading.Lock()


def team(threads=None):
    """The team of this many threads, one for the whole process."""
    with _teams_lock:
        if threads not in _teams:
            _teams[threads] = Team(threads)
        return _teams[threads]


@atexit.register
def _end_teams():
    _teams.clear()


def _after_fork():
    """In the child: somebody else's thread may have held the lock. The teams go on with one worker each."""
    global _teams_lock
    _teams_lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


# ---- arrays ------------------------------------------------------------------------------------


def pointer_to(array, kind):
    """Of a contiguous numpy array; None gives NULL."""
    return None if array is None else array.ctypes.data_as(ctypes.POINTER(kind))


def copy_array(pointer, shape, dtype=None):
    """What the library holds, as an array of its own; dtype: another type than it has there.

    By memmove: numpy's own views of a pointer make a type for each size, which ctypes keeps for ever.
    """
    if 0 in shape:  # the pointer may be NULL
        return np.empty(shape, dtype or np.float64)
    array = np.empty(shape, pointer._type_)
    ctypes.memmove(array.ctypes.data, ctypes.byref(pointer.contents), array.nbytes)
    return array if dtype is None else array.astype(dtype, copy=False)
