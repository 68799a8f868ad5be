#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference numbers of umap-learn: tests/golden/points/.

    tools/make_umap_goldens.py FOLDER     (needs umap-learn, scikit-learn and numpy)

densmap.npz: two clouds, one five times as wide. `knn_index`, `knn_dist`: neighbours, each point itself first.
`rad_orig`: logs of the points' radii; `places`, (n, 2) from 0 to 10 along each axis, and `rad_emb`, those on
this map; `head`, `tail`, `weight`: some edges of the pruned graph, and `move`, (edges, 2): what umap-learn
adds to head's place when it draws this edge alone, at rate 1, without negative samples, in an epoch in which
density counts. `correlation`, `trust`: of rad_orig with rad_emb, and trustworthiness, for seeds 0 .. 7.
metrics.npz: points `real` (normal), `counts` (whole numbers, many of them 0; row 0 all zeros, row 1 twice)
and `globe` (latitude and longitude in radians), and of each metric, by its name, the distances that
umap-learn's function gives of all pairs of one of them; minkowski with p = 2.5.
graphs.npz: 60 points `X`, the dense graphs `a` and `b` of their first and last three columns (`index_a`,
`dist_a`, ..: neighbours, each point itself first), and what umap-learn makes of them: `and`, `or`, `without`:
a * b, a + b, a - b of fitted models; `target_0.5`, `target_0.3`: a supervised by b; `ordinal`: a by the
numbers `order`.
`versions` holds those of umap-learn and numpy.
"""

import copy
import io
import operator
import os
import sys
import warnings
import zipfile

import numpy as np
import umap
import umap.distances
from sklearn.manifold import trustworthiness
from umap import layouts, umap_

K, EPOCHS, EDGES = 15, 500, 400
versions = np.array([f"umap-learn {umap.__version__}", f"numpy {np.__version__}"])


def write(path, arrays):
    """An .npz whose bytes depend on the arrays alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            data = io.BytesIO()
            np.lib.format.write_array(data, np.asarray(arrays[name]))
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), data.getvalue())


def make_clouds():
    rng = np.random.default_rng(12)
    narrow, wide = rng.normal(size=(100, 5)) * 0.4, rng.normal(size=(100, 5)) * 2
    wide[:, 0] += 9
    return np.vstack([narrow, wide]).astype(np.float32)


def pruned_graph(x, knn):
    graph, _, _, dists = umap_.fuzzy_simplicial_set(
        x, K, np.random.RandomState(0), "euclidean", knn_indices=knn[0], knn_dists=knn[1], return_dists=True
    )
    graph = graph.tocoo()
    graph.data[graph.data < graph.data.max() / EPOCHS] = 0
    graph.eliminate_zeros()
    return graph, dists


def radii(x, graph, dists, places, a, b):
    """umap-learn's, of the points and of a map that stays where it is (rate 0)."""
    settings = {"graph_dists": dists, "n_neighbors": K, "lambda": 0.0, "frac": 0.0, "var_shift": 0.1}
    _, found = umap_.simplicial_set_embedding(
        x,
        graph,
        2,
        0.0,
        a,
        b,
        1.0,
        5,
        EPOCHS,
        places,
        np.random.RandomState(0),
        "euclidean",
        {},
        False,
        settings,
        True,
    )
    return found["rad_orig"], found["rad_emb"]


def move_of(edge, graph, places, a, b, density):
    """What one drawn edge does to its head."""
    near = places.copy()
    only = slice(edge, edge + 1)
    layouts._optimize_layout_euclidean_single_epoch(
        near,
        places,
        graph.row[only],
        graph.col[only],
        len(places),
        np.ones(1),
        a,
        b,
        np.zeros((len(places), 3), np.int64),
        1.0,
        2,
        False,
        1.0,
        np.full(1, 1e9),
        np.full(1, 1e9),
        np.zeros(1),
        1,
        *density(edge),
    )
    return (near[graph.row[edge]] - places[graph.row[edge]]).astype(np.float64)


def density_of(graph, places, wanted, a, b):
    """The arguments of an epoch in which density counts; dens_lambda 2, dens_var_shift 0.1."""
    re, phi = np.zeros(len(places), np.float32), np.zeros(len(places), np.float32)
    layouts._optimize_layout_euclidean_densmap_epoch_init(places, places, graph.row, graph.col, a, b, re, phi)
    deviation, covariance = np.sqrt(np.var(re) + 0.1), np.dot(re, wanted) / (len(places) - 1)
    return lambda edge: (
        True,
        phi,
        re,
        covariance,
        deviation,
        np.mean(re),
        2.0,
        wanted,
        graph.data[edge : edge + 1],
        graph.data.sum(),
    )


def quality(x):
    correlation, trust = [], []
    for seed in range(8):
        model = umap.UMAP(n_neighbors=K, random_state=seed, densmap=True, output_dens=True).fit(x)
        correlation.append(np.corrcoef(model.rad_orig_, model.rad_emb_)[0, 1])
        trust.append(trustworthiness(x, model.embedding_, n_neighbors=15))
    return {"correlation": np.array(correlation), "trust": np.array(trust)}


def densmap():
    x = make_clouds()
    knn = umap_.nearest_neighbors(x, K, "euclidean", {}, False, np.random.RandomState(0))
    graph, dists = pruned_graph(x, knn)
    a, b = umap_.find_ab_params(1.0, 0.1)
    places = umap.UMAP(n_neighbors=K, random_state=3).fit_transform(x)
    places = (10 * (places - places.min(0)) / np.ptp(places, axis=0)).astype(np.float32)
    radius, map_radius = radii(x, graph, dists, places, a, b)
    density = density_of(graph, places, (radius - radius.mean()) / radius.std(), a, b)
    chosen = np.linspace(0, graph.nnz - 1, EDGES).astype(int)
    return {
        "X": x,
        "knn_index": knn[0].astype(np.int64),
        "knn_dist": knn[1].astype(np.float64),
        "rad_orig": radius.astype(np.float64),
        "places": places,
        "rad_emb": map_radius.astype(np.float64),
        "head": graph.row[chosen].astype(np.int64),
        "tail": graph.col[chosen].astype(np.int64),
        "weight": graph.data[chosen].astype(np.float64),
        "move": np.array([move_of(e, graph, places, a, b, density) for e in chosen]),
        "a_b": np.array([a, b]),
        **quality(x),
    }


def metrics():
    rng = np.random.default_rng(5)
    counts = rng.poisson(0.7, (24, 19)).astype(float)
    counts[0], counts[2] = 0, counts[1]
    sets = {
        "real": rng.normal(size=(20, 19)),
        "counts": counts,
        "globe": rng.uniform(-1, 1, (20, 2)) * [np.pi / 2, np.pi],
    }
    names = {
        "real": ["cosine", "correlation", "canberra", "minkowski"],
        "globe": ["haversine"],
        "counts": [
            "euclidean",
            "manhattan",
            "chebyshev",
            "braycurtis",
            "hellinger",
            "hamming",
            "jaccard",
            "dice",
            "matching",
            "kulsinski",
            "rogerstanimoto",
            "russellrao",
            "sokalmichener",
            "sokalsneath",
            "yule",
        ],
    }
    found = {}
    for kind, x in sets.items():
        for name in names[kind]:
            function, more = umap.distances.named_distances[name], (2.5,) if name == "minkowski" else ()
            found[name] = np.array([[float(function(p, q, *more)) for q in x] for p in x])
    return {**sets, **found}


def graphs():
    rng = np.random.default_rng(8)
    x, order = rng.normal(size=(60, 6)).astype(np.float32), rng.integers(0, 7, 60).astype(float)
    made, found = {}, {"X": x, "order": order}
    for name, columns in (("a", slice(0, 3)), ("b", slice(3, 6))):
        model = umap.UMAP(n_neighbors=10, random_state=0, transform_mode="graph").fit(x[:, columns])
        made[name], found[name] = model, model.graph_.toarray()
        index, distance, _ = umap_.nearest_neighbors(
            x[:, columns], 10, "euclidean", {}, False, np.random.RandomState(0)
        )
        found[f"index_{name}"], found[f"dist_{name}"] = index.astype(np.int64), distance.astype(np.float64)

    def pair():
        """Copies, for some of these write into the graphs that they are given."""
        return copy.deepcopy(made["a"]), copy.deepcopy(made["b"])

    for name, join in (("and", operator.mul), ("or", operator.add), ("without", operator.sub)):
        found[name] = join(*pair()).graph_
    for weight in (0.5, 0.3):
        joined = umap_.general_simplicial_set_intersection(*(model.graph_ for model in pair()), weight)
        found[f"target_{weight}"] = umap_.reset_local_connectivity(joined)
    found["ordinal"] = umap_.discrete_metric_simplicial_set_intersection(
        pair()[0].graph_,
        order,
        metric="ordinal",
        metric_kws=umap.distances.get_discrete_params(order, "ordinal"),
        metric_scale=5.0,
    )
    return {name: value.toarray() if hasattr(value, "toarray") else value for name, value in found.items()}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, function in (("densmap", densmap), ("metrics", metrics), ("graphs", graphs)):
        write(os.path.join(sys.argv[1], f"{name}.npz"), {**function(), "versions": versions})
