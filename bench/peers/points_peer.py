# SPDX-License-Identifier: MIT
"""Time scikit-learn on points, a JSON line each; krait's counterpart is bench/points_bench.c.

usage: points_peer.py POINTS.npy [components [neighbours]]

POINTS: (n, dim) of float32. Classes are the row number modulo 10, the map is the first two
components. Levina-Bickel is the form of MacKay and Ghahramani over NearestNeighbors.
"""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors


def levina_bickel(x, k):
    distance = NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, 1:]
    for part in (10, 3, 1):
        m = max(k // part, 2)
        logs = np.log(distance[:, m - 1 : m] / np.maximum(distance[:, : m - 1], 1e-12))
    return 1 / logs.mean()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    x = np.load(sys.argv[1])
    components = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    k = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    labels, double = np.arange(len(x)) % 10, x.astype(np.float64)
    pca = PCA(components)
    found = pca.fit_transform(double)

    def pca_again():
        PCA(components).fit_transform(double)
        return pca.explained_variance_[-1]

    for what, call in (
        ("levina_bickel", lambda: levina_bickel(x, k)),
        ("pca", pca_again),
        ("trustworthiness", lambda: trustworthiness(double, found[:, :2], n_neighbors=15)),
        ("silhouette", lambda: silhouette_score(double, labels)),
    ):
        started = time.perf_counter()
        value = call()
        seconds = round(time.perf_counter() - started, 4)
        print(json.dumps(dict(what=what, peer="scikit-learn " + sklearn.__version__, n=len(x), dim=x.shape[1],
                              seconds=seconds, value=float(value))), flush=True)


main()
