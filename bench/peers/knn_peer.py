# SPDX-License-Identifier: MIT
"""Time searches of the nearest neighbours of all points, the point itself included: scikit-learn, with --descent
PyNNDescent, then faiss, a JSON line each; krait's counterpart is bench/knn_bench.c. The least of three runs,
or of as many as begin within five seconds.

usage: knn_peer.py POINTS.npy K [--descent]

Threads are those of OMP_NUM_THREADS and NUMBA_NUM_THREADS. Recall is against scikit-learn's.
"""
import json
import sys
import time

import faiss
import numpy as np
import sklearn
from sklearn.neighbors import NearestNeighbors

N_JUDGED = 2000  # points whose neighbours are compared with scikit-learn's


def by_scikit_learn(x, k, n_asked=None):
    return NearestNeighbors(n_neighbors=k).fit(x).kneighbors(x[:n_asked], return_distance=False)


def by_faiss(x, k):
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(x)
    return index.search(x, k)[1]


def by_descent(x, k):
    import pynndescent

    return pynndescent.NNDescent(x, n_neighbors=k).neighbor_graph[0]


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--descent"]):
        sys.exit(__doc__)
    x, k = np.load(sys.argv[1]), int(sys.argv[2])
    searches = {f"scikit-learn {sklearn.__version__}": by_scikit_learn}
    if sys.argv[3:]:
        import pynndescent

        searches = {f"PyNNDescent {pynndescent.__version__}": by_descent}
        by_descent(x[:5000], k)  # compiles
    searches[f"faiss {faiss.__version__}"] = by_faiss
    truth = by_scikit_learn(x, k, N_JUDGED)
    for program, search in searches.items():
        seconds = []
        while len(seconds) < 3 and sum(seconds) < 5:
            start = time.perf_counter()
            found = search(x, k)
            seconds.append(time.perf_counter() - start)
        same = [len(np.intersect1d(mine, true)) for mine, true in zip(found, truth)]
        print(json.dumps(dict(program=program, seconds=min(seconds), recall=float(np.mean(same)) / k)), flush=True)


main()
