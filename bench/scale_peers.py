#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scale_peers.py - a training step of the next-step model on one process and on two of one thread each: krait over MPI beside
PyTorch's DistributedDataParallel over gloo (bench/peers/synth_step.py, mamba.py's scan), as a table.

    MAMBAPY_DIR=CHECKOUT bench/scale_peers.py [--build build] [--batch 1] [--seq_len 1024] [--steps 3] [--launcher openmpi]

Each process has --batch samples. krait's steps are five times as many. glibc is told to keep what is freed: else one process of
PyTorch, which gives its memory back and takes it again, is slower than two.
"""
import argparse
import os
import sys

from running import PEERS, ROOT, peer_environment, run, shown

KEEPS_MEMORY = dict(MALLOC_TRIM_THRESHOLD_="100000000000", MALLOC_MMAP_MAX_="0")


def krait(o, processes):
    """The whole batch is that of all ranks."""
    command = [f"{ROOT}/{o.build}/nextstep_bench", "--batch", str(processes * o.batch), "--seq_len", str(o.seq_len),
               "--threads", "1", "--steps", str(5 * o.steps)]
    if processes > 1:
        bind = "-bind-to" if o.launcher == "mpich" else "--bind-to"
        command = [f"mpirun.{o.launcher}", "-n", str(processes), bind, "core", *command,
                   "--ranks", f"{ROOT}/{o.build}/libkrait-mpi-{o.launcher}.so"]
    return command


def torch(o, processes):
    launcher = ["-m", "torch.distributed.run", "--nproc_per_node", str(processes)] if processes > 1 else []
    return [sys.executable, *launcher, f"{PEERS}/synth_step.py", "--mambapy", os.environ["MAMBAPY_DIR"], "--batch", str(o.batch),
            "--seq_len", str(o.seq_len), "--d_state", "32", "--threads", "1", "--steps", str(o.steps)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, value in (("batch", 1), ("seq_len", 1024), ("steps", 3)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--build", default="build")
    parser.add_argument("--launcher", choices=("openmpi", "mpich"), default="openmpi")
    o = parser.parse_args()
    times, commands = {}, []
    for program in (krait, torch):
        for processes in (1, 2):
            commands.append(program(o, processes))
            times[program, processes] = run(commands[-1], env=dict(peer_environment(1), **KEEPS_MEMORY))["ms_median"]
    print("| | krait | PyTorch, DDP over gloo | ratio |\n|---|---|---|---|")
    for processes in (1, 2):
        ours, theirs = times[krait, processes], times[torch, processes]
        print(f"| {processes} process{'es' * (processes > 1)}, {o.batch} samples each | {ours:,.0f} ms | {theirs:,.0f} ms | {theirs / ours:.1f}x |")
    ours, theirs = (times[p, 1] / times[p, 2] for p in (krait, torch))
    print(f"| samples a second, 2 against 1 | {2 * ours:.2f}x | {2 * theirs:.2f}x | {ours / theirs:.2f}x |\n")
    print("\n".join(f"    {shown(command)}" for command in commands))


if __name__ == "__main__":
    main()
