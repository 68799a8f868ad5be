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
        ({"densmap": True}, "densmap: True is not possible here"),
        ({"unique": True}, "unique"),
        ({"transform_seed": 1}, "transform_seed"),
        ({"metric": "canberra"}, "metric: 'canberra' is not known"),
        ({"metric": lambda a, b: 0}, "metric"),
        ({"init": "tswspectral"}, "init"),
        ({"n_neighbors": 1}, "n_neighbors: 1"),
        ({"n_neighbors": 2.5}, "n_neighbors: 2.5"),
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
