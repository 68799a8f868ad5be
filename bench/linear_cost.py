# SPDX-License-Identifier: MIT
"""Time and memory of a training step of the next-step model as the series gets longer.

    python3 bench/linear_cost.py [--figure docs/linear_cost.png]

Each length runs in a process of its own (build/next_bench, batch 1). Prints a table; a figure is drawn by
build/linear_figure.
"""
import argparse
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LENGTHS = [512, 1024, 2048, 4096, 8192, 16384]

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--d_state", type=int, default=32)
p.add_argument("--steps", type=int, default=9)
p.add_argument("--figure")
a = p.parse_args()

print(f"{'seq_len':>8}{'ms a step':>12}{'us a token':>12}{'peak MiB':>10}{'KiB a token':>13}")
lines, base = "", None
for n in LENGTHS:
    command = [f"{ROOT}/build/next_bench", "--batch", "1", "--seq_len", str(n), "--d_state", str(a.d_state),
               "--threads", str(a.threads), "--steps", str(a.steps)]
    r = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    base = base or r
    extra = 1024 * (r["peak_rss_mib"] - base["peak_rss_mib"]) / (n - LENGTHS[0]) if n > LENGTHS[0] else float("nan")
    print(f"{n:8}{r['ms_median']:12.1f}{1e3 * r['ms_median'] / n:12.1f}{r['peak_rss_mib']:10}{extra:13.1f}", flush=True)
    lines += f"{n} {r['ms_median']} {r['peak_rss_mib']}\n"
if a.figure:
    subprocess.run([f"{ROOT}/build/linear_figure", a.figure], input=lines, text=True, check=True)
