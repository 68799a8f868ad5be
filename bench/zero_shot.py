#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scores of `krait forecast`, which was trained on simulated series alone, on panels and on windows of long series.

    python3 bench/zero_shot.py PANELS [--model FILE] [--validation] [--only NAME,..]

PANELS: a folder with m3_yearly_train.csv.gz, m3_yearly_test.csv.gz and so on, and M4-Hourly-train.csv.gz, M4-Hourly-test.csv.gz. The
long series are those of data/. Each row: MASE (mean over series; errors in units of the series' own seasonal differences before the
forecast), the same of the seasonal naive forecast, sMAPE, weighted quantile loss (nine quantiles; twice the mean pinball loss over the
mean absolute value), coverage of the interval from 10 to 90 %.

--validation looks at what lies before: of panels the last values of the training part are held out, of long series the windows lie in
the first 60 %. A recipe is chosen there; the others are for looking at once."""
import argparse
import csv
import gzip
import math
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CONTEXT, WINDOWS = 512, 20
LEVELS = np.arange(1, 10) / 10

# name: season, horizon; of long series the file first.
PANELS = {"m3_yearly": (1, 6), "m3_quarterly": (4, 8), "m3_monthly": (12, 18), "m3_other": (1, 8), "M4-Hourly": (24, 48)}
LONG = {"ETTh1": ("ETTh1.csv", 24, 48), "ETTm1": ("ETTm1.csv.gz", 96, 96), "exchange_rate": ("exchange_rate.csv", 1, 24),
        "national_illness": ("national_illness.csv", 52, 24), "EPF_NP": ("EPF_NP.csv", 24, 24), "EPF_PJM": ("EPF_PJM.csv", 24, 24)}


def rows_of(path):
    with (gzip.open(path, "rt") if str(path).endswith(".gz") else open(path)) as file:
        yield from csv.reader(file)


def read_long(path):
    """{id: values} of a table id,date,y."""
    series, rows = {}, rows_of(path)
    next(rows)
    for name, _, value in rows:
        series.setdefault(name, []).append(float(value))
    return {name: np.array(values) for name, values in series.items()}


def read_wide(path):
    """{id: values} of M4's table, a row for each series."""
    rows = rows_of(path)
    next(rows)
    return {row[0]: np.array([float(v) for v in row[1:] if v]) for row in rows}


def read_panel(folder, name, horizon, validation):
    read = read_wide if name.startswith("M4") else read_long
    separator = "-" if name.startswith("M4") else "_"
    past = read(folder / f"{name}{separator}train.csv.gz")
    if not validation:
        return past, read(folder / f"{name}{separator}test.csv.gz")
    past = {i: y for i, y in past.items() if len(y) >= horizon + 8}
    return {i: y[:-horizon] for i, y in past.items()}, {i: y[-horizon:] for i, y in past.items()}


def read_windows(file, horizon, validation):
    rows = rows_of(ROOT / "data" / file)
    names = [name.strip() for name in next(rows)[1:]]
    values = np.array([[float(v) for v in row[1:]] for row in rows])
    first, last = (0, int(.6 * len(values))) if validation else (int(.8 * len(values)), len(values))
    first = max(first, min(CONTEXT, last // 2))
    past, truth = {}, {}
    for i, name in enumerate(names):
        for origin in np.linspace(first, last - horizon, WINDOWS).astype(int):
            key = f"{name}@{origin}"
            past[key], truth[key] = values[max(0, origin - CONTEXT):origin, i], values[origin:origin + horizon, i]
    return past, truth


def date(season, t):
    """The date of row t, from which the program sees the season; "": a series without one."""
    if season in (4, 12):
        months = t * 12 // season
        return f"{1900 + months // 12}-{months % 12 + 1:02}-01"
    steps = {24: timedelta(hours=1), 96: timedelta(minutes=15), 52: timedelta(weeks=1)}
    return str(datetime(2001, 1, 1) + t * steps[season]) if season in steps else ""


def forecast(past, season, horizon, model):
    """{id: (9, horizon)} by the program."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/past.csv", "w") as file:
            file.write("id,date,y\n" if season > 1 else "id,y\n")
            for i, values in past.items():
                file.writelines(",".join(filter(None, (i, date(season, t), repr(float(v))))) + "\n" for t, v in enumerate(values))
        command = [str(ROOT / "build/krait"), "forecast", f"{folder}/past.csv", "--horizon", str(horizon), "--quantiles",
                   "--no-figures", "--quiet", "-o", f"{folder}/out.csv", *(["--model", model] if model else [])]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        rows = rows_of(f"{folder}/out.csv")
        columns = [name for name in next(rows)]
        at = [next(k for k, name in enumerate(columns) if name.endswith(f"_q{10 * q}")) for q in range(1, 10)]
        out = {}
        for row in rows:
            out.setdefault(row[0], []).append([float(row[k]) for k in at])
    return {i: np.array(values).T for i, values in out.items()}


def naive(past, season, horizon):
    season = season if len(past) >= season else 1
    return np.resize(past[len(past) - season:], horizon)


def score(past, truth, quantiles, season):
    mase, theirs, smape, inside, loss, size = [], [], [], [], 0, 0
    for i, y in truth.items():
        q, x = quantiles[i][:, :len(y)], past[i]
        lag = season if len(x) > season else 1
        scale, middle = np.mean(np.abs(x[lag:] - x[:-lag])), q[4]
        total = np.abs(y) + np.abs(middle)
        smape.append(200 * np.mean(np.abs(y - middle) / np.where(total > 0, total, 1)))
        inside.append(np.mean((y >= q[0]) & (y <= q[8])))
        e = y - q
        loss += 2 * np.sum(np.maximum(LEVELS[:, None] * e, (LEVELS[:, None] - 1) * e)) / 9
        size += np.sum(np.abs(y))
        if scale > 0:
            mase.append(np.mean(np.abs(y - middle)) / scale)
            theirs.append(np.mean(np.abs(y - naive(x, season, len(y)))) / scale)
    return np.mean(mase), np.mean(theirs), np.mean(smape), loss / size, np.mean(inside)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("panels", type=Path)
    parser.add_argument("--model", help="a model of krait pretrain; without: that of the program")
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--only", default="", help="names, separated by commas")
    a = parser.parse_args()
    only = a.only.split(",") if a.only else [*PANELS, *LONG]
    print("| data | series | MASE | seasonal naive | sMAPE | wQL | 80 % holds |\n|---|---|---|---|---|---|---|")
    ratios = []
    for name in only:
        if name in PANELS:
            season, horizon = PANELS[name]
            past, truth = read_panel(a.panels, name, horizon, a.validation)
        else:
            file, season, horizon = LONG[name]
            past, truth = read_windows(file, horizon, a.validation)
        mase, theirs, smape, loss, inside = score(past, truth, forecast(past, season, horizon, a.model), season)
        print(f"| {name}, {horizon} ahead | {len(truth)} | {mase:.3f} | {theirs:.3f} | {smape:.2f} | {loss:.4f} | {100 * inside:.1f} % |",
              flush=True)
        if name in LONG:
            ratios.append(mase / theirs)
    if ratios:
        print(f"\nMASE over seasonal naive, geometric mean of the long series: {math.exp(np.mean(np.log(ratios))):.3f}")


if __name__ == "__main__":
    sys.exit(main())
