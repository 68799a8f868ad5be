# SPDX-License-Identifier: MIT
"""Points as the library takes them: (n, dim) of finite float32 or float64, row after row; or sparse."""

import ctypes
import operator

import numpy as np

from . import _abi
from ._library import InputError, as_floats, pointer_to, sized, wrong


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


def is_sparse(X):
    """A sparse matrix or array, of scipy or of as_sparse()."""
    return isinstance(X, Sparse) or (hasattr(X, "toarray") and hasattr(X, "nnz"))


def _to_array(X):
    if is_sparse(X):
        raise TypeError("Sparse data was passed, but dense data is required. Use X.toarray().")
    return as_floats(X, "the points")


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


class Sparse:
    """A sparse matrix by rows, as kr_sparse wants it; its arrays are its own.

    Attributes
    ----------
    start : (n + 1,) int64; column : int32, rising in a row; value : float32 or float64
    shape : (n, dim)
    """

    def __init__(self, start, column, value, shape):
        self.start, self.column, self.value, self.shape = start, column, value, shape

    @property
    def dtype(self):
        return self.value.dtype

    def view(self):
        """The kr_sparse, which this must outlive."""
        kind = "f32" if self.value.dtype == np.float32 else "f64"
        number = ctypes.c_float if kind == "f32" else ctypes.c_double
        return sized(
            _abi.kr_sparse,
            n=self.shape[0],
            dim=self.shape[1],
            start=pointer_to(self.start, ctypes.c_int64),
            column=pointer_to(self.column, ctypes.c_int),
            **{kind: pointer_to(self.value, number)},
        )

    def pick(self, rows):
        """These rows as a Sparse of their own."""
        counts = np.diff(self.start)[rows]
        taken = np.concatenate([np.arange(self.start[r], self.start[r + 1]) for r in rows])
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Sparse(start, self.column[taken], self.value[taken], (len(rows), self.shape[1]))

    def equals(self, other):
        return self.shape == other.shape and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in ("start", "column", "value")
        )


def as_sparse(X, who, least=2):
    """Any sparse matrix of scipy as a Sparse; raises as as_points() does."""
    matrix = X.tocsr(copy=True)
    matrix.sum_duplicates()  # sorts the columns, too
    value = _to_array(matrix.data)
    _check_shape(matrix, who, least)
    return Sparse(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), value, matrix.shape)


def view(array):
    """The kr_points, or kr_sparse, of such an array, which must outlive it."""
    if isinstance(array, Sparse):
        return array.view()
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
    try:
        seed = operator.index(random_state)
    except TypeError:
        raise wrong("random_state", f"{random_state!r} is no seed; use a whole number, or None") from None
    if seed < 0:
        raise wrong("random_state", f"{seed} is below 0")
    return seed
