# SPDX-License-Identifier: MIT
"""krait: selective state-space (Mamba) models of time series, on a CPU."""
from ._library import Error, Note, version as __version__  # noqa: F401
from .forecaster import Forecaster, load, models as _models  # noqa: F401

globals().update(_models)
