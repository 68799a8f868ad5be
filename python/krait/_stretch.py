# SPDX-License-Identifier: MIT
"""Metrics that come with numbers: they are others once the points have been stretched (kr/points.h)."""

import ctypes

import numpy as np

from . import _abi
from ._library import Handle, as_floats, library, pointer_to, team, wrong
from ._points import is_sparse, view

_VARIANCES = {"V": _abi.KR_STRETCH_VARIANCES, "sigma": _abi.KR_STRETCH_VARIANCES}
_WEIGHTS = {"w": _abi.KR_STRETCH_WEIGHTS}
_MATRICES = {"VI": _abi.KR_STRETCH_INVERSE, "vinv": _abi.KR_STRETCH_INVERSE, "V": _abi.KR_STRETCH_COVARIANCE}
# metric: the one that it is of stretched points, the words for its numbers, what it is without them
_STRETCHED = {
    "seuclidean": ("euclidean", _VARIANCES, _abi.KR_STRETCH_VARIANCES),
    "standardised_euclidean": ("euclidean", _VARIANCES, _abi.KR_STRETCH_VARIANCES),
    "mahalanobis": ("euclidean", _MATRICES, _abi.KR_STRETCH_COVARIANCE),
    "minkowski": ("minkowski", _WEIGHTS, None),
    "wminkowski": ("minkowski", _WEIGHTS, None),
    "weighted_minkowski": ("minkowski", _WEIGHTS, None),
}


class Stretch:
    """What a metric's numbers make of points.

    Attributes
    ----------
    metric : str
        The one that the library measures stretched points by.
    p : float, or None
        Its power, where it is one of minkowski.
    is_needed : bool
        False: points stay as they are.
    """

    def __init__(self, metric, kwds=None):
        kwds = dict(kwds or {})
        if isinstance(metric, str) and metric in _STRETCHED:
            self.metric, words, self._kind = _STRETCHED[metric]
        else:
            self.metric, words, self._kind = metric, {}, None
        self.p = kwds.pop("p", None) if self.metric == "minkowski" else None
        self._numbers = None
        for word in [word for word in words if kwds.get(word) is not None]:
            if self._numbers is not None:
                raise wrong("metric_kwds", f"{', '.join(words)} are the same; give one of them")
            self._kind, self._numbers = words[word], (word, kwds[word])
        unknown = [name for name in kwds if name not in words]
        if unknown:
            known = [*(["p"] if self.metric == "minkowski" else []), *words]
            takes = f"takes {', '.join(known)}" if known else "takes none"
            raise wrong("metric_kwds", f"{unknown[0]!r}; the metric {metric!r} {takes}")
        self.is_needed = self._kind is not None

    def of(self, points, n_jobs=None):
        """The kr_pca that stretches points as these, of an array of as_points()."""
        if is_sparse(points):
            raise wrong("metric", "one with numbers of its own takes dense points")
        numbers, workers, out = (
            self._array(points.shape[1]),
            team(n_jobs),
            Handle(_abi.kr_pca, "kr_pca_destroy"),
        )
        given = None if numbers is None else pointer_to(numbers, ctypes.c_double)
        power = 2.0 if self.p is None else float(self.p)
        workers.run("kr_pca_create_stretch", workers, view(points), self._kind, given, power, out.out())
        return out

    def _array(self, dim):
        if self._numbers is None:
            return None
        word, values = self._numbers
        array = np.ascontiguousarray(as_floats(values, f"metric_kwds: {word}"), np.float64)
        of_matrix = self._kind in (_abi.KR_STRETCH_INVERSE, _abi.KR_STRETCH_COVARIANCE)
        shape = (dim, dim) if of_matrix else (dim,)
        if array.shape != shape:
            raise wrong("metric_kwds", f"{word} has shape {array.shape}, and {shape} is needed")
        return array


def project(components, points, dtype=np.float64, n_jobs=None):
    """Points along a kr_pca's components, (n, n_components) of this type."""
    n_components, workers = library.kr_pca_count(components), team(n_jobs)
    out = np.empty((len(points), n_components), dtype)
    is_float = out.dtype == np.float32
    name, kind = ("kr_pca_project_f32", ctypes.c_float) if is_float else ("kr_pca_project", ctypes.c_double)
    workers.run(name, workers, components, view(points), pointer_to(out, kind))
    return out
