# SPDX-License-Identifier: MIT
"""Time and memory of a training step of the next-step model as the series gets longer.

    python3 bench/linear_cost.py [--figure docs/linear_cost.png]

Each length runs in a process of its own (build/nextstep_bench, batch 1). Prints a table, and the slopes of straight lines through
the logarithms: 1 is linear growth. The deviation is the largest distance of a time from its line. A figure is drawn by
build/linear_figure; --json prints one line of JSON instead of the table.
"""
import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--d_state", type=int, default=32)
p.add_argument("--steps", type=int, default=9, help="of the short lengths; long ones take fewer")
p.add_argument("--longest", type=int, default=65536)
p.add_argument("--json", action="store_true")
p.add_argument("--figure")
a = p.parse_args()


def fit(x, y):
    """Slope of the logarithms, and the largest relative distance from the line."""
    u, v = [math.log(value) for value in x], [math.log(value) for value in y]
    mean_u, mean_v = sum(u) / len(u), sum(v) / len(v)
    slope = sum((p - mean_u) * (q - mean_v) for p, q in zip(u, v)) / sum((p - mean_u) ** 2 for p in u)
    return slope, max(abs(math.expm1(q - mean_v - slope * (p - mean_u))) for p, q in zip(u, v))


def measure(n):
    steps = max(3, min(a.steps, a.steps * 8192 // n))
    command = [f"{ROOT}/build/nextstep_bench", "--batch", "1", "--seq_len", str(n), "--d_state", str(a.d_state),
               "--threads", str(a.threads), "--steps", str(steps)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


lengths = [n for n in (512 << k for k in range(12)) if n <= a.longest]
if len(lengths) < 2:
    sys.exit("linear_cost.py: --longest must be 1024 or more")
if not a.json:
    print(f"{'seq_len':>8}{'ms a step':>12}{'us a token':>12}{'peak MiB':>10}{'KiB a token':>13}")
rows = []
for n in lengths:
    rows.append(measure(n))
    ms, peak = rows[-1]["ms_median"], rows[-1]["peak_rss_mib"]
    grown = f"{1024 * (peak - rows[0]['peak_rss_mib']) / (n - lengths[0]):13.1f}" if n > lengths[0] else ""
    if not a.json:
        print(f"{n:8}{ms:12.1f}{1e3 * ms / n:12.1f}{peak:10}{grown}", flush=True)
times, peaks = [r["ms_median"] for r in rows], [r["peak_rss_mib"] for r in rows]
slope, deviation = fit(lengths, times)
kib = 1024 * (peaks[-1] - peaks[0]) / (lengths[-1] - lengths[0])
if a.json:
    print(json.dumps(dict(longest=lengths[-1], time_slope=slope, time_deviation=deviation, kib_a_step=kib, lengths=lengths,
                          ms=times, peak_rss_mib=peaks)))
else:
    fixed = peaks[0] - kib * lengths[0] / 1024
    print(f"time: slope {slope:.3f}, at most {100 * deviation:.1f} % from the line; "
          f"memory: {fixed:.0f} MiB and {kib:.1f} KiB a step of the series")
if a.figure:
    lines = "".join(f"{n} {ms} {peak}\n" for n, ms, peak in zip(lengths, times, peaks))
    subprocess.run([f"{ROOT}/build/linear_figure", a.figure], input=lines, text=True, check=True)
