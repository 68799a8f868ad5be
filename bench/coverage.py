#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What share of the truths the intervals of `krait fit` hold for series of M3, each fitted alone.

    python3 bench/coverage.py PANELS               # the values that the competition held back
    python3 bench/coverage.py PANELS --cut         # the values before these, which count as unseen
    python3 bench/coverage.py PANELS --short       # a third of the horizon

PANELS holds m3_yearly_train.csv.gz, m3_yearly_test.csv.gz (id, date, y) and so on. The score is the
mean over the series of the logarithm of the interval score in units of the mean change: 0.01 less
is 1 % better."""
import argparse
import concurrent.futures
import csv
import gzip
import math
import os
import subprocess
import tempfile

HORIZON = dict(yearly=6, quarterly=8, monthly=18, other=8)
SHORT = dict(yearly=2, quarterly=3, monthly=6, other=3)
SAMPLE = dict(yearly=160, quarterly=160, monthly=240, other=100)
MODELS = "Naive,SeasonalNaive,SeasonalDrift,ETS,Theta,CES,ARIMA,MSTL"
LEVELS = (80, 95)


def read_panel(path):
    series = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            series.setdefault(row["id"], []).append((row["date"], row["y"]))
    return series


def fit(krait, rows, horizon):
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, "series.csv")
        with open(table, "w") as file:
            file.write("date,y\n" + "".join(f"{date},{y}\n" for date, y in rows))
        subprocess.run([krait, "fit", table, "--horizon", str(horizon), "--no-figures",
                        "--threads", "1", "--models", MODELS, "--out", folder + "/fit"],
                       check=True, capture_output=True)
        with open(folder + "/fit/forecast.csv") as file:
            return list(csv.DictReader(file))


def measure(krait, rows, truth, horizon):
    """Of each level the share that was held, and the logarithm of the interval score."""
    forecast = fit(krait, rows, horizon)
    values = [float(y) for _, y in rows]
    unit = sum(abs(b - a) for a, b in zip(values, values[1:])) / (len(values) - 1) + 1e-9
    result = []
    for level in LEVELS:
        held = score = 0
        for row, (_, y) in zip(forecast, truth):
            low, high, y = float(row[f"y_lower_{level}"]), float(row[f"y_upper_{level}"]), float(y)
            held += low <= y <= high
            score += high - low + 200 / (100 - level) * max(low - y, y - high, 0)
        result += [held / horizon, math.log(score / horizon / unit)]
    return result


def list_cases(args, kind):
    horizon = (SHORT if args.short else HORIZON)[kind]
    cut = HORIZON[kind] if args.cut else 0
    train = read_panel(f"{args.panels}/m3_{kind}_train.csv.gz")
    test = read_panel(f"{args.panels}/m3_{kind}_test.csv.gz")
    least = dict(yearly=10, quarterly=12, monthly=33, other=12)[kind] if cut else 0
    cases = []
    for name, rows in train.items():
        n = len(rows) - cut
        if n >= least:
            cases.append((args.krait, rows[:n], (rows[n:] + test[name])[:horizon], horizon))
    return cases[::max(1, len(cases) // SAMPLE[kind])][:SAMPLE[kind]]


def show(name, results):
    mean = [sum(column) / len(results) for column in zip(*results)]
    print(f"{name:10s} {len(results):4d} series, 80 %: held {100 * mean[0]:.1f} %, score "
          f"{mean[1]:.3f}; 95 %: held {100 * mean[2]:.1f} %, score {mean[3]:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("panels")
    parser.add_argument("--krait", default="build/krait")
    parser.add_argument("--cut", action="store_true", help="leave out the last horizon, forecast it")
    parser.add_argument("--short", action="store_true", help="a third of the horizon")
    args = parser.parse_args()
    everything = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for kind in HORIZON:
            results = list(pool.map(lambda case: measure(*case), list_cases(args, kind)))
            show(kind, results)
            everything += results
    show("all", everything)


if __name__ == "__main__":
    main()
