# SPDX-License-Identifier: MIT
"""Time umap-learn on points, and judge its map and another by scikit-learn; krait's counterpart is `krait umap`. A JSON line.

usage: umap_peer.py POINTS.npy [--n_neighbors 50] [--min_dist 0.3] [--threads 2] [--repeats 3] [--warm_up ROWS] [--judge MAP.npy]

The first map, of so many rows, includes numba's compilation; "seconds" is the median of those after it. Above 4,096 rows
umap-learn searches by descent. Quality: trustworthiness, and the part of the 15 nearest neighbours that the map keeps.
"""
import argparse
import json
import resource
import statistics
import time

start = time.perf_counter()
import numba  # noqa: E402
import numpy as np  # noqa: E402
import umap  # noqa: E402
from sklearn.manifold import trustworthiness  # noqa: E402
from sklearn.neighbors import NearestNeighbors  # noqa: E402

IMPORTING = time.perf_counter() - start
N_KEPT = 15


def judge(points, placed):
    near, on_map = (NearestNeighbors(n_neighbors=N_KEPT).fit(x).kneighbors(return_distance=False) for x in (points, placed))
    recall = np.mean([len(np.intersect1d(a, b)) for a, b in zip(near, on_map)]) / N_KEPT
    return dict(trustworthiness=float(trustworthiness(points, placed, n_neighbors=N_KEPT)), recall=float(recall))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("points")
    p.add_argument("--n_neighbors", type=int, default=50)
    p.add_argument("--min_dist", type=float, default=0.3)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--warm_up", type=int, help="rows of the first map; default: all")
    p.add_argument("--seed", type=int, help="umap-learn then runs on one thread")
    p.add_argument("--judge", help="another map of the points")
    a = p.parse_args()
    numba.set_num_threads(a.threads)
    points, seconds = np.load(a.points).astype(np.float32), []
    for rows in [a.warm_up or len(points)] + [len(points)] * a.repeats:
        start = time.perf_counter()
        placed = umap.UMAP(n_neighbors=a.n_neighbors, min_dist=a.min_dist, random_state=a.seed).fit_transform(points[:rows])
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    judged = dict(judged=judge(points, np.load(a.judge))) if a.judge else {}
    print(json.dumps(dict(program=f"umap-learn {umap.__version__}", n=len(points), dim=points.shape[1], import_s=IMPORTING,
                          first_s=seconds[0], seconds=statistics.median(seconds[1:]), peak_rss_mib=peak,
                          **judge(points, placed), **judged)))


main()
