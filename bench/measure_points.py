# SPDX-License-Identifier: MIT
"""Cases of `make bench` on points: a UMAP map against umap-learn's, neighbours against scikit-learn, faiss and PyNNDescent,
principal components, dimension and scores against scikit-learn."""
import array
import math
import random
import struct
import subprocess
import sys
import tempfile
import time

from running import PEERS, ROOT, against, peer_environment, run, run_lines, shown, spread_of

DIM, N_CIRCLES = 128, 10
MAP = ["--n_neighbors", "50", "--min_dist", "0.3"]


def write_points(path, n, dim):
    """Points on noisy circles in random planes, float32, an .npy file; always the same."""
    chance = random.Random(0)
    planes = [[[chance.gauss(0, dim**-0.5) for _ in range(dim)] for _ in range(2)] for _ in range(N_CIRCLES)]
    centres = [[chance.gauss(0, 0.5) for _ in range(dim)] for _ in range(N_CIRCLES)]
    values = array.array("f")
    for _ in range(n):
        circle, angle = chance.randrange(N_CIRCLES), chance.uniform(0, 2 * math.pi)
        u, v = 5 * math.cos(angle), 5 * math.sin(angle)
        values.extend(c + u * a + v * b + chance.gauss(0, 0.05) for c, a, b in zip(centres[circle], *planes[circle]))
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {dim}), }}\n".encode()
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
        values.tofile(file)


def kept(scores):
    return f"trustworthiness {scores['trustworthiness']:.4f}, recall {scores['recall']:.3f}"


def measure_map(a, report):
    """The whole process of krait umap; of umap-learn the map alone, once numba has compiled. Quality of both by scikit-learn."""
    n = 2000 if a.quick else 10000
    with tempfile.TemporaryDirectory() as folder:
        points, placed = f"{folder}/points.npy", f"{folder}/map.npy"
        write_points(points, n, DIM)
        command = [f"{ROOT}/build/krait", "umap", points, *MAP, "--no_figures", "--threads", str(a.threads), "--out", placed]
        seconds = []
        for _ in range(3 if a.quick else 5):
            start = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True)
            seconds.append(time.perf_counter() - start)
            if done.returncode != 0:
                sys.exit(f"{shown(command)}\nfailed: {done.stderr.strip()}")
        value, quartiles = spread_of(seconds)
        more = {}
        if not a.quick:
            peer_command = [sys.executable, f"{PEERS}/umap_peer.py", points, *MAP, "--threads", str(a.threads), "--judge", placed]
            peer = run([*peer_command, "--warm_up", "4200", "--repeats", "2"], env=peer_environment(a.threads))
            more = against(value, [(peer["program"], peer["seconds"], peer_command)])
            more.update(quality=kept(peer["judged"]), peer_quality=kept(peer), peer_rss_mib=peer["peak_rss_mib"])
            more["peer_command"] = more["peer_command"].replace(f"{folder}/", "")
    report.add(f"UMAP of {n:,} x {DIM}", value, "s", shown(command).replace(f"{folder}/", ""), quartiles, **more)


def time_neighbours(a, report, folder, n, dim, k, is_descent):
    points = f"{folder}/points.npy"
    write_points(points, n, dim)
    command = [f"{ROOT}/build/knn_bench", "--points", points, "--k", str(k), "--threads", str(a.threads)]
    command += ["--descent"] if is_descent else []
    value, quartiles = spread_of([run(command)["seconds"] for _ in range(3)])
    more = dict(quality=f"recall {run([*command, '--recall'])['recall']:.3f}")
    if not a.quick:
        peer_command = [sys.executable, f"{PEERS}/knn_peer.py", points, str(k)] + (["--descent"] if is_descent else [])
        peers = run_lines(peer_command, env=peer_environment(a.threads))
        more.update(against(value, [(peer["program"], peer["seconds"], peer_command) for peer in peers]))
        more["peer_quality"] = ", ".join(f"{peer['program'].split()[0]} {peer['recall']:.3f}" for peer in peers)
        for key in "peer_command", "best_peer_command":
            more[key] = more[key].replace(f"{folder}/", "")
    report.add(f"{k} neighbours in {n:,} x {dim}{' by descent' if is_descent else ''}", value, "s",
               shown(command).replace(f"{folder}/", ""), quartiles, **more)


def measure_neighbours(a, report):
    with tempfile.TemporaryDirectory() as folder:
        time_neighbours(a, report, folder, 2000 if a.quick else 10000, DIM, 50, False)
        time_neighbours(a, report, folder, 6000 if a.quick else 60000, 32, 15, True)


def measure_points(a, report):
    """Levina-Bickel with its neighbours, principal components, trustworthiness, silhouette: the same values on both sides."""
    names = dict(levina_bickel="dimension by Levina-Bickel, k to 100", pca="20 principal components",
                 trustworthiness="trustworthiness", silhouette="silhouette")
    n = 2000 if a.quick else 10000
    with tempfile.TemporaryDirectory() as folder:
        points = f"{folder}/points.npy"
        write_points(points, n, DIM)
        command = [f"{ROOT}/build/points_bench", points, "20", "100", str(a.threads)]
        runs = [{row["what"]: row for row in run_lines(command)} for _ in range(3)]
        peer_command, peers = [sys.executable, f"{PEERS}/points_peer.py", points, "20", "100"], {}
        if not a.quick:
            peers = {row["what"]: row for row in run_lines(peer_command, env=peer_environment(a.threads))}
    for what, name in names.items():
        value, quartiles = spread_of([rows[what]["seconds"] for rows in runs])
        more = dict(quality=f"{runs[0][what]['value']:.6g}")
        if what in peers:
            peer = peers[what]
            if abs(peer["value"] - runs[0][what]["value"]) > 1e-4 * abs(peer["value"]):
                sys.exit(f"{name}: {runs[0][what]['value']}, and {peer['value']} by {peer['peer']}")
            more.update(against(value, [(peer["peer"], peer["seconds"], peer_command)]), peer_quality=f"{peer['value']:.6g}")
            more["peer_command"] = more["peer_command"].replace(f"{folder}/", "")
        report.add(f"{name}, {n:,} x {DIM}", value, "s", shown(command).replace(f"{folder}/", ""), quartiles, **more)
