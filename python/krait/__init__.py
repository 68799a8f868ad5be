# SPDX-License-Identifier: MIT
"""krait: selective state-space (Mamba) models of time series on the CPU, from Python.

Names are fetched from their modules when they are first used, so that `import krait` is quick and needs
neither pandas, scikit-learn nor torch.
"""

import importlib

# name: the module of this package that has it.
_DOORS = {
    # looking inside
    "UMAP": "umap",
    "LevinaBickel": "dimension",
    "TwoNN": "dimension",
    "kneighbors": "neighbors",
    "NextStep": "nextstep",
    "synth": "nextstep",
    # forecasting
    "ZeroShot": "zeroshot",
    "Forecaster": "forecaster",
    "TimeStar": "forecaster",
    "TimeStarMamba": "forecaster",
    "iTransformer": "forecaster",
    "RLinear": "forecaster",
    "DLinear": "forecaster",
    "NLinear": "forecaster",
    "Naive": "forecaster",
    "SeasonalNaive": "forecaster",
    # any of their files
    "load": "_files",
    # the library
    "Error": "_library",
    "InputError": "_library",
    "FileError": "_library",
    "OutOfMemory": "_library",
    "NumericError": "_library",
    "Unsupported": "_library",
    "Note": "_library",
}

__all__ = ["__version__", *_DOORS]


def __getattr__(name):
    if name == "__version__":
        value = _module("_library").version
    elif name in _DOORS:
        value = getattr(_module(_DOORS[name], wanted_for=name), name)
    else:
        raise AttributeError(f"module 'krait' has no attribute '{name}'")
    globals()[name] = value  # the next access finds it here
    return value


def _module(name, wanted_for=None):
    full = f"{__name__}.{name}"
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name != full:
            raise  # something that it needs is not there
        raise ImportError(f"krait.{wanted_for or name}: this version of krait has no module {full}") from None


def __dir__():
    return sorted({*globals(), *__all__})
