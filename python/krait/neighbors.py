# SPDX-License-Identifier: MIT
"""Nearest neighbours: exact, or by descent with the recall said; of sparse points, too."""

import ctypes

from . import _abi
from ._library import Handle, InputError, call, copy_array, library, sized, team, whole, wrong
from ._points import as_points, as_sparse, is_sparse, view
from ._stretch import Stretch, project

METHODS = {"auto": _abi.KR_KNN_AUTO, "exact": _abi.KR_KNN_EXACT, "descent": _abi.KR_KNN_DESCENT}

# other words for metrics of the library
_ALIASES = {
    "l1": "manhattan",
    "l2": "euclidean",
    "taxicab": "manhattan",
    "cityblock": "manhattan",
    "linf": "chebyshev",
    "linfinity": "chebyshev",
    "linfty": "chebyshev",
}


class Neighbors(tuple):
    """Unpacks into distances and indices; also says how they were found.

    Attributes
    ----------
    distances : (n, k) float64
    indices : (n, k) int32
    recall : float
        Share of the true neighbours that were found: 1 when exact, measured on a sample of a descent; nan
        when distances were given.
    is_exact : bool
    """

    def __new__(cls, distances, indices, recall, is_exact):
        self = super().__new__(cls, (distances, indices))
        self.recall, self.is_exact = recall, is_exact
        return self

    distances = property(lambda self: self[0])
    indices = property(lambda self: self[1])


def metric_of(name):
    """The library's number of a metric by its name.

    Raises
    ------
    InputError : it has none of this name; the sentence lists all.
    """
    found = ctypes.c_int()
    if not isinstance(name, str):
        raise wrong("metric", f"{name!r} is not known; use a name")
    try:
        call("kr_metric_find", _ALIASES.get(name, name).encode(), ctypes.byref(found))
    except InputError as error:
        error.hint = "metric"
        raise
    return found.value


def options_of(k, metric="euclidean", p=None, method="auto", seed=0, with_recall=True):
    """kr_knn_options; metric: a name."""
    if method not in METHODS:
        raise wrong("method", f"{method!r}; use one of {', '.join(METHODS)}")
    return sized(
        _abi.kr_knn_options,
        k=k,
        method=METHODS[method],
        seed=seed,
        with_recall=with_recall,
        metric=metric_of(metric),
        power=0 if p is None else float(p),
    )


def find(points, options, queries=None, n_jobs=None):
    """The library's kr_knn of arrays of as_points(), or of as_sparse(). It keeps nothing of them."""
    knn, workers = Handle(_abi.kr_knn, "kr_knn_destroy"), team(n_jobs)
    asked = None if queries is None else view(queries)
    if points is None:
        workers.run("kr_knn_query_by", workers, None, asked, options, knn.out())
    elif is_sparse(points):
        if options.metric == _abi.KR_METRIC_PRECOMPUTED:
            given = view(points) if queries is None else asked
            workers.run("kr_knn_of_sparse", given, queries is None, options.k, knn.out())
        else:
            workers.run("kr_knn_sparse", workers, view(points), asked, options, knn.out())
    elif queries is None:
        workers.run("kr_knn_create", workers, view(points), options, knn.out())
    else:
        workers.run("kr_knn_query_by", workers, view(points), asked, options, knn.out())
    return knn


def kneighbors(
    X,
    k,
    queries=None,
    *,
    metric="euclidean",
    p=None,
    metric_kwds=None,
    method="auto",
    random_state=0,
    n_jobs=None,
):
    """The k nearest neighbours of every point, the point itself not counted.

    Parameters
    ----------
    X : array, frame, or sparse matrix, (n, dim)
        Finite numbers of any size. Of a sparse matrix every pair of rows is compared, in the columns in which
        one of them has a number.
    k : int
        1 .. n - 1.
    queries : the same, (n_queries, dim), optional
        Find the k nearest points of X of each of these instead; k in 1 .. n. Always exact.
    metric : str
        "euclidean", "cosine", "manhattan", "chebyshev", "minkowski", "correlation", "canberra", "braycurtis",
        "hellinger", "haversine", "hamming", "jaccard", "dice", "matching", "kulsinski", "rogerstanimoto",
        "russellrao", "sokalmichener", "sokalsneath", "yule", or "precomputed": X has the distances of all
        points to all, (n, n), queries those of others to them; a sparse matrix those of some pairs, at least
        k a row. Definitions are umap-learn's, and where it has the metric scipy's; kr/points.h has the
        formulas. Sparse points are not compared by correlation, hellinger and haversine.
        Of points that are not sparse also "seuclidean" (each column over its standard deviation),
        "mahalanobis", "wminkowski".
    p : float, optional
        The power of "minkowski", 0.1 or more; None: 2.
    metric_kwds : dict, optional
        Numbers of a metric: "p" and "w", (dim), weights of |p - q|^p, of minkowski; "V", (dim), variances, of
        seuclidean; "V", (dim, dim), a covariance, or "VI", its inverse, of mahalanobis. Without: 1, those of X
        with the divisor n - 1, and that of X, in whose directions without variance all points are alike.
    method : "auto", "exact" or "descent"
        "auto": exact up to 50,000 points, nearest-neighbour descent above; sparse points: always exact.
    random_state : int
        Seed of the descent.
    n_jobs : int, optional
        Threads; None: all CPUs. The result has the same bits for any number.

    Returns
    -------
    Neighbors : unpacks into distances (n, k) float64, rising, in the unit of the metric, and indices (n, k)
    int32;
        also has recall and is_exact.

    Raises
    ------
    krait.Error : k or the metric does not fit, or a value is not finite.
    """
    take = as_sparse if is_sparse(X) else as_points
    points = take(X, "kneighbors")
    asked = None if queries is None else take(queries, "kneighbors", 1)
    stretch = Stretch(metric, metric_kwds)
    if stretch.is_needed:
        components = stretch.of(points, n_jobs)
        points, asked = (
            None if of is None else project(components, of, n_jobs=n_jobs) for of in (points, asked)
        )
    power = stretch.p if p is None else p
    options = options_of(whole("k", k, 1), stretch.metric, power, method, int(random_state))
    knn = find(points, options, asked, n_jobs)
    return Neighbors(
        *lists_of(knn), library.kr_knn_recall(knn.pointer), bool(library.kr_knn_is_exact(knn.pointer))
    )


def lists_of(knn):
    """(distances, indices) of a kr_knn, (n, k) each."""
    shape = library.kr_knn_count(knn.pointer), library.kr_knn_k(knn.pointer)
    return (
        copy_array(library.kr_knn_distance(knn.pointer), shape),
        copy_array(library.kr_knn_index(knn.pointer), shape),
    )
