#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Maps of `krait umap` and of umap-learn side by side: how well they keep the points' neighbours.

usage: bench/umap_quality.py [--krait build/krait] [--seeds 5] [--only NAME[,NAME]] [--no_peer]
Needs numpy, scikit-learn and umap-learn. Prints a row a data set: mean and standard deviation over
the seeds of silhouette (by class, on the map), trustworthiness and recall (15 neighbours)."""

import argparse
import os
import subprocess
import tempfile

import numpy as np
from sklearn import datasets, manifold, metrics, neighbors, preprocessing

N_NEIGHBOURS = 15
GOLDEN = os.path.join(os.path.dirname(__file__), "../tests/golden/synth/umap.npz")


def golden(name):
    file = np.load(GOLDEN)
    k, min_dist = file[name + "/n_neighbors_min_dist"]
    return file[name + "/X"], file[name + "/label"], int(k), float(min_dist)


def standardised(loaded):
    return preprocessing.StandardScaler().fit_transform(loaded.data), loaded.target, 15, 0.1


def s_curve():
    points, along = datasets.make_s_curve(2000, noise=0.05, random_state=0)
    return points, np.digitize(along, np.quantile(along, [0.25, 0.5, 0.75])), 15, 0.1


DATA = {
    "three": lambda: golden("three"),
    "circles": lambda: golden("circles"),
    "digits": lambda: (*datasets.load_digits(return_X_y=True), 15, 0.1),
    "breast cancer": lambda: standardised(datasets.load_breast_cancer()),
    "wine": lambda: standardised(datasets.load_wine()),
    "S curve": s_curve,
}


def map_of_krait(krait, points, k, min_dist, seed):
    with tempfile.TemporaryDirectory() as folder:
        np.save(folder + "/points.npy", np.ascontiguousarray(points, dtype=np.float32))
        command = [krait, "umap", folder + "/points.npy", "--n_neighbors", k, "--min_dist",
                   min_dist, "--seed", seed, "--threads", 1, "--no_figures", "--out", folder + "/map.npy"]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
        return np.load(folder + "/map.npy")


def map_of_peer(points, k, min_dist, seed):
    import umap

    peer = umap.UMAP(n_neighbors=k, min_dist=min_dist, random_state=seed, n_jobs=1)
    return peer.fit_transform(points.astype(np.float32))


def judge(points, labels, placed):
    def nearest(x):
        finder = neighbors.NearestNeighbors(n_neighbors=N_NEIGHBOURS).fit(x)
        return finder.kneighbors(return_distance=False)

    kept = [len(np.intersect1d(a, b)) for a, b in zip(nearest(points), nearest(placed))]
    return (metrics.silhouette_score(placed, labels),
            manifold.trustworthiness(points, placed, n_neighbors=N_NEIGHBOURS),
            np.mean(kept) / N_NEIGHBOURS)


def row(name, who, scores):
    cells = [f"{m:.4f} ± {s:.4f}" for m, s in zip(np.mean(scores, 0), np.std(scores, 0, ddof=1))]
    print(f"| {name} | {who} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--krait", default="build/krait")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default=",".join(DATA))
    parser.add_argument("--no_peer", action="store_true")
    given = parser.parse_args()
    print("| points | program | silhouette | trustworthiness | recall |\n|---|---|---|---|---|")
    for name in given.only.split(","):
        points, labels, k, min_dist = DATA[name]()
        makers = {"krait": lambda seed: map_of_krait(given.krait, points, k, min_dist, seed)}
        if not given.no_peer:
            makers["umap-learn"] = lambda seed: map_of_peer(points, k, min_dist, seed)
        for who, make in makers.items():
            scores = [judge(points, labels, make(seed)) for seed in range(given.seeds)]
            row(name, who, scores)


if __name__ == "__main__":
    main()
