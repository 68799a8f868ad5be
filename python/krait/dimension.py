# SPDX-License-Identifier: MIT
"""Intrinsic dimension of points: Levina and Bickel's estimate, and TwoNN. Names are scikit-dimension's."""

import ctypes

import numpy as np

from . import neighbors
from ._estimator import Estimator
from ._library import call, library, pointer_to, team, warn, whole


class _Dimension(Estimator):
    _is_transformer = True
    _fitted = "dimension_"
    _expected_failed_checks = {
        name: "transform() gives the dimension of all points, as in scikit-dimension"
        for name in (
            "check_n_features_in_after_fitting",
            "check_transformer_data_not_an_array",
            "check_transformer_general",
            "check_transformer_preserve_dtypes",
            "check_methods_sample_order_invariance",
            "check_methods_subset_invariance",
            "check_fit2d_predict1d",
            "check_estimators_nan_inf",
        )
    }

    def fit_transform(self, X, y=None):
        """fit(X).transform(): the dimension, a float. y is not used."""
        return self.fit(X).dimension_

    def transform(self, X=None):
        """The dimension found by fit(), a float. X is not used."""
        self._check_fitted()
        return self.dimension_

    def fit_predict(self, X, y=None):
        """fit(X), then the dimension, a float. y is not used."""
        return self.fit_transform(X)

    def _neighbors(self, X, k):
        points = self._take_points(X)
        if k > len(points) - 1:
            warn(f"K: {k} is more than the {len(points) - 1} other points, which are used")
        options = neighbors.options_of(min(k, len(points) - 1), method=self.method, with_recall=False)
        return neighbors.find(points, options, n_jobs=self.n_jobs)


class LevinaBickel(_Dimension):
    """Levina and Bickel's estimate by maximum likelihood; scikit-dimension calls it MLE.

    Parameters
    ----------
    K : int
        Neighbours that an estimate looks at, 2 or more ("unbiased": 3).
    comb : "mle", "mean" or "unbiased"
        How the estimates of the points become one: "mle" the inverse of the mean of their inverses (MacKay
        and Ghahramani 2005; scikit-dimension's default), "mean" their mean, "unbiased" their mean with K - 2
        in place
        of K - 1 (Levina and Bickel, NIPS 2004).
    method : "auto", "exact" or "descent"
        How neighbours are searched (krait.kneighbors).
    n_jobs : int, optional
        Threads; None: all CPUs.

    Attributes
    ----------
    dimension_ : float
        NaN when no point has an estimate.
    dimension_pw_ : (n,) float64
        At each point; NaN where neighbours are all at one distance, 0 at a point that occurs twice.
    n_features_in_, feature_names_in_
    """

    def __init__(self, K=20, comb="mle", method="auto", n_jobs=None):
        self.K = K
        self.comb = comb
        self.method = method
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Estimate the dimension of X, (n, dim). y is not used. Returns self."""
        form = ctypes.c_int()
        call("kr_lb_form_find", str(self.comb).encode(), form)
        knn = self._neighbors(X, whole("K", self.K, 2))
        at_points = np.empty(library.kr_knn_count(knn.pointer))
        self.dimension_ = library.kr_levina_bickel(
            knn.pointer, int(self.K), form, pointer_to(at_points, ctypes.c_double)
        )
        self.dimension_pw_ = at_points
        return self

    def fit_by_class(self, X, labels):
        """The dimension of each class, only points of one class being neighbours.

        Parameters
        ----------
        X : (n, dim)
        labels : (n,) int, below 0: left out

        Returns
        -------
        (n_classes,) float64, classes 0 .. labels.max(); NaN where a class has no more than K + 1 points.
        """
        points = self._take_points(X)
        labels = np.ascontiguousarray(labels, np.int64)
        n_classes, form = max(int(labels.max()) + 1, 1), ctypes.c_int()
        call("kr_lb_form_find", str(self.comb).encode(), form)
        k, counts, found = np.array([self.K], np.int64), np.empty(n_classes, np.int64), np.empty(n_classes)
        workers = team(self.n_jobs)
        workers.run(
            "kr_levina_bickel_by_class",
            workers.pointer,
            neighbors.view(points),
            pointer_to(labels, ctypes.c_int64),
            n_classes,
            1,
            pointer_to(k, ctypes.c_int64),
            form,
            pointer_to(counts, ctypes.c_int64),
            pointer_to(found, ctypes.c_double),
        )
        return found


class TwoNN(_Dimension):
    """Dimension from the distances of the two nearest neighbours (Facco et al., Scientific Reports 7, 2017).

    Parameters
    ----------
    discard_fraction : float
        Only 0.1, the share of the largest ratios that the fit leaves out.
    method, n_jobs
        As for LevinaBickel.

    Attributes
    ----------
    dimension_ : float
        NaN when fewer than three points have a neighbour that is not equal.
    n_features_in_, feature_names_in_
    """

    _least_points = 3

    def __init__(self, discard_fraction=0.1, method="auto", n_jobs=None):
        self.discard_fraction = discard_fraction
        self.method = method
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Estimate the dimension of X, (n, dim). y is not used. Returns self."""
        self._refuse_others(["discard_fraction"], "the library leaves out a tenth")
        knn, found = self._neighbors(X, 2), ctypes.c_double()
        call("kr_two_nn", knn.pointer, ctypes.byref(found))
        self.dimension_ = found.value
        return self
