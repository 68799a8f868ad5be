#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torch_block.py - a training step of one Mamba block in PyTorch: krait.torch against mamba.py on the same CPU.

    KRAIT_LIBRARY=build/libkrait.so PYTHONPATH=python bench/torch_block.py --mambapy CHECKOUT
        [--seq-len 1024] [--d-model 128] [--batch 4] [--repeats 5] [--threads N] [--row NAME ..] [--cpu]

The blocks have the same parameters. A step is forward, a mean of squares, backward, Adam. Rows:

    block       krait.torch.Mamba, one operation of the library
    layers      the same with use_fast_path=False: torch's products, the library's convolution and scan
    pscan       mamba.py's block with its parallel scan
    loop        mamba.py's block with a loop over the steps
    compiled    pscan under torch.compile, whose own time is not counted; only when asked for

The rows take turns, after two steps of each that are not counted. Printed: the median of the repeats, the least and the
most, how many times the first row's it is, and the largest difference of an output from the first row's. --cpu: of the
CPU time of the process, which with --threads 1 is about the time that a step takes where no other program runs.
"""
import argparse
import statistics
import sys
import time

import krait.torch
import torch

ROWS = ("block", "layers", "pscan", "loop", "compiled")


def make(row, options):
    if row in ("block", "layers"):
        return krait.torch.Mamba(options.d_model, use_fast_path=row == "block")
    sys.path.insert(0, options.mambapy)
    from mambapy.mamba import MambaBlock, MambaConfig

    block = MambaBlock(MambaConfig(d_model=options.d_model, n_layers=1, pscan=row != "loop"))
    return torch.compile(block) if row == "compiled" else block


def step(block, optimiser, x, clock):
    """A training step: its seconds, and the outputs from before it."""
    start = clock()
    optimiser.zero_grad()
    y = block(x)
    y.square().mean().backward()
    optimiser.step()
    return clock() - start, y.detach()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mambapy", required=True)
    for name, value in (("seq-len", 1024), ("d-model", 128), ("batch", 4), ("repeats", 5), ("threads", 0)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--row", nargs="+", choices=ROWS, default=ROWS[:4])
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    x = torch.randn(options.batch, options.seq_len, options.d_model)
    parameters = krait.torch.Mamba(options.d_model).state_dict()
    ready, outputs, seconds = {}, {}, {row: [] for row in options.row}
    for row in options.row:
        block = make(row, options)
        getattr(block, "_orig_mod", block).load_state_dict(parameters)
        ready[row] = block, torch.optim.Adam(block.parameters(), lr=1e-4)
        took, outputs[row] = step(*ready[row], x, clock)
        if row == "compiled":
            print(f"compiled in {took:.0f} s", flush=True)
        step(*ready[row], x, clock)
    for _ in range(options.repeats):
        for row in options.row:
            seconds[row].append(step(*ready[row], x, clock)[0])
    first = options.row[0]
    for row in options.row:
        median = statistics.median(seconds[row])
        print(f"{row:9} {1e3 * median:9.1f} ms ({1e3 * min(seconds[row]):.1f} to {1e3 * max(seconds[row]):.1f})   "
              f"{median / statistics.median(seconds[first]):6.1f}x   "
              f"differs by {(outputs[row] - outputs[first]).abs().max().item():.1e}")


if __name__ == "__main__":
    main()
