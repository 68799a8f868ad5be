# SPDX-License-Identifier: MIT
"""Nearest neighbours: exact, or by descent with the recall said."""

from . import _abi
from ._library import Handle, InputError, copy_array, library, sized, team
from ._points import as_points, view

METHODS = {"auto": _abi.KR_KNN_AUTO, "exact": _abi.KR_KNN_EXACT, "descent": _abi.KR_KNN_DESCENT}


class Neighbors(tuple):
    """Unpacks into distances and indices; also says how they were found.

    Attributes
    ----------
    distances : (n, k) float64
    indices : (n, k) int32
    recall : float
        Share of the true neighbours that were found: 1 when exact, measured on a sample of a descent.
    is_exact : bool
    """

    def __new__(cls, distances, indices, recall, is_exact):
        self = super().__new__(cls, (distances, indices))
        self.recall, self.is_exact = recall, is_exact
        return self

    distances = property(lambda self: self[0])
    indices = property(lambda self: self[1])


def find(points, k, method="auto", seed=0, with_recall=True, n_jobs=None):
    """The library's kr_knn of an array of as_points(). It keeps nothing of the points."""
    if method not in METHODS:
        raise InputError(f"method: {method!r}; use one of {', '.join(METHODS)}")
    options = sized(_abi.kr_knn_options, k=k, method=METHODS[method], seed=seed, with_recall=with_recall)
    knn, workers = Handle(_abi.kr_knn, "kr_knn_destroy"), team(n_jobs)
    workers.run("kr_knn_create", workers.pointer, view(points), options, knn.out())
    return knn


def kneighbors(X, k, queries=None, *, method="auto", random_state=0, n_jobs=None):
    """The k nearest neighbours of every point by Euclidean distance, the point itself not counted.

    Parameters
    ----------
    X : array or frame, (n, dim)
        Finite numbers of any size.
    k : int
        1 .. n - 1.
    queries : array or frame, (n_queries, dim), optional
        Find the k nearest points of X of each of these instead; k in 1 .. n. Always exact.
    method : "auto", "exact" or "descent"
        "auto": exact up to 50,000 points, nearest-neighbour descent above.
    random_state : int
        Seed of the descent.
    n_jobs : int, optional
        Threads; None: all CPUs. The result has the same bits for any number.

    Returns
    -------
    Neighbors : unpacks into distances (n, k) float64, rising, in the unit of the points, and indices (n, k)
    int32;
        also has recall and is_exact.

    Raises
    ------
    krait.Error : k does not fit, or a value is not finite.
    """
    points = as_points(X, "kneighbors")
    if queries is None:
        knn = find(points, int(k), method, int(random_state), True, n_jobs)
    else:
        asked = as_points(queries, "kneighbors", 1)
        knn, workers = Handle(_abi.kr_knn, "kr_knn_destroy"), team(n_jobs)
        workers.run("kr_knn_query", workers.pointer, view(points), view(asked), int(k), knn.out())
    shape = library.kr_knn_count(knn.pointer), library.kr_knn_k(knn.pointer)
    return Neighbors(
        copy_array(library.kr_knn_distance(knn.pointer), shape),
        copy_array(library.kr_knn_index(knn.pointer), shape),
        library.kr_knn_recall(knn.pointer),
        bool(library.kr_knn_is_exact(knn.pointer)),
    )
