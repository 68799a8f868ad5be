# SPDX-License-Identifier: MIT
"""Time umap-learn and a scikit-learn Levina-Bickel estimate on the same points. Prints one JSON line a case.

usage: umap_lb.py POINTS.npy [--neighbors 50] [--min_dist 0.3] [--out EMBEDDING.npy]
With no file, 10,000 points on overlapping noisy circles in 128 dimensions are made (seed 0).
"""
import argparse
import json
import time

t_import = time.perf_counter()
import numpy as np  # noqa: E402
import umap  # noqa: E402
from sklearn.manifold import trustworthiness  # noqa: E402
from sklearn.neighbors import NearestNeighbors  # noqa: E402

t_import = time.perf_counter() - t_import
p = argparse.ArgumentParser()
p.add_argument("points", nargs="?")
p.add_argument("--n", type=int, default=10000)
p.add_argument("--neighbors", type=int, default=50)
p.add_argument("--min_dist", type=float, default=0.3)
p.add_argument("--seed", type=int, default=None, help="a seed makes umap-learn run on one thread")
p.add_argument("--out")
a = p.parse_args()
if a.points:
    x = np.load(a.points).astype(np.float32)
else:
    r = np.random.default_rng(0)
    c = r.integers(0, 10, a.n)
    th = r.uniform(0, 2 * np.pi, a.n)
    basis = r.standard_normal((10, 2, 128)) / np.sqrt(128)
    centre = r.standard_normal((10, 128)) * 0.5
    x = centre[c] + 5 * (np.cos(th)[:, None] * basis[c, 0] + np.sin(th)[:, None] * basis[c, 1])
    x = (x + 0.05 * r.standard_normal(x.shape)).astype(np.float32)
runs = []
for _ in range(2):  # the first includes numba's compilation
    t0 = time.perf_counter()
    e = umap.UMAP(n_neighbors=a.neighbors, min_dist=a.min_dist, random_state=a.seed).fit_transform(x)
    runs.append(time.perf_counter() - t0)
sub = np.random.default_rng(1).choice(len(x), min(2000, len(x)), replace=False)
tw = trustworthiness(x[sub], e[sub], n_neighbors=15)
t0 = time.perf_counter()
d = np.sort(NearestNeighbors(n_neighbors=101).fit(x).kneighbors(x)[0], 1)[:, 1:]
lb = {}
for k in (10, 30, 100):
    lb[k] = float(1.0 / np.mean(np.mean(np.log(d[:, k - 1 : k] / np.maximum(d[:, : k - 1], 1e-12)), 1)))
t_lb = time.perf_counter() - t0
if a.out:
    np.save(a.out, e)
print(json.dumps(dict(peer="umap-learn " + umap.__version__, n=len(x), dim=x.shape[1], neighbors=a.neighbors,
                      import_s=round(t_import, 2), first_s=round(runs[0], 2), warm_s=round(runs[1], 2),
                      trustworthiness=round(float(tw), 4), lb_s=round(t_lb, 2), lb=lb)))
