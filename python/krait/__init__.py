# SPDX-License-Identifier: MIT
"""krait: selective state-space models of time series, and looks inside them."""

from ._files import load
from ._library import Error, FileError, InputError, Note, NumericError, OutOfMemory, version as __version__
from .dimension import LevinaBickel, TwoNN
from .neighbors import kneighbors
from .nextstep import NextStep, synth
from .umap import UMAP

__all__ = [
    "Error",
    "FileError",
    "InputError",
    "LevinaBickel",
    "NextStep",
    "Note",
    "NumericError",
    "OutOfMemory",
    "TwoNN",
    "UMAP",
    "__version__",
    "kneighbors",
    "load",
    "synth",
]
