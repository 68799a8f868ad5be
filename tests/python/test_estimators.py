# SPDX-License-Identifier: MIT
"""Maps, dimensions and neighbours: what scikit-learn and umap-learn expect of them."""

import os
import pickle
import subprocess
import sys

import krait
import numpy as np
import pytest

ALL = [krait.UMAP(n_epochs=20, random_state=0), krait.LevinaBickel(), krait.TwoNN()]


def blobs(n=120, dim=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dim)) + 20 * rng.integers(0, 3, n)[:, None], rng


@pytest.fixture(scope="module")
def points():
    return blobs()[0]


# ---- scikit-learn -------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ALL, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore")
def test_check_estimator(estimator):
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    checks.check_estimator(estimator, expected_failed_checks=estimator._expected_failed_checks, on_skip=None)


@pytest.mark.parametrize("estimator", ALL, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore")
def test_expected_failures_do_fail(estimator):
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    results = checks.check_estimator(
        estimator, expected_failed_checks=estimator._expected_failed_checks, on_skip=None, on_fail=None
    )
    failed = {r["check_name"] for r in results if r["status"] == "xfail"}
    assert failed == set(estimator._expected_failed_checks)


def test_without_sklearn():
    code = (
        "import sys; sys.modules['sklearn'] = None; import numpy as np, krait\n"
        "m = krait.UMAP(random_state=1)\n"
        "try: m.transform(np.ones((3, 2)))\n"
        "except ValueError as e: print(type(e).__name__, repr(m), m.get_params()['min_dist'])\n"
        "m.set_params(n_neighbors=5).fit(np.random.rand(30, 3)); print(m.embedding_.shape)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert out.stdout == "NotFitted UMAP(random_state=1) 0.1\n(30, 2)\n", out.stderr


def test_params():
    model = krait.UMAP(n_neighbors=7, init=np.zeros((3, 2)))
    assert repr(model).startswith("UMAP(n_neighbors=7, init=array(")
    with pytest.raises(ValueError, match="Invalid parameter 'neighbours'"):
        model.set_params(neighbours=3, n_neighbors=1)
    assert model.n_neighbors == 7


def test_feature_names(points):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(points, columns=list("abcde"))
    model = krait.UMAP(n_epochs=10, random_state=0).fit(frame)
    assert list(model.feature_names_in_) == list("abcde")
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.transform(points)
    with pytest.raises(ValueError, match="seen at fit time, yet now missing:\n- e"):
        model.transform(frame.rename(columns={"e": "f"}))
    with pytest.raises(ValueError, match="same order"):
        model.transform(frame[list("bacde")])


# ---- UMAP ---------------------------------------------------------------------------------------


def map_by(program, folder, *more):
    """krait umap of x.npy; the map is umap.npy."""
    flags = ["--seed", "3", "--n_neighbors", "10", "--init", "pca", "--no_figures", "--quiet", *more]
    subprocess.run([program, "umap", "x.npy", *flags], check=True, cwd=folder)


def test_umap_is_the_programs(points, program, tmp_path):
    """The same bits as the program's, for the same settings and seed, and its maps can be loaded."""
    np.save(tmp_path / "x.npy", points)
    map_by(program, tmp_path, "--save_map", "map.safetensors", "--pca", "4")
    theirs = np.load(tmp_path / "umap.npy")
    loaded = krait.UMAP.load(tmp_path / "map.safetensors")
    assert loaded.n_features_in_ == 5 and loaded.n_neighbors == 10
    assert np.array_equal(loaded.embedding_, theirs)
    assert loaded.transform(points[:5] + 1).shape == (5, 2)
    assert np.array_equal(
        pickle.loads(pickle.dumps(loaded)).transform(points[:5] + 1), loaded.transform(points[:5] + 1)
    )
    map_by(program, tmp_path)
    ours = krait.UMAP(n_neighbors=10, random_state=3, init="pca").fit_transform(points)
    assert np.array_equal(ours, np.load(tmp_path / "umap.npy"))


def test_umap_same_bits(points):
    maps = [krait.UMAP(random_state=5, n_epochs=30, n_jobs=jobs).fit_transform(points) for jobs in (1, 2, -1)]
    assert all(np.array_equal(maps[0], other) for other in maps)
    assert maps[0].dtype == np.float32 and maps[0].shape == (120, 2)
    other = krait.UMAP(random_state=6, n_epochs=30).fit_transform(points)
    assert not np.array_equal(maps[0], other)


def test_umap_parts_blobs(points):
    model = krait.UMAP(random_state=0).fit(points)
    found = krait.kneighbors(model.embedding_, 5).indices
    group = np.round(points.mean(1) / 20)
    assert (group[found] == group[:, None]).mean() > 0.97
    assert model.neighbour_recall_ == 1


def test_umap_keeps_its_points(points):
    x = points.copy()
    model = krait.UMAP(random_state=0, n_epochs=20).fit(x)
    placed = model.transform(points[:4] + 0.1)
    x[:] = 0
    assert np.array_equal(model.transform(points[:4] + 0.1), placed)
    assert np.array_equal(model.transform(points), model.embedding_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_umap_files(points, tmp_path, dtype):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(points.astype(dtype), columns=list("abcde"))
    more = frame[:7] + 1
    model = krait.UMAP(random_state=2, n_epochs=20, set_op_mix_ratio=0.5, metric="cosine").fit(frame)
    model.save(tmp_path / "map.safetensors")
    for other in (krait.UMAP.load(tmp_path / "map.safetensors"), pickle.loads(pickle.dumps(model))):
        assert other.get_params() == model.get_params()
        assert np.array_equal(other.embedding_, model.embedding_)
        assert np.array_equal(other.transform(more), model.transform(more))
        assert np.array_equal(other.transform(frame), model.embedding_)
        assert list(other.feature_names_in_) == list("abcde")


def test_umap_labels(points):
    group = np.round(points.mean(1) / 20).astype(int)
    plain = krait.UMAP(random_state=0, n_epochs=20).fit_transform(points)
    one = krait.UMAP(random_state=0, n_epochs=20).fit_transform(points, group % 2)
    named = krait.UMAP(random_state=0, n_epochs=20).fit_transform(points, np.where(group % 2, "z", "a"))
    nothing = krait.UMAP(random_state=0, n_epochs=20, target_weight=0).fit_transform(points, group % 2)
    unknown = krait.UMAP(random_state=0, n_epochs=20).fit(points, np.full(120, np.nan)).embedding_
    assert np.array_equal(one, named) and np.array_equal(plain, nothing)
    assert not np.array_equal(plain, one) and np.isfinite(unknown).all()
    with pytest.raises(ValueError, match="y has shape"):
        krait.UMAP().fit(points, group[:5])


@pytest.mark.parametrize(
    "params, text",
    [
        ({"precomputed_knn": (np.zeros((3, 2), int), np.zeros((3, 2)))}, "precomputed_knn: shapes"),
        ({"init": np.zeros((3, 2))}, r"init: has shape \(3, 2\), and \(120, 2\) is needed"),
        ({"a": -1, "b": 1}, "a: -1 is out of range"),
        ({"metric": "precomputed"}, "are a square"),
        ({"densmap": True, "dens_frac": 2}, "dens_frac: 2 is out of range"),
        ({"dens_lambda": -1}, "dens_lambda: -1 is out of range"),
        ({"unique": True, "metric": "precomputed"}, "unique: distances"),
        ({"metric_kwds": {"p": 3}}, "metric_kwds: 'p'; the metric 'euclidean' takes none"),
        ({"metric": "minkowski", "metric_kwds": {"p": -3}}, "power: -3 is out of range"),
        ({"metric": "hellinger"}, "row .* has a number below 0"),
        ({"metric": "haversine"}, "haversine: points of 5 numbers"),
        ({"transform_mode": "map"}, "transform_mode: 'map'"),
        ({"disconnection_distance": "far"}, "disconnection_distance: 'far'"),
        ({"output_metric": "haversine"}, "output_metric: 'haversine' is not possible here"),
        ({"transform_seed": 1}, "transform_seed"),
        ({"metric": "ll_dirichlet"}, 'metric: "ll_dirichlet" is not known; it can be one of euclidean'),
        ({"metric": 3}, "metric: 3 is not known"),
        ({"init": "tswspectral"}, "init"),
        ({"n_neighbors": 1}, "n_neighbors: 1"),
        ({"n_neighbors": 2.5}, "n_neighbors: 2.5"),
        ({"target_n_neighbors": 1}, "target_n_neighbors: 1; use a whole number, 2 or more"),
        ({"min_dist": -1}, "min_dist: -1 is out of range"),
        ({"min_dist": 2}, "min_dist: 2 is out of range"),
        ({"negative_sample_rate": 0}, "negative_sample_rate: 0"),
        ({"set_op_mix_ratio": 1.5}, "set_op_mix_ratio: 1.5 is out of range"),
        ({"n_components": 300}, "n_components: 300"),
        ({"learning_rate": 0}, "learning_rate: 0 is out of range"),
        ({"random_state": -1}, "random_state: -1"),
        ({"n_jobs": 0}, "n_jobs: 0; use a whole number, 1 or more"),
        ({"n_jobs": -2}, "n_jobs: -2"),
    ],
)
def test_umap_refuses(points, params, text):
    with pytest.raises(ValueError, match=text):
        krait.UMAP(**params).fit(points)


def test_umap_zero_is_not_the_default(points):
    for name in ("repulsion_strength", "set_op_mix_ratio", "local_connectivity"):
        zero, small, usual = (
            krait.UMAP(random_state=0, n_epochs=20, **{name: value}).fit_transform(points)
            for value in (0, 1e-12 if name != "local_connectivity" else 1e-9, 1.0)
        )
        assert np.allclose(zero, small, atol=1e-3) and not np.allclose(zero, usual, atol=1e-3), name


def test_umap_few_points():
    with pytest.warns(krait.Note, match="n_neighbors: 15 is more than the 6 points"):
        assert krait.UMAP(random_state=0).fit_transform(np.random.rand(6, 3)).shape == (6, 2)


# those whose distances are the same to the bit
METRICS = {
    "manhattan": "cityblock",
    "chebyshev": "chebyshev",
    "hamming": "hamming",
    "jaccard": "jaccard",
    "euclidean": "euclidean",
}


@pytest.mark.parametrize("metric", METRICS)
def test_umap_metrics(metric):
    """Distances of scipy give the map that the metric gives, and new points come to the same places."""
    distance = pytest.importorskip("scipy.spatial.distance")
    rng = np.random.default_rng(4)
    x = rng.integers(0, 3, (150, 24)) * (rng.random((150, 24)) < 0.4) + np.eye(24)[rng.integers(0, 24, 150)]
    y = rng.integers(0, 3, (6, 24)) * 1.0 + np.eye(24)[:6]
    known = x != 0 if metric == "jaccard" else x
    new = y != 0 if metric == "jaccard" else y
    square = distance.cdist(known, known, METRICS[metric])
    np.fill_diagonal(square, 0)
    settings = dict(random_state=0, n_epochs=30, init=rng.normal(size=(150, 2)))
    ours = krait.UMAP(metric=metric, **settings).fit(x)
    theirs = krait.UMAP(metric="precomputed", **settings).fit(np.maximum(square, 0))
    assert np.array_equal(ours.embedding_, theirs.embedding_)
    placed = theirs.transform(np.maximum(distance.cdist(new, known, METRICS[metric]), 0))
    assert np.array_equal(ours.transform(y), placed)


@pytest.mark.parametrize("metric", ["cosine", "correlation", "manhattan", "hamming"])
def test_umap_metrics_are_umap_learns(metric):
    """As good a map as umap-learn's, by the distances of scipy."""
    umap, manifold = pytest.importorskip("umap"), pytest.importorskip("sklearn.manifold")
    from sklearn.datasets import load_digits
    from sklearn.metrics import pairwise_distances

    x = load_digits().data[:600]
    square = pairwise_distances(x, metric=metric)
    made = [kind(metric=metric, random_state=1).fit_transform(x) for kind in (krait.UMAP, umap.UMAP)]
    ours, theirs = (manifold.trustworthiness(square, m, n_neighbors=10, metric="precomputed") for m in made)
    assert ours > theirs - 0.01


def test_umap_given_neighbors(points):
    distances, indices = krait.kneighbors(points, 14)
    own = np.arange(120)[:, None], np.zeros((120, 1))
    known = np.hstack([own[0], indices]), np.hstack([own[1], distances])
    model = krait.UMAP(random_state=0, n_epochs=20, precomputed_knn=known).fit(points)
    usual = krait.UMAP(random_state=0, n_epochs=20).fit(points)
    assert np.array_equal(model.embedding_, usual.embedding_) and np.isnan(model.neighbour_recall_)
    assert np.array_equal(model.transform(points[:5] + 1), usual.transform(points[:5] + 1))


def test_umap_curve_and_start(points, tmp_path):
    umap = pytest.importorskip("umap.umap_")
    a, b = umap.find_ab_params(1.0, 0.4)
    model = krait.UMAP(random_state=0, n_epochs=20, a=a, b=b).fit(points)
    usual = krait.UMAP(random_state=0, n_epochs=20).fit(points)
    assert not np.array_equal(model.embedding_, usual.embedding_)
    only_a = krait.UMAP(random_state=0, n_epochs=20, a=a).fit(points)
    assert np.array_equal(only_a.embedding_, usual.embedding_)
    model.save(tmp_path / "map.safetensors")
    assert krait.load(tmp_path / "map.safetensors").a == a
    start = np.random.default_rng(0).normal(size=(120, 2))
    held = krait.UMAP(random_state=0, n_epochs=1, learning_rate=1e-9, init=start).fit_transform(points)
    assert np.allclose(held, 10 * (start - start.min(0)) / np.ptp(start, axis=0), atol=1e-3)
    again = krait.UMAP(random_state=0, n_epochs=20, init=start.tolist()).fit_transform(points)
    assert np.array_equal(again, krait.UMAP(random_state=0, n_epochs=20, init=start).fit_transform(points))


def test_umap_inverse(tmp_path):
    """As near to the points as umap-learn's, on digits; and from a file, too."""
    umap, datasets = pytest.importorskip("umap"), pytest.importorskip("sklearn.datasets")
    x = datasets.load_digits().data[:500].astype(np.float32)
    error = {}
    for name, kind in (("ours", krait.UMAP), ("theirs", umap.UMAP)):
        model = kind(random_state=1).fit(x)
        back = model.inverse_transform(model.embedding_[:50])
        error[name] = np.linalg.norm(back - x[:50], axis=1).mean()
    assert error["ours"] < 1.05 * error["theirs"], error
    model = krait.UMAP(random_state=1).fit(x)
    model.save(tmp_path / "map.safetensors")
    back = model.inverse_transform(model.embedding_[:3])
    assert back.dtype == np.float32 and np.array_equal(
        krait.load(tmp_path / "map.safetensors").inverse_transform(model.embedding_[:3]), back
    )
    with pytest.raises(ValueError, match="places of 3 numbers"):
        model.inverse_transform(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="Euclidean metric alone"):
        krait.UMAP(metric="cosine", n_epochs=10).fit(x + 1).inverse_transform(np.zeros((2, 2)))


# ---- densities ------------------------------------------------------------------------------------


def test_densmap(points, tmp_path):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 5)) * np.repeat([0.3, 2], 100)[:, None] + np.repeat([0, 9], 100)[:, None]
    model = krait.UMAP(densmap=True, output_dens=True, random_state=0)
    embedding, original, on_map = model.fit_transform(x)
    assert np.array_equal(embedding, model.embedding_)
    assert np.array_equal(original, model.rad_orig_) and np.array_equal(on_map, model.rad_emb_)
    plain = krait.UMAP(output_dens=True, random_state=0).fit(x)
    assert (
        np.corrcoef(original, on_map)[0, 1] > 0.9 > 0.5 > np.corrcoef(plain.rad_orig_, plain.rad_emb_)[0, 1]
    )
    assert np.array_equal(plain.rad_orig_, original)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.rad_emb_, on_map) and again.densmap
    model.save(tmp_path / "map.safetensors")
    assert krait.load(tmp_path / "map.safetensors").get_params()["dens_frac"] == 0.3
    with pytest.raises(NotImplementedError, match="keeps densities"):
        model.transform(x[:3])
    with pytest.raises(ValueError, match="keeps densities"):
        model.inverse_transform(embedding[:3])
    assert not hasattr(krait.UMAP(n_epochs=5).fit(x), "rad_orig_")
    zero = krait.UMAP(densmap=True, dens_lambda=0, n_epochs=700, random_state=0).fit_transform(x)
    assert np.allclose(zero, krait.UMAP(n_epochs=700, random_state=0).fit_transform(x), atol=1e-3)


def test_radii_are_umap_learns():
    umap = pytest.importorskip("umap")
    x = np.random.default_rng(5).normal(size=(150, 4))
    ours = krait.UMAP(output_dens=True, random_state=0).fit(x)
    theirs = umap.UMAP(output_dens=True, random_state=0, n_jobs=1).fit(x)
    assert np.allclose(ours.rad_orig_, theirs.rad_orig_, atol=1e-4)


# ---- graphs ---------------------------------------------------------------------------------------


def test_graph(points):
    sparse = pytest.importorskip("scipy.sparse")
    model = krait.UMAP(random_state=0, n_epochs=20).fit(points)
    graph = model.graph_
    assert sparse.issparse(graph) and graph.shape == (120, 120) and graph.dtype == np.float32
    assert abs(graph - graph.T).max() == 0 and graph.max() == 1
    only = krait.UMAP(random_state=0, transform_mode="graph")
    assert (only.fit_transform(points) != graph).nnz == 0 and not hasattr(only, "embedding_")
    new = only.transform(points[:7] + 0.1)
    assert new.shape == (7, 120) and (np.diff(new.indptr) <= 15).all()
    assert only.transform(points) is only.graph_
    again = pickle.loads(pickle.dumps(model))
    assert (again.graph_ != graph).nnz == 0
    with pytest.raises(ValueError, match="a graph alone"):
        only.save("nowhere")


def test_graph_is_umap_learns():
    umap = pytest.importorskip("umap")
    x = np.random.default_rng(6).random((150, 4)).astype(np.float32)
    for metric in ("euclidean", "manhattan", "canberra", "braycurtis"):
        ours = krait.UMAP(metric=metric, transform_mode="graph").fit(x).graph_
        theirs = umap.UMAP(metric=metric, transform_mode="graph").fit(x).graph_
        assert abs(ours - theirs).max() < 1e-3, metric


def test_composite_maps(points):
    one = krait.UMAP(random_state=0, n_epochs=50).fit(points[:, :3])
    two = krait.UMAP(random_state=0, n_epochs=50).fit(points[:, 2:])
    group = np.round(points.mean(1) / 20)
    for both in (one * two, one + two, pickle.loads(pickle.dumps(one)) * two):
        found = krait.kneighbors(both.embedding_, 5).indices
        assert (group[found] == group[:, None]).mean() > 0.9
    assert (one - two).embedding_.shape == (120, 2)
    with pytest.raises(ValueError, match="graphs of 120 and of 60 points"):
        one + krait.UMAP(n_epochs=5).fit(points[:60])
    with pytest.raises(ValueError, match="sparse points, or of two others"):
        (one + two).inverse_transform(np.zeros((1, 2)))
    with pytest.raises(TypeError):
        one + 3


def test_targets():
    rng = np.random.default_rng(2)
    x, value = rng.normal(size=(150, 6)), rng.normal(size=150)

    def near(**params):
        """How alike targets of neighbours on the map are."""
        y = params.pop("y", value)
        made = krait.UMAP(random_state=0, n_epochs=100, **params).fit_transform(x, y)
        found = krait.kneighbors(made, 8).indices
        return np.abs(value[found] - value[:, None]).mean()

    plain = near(target_weight=0)
    assert near(target_metric="euclidean") < 0.8 * plain
    assert near(target_metric="l1", target_n_neighbors=10, target_weight=0.9) < near(target_metric="l1")
    assert near(target_metric="ordinal") < 0.9 * plain
    assert near(target_metric="count", y=np.round(3 * (value - value.min()))) < 0.9 * plain
    both = np.column_stack([value, value])
    assert near(target_metric="manhattan", y=both) < 0.8 * plain
    with pytest.raises(ValueError, match="no count"):
        krait.UMAP(target_metric="count").fit(x, value)
    with pytest.raises(krait.Error, match="target_metric: 'string', how alike words are, is not possible here"):
        krait.UMAP(target_metric="string").fit(x, np.full(150, "word"))
    for metric in ("euclidean", "ordinal"):
        with pytest.raises(krait.Error, match=f"target_metric: '{metric}' compares numbers"):
            krait.UMAP(target_metric=metric).fit(x, np.full(150, "word"))
    with pytest.raises(ValueError, match="there are 150 samples"):
        krait.UMAP(target_metric="euclidean").fit(x, value[:20])


@pytest.mark.parametrize("kind", ["words", "objects", "mixed", "frame", "dates"])
def test_classes_of_any_kind(points, kind):
    """The same map as that of numbers; of what is missing the class is not known."""
    number = np.arange(120) % 3 - 1.0  # -1: not known
    named = {-1: None, 0: "cat", 1: "dog"}
    if kind == "words":
        number = number % 2
    y = {
        "words": np.array(["cat", "dog"])[(number == 1).astype(int)],
        "objects": np.array([named[k] for k in number], dtype=object),
        "mixed": np.array([{**named, 0: 7, -1: -1}[k] for k in number], dtype=object),
        "dates": np.array(["NaT", "2020-01-01", "2020-01-02"], "M8[ns]")[(number + 1).astype(int)],
    }
    if kind == "frame":
        pd = pytest.importorskip("pandas")
        y["frame"] = pd.Series(y["objects"], dtype="string")  # pandas' NA
    want = krait.UMAP(random_state=0, n_epochs=20).fit_transform(points, number)
    assert np.array_equal(krait.UMAP(random_state=0, n_epochs=20).fit_transform(points, y[kind]), want)


# ---- more points, points that are there twice, points that have no neighbours -----------------------


def test_update(points):
    model = krait.UMAP(random_state=0).fit(points[:90])
    assert model.update(points[90:]) is model
    assert model.embedding_.shape == (120, 2) and model.graph_.shape == (120, 120)
    whole = krait.UMAP(random_state=0).fit(points)
    assert (model.graph_ != whole.graph_).nnz == 0
    group = np.round(points.mean(1) / 20)
    found = krait.kneighbors(model.embedding_, 5).indices
    assert (group[found] == group[:, None]).mean() > 0.97
    # the old points start where they were, up to the scale of the axes
    still = krait.UMAP(random_state=0, learning_rate=1e-6, n_epochs=20).fit(points[:90])
    before = still.embedding_
    after = still.update(points[90:]).embedding_[:90]
    assert all(np.corrcoef(before[:, c], after[:, c])[0, 1] > 0.999 for c in range(2))
    assert np.array_equal(model.transform(points), model.embedding_)
    with pytest.raises(ValueError, match="of targets"):
        krait.UMAP(n_epochs=5).fit(points, group).update(points)
    with pytest.raises(ValueError, match="of distances"):
        krait.UMAP(n_epochs=5, metric="precomputed").fit(np.ones((20, 20))).update(np.ones((2, 20)))


def test_unique(points):
    twice = np.vstack([points, points[:30], points[:10]])
    model = krait.UMAP(unique=True, random_state=0, n_epochs=30, output_dens=True).fit(twice)
    assert np.array_equal(model.embedding_[:30], model.embedding_[120:150])
    assert np.array_equal(model.embedding_[:10], model.embedding_[150:])
    assert model.rad_orig_.shape == (160,) and len(np.unique(model.embedding_, axis=0)) == 120
    assert np.array_equal(model.transform(twice), model.embedding_)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.embedding_, model.embedding_)
    assert np.array_equal(again.transform(points[:5] + 1), model.transform(points[:5] + 1))
    labels = np.round(twice.mean(1))
    assert krait.UMAP(unique=True, n_epochs=5).fit_transform(twice, labels).shape == (160, 2)


def test_points_without_neighbors():
    x = np.zeros((24, 13))
    x[:20, :8] = np.random.default_rng(0).random((20, 8)) < 0.6
    x[:20, 0] = 1
    x[range(20, 24), range(9, 13)] = 1
    for metric in ("jaccard", "dice", "hellinger", "cosine"):
        more = {"disconnection_distance": 1} if metric == "cosine" else {}
        with pytest.warns(krait.Note, match="4 of 24 points have no neighbour nearer than 1"):
            model = krait.UMAP(metric=metric, n_neighbors=5, n_epochs=20, **more).fit(x)
        assert np.isnan(model.embedding_[20:]).all() and np.isfinite(model.embedding_[:20]).all()
        assert (model.graph_.sum(1)[20:] == 0).all()
    stays = krait.UMAP(metric="jaccard", n_neighbors=5, n_epochs=20, disconnection_distance=np.inf).fit(x)
    assert np.isfinite(stays.embedding_).all()


# ---- sparse points, distances of some pairs, metrics of the user --------------------------------------


def counts(n=150, dim=40, seed=1):
    """Whole numbers, whose sums are exact in any order."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 9, (n, dim)) * (rng.random((n, dim)) < 0.2) * 1.0
    x[np.arange(n), np.arange(n) % dim] += 1
    return x


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "hamming", "jaccard", "russellrao"])
def test_sparse_points_make_the_map_of_dense_ones(metric):
    sparse = pytest.importorskip("scipy.sparse")
    x, more = counts(), counts(6, seed=2)
    settings = dict(metric=metric, random_state=0, n_epochs=30, init="random")
    dense = krait.UMAP(**settings).fit(x)
    for kind in (sparse.csr_matrix, sparse.coo_array):
        model = krait.UMAP(**settings).fit(kind(x))
        assert np.array_equal(model.embedding_, dense.embedding_) and model.n_features_in_ == 40
        assert np.array_equal(model.transform(sparse.csr_matrix(more)), dense.transform(more))
        assert np.array_equal(model.transform(sparse.csr_matrix(x)), model.embedding_)
    with pytest.raises(ValueError, match="X is dense, and the points of fit"):
        model.transform(more)
    with pytest.raises(ValueError, match="is not kept in a file"):
        pickle.dumps(model)
    twice = krait.UMAP(unique=True, **settings).fit(sparse.csr_matrix(np.vstack([x, x[:3]])))
    assert np.array_equal(twice.embedding_[:3], twice.embedding_[150:])


def test_sparse_points_that_are_refused():
    sparse = pytest.importorskip("scipy.sparse")
    x = sparse.csr_matrix(counts())
    with pytest.raises(NotImplementedError, match="not compared by correlation"):
        krait.UMAP(metric="correlation").fit(x)
    with pytest.raises(ValueError, match="row 0 has no|row 0 is all zeros"):
        krait.kneighbors(sparse.csr_matrix((4, 3)), 2, metric="cosine")
    with pytest.raises(TypeError, match="dense data is required"):
        krait.TwoNN().fit(x)


def test_distances_of_some_pairs(points):
    sparse = pytest.importorskip("scipy.sparse")
    square = krait.kneighbors(points, 120, queries=points)
    full = np.zeros((120, 120))
    np.put_along_axis(full, square.indices.astype(int), square.distances, 1)
    settings = dict(metric="precomputed", random_state=0, n_epochs=30)
    dense = krait.UMAP(**settings).fit(full)
    nearest = full * (full <= np.sort(full, 1)[:, [30]])
    some = krait.UMAP(**settings).fit(sparse.csr_matrix(nearest))
    assert np.allclose((some.graph_ - dense.graph_).toarray(), 0, atol=1e-6)
    far = krait.kneighbors(points, 30, queries=points[:4] + 1)
    new = sparse.csr_matrix((far.distances.ravel(), far.indices.ravel(), np.arange(5) * 30), shape=(4, 120))
    full_new = krait.kneighbors(points, 120, queries=points[:4] + 1)
    row = np.zeros((4, 120))
    np.put_along_axis(row, full_new.indices.astype(int), full_new.distances, 1)
    near = [
        krait.kneighbors(m, 5, metric="precomputed", queries=q)
        for m, q in ((full, row), (sparse.csr_matrix(nearest), new))
    ]
    assert np.array_equal(near[0].indices, near[1].indices)
    assert np.allclose(some.transform(new), dense.transform(row), atol=1)
    with pytest.raises(ValueError, match="row 0 knows 3 distances, and 14 are needed"):
        krait.UMAP(**settings).fit(sparse.csr_matrix(full * (full <= np.sort(full, 1)[:, [3]])))


def test_metric_of_the_user(points):
    def city(p, q, factor=1):
        return factor * np.abs(p - q).sum()

    settings = dict(random_state=0, n_epochs=20)
    own = krait.UMAP(metric=city, metric_kwds={"factor": 2}, **settings).fit(points[:40])
    named = krait.UMAP(metric="manhattan", **settings).fit(points[:40])
    assert np.allclose((own.graph_ - named.graph_).toarray(), 0, atol=1e-6)
    assert np.allclose(own.transform(points[40:44]), named.transform(points[40:44]), atol=1e-2)
    graded = krait.UMAP(metric=lambda p, q: (city(p, q), p - q), **settings).fit(points[:40])
    assert np.array_equal(graded.embedding_, krait.UMAP(metric=city, **settings).fit(points[:40]).embedding_)
    with pytest.raises(ValueError, match="a metric of your own"):
        own.save("nowhere")


def of_covariance(x):
    return {"VI": np.linalg.inv(np.cov(x.T))}


# metric, metric_kwds, what scipy's cdist takes for the same
WITH_NUMBERS = [
    ("seuclidean", None, lambda x: {"V": x.var(0, ddof=1)}),
    ("seuclidean", {"V": range(1, 6)}, lambda x: {"V": np.arange(1.0, 6)}),
    ("mahalanobis", None, of_covariance),
    ("mahalanobis", {"V": 2 * np.eye(5)}, lambda x: {"VI": np.eye(5) / 2}),
    ("mahalanobis", {"vinv": np.diag(np.arange(5))}, lambda x: {"VI": np.diag(np.arange(5.0))}),
    ("minkowski", {"p": 3, "w": range(5)}, lambda x: {"p": 3, "w": np.arange(5.0)}),
]


@pytest.mark.parametrize("metric, numbers, theirs", WITH_NUMBERS)
def test_metrics_with_numbers(metric, numbers, theirs, tmp_path):
    cdist = pytest.importorskip("scipy.spatial.distance").cdist
    rng = np.random.default_rng(3)
    x = (rng.normal(size=(60, 5)) @ rng.normal(size=(5, 5))).astype(np.float32)
    y = x[:9] + np.float32(0.1)
    square = cdist(y.astype(float), x.astype(float), metric, **theirs(x.astype(float)))
    found = krait.kneighbors(x, 60, y, metric=metric, metric_kwds=numbers)
    assert np.allclose(found.distances, np.sort(square, 1), rtol=1e-6)
    own = krait.UMAP(metric=metric, metric_kwds=numbers, random_state=1, n_epochs=20).fit(x)
    places = own.transform(y)
    assert np.array_equal(own.transform(x), own.embedding_)
    assert np.linalg.norm(places - own.embedding_[:9], axis=1).mean() < np.ptp(own.embedding_) / 3
    own.save(tmp_path / "map.safetensors")
    for again in (pickle.loads(pickle.dumps(own)), krait.load(tmp_path / "map.safetensors")):
        assert np.array_equal(again.transform(y), places)
    with pytest.raises(ValueError, match="a metric with numbers of its own"):
        own.inverse_transform(places)
    plain = tmp_path / "plain.safetensors"
    krait.UMAP(n_epochs=5).fit(x).save(plain)
    assert krait.load(plain).update(y).embedding_.shape == (69, 2)
    own.update(y)
    assert own.embedding_.shape == (69, 2) and own.transform(y + 1).shape == (9, 2)


def test_metrics_whose_numbers_do_not_fit(points):
    for metric, numbers, text in (
        ("seuclidean", {"V": [1, 2]}, r"V has shape \(2,\), and \(4,\) is needed"),
        ("mahalanobis", {"V": np.eye(4), "VI": np.eye(4)}, "give one of them"),
        ("mahalanobis", {"w": 1}, "'w'; the metric 'mahalanobis' takes VI, vinv, V"),
        ("euclidean", {"w": 1}, "'w'; the metric 'euclidean' takes none"),
        ("seuclidean", {"V": np.zeros(4)}, "column 0: 0 is no variance"),
    ):
        with pytest.raises(krait.InputError, match=text):
            krait.kneighbors(points[:, :4], 3, metric=metric, metric_kwds=numbers)
        with pytest.raises(krait.InputError, match=text):
            krait.UMAP(metric=metric, metric_kwds=numbers).fit(points[:, :4])


def test_frames_come_out(points):
    pd, sklearn = pytest.importorskip("pandas"), pytest.importorskip("sklearn")
    settings, X = dict(random_state=0, n_epochs=5), pd.DataFrame(points, index=range(100, 220))
    plain = krait.UMAP(**settings).fit_transform(points)
    framed = krait.UMAP(**settings).set_output(transform="pandas")
    for frame in framed.fit_transform(X), framed.transform(X), sklearn.clone(framed).fit(X).transform(X):
        assert list(frame) == ["umap0", "umap1"] and list(frame.index) == list(X.index)
        assert np.array_equal(frame.to_numpy(), plain)
    with sklearn.config_context(transform_output="pandas"):
        assert list(krait.UMAP(**settings).fit(X).transform(X[:9] + 1)) == ["umap0", "umap1"]
        still = krait.UMAP(**settings).set_output(transform="default").fit_transform(points)
    assert isinstance(still, np.ndarray)
    polars = pytest.importorskip("polars")
    assert isinstance(framed.set_output(transform="polars").transform(X), polars.DataFrame)
    with pytest.raises(ValueError, match="set_output"):
        framed.set_output(transform="arrow")


def test_counts_are_whole_numbers(points):
    for wrong in (2.7, 0, "3", True):
        with pytest.raises(krait.InputError, match="use a whole number"):
            krait.kneighbors(points, wrong)
        with pytest.raises(krait.InputError, match="use a whole number"):
            krait.LevinaBickel(K=wrong).fit(points)
    with pytest.warns(krait.Note, match="K: 400 is more than the 119 other points"):
        krait.LevinaBickel(K=400).fit(points)


def test_places_after_some_epochs(points):
    settings = dict(random_state=2, n_neighbors=8)
    twice = np.vstack([points[:50], points[:7]])
    own = krait.UMAP(n_epochs=[5, 40, 20], unique=True, **settings).fit(twice)
    alone = krait.UMAP(n_epochs=40, unique=True, **settings).fit(twice)
    assert [places.shape for places in own.embedding_list_] == [(57, 2)] * 3
    assert np.array_equal(own.embedding_list_[2], own.embedding_)
    assert np.array_equal(own.embedding_, alone.embedding_)
    assert not np.array_equal(own.embedding_list_[0], own.embedding_list_[1])
    assert not hasattr(own.set_params(n_epochs=5).fit(twice), "embedding_list_")
    for bad in ([], [3, 0], ["a"]):
        with pytest.raises(ValueError, match="n_epochs"):
            krait.UMAP(n_epochs=bad).fit(points)


# ---- neighbours and dimension ---------------------------------------------------------------------


def test_kneighbors(points):
    distances, indices = found = krait.kneighbors(points, 4)
    full = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    np.fill_diagonal(full, np.inf)
    assert np.array_equal(indices, np.argsort(full, 1, kind="stable")[:, :4])
    assert np.allclose(distances, np.sort(full, 1)[:, :4]) and found.recall == 1 and found.is_exact
    other = krait.kneighbors(points, 4, method="descent", random_state=1)
    assert not other.is_exact and other.recall > 0.9
    asked = krait.kneighbors(points, 1, queries=points[:5])
    assert np.array_equal(asked.indices[:, 0], range(5)) and not asked.distances.any()
    with pytest.raises(ValueError):
        krait.kneighbors(points, 120)
    with pytest.raises(ValueError, match="method: 'fast'"):
        krait.kneighbors(points, 2, method="fast")


# krait's name: scipy's, and the points it is for
SCIPY = {
    "euclidean": "euclidean",
    "cosine": "cosine",
    "manhattan": "cityblock",
    "chebyshev": "chebyshev",
    "minkowski": "minkowski",
    "correlation": "correlation",
    "canberra": "canberra",
    "braycurtis": "braycurtis",
    "hamming": "hamming",
}
OF_SETS = ["jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath", "yule"]


@pytest.mark.parametrize("metric", [*SCIPY, *OF_SETS])
def test_metrics_are_scipys(metric):
    cdist = pytest.importorskip("scipy.spatial.distance").cdist
    rng = np.random.default_rng(7)
    x = rng.normal(size=(40, 12)) if metric in SCIPY else (rng.random((40, 12)) < 0.4) * 1.0
    if metric == "hamming":
        x = np.round(x)
    more = {"p": 1.7} if metric == "minkowski" else {}
    y = x[:10] if metric in SCIPY and metric != "hamming" else np.roll(x, 1, 1)[:10]
    square = (
        cdist(y, x, metric, **more)
        if metric in SCIPY and metric != "manhattan"
        else (cdist(y, x, "cityblock") if metric == "manhattan" else cdist(y > 0, x > 0, metric))
    )
    if metric == "russellrao":  # umap-learn's: the same sets are not apart
        square[(y[:, None] == x[None]).all(-1)] = 0
    found = krait.kneighbors(x, 40, y, metric=metric, **more)
    assert np.allclose(found.distances, np.take_along_axis(square, found.indices.astype(int), 1), atol=1e-9)
    assert np.allclose(found.distances, np.sort(square, 1), atol=1e-9)


def test_metrics_are_sklearns():
    from_sklearn = pytest.importorskip("sklearn.metrics.pairwise")
    globe = np.random.default_rng(1).uniform(-1, 1, (30, 2)) * [np.pi / 2, np.pi]
    square = from_sklearn.haversine_distances(globe)
    found = krait.kneighbors(globe, 30, globe, metric="haversine")
    assert np.allclose(found.distances, np.sort(square, 1), atol=1e-8)
    near = krait.kneighbors(globe, 3, metric="l1")
    assert np.allclose(near.distances, np.sort(from_sklearn.manhattan_distances(globe), 1)[:, 1:4])


def test_kneighbors_by_metric(points):
    descent = krait.kneighbors(points, 4, metric="canberra", method="descent", random_state=1)
    assert not descent.is_exact and descent.recall > 0.9
    with pytest.raises(ValueError, match='metric: "nearest" is not known'):
        krait.kneighbors(points, 3, metric="nearest")
    with pytest.raises(ValueError, match="power: 0.01 is out of range"):
        krait.kneighbors(points, 3, metric="minkowski", p=0.01)


def test_kneighbors_sparse():
    sparse = pytest.importorskip("scipy.sparse")
    x, y = counts(), counts(7, seed=3)
    for metric in ("euclidean", "cosine", "canberra", "jaccard", "yule"):
        for asked in (None, y):
            dense = krait.kneighbors(x, 5, asked, metric=metric)
            found = krait.kneighbors(
                sparse.csc_matrix(x), 5, None if asked is None else sparse.csr_array(asked), metric=metric
            )
            assert np.allclose(found.distances, dense.distances, atol=1e-12) and found.recall == 1
    single = krait.kneighbors(sparse.csr_matrix(x.astype(np.float32)), 5)
    assert np.array_equal(single.indices, krait.kneighbors(x, 5).indices)


def test_kneighbors_takes_any_array(points):
    expected = krait.kneighbors(points, 3).indices
    for other in (np.asfortranarray(points), points.tolist(), np.repeat(points, 2, 0)[::2]):
        assert np.array_equal(krait.kneighbors(other, 3).indices, expected)


def test_dimension():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2000, 3)) @ rng.normal(size=(3, 10))
    bickel = krait.LevinaBickel().fit(x)
    assert abs(bickel.dimension_ - 3) < 0.3 and bickel.dimension_pw_.shape == (2000,)
    assert np.isclose(1 / np.mean(1 / bickel.dimension_pw_), bickel.dimension_)
    assert np.isclose(np.mean(bickel.dimension_pw_), krait.LevinaBickel(comb="mean").fit(x).dimension_)
    assert abs(krait.TwoNN().fit_transform(x) - 3) < 0.3
    by_class = krait.LevinaBickel().fit_by_class(
        np.vstack([x, rng.normal(size=(500, 10))]), [0] * 2000 + [1] * 500
    )
    assert abs(by_class[0] - 3) < 0.3 < 3 < by_class[1]
    with pytest.raises(ValueError, match="discard_fraction"):
        krait.TwoNN(discard_fraction=0.2).fit(x)
    with pytest.raises(ValueError):
        krait.LevinaBickel(comb="median").fit(x)


# ---- memory and threads ---------------------------------------------------------------------------


def test_umap_stops_at_ctrl_c(points):
    import signal
    import threading
    import time

    model, began = krait.UMAP(n_epochs=1_000_000, random_state=0), time.monotonic()
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(points)
    assert time.monotonic() - began < 10 and not hasattr(model, "embedding_")
    with pytest.raises(ValueError, match="not fitted yet"):
        model.transform(points)
    assert model.set_params(n_epochs=5).fit_transform(points).shape == (120, 2)


def test_umap_bar(points, capfd):
    krait.UMAP(n_epochs=5, random_state=0).fit(points)
    assert capfd.readouterr().err == ""
    krait.UMAP(n_epochs=5, random_state=0, verbose=True).fit(points)
    assert "UMAP, epochs" in capfd.readouterr().err


def test_memory_is_freed():
    """What 300 fits and files take is what 100 of them took."""
    code = (
        "import resource, pickle, numpy as np, krait\n"
        "x = np.random.default_rng(0).normal(size=(200, 20))\n"
        "def run(n):\n"
        "    for i in range(n):\n"
        "        model = krait.UMAP(random_state=i, n_epochs=5, init='random').fit(x)\n"
        "        pickle.loads(pickle.dumps(model)).transform(x[:3] + 1)\n"
        "        krait.TwoNN().fit(x), krait.kneighbors(x, 3)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "first = run(100); print(run(200) - first)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert int(out.stdout) < 4096, out.stdout + out.stderr  # KiB


def test_threads_of_the_host(points):
    """Estimators of several threads at once, each with its own result."""
    from concurrent.futures import ThreadPoolExecutor

    alone = [krait.UMAP(random_state=seed, n_epochs=20).fit_transform(points) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(
            pool.map(lambda s: krait.UMAP(random_state=s, n_epochs=20).fit_transform(points), range(4))
        )
    assert all(np.array_equal(a, b) for a, b in zip(alone, together))
