# SPDX-License-Identifier: MIT
"""Regenerate the accuracy table of docs/results.md: every preset, every model, several seeds.

    python3 bench/accuracy.py [--seeds 5] [--presets etth1-96,ili-24] [--models TimeStar,RLinear]

Hours of computing for everything. Prints rows of the table; everything else a run leaves (metrics,
figures, checkpoints) goes below --folder. A run whose summary is already there is not repeated, so
an interrupted call goes on where it stopped.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ["TimeStar", "TimeStarMamba", "RLinear", "SeasonalNaive"]


def presets():
    """Names of all presets: the lines of --list_presets that are not indented."""
    lines = subprocess.run([ROOT / "build/krait", "run", "--list_presets"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(" ")]


def measure(preset, model, seeds, folder):
    """Mean and deviation over the seeds, out of summary.json (metrics.json for one run)."""
    out = folder / f"{preset}-{model}.json"
    if not out.exists():
        repeats = 1 if model == "SeasonalNaive" else seeds
        command = [ROOT / "build/krait", "run", "--preset", preset, "--model", model, "--itr", str(repeats),
                   "--json", "--quiet", "--checkpoints", folder / "checkpoints", "--results", folder / "results"]
        done = subprocess.run([str(c) for c in command], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{preset} {model}: {done.stderr.strip()}")
        out.write_text(done.stdout)
    return json.loads(out.read_text())


def cell(summary, name):
    value = summary["scaled"][name]
    if isinstance(value, dict):
        return f"{value['mean']:.3f} ± {value['deviation']:.3f}"
    return f"{value:.3f}"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--presets", default="")
    p.add_argument("--models", default=",".join(MODELS))
    p.add_argument("--folder", type=Path, default=ROOT / "build/accuracy")
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    print("| preset | model | MSE | MAE |\n|---|---|---|---|")
    for preset in a.presets.split(",") if a.presets else presets():
        for model in a.models.split(","):
            summary = measure(preset, model, a.seeds, a.folder)
            print(f"| {preset} | {model} | {cell(summary, 'mse')} | {cell(summary, 'mae')} |", flush=True)


if __name__ == "__main__":
    main()
