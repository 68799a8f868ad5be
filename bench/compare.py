# SPDX-License-Identifier: MIT
"""Time krait against PyTorch, case by case in one run on this machine; a table to stdout.

Run by `make bench` (tools/bench), which sees to PyTorch and to the checkouts. Each case runs in its
own process, first the peer, then krait, so that peak memory is that of the case. At the end whole
programs: `krait run` for one epoch of data/ETTh1.csv, `krait synth`, `krait generate`.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHAPE = "--seq_len 96 --pred_len 96 --enc_in 7 --d_model 128 --d_ff 128 --d_core 64 --e_layers 2 --patch_len 16"
NEXT_SHAPE = "--seq_len 1024 --d_model 128 --n_layers 7 --d_state 32"
FORECAST = ("forecast_step.py", "krait_bench", SHAPE, 40)  # peer, ours, options of both, our steps
NEXT = ("synth_step.py", "next_bench", NEXT_SHAPE, 15)
# case, programs, options of both, steps to time in the peer (its slow cases need no more)
CASES = [
    ("TimeStar step, batch 4", FORECAST, "--model TimeStar --batch_size 4", 40),
    ("TimeStar step, batch 32", FORECAST, "--model TimeStar --batch_size 32", 20),
    ("TimeStarMamba step, batch 4", FORECAST, "--model TimeStarMamba --batch_size 4", 15),
    ("TimeStarMamba step, batch 32", FORECAST, "--model TimeStarMamba --batch_size 32", 3),
    ("TimeStar inference, batch 1", FORECAST, "--model TimeStar --batch_size 1 --infer", 40),
    ("TimeStarMamba inference, batch 1", FORECAST, "--model TimeStarMamba --batch_size 1 --infer", 40),
    ("next-step training, batch 4", NEXT, "--batch 4", 3),
    ("next-step training, batch 1", NEXT, "--batch 1", 3),
    ("next-step inference, batch 1", NEXT, "--batch 1 --infer", 5),
]


def run(command):
    """The one JSON line that command prints; its last words when it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nfailed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def shown(command):
    """The command as a person in the repository's folder would type it."""
    return " ".join(command).replace(f"{ROOT}/", "")


def train_one_epoch(threads):
    """Seconds and peak RSS (MiB) of a whole training run, batch 32."""
    with tempfile.TemporaryDirectory() as folder:
        command = [f"{ROOT}/build/krait", "run", "--model", "TimeStarMamba", "--root_path", f"{ROOT}/data",
                   *SHAPE.split(), "--batch_size", "32", "--train_epochs", "1", "--threads", str(threads)]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        message = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"{shown(command)}\nfailed: {message.strip()}")
        metrics = json.loads(next(Path(folder).rglob("metrics.json")).read_text())
        return command, metrics, usage.ru_maxrss // 1024


def timed(command, folder):
    """Seconds of the whole process."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{shown(command)}\nfailed: {done.stderr.strip()}")
    return time.perf_counter() - start, done.stdout


def time_programs():
    """krait synth and krait generate as whole processes, on one thread; the best of five."""
    krait = f"{ROOT}/build/krait"
    with tempfile.TemporaryDirectory() as folder:
        synth = [krait, "synth", "--no-figures", "-q"]
        train = [krait, "train", "--d-state", "32", "--seq-len", "1024", "--stride", "16384", "--epochs", "1", "-q"]
        generate = [krait, "generate", "--gen-len", "2048", "--n-samples", "1", "--threads", "1", "-q", "--json"]
        synth_s = min(timed(synth, folder)[0] for _ in range(5))
        timed(train, folder)
        runs = [timed(generate, folder) for _ in range(5)]
    step_ms = min(json.loads(out)["step_ms"] for _, out in runs)
    return [synth, train, generate], synth_s, min(s for s, _ in runs), step_ms


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--timestar", required=True, help="checkout of vinhky123/TimeStar")
    p.add_argument("--tslib", required=True, help="checkout of thuml/Time-Series-Library")
    p.add_argument("--mambapy", required=True, help="checkout of alxndrTL/mamba.py")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--only", default="", help="cases whose name contains this")
    p.add_argument("--json", help="write the figures to this file, too")
    a = p.parse_args()

    rows, commands = [], []
    print(f"{'case':34}{'PyTorch ms':>12}{'krait ms':>12}{'ratio':>9}{'PyTorch MiB':>13}{'krait MiB':>11}")
    for name, (script, program, shape, krait_steps), options, steps in CASES:
        if a.only not in name:
            continue
        options = [*options.split(), *shape.split(), "--threads", str(a.threads)]
        checkouts = (["--mambapy", a.mambapy] if script == "synth_step.py" else
                     ["--timestar", a.timestar, "--tslib", a.tslib])
        peer_command = [sys.executable, f"{ROOT}/bench/peers/{script}", *checkouts, *options,
                        "--steps", str(steps), "--warmup", str(min(3, steps // 3 + 1))]
        krait_command = [f"{ROOT}/build/{program}", *options, "--steps", str(krait_steps)]
        peer, krait = run(peer_command), run(krait_command)
        if peer["params"] != krait["params"]:
            sys.exit(f"{name}: {peer['params']} parameters against {krait['params']}: not the same model")
        ratio = peer["ms_median"] / krait["ms_median"]
        print(f"{name:34}{peer['ms_median']:12.2f}{krait['ms_median']:12.3f}{ratio:8.1f}x"
              f"{peer['peak_rss_mib']:13}{krait['peak_rss_mib']:11}", flush=True)
        rows.append(dict(case=name, peer=peer, krait=krait, ratio=round(ratio, 2)))
        commands += [shown(peer_command), shown(krait_command)]
    if a.only in "training run":
        command, metrics, peak = train_one_epoch(a.threads)
        print(f"\nkrait run, TimeStarMamba, batch 32, one epoch of ETTh1: median step {metrics['step_ms']:.1f} ms, "
              f"peak RSS {peak} MiB")
        rows.append(dict(case="training run", step_ms=metrics["step_ms"], peak_rss_mib=peak))
        commands.append(shown(command))
    if a.only in "programs":
        used, synth_s, generate_s, step_ms = time_programs()
        print(f"\nkrait synth, 100,000 steps without figures: {synth_s:.2f} s\n"
              f"krait generate, 2,048 steps with figures: {generate_s:.2f} s; a step {step_ms:.3f} ms on one core")
        rows.append(dict(case="programs", synth_s=synth_s, generate_s=generate_s, step_ms=step_ms))
        commands += map(shown, used)
    print(f"\n{a.threads} threads; medians; peak RSS of each process. Commands:")
    print("\n".join(f"  {c}" for c in commands))
    if a.json:
        Path(a.json).write_text(json.dumps(rows, indent=1) + "\n")


main()
