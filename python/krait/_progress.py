# SPDX-License-Identifier: MIT
"""A bar for what takes long, by tqdm where it is present; quiet unless it is asked for."""
import sys

from . import _abi
from ._library import text

_EVENT = dict(_abi.kr_forecast_observer._fields_)["event"]


class _Line:
    """What tqdm does, in a few lines: one line that is written over."""

    def __init__(self, total, desc):
        self.total, self.desc, self.n, self.note = total, desc, 0, ""

    def set_postfix_str(self, note, refresh=False):
        self.note = note

    def update(self, n):
        self.n += n
        share = self.n / max(self.total, 1)
        bar = "#" * int(20 * share)
        sys.stderr.write(f"\r{self.desc} [{bar:20}] {self.n}/{self.total} {self.note}")
        sys.stderr.flush()

    def close(self):
        sys.stderr.write("\n")


def _make(total, desc):
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Line(total, desc)
    return tqdm(total=total, desc=desc, leave=False)


class Bar:
    """Listens to a training: a bar for each epoch, and for what follows.

    Attributes
    ----------
    observer : kr_forecast_observer
        To be handed to the library while the bar is open.
    """

    def __init__(self, is_wanted, name):
        self.name, self._bar, self._part = name, None, None
        self._function = _EVENT(self._see) if is_wanted else _EVENT(0)
        self.observer = _abi.kr_forecast_observer(event=self._function)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()
        self._function = None

    def _close(self):
        if self._bar is not None:
            self._bar.close()
        self._bar = self._part = None

    def show(self, part, n, total, note=""):
        """Part of the work: "epoch 3/10", "validation"."""
        if part != self._part:
            self._close()
            self._bar, self._part = _make(total, f"{self.name}, {part}"), part
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(n - self._bar.n)

    def _see(self, _, event):
        e = event.contents
        if e.kind == _abi.KR_EVENT_STEP:
            self.show(f"epoch {e.epoch}/{e.epochs}", e.step, e.steps, f"loss {e.loss:.5f}")
        elif e.kind == _abi.KR_EVENT_PROGRESS:
            self.show(text(e.text), e.step, e.steps)
        elif e.kind == _abi.KR_EVENT_EPOCH:
            self._close()
