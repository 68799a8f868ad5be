# SPDX-License-Identifier: MIT
"""Points as the library takes them: (n, dim) of finite float32 or float64, row after row."""

import ctypes

import numpy as np

from . import _abi
from ._library import InputError, as_real, pointer_to, sized


def names_of(X):
    """The columns of a frame as an array of str; None when X has none, or some that are no str."""
    columns = getattr(X, "columns", None)
    if columns is None or callable(columns):
        return None
    names = list(columns)
    kinds = {isinstance(name, str) for name in names}
    if kinds == {True, False}:
        raise TypeError(
            "Feature names are only supported if all input features have string names, but your input "
            "has other "
            "column name types too. Convert them all to strings: X.columns = X.columns.astype(str)."
        )
    return np.asarray(names, dtype=object) if kinds == {True} else None


def _to_array(X):
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise TypeError("Sparse data was passed, but dense data is required. Use X.toarray().")
    array = as_real(X, "the points")
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float32 if array.dtype == np.float16 else np.float64)
    return array


def _check_shape(array, who, least):
    if array.ndim != 2:
        raise InputError(
            f"Expected 2D array, got {array.ndim}D array of shape {array.shape} instead. Reshape your "
            "data: X.reshape(-1, 1) if it has a single feature, X.reshape(1, -1) if it is a single "
            "sample."
        )
    if array.shape[0] < least:
        raise InputError(
            f"Found array with {array.shape[0]} sample(s) (shape={array.shape}) while a minimum of "
            f"{least} is required by {who}."
        )
    if array.shape[1] < 1:
        raise InputError(
            f"Found array with 0 feature(s) (shape={array.shape}) while a minimum of 1 is required by {who}."
        )


def as_points(X, who, least=2):
    """X as a contiguous array of floats or doubles, which the library can borrow.

    Parameters
    ----------
    X : array or frame, (n, dim)
    who : str
        Named in errors.
    least : int
        Points that are needed.

    Returns
    -------
    (n, dim) float32 or float64; X itself where it is such an array.

    Raises
    ------
    InputError, TypeError : it is no such array. Whether values are finite the library says.
    """
    array = _to_array(X)
    _check_shape(array, who, least)
    return np.ascontiguousarray(array)


def view(array):
    """The kr_points of such an array, which must outlive it."""
    points = sized(_abi.kr_points, n=array.shape[0], dim=array.shape[1])
    if array.dtype == np.float32:
        points.f32 = pointer_to(array, ctypes.c_float)
    else:
        points.f64 = pointer_to(array, ctypes.c_double)
    return points


def seed_of(random_state):
    """A seed below 2^64 of what scikit-learn takes: None, a number, a RandomState, a Generator."""
    if random_state is None:
        random_state = np.random.mtrand._rand
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    seed = int(random_state)
    if seed < 0:
        raise InputError(f"random_state: {seed} is below 0")
    return seed
