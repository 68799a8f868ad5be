# SPDX-License-Identifier: MIT
"""Maps of points (UMAP) with umap-learn's parameters and attributes."""

import ctypes
import json
import os
import warnings

import numpy as np

from . import _abi
from ._estimator import Estimator
from ._library import Handle, InputError, Note, call, copy_array, library, pointer_to, sized, team, text
from ._points import as_points, seed_of, view
from ._progress import Bar

_INITS = {"spectral": _abi.KR_UMAP_SPECTRAL, "pca": _abi.KR_UMAP_PCA, "random": _abi.KR_UMAP_RANDOM}
_METRICS = {
    name: getattr(_abi, f"KR_UMAP_{name.upper()}")
    for name in (
        "euclidean",
        "cosine",
        "manhattan",
        "chebyshev",
        "correlation",
        "hamming",
        "jaccard",
        "precomputed",
    )
}
_METRICS.update(
    {
        "l1": _METRICS["manhattan"],
        "l2": _METRICS["euclidean"],
        "taxicab": _METRICS["manhattan"],
        "linfinity": _METRICS["chebyshev"],
        "linfty": _METRICS["chebyshev"],
    }
)
# of umap-learn, and not of the library
_NOT_HERE = (
    "metric_kwds",
    "output_metric",
    "output_metric_kwds",
    "transform_queue_size",
    "angular_rp_forest",
    "target_n_neighbors",
    "target_metric",
    "target_metric_kwds",
    "transform_seed",
    "transform_mode",
    "unique",
    "densmap",
    "dens_lambda",
    "dens_frac",
    "dens_var_shift",
    "output_dens",
    "disconnection_distance",
    "tqdm_kwds",
)
_LEAST = np.nextafter(0, 1)  # what the library takes for 0, where 0 itself would be its default


def _choice(name, value, choices):
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"{name}: {value!r} is not known; use one of {', '.join(choices)}")
    return choices[value]


def _within(name, value, least, most=np.inf, is_open=False):
    """The number, which must be in least .. most (is_open: above least)."""
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not good or not (least < value <= most or (value == least and not is_open)):
        limits = f"above {least:g}" if is_open else f"{least:g} or more"
        raise InputError(
            f"{name}: {value!r} is out of range; use a number {limits}"
            + (f", up to {most:g}" if np.isfinite(most) else "")
        )
    return value


def _whole(name, value, least):
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise InputError(f"{name}: {value!r}; use a whole number, {least} or more")
    return int(value)


def _codes(y, n):
    """Classes 0 .. of a target, -1 where it is -1 or missing."""
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.shape != (n,):
        raise InputError(f"y has shape {y.shape}, and there are {n} samples: (n,) is needed")
    if y.dtype.kind in "fc" and np.isinf(y).any():
        raise InputError("Input y contains infinity.")
    unknown = (y != y) | (y == -1) if y.dtype.kind in "fiu" else np.array([v is None for v in y], bool)
    codes = np.full(n, -1, np.int64)
    codes[~unknown] = np.unique(y[~unknown], return_inverse=True)[1]
    return codes


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
    metric : str
        "euclidean", "cosine", "manhattan", "chebyshev", "correlation", "hamming", "jaccard" or "precomputed":
        X has the distances of all points to all, (n, n); of transform() to those of the fit.
    n_epochs : int, optional
        None: 500 up to 10,000 points, 200 above.
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
        Of labels (y of fit) against places, 0 .. 1.
    random_state : int, RandomState, Generator, optional
        The same number gives the same bits, for any number of threads. None: drawn from numpy's global
        generator.
    n_jobs : int
        Threads; -1 or None: all CPUs.
    force_approximation_algorithm : bool
        Neighbours by descent also for few points.
    low_memory : bool
        Has no effect: memory is always low.
    verbose : bool
        Show a bar (tqdm, if there is one).
    metric_kwds, output_metric, output_metric_kwds, transform_queue_size, angular_rp_forest, target_n_neighbors, \
target_metric, target_metric_kwds, transform_seed, transform_mode, tqdm_kwds, unique, densmap, dens_lambda, dens_frac, \
dens_var_shift, output_dens, disconnection_distance
        Of umap-learn, and not here: refused unless they are at their defaults.

    Attributes
    ----------
    embedding_ : (n, n_components) float32
    neighbour_recall_ : float
        Share of the true neighbours that the search found: 1 when exact.
    n_features_in_, feature_names_in_
    """

    _is_transformer = True
    _fitted = "embedding_"
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

    # ---- settings --------------------------------------------------------------------------------

    def _options(self, n):
        """kr_umap_options for n points."""
        self._refuse_others(_NOT_HERE, "the library does not have it")
        neighbors = _whole("n_neighbors", self.n_neighbors, 2)
        if neighbors > n:
            warnings.warn(
                f"n_neighbors: {neighbors} is more than the {n} points; {n} is used", Note, stacklevel=5
            )
        spread = _within("spread", self.spread, 0, is_open=True)
        method = _abi.KR_KNN_DESCENT if self.force_approximation_algorithm else _abi.KR_KNN_AUTO
        return sized(
            _abi.kr_umap_options,
            n_neighbors=min(neighbors, n),
            n_components=_whole("n_components", self.n_components, 1),
            min_dist=_within("min_dist", self.min_dist, 0, spread),
            spread=spread,
            n_epochs=0 if self.n_epochs is None else _whole("n_epochs", self.n_epochs, 1),
            learning_rate=_within("learning_rate", self.learning_rate, 0, is_open=True),
            repulsion=max(_within("repulsion_strength", self.repulsion_strength, 0), _LEAST),
            negative_samples=_whole("negative_sample_rate", self.negative_sample_rate, 1),
            local_connectivity=max(_within("local_connectivity", self.local_connectivity, 0), 1e-9),
            set_op_mix=max(_within("set_op_mix_ratio", self.set_op_mix_ratio, 0, 1), _LEAST),
            target_weight=max(_within("target_weight", self.target_weight, 0, 1), _LEAST),
            init=_choice("init", self.init, _INITS) if isinstance(self.init, str) else 0,
            metric=_choice("metric", self.metric, _METRICS),
            knn_method=method,
            seed=seed_of(self.random_state),
            **self._curve(),
        )

    def _curve(self):
        if self.a is None or self.b is None:
            return {}
        return {name: _within(name, getattr(self, name), 0, is_open=True) for name in ("a", "b")}

    def _start(self, n, options):
        """Places to start from as an array that options point to; to be kept while they are used. Or None."""
        if isinstance(self.init, str):
            return None
        start = as_points(self.init, "init", 1)
        if start.shape != (n, options.n_components):
            raise InputError(f"init: has shape {start.shape}, and ({n}, {options.n_components}) is needed")
        start = np.ascontiguousarray(start, np.float32)
        options.start = pointer_to(start, ctypes.c_float)
        return start

    def _known_neighbors(self, n):
        """The kr_knn of precomputed_knn; None: there is none."""
        if self.precomputed_knn is None or self.precomputed_knn[0] is None:
            return None
        index = np.ascontiguousarray(self.precomputed_knn[0], np.int32)
        distance = np.ascontiguousarray(self.precomputed_knn[1], np.float64)
        if index.ndim != 2 or index.shape != distance.shape or len(index) != n:
            raise InputError(
                f"precomputed_knn: shapes {index.shape} and {distance.shape} for {n} points; (n, k) twice "
                "is needed"
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

    def _team(self):
        if self.n_jobs is None or self.n_jobs == -1:
            return team()
        return team(_whole("n_jobs", self.n_jobs, 1))

    # ---- fit -------------------------------------------------------------------------------------

    def fit(self, X, y=None, **_):
        """Make the map of X, (n, n_features).

        Parameters
        ----------
        X : array or frame, (n, n_features)
            Finite numbers. They are kept (copied) for transform().
        y : (n,), optional
            A class of each point, for a supervised map; -1: not known.

        Returns
        -------
        self

        Raises
        ------
        krait.Error : points or parameters that are not possible.
        """
        points = self._take_points(X)
        if np.may_share_memory(points, X if isinstance(X, np.ndarray) else np.asarray(X)):
            points = points.copy()
        labels = _codes(y, len(points)) if y is not None and self.target_weight > 0 else None
        options, handle, workers = (
            self._options(len(points)),
            Handle(_abi.kr_umap, "kr_umap_destroy"),
            self._team(),
        )
        start, knn = self._start(len(points), options), self._known_neighbors(len(points))  # noqa: F841
        labels = pointer_to(labels, ctypes.c_int64)
        with _Progress(self.verbose, options):
            if knn is None:
                workers.run("kr_umap_fit", workers, view(points), labels, options, handle.out())
            else:
                workers.run("kr_umap_fit_knn", workers, view(points), knn, labels, options, handle.out())
        self._take_map(handle, points)
        return self

    def _take_map(self, handle, points):
        self._handle, self._points, self._pca = handle, points, None
        n, dim = library.kr_umap_count(handle.pointer), library.kr_umap_n_components(handle.pointer)
        self.embedding_ = copy_array(library.kr_umap_embedding(handle.pointer), (n, dim))
        self.neighbour_recall_ = library.kr_umap_neighbour_recall(handle.pointer)

    def fit_transform(self, X, y=None, **params):
        """fit(X, y), then the places, (n, n_components) float32. **params are not used."""
        return self.fit(X, y, **params).embedding_

    def transform(self, X):
        """Places of new points, the old ones staying where they are.

        Parameters
        ----------
        X : array or frame, (n_new, n_features)
            The points of the fit give embedding_.

        Returns
        -------
        (n_new, n_components) float32
        """
        points = self._project(self._take_more(X))
        if points.shape == self._points.shape and np.array_equal(points, self._points):
            return self.embedding_
        out, workers = np.empty((len(points), self.embedding_.shape[1]), np.float32), self._team()
        workers.run(
            "kr_umap_transform",
            workers.pointer,
            self._handle.pointer,
            view(self._points),
            view(points),
            pointer_to(out, ctypes.c_float),
        )
        return out

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
        if self._pca:
            raise InputError(
                "inverse_transform: the map is one of principal components, which do not lead back"
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
        if not self._pca:
            return points
        out, workers = np.empty((len(points), self._points.shape[1]), self._points.dtype), self._team()
        is_float = out.dtype == np.float32
        workers.run(
            "kr_pca_project_f32" if is_float else "kr_pca_project",
            workers.pointer,
            self._pca,
            view(points),
            pointer_to(out, ctypes.c_float if is_float else ctypes.c_double),
        )
        return out

    def get_feature_names_out(self, input_features=None):
        """Names of the axes, "umap0", "umap1", ..: an array of str. input_features is not used."""
        self._check_fitted()
        return np.asarray([f"umap{i}" for i in range(self.embedding_.shape[1])], dtype=object)

    @property
    def _n_features_out(self):
        return self.embedding_.shape[1]

    # ---- files -----------------------------------------------------------------------------------

    def save(self, path):
        """Write the map, its parameters and its points to path, a .safetensors file, for `krait umap`, too.

        Raises
        ------
        krait.FileError : the file cannot be written.
        """
        self._check_fitted()
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
        self._take_map(handle, values)
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
        if "_handle" not in state:
            return state
        for name in ("_handle", "_points", "_pca", "embedding_"):
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

    def _saved(self):
        """Points and extras as kr_umap_save() takes them; NULL: those of the map's own file."""
        if self._pca:
            return None, None
        notes = self._notes()
        pairs = (_abi.kr_text_pair * max(len(notes), 1))()
        for pair, (key, value) in zip(pairs, notes.items()):
            pair.key, pair.value = key.encode(), value.encode()
        return view(self._points), sized(_abi.kr_umap_extras, notes=pairs, n_notes=len(notes))


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
