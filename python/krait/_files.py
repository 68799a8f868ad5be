# SPDX-License-Identifier: MIT
"""Opening a saved model of any kind."""

import os

from . import _abi
from ._library import Error, Handle, InputError, call, library, text


def _format_of(path):
    """What a file says of itself under "format"; None: it is no .safetensors file, or says nothing."""
    file = Handle(_abi.kr_safetensors, "kr_safetensors_destroy")
    try:
        call("kr_safetensors_read", os.fsencode(path), file.out())
    except OSError:
        raise
    except Error:
        return None
    return text(library.kr_safetensors_value(file.pointer, b"format"))


def load(path, **options):
    """Open what save() of a model, or the program, wrote.

    Parameters
    ----------
    path : str or Path
    **options
        Of the load() of the class, such as threads.

    Returns
    -------
    UMAP, NextStep, or a forecaster

    Raises
    ------
    krait.Error : it is no such file, or a damaged one.
    """
    from .nextstep import NextStep
    from .umap import UMAP

    kind = _format_of(path)
    if kind == "krait umap":
        return UMAP.load(path, **options)
    if kind == "krait forecaster":
        try:
            from . import forecaster
        except ImportError:
            raise InputError(f"{path}: is a forecaster, which this package cannot open") from None
        return forecaster.load(path, **options)
    return NextStep.load(path, **options)
