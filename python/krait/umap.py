# SPDX-License-Identifier: MIT
"""Maps of points (UMAP) with umap-learn's parameters and attributes."""

import ctypes
import json
import os

import numpy as np

from . import _abi
from ._estimator import Estimator
from ._library import (
    Handle,
    InputError,
    call,
    copy_array,
    library,
    pointer_to,
    sized,
    team,
    text,
    warn,
    whole,
    within,
    wrong,
)
from ._points import Sparse, as_points, as_sparse, is_sparse, seed_of, view
from ._progress import Bar
from ._stretch import Stretch, project
from .neighbors import find, metric_of, options_of

_INITS = {"spectral": _abi.KR_UMAP_SPECTRAL, "pca": _abi.KR_UMAP_PCA, "random": _abi.KR_UMAP_RANDOM}
# of umap-learn, and not of the library
_NOT_HERE = (
    "output_metric",
    "output_metric_kwds",
    "transform_queue_size",
    "angular_rp_forest",
    "target_metric_kwds",
    "transform_seed",
    "tqdm_kwds",
)
_TARGETS = {"ordinal": _abi.KR_TARGET_ORDINAL, "count": _abi.KR_TARGET_COUNT}
_FINDS = ("n_neighbors", "metric", "metric_power", "local_connectivity", "disconnection", "knn_method")
_MOST_CALLED = 4096  # points whose distances a metric of the user may be asked for, one by one
_LEAST = np.nextafter(0, 1)  # what the library takes for 0, where 0 itself would be its default


def _choice(name, value, choices):
    if not isinstance(value, str) or value not in choices:
        raise wrong(name, f"{value!r} is not known; use one of {', '.join(choices)}")
    return choices[value]


def _target(y, n):
    """A target of one number, or word, a point: (n,)."""
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.shape != (n,):
        raise InputError(f"y has shape {y.shape}, and there are {n} samples: (n,) is needed")
    if y.dtype.kind in "fc" and np.isinf(y).any():
        raise InputError("Input y contains infinity.")
    return y


def _is_unknown(value):
    """None, nan, NaT, pandas' NA (which compares to nothing)."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def _codes(y):
    """Classes 0 .. of a target, numbers or words, as float64, -1 where it is -1 or missing."""
    if y.dtype.kind in "fiub":
        codes, unknown = np.full(len(y), -1.0), (y != y) | (y == -1)
        codes[~unknown] = np.unique(y[~unknown], return_inverse=True)[1]
        return codes
    known = {-1: -1.0}
    return np.array([-1.0 if _is_unknown(v) else known.setdefault(v, len(known) - 1.0) for v in y])


def _call_metric(metric, a, b, kwds):
    """Distances of rows of a to those of b, (len(a), len(b)), by a function of the user's; one that also
    gives a gradient gives (distance, gradient)."""
    if max(len(a), len(b)) > _MOST_CALLED:
        raise wrong(
            "metric",
            f"a function is called for each pair, of {_MOST_CALLED} points at most, and there are "
            f"{max(len(a), len(b))}; use a metric by its name, or precomputed_knn",
        )
    found = np.empty((len(a), len(b)))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            distance = metric(p, q, *kwds.values())
            found[i, j] = distance[0] if isinstance(distance, tuple) else distance
    return found


class UMAP(Estimator):
    """A map of points in a few dimensions that keeps their neighbourhoods.

    Parameters and defaults are umap-learn's; those that the library does not have are refused by name when
    they are not at their default. Source: McInnes, Healy, Melville, arXiv:1802.03426.

    Parameters
    ----------
    n_neighbors : int
        Of each point, itself counted; 2 or more.
    n_components : int
        Dimensions of the map, 1 .. 256.
    metric : str, or function
        Those of krait.kneighbors(). "precomputed": X has the distances of all points to all, (n, n); of
        transform() to those of the fit; sparse: of each row to at least n_neighbors (transform():
        n_neighbors) points. A function of two rows, which gives their distance, or it and a gradient, is
        called for each pair, of 4,096 points at most.
    metric_kwds : dict, optional
        {"p": 3} of "minkowski", and the other numbers of krait.kneighbors(); what a function takes besides.
    n_epochs : int or list of int, optional
        None: 500 up to 10,000 points, 200 above. A list: the greatest, and embedding_list_ has the places
        after each of them.
    learning_rate, repulsion_strength : float
    init : "spectral", "pca", "random", or an array (n, n_components)
        Places to start from, each axis of which is scaled to 0 .. 10.
    min_dist, spread : float
        How near points may come, and how far clusters reach; without unit.
    a, b : float, optional
        The curve 1 / (1 + a d^(2 b)) from distances on the map to memberships; both, or neither: then it is
        that of min_dist and spread.
    precomputed_knn : (indices, distances) or (indices, distances, anything), optional
        Of each point the nearest ones, itself first, (n, n_neighbors) or more; euclidean distances where
        transform() is wanted, too.
    set_op_mix_ratio : float
        1: union of neighbourhoods, 0: intersection.
    local_connectivity : float
    negative_sample_rate : int
    target_weight : float
        Of targets (y of fit) against places, 0 .. 1.
    target_metric : str
        How targets are compared: "categorical": equal or not, numbers or words; "ordinal", "count"; or a metric
        of krait.kneighbors(), for numbers, (n,) or (n, d). umap-learn's "string" is refused.
    target_n_neighbors : int
        Of a target that is compared by a metric; -1: n_neighbors.
    transform_mode : "embedding" or "graph"
        "graph": fit() makes no map, and fit_transform() and transform() return graph_.
    unique : bool
        Points that are there several times count once, and all of them have one place.
    disconnection_distance : float, optional
        Points so far apart, or farther, are no neighbours. None: those that have nothing in common, at
        distance 1 by jaccard, dice and hellinger, 2 by cosine and correlation. A point without neighbours has
        the place nan.
    random_state : int, RandomState, Generator, optional
        The same number gives the same bits, for any number of threads. None: drawn from numpy's global
        generator.
    densmap : bool
        Keep how densely points lie, too: densMAP (Narayan, Berger, Cho, Nature Biotechnology 39, 2021), with
        200 epochs more. Such a map takes no new points.
    dens_lambda, dens_frac, dens_var_shift : float
        Weight of the densities; share of the epochs, the last ones, in which they count, 0 .. 1; what is
        added to the variance of the radii on the map. Of use with densmap alone.
    output_dens : bool
        Find rad_orig_ and rad_emb_, and let fit_transform() return (embedding, rad_orig, rad_emb); with or
        without densmap.
    n_jobs : int
        Threads; -1 or None: all CPUs.
    force_approximation_algorithm : bool
        Neighbours by descent also for few points.
    low_memory : bool
        Has no effect: memory is always low.
    verbose : bool
        Show a bar (tqdm, if there is one).
    output_metric, output_metric_kwds, transform_queue_size, angular_rp_forest, target_metric_kwds, \
transform_seed, tqdm_kwds
        Of umap-learn, and not here: refused unless they are at their defaults.

    Attributes
    ----------
    embedding_ : (n, n_components) float32
    embedding_list_ : list of (n, n_components) float32
        With a list for n_epochs: the places after each of them, rising.
    neighbour_recall_ : float
        Share of the true neighbours that the search found: 1 when exact.
    graph_ : (n, n) scipy.sparse.csr_matrix of float32
        How surely points are neighbours. Not of a map out of a file.
    rad_orig_, rad_emb_ : (n,) float64
        With output_dens: logs of the points' local radii, in the unit of the points, and on the map.
    n_features_in_, feature_names_in_
    """

    _is_transformer = True
    _fitted = "_points"
    # for sklearn.utils.estimator_checks.check_estimator(.., expected_failed_checks=)
    _expected_failed_checks = {
        name: "the noise that places a new point depends on its row, as in umap-learn"
        for name in ("check_methods_sample_order_invariance", "check_methods_subset_invariance")
    }

    def __init__(
        self,
        n_neighbors=15,
        n_components=2,
        metric="euclidean",
        metric_kwds=None,
        output_metric="euclidean",
        output_metric_kwds=None,
        n_epochs=None,
        learning_rate=1.0,
        init="spectral",
        min_dist=0.1,
        spread=1.0,
        low_memory=True,
        n_jobs=-1,
        set_op_mix_ratio=1.0,
        local_connectivity=1.0,
        repulsion_strength=1.0,
        negative_sample_rate=5,
        transform_queue_size=4.0,
        a=None,
        b=None,
        random_state=None,
        angular_rp_forest=False,
        target_n_neighbors=-1,
        target_metric="categorical",
        target_metric_kwds=None,
        target_weight=0.5,
        transform_seed=42,
        transform_mode="embedding",
        force_approximation_algorithm=False,
        verbose=False,
        tqdm_kwds=None,
        unique=False,
        densmap=False,
        dens_lambda=2.0,
        dens_frac=0.3,
        dens_var_shift=0.1,
        output_dens=False,
        disconnection_distance=None,
        precomputed_knn=(None, None, None),
    ):
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.output_metric = output_metric
        self.output_metric_kwds = output_metric_kwds
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.init = init
        self.min_dist = min_dist
        self.spread = spread
        self.low_memory = low_memory
        self.n_jobs = n_jobs
        self.set_op_mix_ratio = set_op_mix_ratio
        self.local_connectivity = local_connectivity
        self.repulsion_strength = repulsion_strength
        self.negative_sample_rate = negative_sample_rate
        self.transform_queue_size = transform_queue_size
        self.a = a
        self.b = b
        self.random_state = random_state
        self.angular_rp_forest = angular_rp_forest
        self.target_n_neighbors = target_n_neighbors
        self.target_metric = target_metric
        self.target_metric_kwds = target_metric_kwds
        self.target_weight = target_weight
        self.transform_seed = transform_seed
        self.transform_mode = transform_mode
        self.force_approximation_algorithm = force_approximation_algorithm
        self.verbose = verbose
        self.tqdm_kwds = tqdm_kwds
        self.unique = unique
        self.densmap = densmap
        self.dens_lambda = dens_lambda
        self.dens_frac = dens_frac
        self.dens_var_shift = dens_var_shift
        self.output_dens = output_dens
        self.disconnection_distance = disconnection_distance
        self.precomputed_knn = precomputed_knn

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags

    # ---- settings --------------------------------------------------------------------------------

    def _options(self, n):
        """kr_umap_options for n points."""
        self._refuse_others(_NOT_HERE, "the library does not have it")
        neighbors = whole("n_neighbors", self.n_neighbors, 2)
        if neighbors > n:
            warn(f"n_neighbors: {neighbors} is more than the {n} points; {n} is used")
        if self.target_n_neighbors != -1:
            whole("target_n_neighbors", self.target_n_neighbors, 2)
        spread = within("spread", self.spread, 0, is_open=True)
        method = _abi.KR_KNN_DESCENT if self.force_approximation_algorithm else _abi.KR_KNN_AUTO
        return sized(
            _abi.kr_umap_options,
            n_neighbors=min(neighbors, n),
            n_components=whole("n_components", self.n_components, 1),
            min_dist=within("min_dist", self.min_dist, 0, spread),
            spread=spread,
            n_epochs=max(self._epochs(), default=0),
            learning_rate=within("learning_rate", self.learning_rate, 0, is_open=True),
            repulsion=max(within("repulsion_strength", self.repulsion_strength, 0), _LEAST),
            negative_samples=whole("negative_sample_rate", self.negative_sample_rate, 1),
            local_connectivity=max(within("local_connectivity", self.local_connectivity, 0), 1e-9),
            set_op_mix=max(within("set_op_mix_ratio", self.set_op_mix_ratio, 0, 1), _LEAST),
            target_weight=max(within("target_weight", self.target_weight, 0, 1), _LEAST),
            init=_choice("init", self.init, _INITS) if isinstance(self.init, str) else 0,
            metric=self._metric(),
            metric_power=0 if callable(self.metric) else float(self._stretch_of().p or 0),
            disconnection=self._disconnection(),
            knn_method=method,
            seed=seed_of(self.random_state),
            with_radii=bool(self.output_dens),
            **self._curve(),
            **self._density(),
        )

    def _metric(self):
        return _abi.KR_METRIC_PRECOMPUTED if callable(self.metric) else metric_of(self._stretch_of().metric)

    def _stretch_of(self):
        return Stretch(self.metric, self.metric_kwds)

    def _epochs(self):
        """Those that were asked for, rising."""
        if self.n_epochs is None:
            return []
        if np.ndim(self.n_epochs) == 0:
            return [whole("n_epochs", self.n_epochs, 1)]
        if len(self.n_epochs) == 0:
            raise wrong("n_epochs", "an empty list; use numbers, or None")
        return sorted({whole("n_epochs", epochs, 1) for epochs in self.n_epochs})

    def _disconnection(self):
        if self.disconnection_distance is None:
            return 0
        return max(within("disconnection_distance", self.disconnection_distance, 0), _LEAST)

    def _density(self):
        """What densMAP needs; its settings are checked also where it is off."""
        values = dict(
            dens_lambda=max(within("dens_lambda", self.dens_lambda, 0), _LEAST),
            dens_frac=max(within("dens_frac", self.dens_frac, 0, 1), _LEAST),
            dens_var_shift=max(within("dens_var_shift", self.dens_var_shift, 0), _LEAST),
        )
        return dict(values, densmap=True) if self.densmap else {}

    def _curve(self):
        if self.a is None or self.b is None:
            return {}
        return {name: within(name, getattr(self, name), 0, is_open=True) for name in ("a", "b")}

    @staticmethod
    def _start(n, options, init):
        """Places to start from as an array that options point to; to be kept while they are used. Or None."""
        if isinstance(init, str):
            return None
        start = as_points(init, "init", 1)
        if start.shape != (n, options.n_components):
            raise wrong("init", f"has shape {start.shape}, and ({n}, {options.n_components}) is needed")
        start = np.ascontiguousarray(start, np.float32)
        options.start = pointer_to(start, ctypes.c_float)
        return start

    def _jobs(self):
        return None if self.n_jobs is None or self.n_jobs == -1 else whole("n_jobs", self.n_jobs, 1)

    def _team(self):
        return team(self._jobs())

    # ---- points ----------------------------------------------------------------------------------

    def _take_points(self, X):
        """The points of the fit: an array of the estimator's own, or a Sparse."""
        if is_sparse(X):
            points = as_sparse(X, type(self).__name__, self._least_points)
            self.n_features_in_ = points.shape[1]
            self.__dict__.pop("feature_names_in_", None)
            return points
        points = super()._take_points(X)
        return points.copy() if np.may_share_memory(points, np.asarray(X)) else points

    def _take_more(self, X):
        """Other points, of the same kind as those of the fit."""
        self._check_fitted()
        if isinstance(self._points, Sparse) != is_sparse(X):
            kind = "sparse" if is_sparse(X) else "dense"
            raise InputError(f"X is {kind}, and the points of fit() are not: give both alike")
        if not is_sparse(X):
            return super()._take_more(X)
        points = as_sparse(X, type(self).__name__, 1)
        if points.shape[1] != self.n_features_in_:
            raise InputError(
                f"X has {points.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        return points

    def _once(self, points):
        """Points as they count: with unique each once; and which of these each point is, or None."""
        if not self.unique:
            return points, None
        if self.metric == "precomputed" or self.precomputed_knn[0] is not None:
            raise wrong(
                "unique",
                "distances, or neighbours, that are given are of points of their own; leave it False",
            )
        if isinstance(points, Sparse):
            rows = np.empty(points.shape[0], object)
            for i, (first, end) in enumerate(zip(points.start, points.start[1:])):
                rows[i] = (points.column[first:end].tobytes(), points.value[first:end].tobytes())
            known = {}
            inverse = np.array([known.setdefault(row, len(known)) for row in rows])
            return points.pick(np.unique(inverse, return_index=True)[1]), inverse
        points, inverse = np.unique(points, axis=0, return_inverse=True)
        return np.ascontiguousarray(points), inverse.reshape(-1)

    def _stretched(self, points):
        """What the metric's numbers make of the points of the fit: the kr_pca, or None, and the points."""
        if callable(self.metric) or not self._stretch_of().is_needed:
            return None, points
        components = self._stretch_of().of(points, self._jobs())
        return components, project(components, points, n_jobs=self._jobs())

    def _measured(self, points, others):
        """What the library looks for neighbours in: by a function of the user's, distances of points to
        others."""
        if not callable(self.metric):
            return points
        if isinstance(points, Sparse):
            raise wrong("metric", "a function takes dense points; give a metric by its name")
        return _call_metric(self.metric, points, others, self.metric_kwds or {})

    # ---- neighbours and graph --------------------------------------------------------------------

    def _known_neighbors(self, n):
        """The kr_knn of precomputed_knn."""
        index = np.ascontiguousarray(self.precomputed_knn[0], np.int32)
        distance = np.ascontiguousarray(self.precomputed_knn[1], np.float64)
        if index.ndim != 2 or index.shape != distance.shape or len(index) != n:
            raise wrong(
                "precomputed_knn",
                f"shapes {index.shape} and {distance.shape} for {n} points; (n, k) twice is needed",
            )
        lists = sized(
            _abi.kr_knn_lists,
            n=n,
            k=index.shape[1],
            index=pointer_to(index, ctypes.c_int),
            distance=pointer_to(distance, ctypes.c_double),
            has_own=True,
        )
        knn = Handle(_abi.kr_knn, "kr_knn_destroy")
        call("kr_knn_copy", lists, knn.out())
        return knn

    def _search(self, options, k):
        """kr_knn_options by which the map's neighbours are found."""
        return sized(
            _abi.kr_knn_options,
            k=k,
            method=options.knn_method,
            seed=options.seed,
            with_recall=True,
            metric=options.metric,
            power=options.metric_power,
        )

    def _find_neighbors(self, points, options):
        """The kr_knn of the points of the fit."""
        if self.precomputed_knn is not None and self.precomputed_knn[0] is not None:
            return self._known_neighbors(points.shape[0])
        k = max(options.n_neighbors - 1, 1)
        return find(self._measured(points, points), self._search(options, k), n_jobs=self._jobs())

    def _find_near(self, points):
        """The kr_knn of new points among those of the fit."""
        options = sized(_abi.kr_umap_options, **self._found_with)
        queries = self._measured(points, self._points)
        by_distance = options.metric == _abi.KR_METRIC_PRECOMPUTED
        known = None if by_distance and not isinstance(queries, Sparse) else self._points
        return find(known, self._search(options, options.n_neighbors), queries, self._jobs())

    def _make_graph(self, knn, options):
        graph, workers = Handle(_abi.kr_graph, "kr_graph_destroy"), self._team()
        workers.run("kr_graph_create", workers, knn, options, graph.out())
        return graph

    def _supervise(self, graph, y, options):
        """The graph in which points of other targets are less near."""
        out, workers, weight = Handle(_abi.kr_graph, "kr_graph_destroy"), self._team(), options.target_weight
        n = library.kr_graph_view(graph.pointer).n
        if self.target_metric == "categorical" or self.target_metric in _TARGETS:
            y = _target(y, n)
            kind = _TARGETS.get(self.target_metric, _abi.KR_TARGET_CLASSES)
            y = _codes(y) if kind == _abi.KR_TARGET_CLASSES else self._target_numbers(y)
            workers.run(
                "kr_graph_supervise", workers, graph, kind, pointer_to(y, ctypes.c_double), weight, out.out()
            )
        else:
            targets = self._graph_of_targets(y, n, options)
            workers.run("kr_graph_combine", workers, graph, targets, _abi.KR_GRAPH_TARGET, weight, out.out())
        return out

    def _target_numbers(self, y):
        try:
            return np.ascontiguousarray(y, np.float64)
        except (TypeError, ValueError):
            raise wrong(
                "target_metric",
                f"{self.target_metric!r} compares numbers, and y has others; with 'categorical' "
                "words are classes",
            ) from None

    def _graph_of_targets(self, y, n, options):
        k = options.n_neighbors if self.target_n_neighbors == -1 else min(self.target_n_neighbors, n)
        if isinstance(self.target_metric, str) and self.target_metric == "string":
            raise wrong(
                "target_metric",
                "'string', how alike words are, is not possible here: the library does not have it; "
                "with 'categorical' words are classes",
            )
        search, y = options_of(k - 1, self.target_metric), self._target_numbers(y)
        y = as_points(y.reshape(-1, 1) if y.ndim == 1 else y, "the target")
        if len(y) != n:
            raise InputError(f"y has shape {y.shape}, and there are {n} samples")
        knn = find(y, search, n_jobs=self._jobs())
        return self._make_graph(knn, sized(_abi.kr_umap_options, n_neighbors=k))

    # ---- fit -------------------------------------------------------------------------------------

    def fit(self, X, y=None, **_):
        """Make the map of X, (n, n_features).

        Parameters
        ----------
        X : array, frame, or sparse matrix, (n, n_features)
            Finite numbers. They are kept (copied) for transform(). Of sparse points every pair is compared.
        y : (n,), or with some target_metric (n, d), optional
            A target of each point, for a supervised map; a class -1, None, or nan: not known.

        Returns
        -------
        self

        Raises
        ------
        krait.Error : points or parameters that are not possible.
        """
        stretch, points = self._stretched(self._take_points(X))
        points, inverse = self._once(points)
        options = self._options(points.shape[0])
        y = y if self.target_weight > 0 else None
        if y is not None and inverse is not None:
            y = np.asarray(y)[np.unique(inverse, return_index=True)[1]]
        graph = self._make_graph(self._find_neighbors(points, options), options)
        if y is not None:
            graph = self._supervise(graph, y, options)
        self._supervised = y is not None
        self._lay_out(points, graph, options, inverse, stretch=stretch)
        return self

    def _lay_out(self, points, graph, options, inverse=None, start=None, stretch=None):
        """The map of a graph, if it is wanted; what fit() finds is kept."""
        handle = kept = None
        if self.transform_mode == "embedding":
            handle, kept = self._fit_graph(points, graph, options, start)
        elif self.transform_mode != "graph":
            raise wrong("transform_mode", f"{self.transform_mode!r}; use 'embedding' or 'graph'")
        self._forget()
        self._points, self._graph, self._inverse, self._stretch = points, graph, inverse, stretch
        self._found_with = {name: getattr(options, name) for name in _FINDS}
        if handle is not None:
            self._take_map(handle)
        if kept is not None:
            self.embedding_list_ = [self._of_all(places) for places in kept]

    def _forget(self):
        """What an earlier fit() found."""
        for name in (
            "_graph_csr",
            "embedding_",
            "embedding_list_",
            "neighbour_recall_",
            "rad_orig_",
            "rad_emb_",
            "_handle",
            "_pca",
        ):
            self.__dict__.pop(name, None)

    def _fit_graph(self, points, graph, options, start=None):
        """The kr_umap, and the places after the epochs of a list, (len(list), n, n_components), or None."""
        handle, workers = Handle(_abi.kr_umap, "kr_umap_destroy"), self._team()
        n = library.kr_graph_view(graph.pointer).n
        start = self._start(n, options, self.init if start is None else start)
        kept = None
        if np.ndim(self.n_epochs) > 0:
            epochs = np.array(self._epochs(), np.int64)
            kept = np.empty((len(epochs), n, options.n_components), np.float32)
            options.n_kept, options.kept_epochs = len(epochs), pointer_to(epochs, ctypes.c_int64)
            options.kept = pointer_to(kept, ctypes.c_float)
        known = None if points is None or isinstance(points, Sparse) else view(points)
        with _Progress(self.verbose, options):
            workers.run("kr_umap_fit_graph", workers, known, graph, options, handle.out())
        return handle, kept

    @property
    def graph_(self):
        """How surely points are neighbours, (n, n): a scipy.sparse.csr_matrix of float32."""
        graph = self.__dict__.get("_graph")
        if "_graph_csr" not in self.__dict__:
            if graph is None:
                raise AttributeError("graph_: there is none; it is made by fit(), and not kept in files")
            self._graph_csr = _to_csr(graph)
        return self._graph_csr

    def _take_map(self, handle):
        self._handle = handle
        n, dim = library.kr_umap_count(handle.pointer), library.kr_umap_n_components(handle.pointer)
        self.embedding_ = self._of_all(copy_array(library.kr_umap_embedding(handle.pointer), (n, dim)))
        self.neighbour_recall_ = library.kr_umap_neighbour_recall(handle.pointer)
        a, b = ctypes.c_double(), ctypes.c_double()
        library.kr_umap_curve(handle.pointer, ctypes.byref(a), ctypes.byref(b))
        self._a, self._b = a.value, b.value
        self._take_radii(handle, n)

    def _of_all(self, values):
        """Of each point, where the map has only those that differ."""
        inverse = self.__dict__.get("_inverse")
        return values if inverse is None else values[inverse]

    def _take_radii(self, handle, n):
        radii = library.kr_umap_radii(handle.pointer), library.kr_umap_map_radii(handle.pointer)
        for name, values in zip(("rad_orig_", "rad_emb_"), radii):
            if values:
                setattr(self, name, self._of_all(copy_array(values, (n,))))

    def fit_transform(self, X, y=None, **params):
        """fit(X, y), then the places, (n, n_components) float32; with output_dens also the radii, (n,) twice;
        in the mode "graph" graph_. **params are not used."""
        self.fit(X, y, **params)
        if self.transform_mode == "graph":
            return self.graph_
        if self.output_dens:
            return self.embedding_, self.rad_orig_, self.rad_emb_
        return self._as_wanted(self.embedding_, X)

    def set_output(self, *, transform=None):
        """Choose what transform() and fit_transform() return: arrays ("default"), or frames ("pandas", "polars")
        with the names of get_feature_names_out(); None: as before. Returns self."""
        return self._set_output(transform)

    # ---- new points ------------------------------------------------------------------------------

    def transform(self, X):
        """Places of new points, the old ones staying where they are.

        Parameters
        ----------
        X : array, frame, or sparse matrix, as in fit(): (n_new, n_features)
            The points of the fit give embedding_. With the metric "precomputed" distances to the points of
            the fit, (n_new, n).

        Returns
        -------
        (n_new, n_components) float32, or a frame (set_output()); in the mode "graph" how surely they are neighbours of the points of the
        fit, a scipy.sparse.csr_matrix (n_new, n)

        Raises
        ------
        krait.Error : points that do not fit; a map made with densmap, or of two others, takes none.
        """
        points = self._project(self._take_more(X))
        is_graph = self.transform_mode == "graph"
        if self._are_of_fit(points):
            return self.graph_ if is_graph else self._as_wanted(self.embedding_, X)
        if is_graph:
            return self._graph_of_new(points)
        out, workers = np.empty((points.shape[0], self.embedding_.shape[1]), np.float32), self._team()
        places = pointer_to(out, ctypes.c_float)
        if isinstance(points, Sparse) or callable(self.metric):
            workers.run("kr_umap_transform_knn", workers, self._handle, self._find_near(points), places)
        else:
            workers.run("kr_umap_transform", workers, self._handle, view(self._points), view(points), places)
        return self._as_wanted(out, X)

    def _are_of_fit(self, points):
        if isinstance(points, Sparse):
            return self._inverse is None and points.equals(self._points)
        inverse = self.__dict__.get("_inverse")
        fitted = self._points if inverse is None else self._points[inverse]
        return points.shape == fitted.shape and np.array_equal(points, fitted)

    def _graph_of_new(self, points):
        graph, workers = Handle(_abi.kr_graph, "kr_graph_destroy"), self._team()
        options = sized(_abi.kr_umap_options, **self._found_with)
        workers.run(
            "kr_graph_create_between",
            workers,
            self._find_near(points),
            self._points.shape[0],
            options,
            graph.out(),
        )
        return _to_csr(graph)

    def update(self, X):
        """Take in more points: all of them make a new map, the old points starting where they were.

        Parameters
        ----------
        X : array or frame, (n_new, n_features)

        Returns
        -------
        self, whose embedding_ and graph_ are those of the old points, then of the new ones

        Raises
        ------
        krait.Error : a map of distances, of sparse points, of targets, with unique, or out of a file with
        components.
        """
        more = self._project(self._take_more(X))
        for what, is_so in (
            (
                "of distances, or of a metric of your own,",
                self.metric == "precomputed" or callable(self.metric),
            ),
            ("of sparse points", isinstance(more, Sparse)),
            ("of targets (supervised)", self.__dict__.get("_supervised")),
            ("of points that count once (unique)", self.__dict__.get("_inverse") is not None),
            ("of principal components", self.__dict__.get("_pca")),
            ("that is not there (transform_mode='graph')", "_handle" not in self.__dict__),
        ):
            if is_so:
                raise InputError(f"update: a map {what} takes in no more points; fit all of them")
        points = np.vstack([self._points, more])
        options = self._options(len(points))
        knn = find(points, self._search(options, options.n_neighbors - 1), n_jobs=self._jobs())
        start = np.empty((len(points), self.embedding_.shape[1]), np.float32)
        call("kr_umap_start", self._handle, knn, pointer_to(start, ctypes.c_float))
        self._lay_out(
            points,
            self._make_graph(knn, options),
            options,
            start=start,
            stretch=self.__dict__.get("_stretch"),
        )
        return self

    # ---- two maps --------------------------------------------------------------------------------

    def __mul__(self, other):
        """A map on which those are near that are near on both; it takes no new points."""
        return self._combine(other, _abi.KR_GRAPH_AND)

    def __add__(self, other):
        """A map on which those are near that are near on one of the two; it takes no new points."""
        return self._combine(other, _abi.KR_GRAPH_OR)

    def __sub__(self, other):
        """A map on which those are near that are near on this, and not on the other; it takes no new
        points."""
        return self._combine(other, _abi.KR_GRAPH_WITHOUT)

    def _combine(self, other, join):
        if not isinstance(other, UMAP):
            return NotImplemented
        self._check_fitted()
        other._check_fitted()
        graph, workers = Handle(_abi.kr_graph, "kr_graph_destroy"), self._team()
        workers.run(
            "kr_graph_combine", workers, self._held_graph(), other._held_graph(), join, 0, graph.out()
        )
        result = type(self)(**self.get_params())
        result.set_params(densmap=False, output_dens=False, unique=False, precomputed_knn=(None, None, None))
        if not isinstance(self.init, str):
            result.init = "spectral"
        result.a, result.b = (self._a + other._a) / 2, (self._b + other._b) / 2
        result.n_components = min(self.n_components, other.n_components)
        result._lay_out(None, graph, result._options(library.kr_graph_view(graph.pointer).n))
        return result

    def _held_graph(self):
        """The kr_graph of fit(), also after it was pickled."""
        if self.__dict__.get("_graph") is None:
            graph, weights = Handle(_abi.kr_graph, "kr_graph_destroy"), as_sparse(self.graph_, "a graph")
            call("kr_graph_copy", weights.view(), graph.out())
            self._graph = graph
        return self._graph

    # ---- back ------------------------------------------------------------------------------------

    def inverse_transform(self, X):
        """Points that would be at places of the map; for the Euclidean metric.

        Parameters
        ----------
        X : array, (n, n_components)
            Finite places.

        Returns
        -------
        (n, n_features) of the type and in the unit of the points of fit()

        Raises
        ------
        krait.Error : another metric, places of another shape, or a map of principal components.
        """
        self._check_fitted()
        if not isinstance(self._points, np.ndarray):
            raise InputError(
                "inverse_transform: the map is one of sparse points, or of two others: it leads to none"
            )
        if self._components() is not None:
            raise InputError(
                "inverse_transform: the map is one of principal components, or of a metric with numbers of "
                "its own, which do not lead back"
            )
        places = np.ascontiguousarray(as_points(X, "inverse_transform", 1), np.float32)
        if places.shape[1] != self.embedding_.shape[1]:
            raise InputError(
                f"inverse_transform: places of {places.shape[1]} numbers, and the map has "
                f"{self.embedding_.shape[1]} dimensions"
            )
        out, workers = np.empty((len(places), self._points.shape[1])), self._team()
        workers.run(
            "kr_umap_inverse",
            workers,
            self._handle,
            view(self._points),
            pointer_to(places, ctypes.c_float),
            len(places),
            pointer_to(out, ctypes.c_double),
        )
        return out.astype(self._points.dtype, copy=False)

    def _project(self, points):
        """Along the components of a map that was made of them; others stay as they are."""
        components = self._components()
        return points if components is None else project(components, points, self._points.dtype, self._jobs())

    def _components(self):
        """The kr_pca that made the points of the map, or None."""
        stretch = self.__dict__.get("_stretch")
        return self.__dict__.get("_pca") or (stretch and stretch.pointer)

    def get_feature_names_out(self, input_features=None):
        """Names of the axes, "umap0", "umap1", ..: an array of str. input_features is not used."""
        self._check_fitted()
        return np.asarray([f"umap{i}" for i in range(self._n_features_out)], dtype=object)

    @property
    def _n_features_out(self):
        return self.graph_.shape[1] if self.transform_mode == "graph" else self.embedding_.shape[1]

    # ---- files -----------------------------------------------------------------------------------

    def save(self, path):
        """Write the map, its parameters and its points to path, a .safetensors file, for `krait umap`, too.

        Raises
        ------
        krait.FileError : the file cannot be written.
        """
        self._check_fitted()
        if callable(self.metric) or "_handle" not in self.__dict__:
            raise InputError("save: a map by a metric of your own, or a graph alone, is not kept in a file")
        points, extras = self._saved()
        self._team().run("kr_umap_save", self._handle.pointer, points, extras, os.fsencode(path))

    @classmethod
    def load(cls, path):
        """The map of path, a file of save() or of `krait umap --save_map`.

        Raises
        ------
        krait.Error : there is no such file, or it is none of a map.
        """
        handle = Handle(_abi.kr_umap, "kr_umap_destroy")
        file = Handle(_abi.kr_safetensors, "kr_safetensors_destroy")
        call("kr_umap_open", os.fsencode(path), handle.out())
        call("kr_safetensors_read", os.fsencode(path), file.out())
        return cls._of_handle(handle, file)

    @classmethod
    def _of_handle(cls, handle, file):
        """A map out of a file, whose texts and arrays are in `file`, a kr_safetensors."""
        self = cls(**_params(json.loads(text(library.kr_safetensors_value(file.pointer, b"config")))))
        points = library.kr_safetensors_find(file.pointer, b"points").contents
        kind = ctypes.c_float if points.item_size == 4 else ctypes.c_double
        shape = points.shape[0], points.shape[1]
        # the library's bytes may lie at any address
        values = np.frombuffer(ctypes.string_at(points.data, points.n * points.item_size), kind).reshape(
            shape
        )
        self._points = values
        self._take_map(handle)
        self._pca = library.kr_umap_pca(handle.pointer) or None
        self.n_features_in_ = library.kr_pca_dim(self._pca) if self._pca else shape[1]
        names = library.kr_umap_note(handle.pointer, b"python.feature_names")
        if names:
            self.feature_names_in_ = np.asarray(json.loads(text(names)), dtype=object)
        return self

    def _notes(self):
        if not hasattr(self, "feature_names_in_"):
            return {}
        return {"python.feature_names": json.dumps(list(self.feature_names_in_))}

    def __getstate__(self):
        state = self.__dict__.copy()
        if state.get("_graph") is not None:
            state["_graph_csr"], state["_graph"] = self.graph_, None
        if "_handle" not in state:
            return state
        state.pop("_pca", None)
        state.pop("_stretch", None)
        for name in ("_handle", "_points", "embedding_"):
            del state[name]
        data, size, (points, extras) = ctypes.c_void_p(), ctypes.c_size_t(), self._saved()
        call(
            "kr_umap_save_memory",
            self._handle.pointer,
            points,
            extras,
            ctypes.byref(data),
            ctypes.byref(size),
        )
        try:
            state["_bytes"] = ctypes.string_at(data, size.value)
        finally:
            library.kr_free(data)
        return state

    def __setstate__(self, state):
        state = dict(state)
        held = state.pop("_bytes", None)
        if held is not None:
            handle, file = (
                Handle(_abi.kr_umap, "kr_umap_destroy"),
                Handle(_abi.kr_safetensors, "kr_safetensors_destroy"),
            )
            call("kr_umap_open_memory", b"the map", held, len(held), handle.out())
            call("kr_safetensors_read_memory", b"the map", held, len(held), file.out())
            self.__dict__.update(type(self)._of_handle(handle, file).__dict__)
        self.__dict__.update(state)
        if held is not None:
            self.embedding_ = self._of_all(self.embedding_)

    def _saved(self):
        """Points and extras as kr_umap_save() takes them; NULL: those of the map's own file."""
        if self.__dict__.get("_pca"):
            return None, None
        if not isinstance(self._points, np.ndarray):
            raise InputError("a map of sparse points, or of two others, is not kept in a file")
        notes = self._notes()
        pairs = (_abi.kr_text_pair * max(len(notes), 1))()
        for pair, (key, value) in zip(pairs, notes.items()):
            pair.key, pair.value = key.encode(), value.encode()
        extras = sized(_abi.kr_umap_extras, notes=pairs, n_notes=len(notes))
        if self._components() is not None:
            extras.pca = self._components()
        return view(self._points), extras


def _to_csr(graph):
    """A kr_graph as a scipy.sparse.csr_matrix of its own."""
    try:
        from scipy.sparse import csr_matrix
    except ImportError:
        raise AttributeError(
            "graph_: it is a matrix of scipy, which is not installed: pip install scipy"
        ) from None
    held = library.kr_graph_view(graph.pointer)
    start = copy_array(held.start, (held.n + 1,))
    column, weight = (copy_array(values, (int(start[-1]),)) for values in (held.column, held.f32))
    return csr_matrix((weight, column, start), shape=(held.n, held.dim))


def _params(config):
    """Parameters of the settings that a map's file holds."""
    names = {
        "n_neighbors": "n_neighbors",
        "n_components": "n_components",
        "metric": "metric",
        "init": "init",
        "min_dist": "min_dist",
        "spread": "spread",
        "learning_rate": "learning_rate",
        "repulsion": "repulsion_strength",
        "negative_samples": "negative_sample_rate",
        "local_connectivity": "local_connectivity",
        "set_op_mix": "set_op_mix_ratio",
        "target_weight": "target_weight",
    }
    params = {name: type(getattr(UMAP(), name))(config[key]) for key, name in names.items()}
    params["n_epochs"] = config["n_epochs"] or None
    params["a"], params["b"] = config.get("a"), config.get("b")
    params["random_state"] = int(config["seed"])
    params["force_approximation_algorithm"] = config["knn_method"] == "descent"
    if params["metric"] == "minkowski":
        params["metric_kwds"] = {"p": config.get("metric_power", 2.0)}
    for name in ("densmap", "dens_lambda", "dens_frac", "dens_var_shift"):
        params[name] = config.get(name, getattr(UMAP(), name))
    return params


class _Progress(Bar):
    """While it is entered, options show a bar of epochs."""

    def __init__(self, is_shown, options):
        super().__init__(False, "UMAP")
        if is_shown:
            options.progress = self._heard = dict(_abi.kr_umap_options._fields_)["progress"](self._hear)

    def _hear(self, _, epoch, n_epochs):
        self.show("epochs", epoch, n_epochs)
        return True
