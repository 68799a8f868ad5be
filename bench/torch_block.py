#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torch_block.py - a training step of one Mamba block in PyTorch: krait.torch against mamba.py on the same CPU.

    KRAIT_LIBRARY=build/libkrait.so PYTHONPATH=python bench/torch_block.py --mambapy CHECKOUT
        [--seq-len 1024] [--d-model 128] [--batch 4] [--repeats 5] [--threads N] [--compile]

The blocks have the same parameters. A step is forward, a mean of squares, backward, Adam. Printed: the median of the
repeats after one that is not counted, the ratio to krait's, and the largest difference of an output. --compile: the
others also under torch.compile, whose own time is not counted.
"""
import argparse
import copy
import statistics
import sys
import time

import torch

import krait.torch


def blocks(options):
    """name: block; all start from the parameters of the first."""
    sys.path.insert(0, options.mambapy)
    from mambapy.mamba import MambaBlock, MambaConfig

    made = {"krait.torch": krait.torch.Mamba(options.d_model)}
    for name, parallel in (("mamba.py's pscan", True), ("loop over steps", False)):
        made[name] = MambaBlock(MambaConfig(d_model=options.d_model, n_layers=1, pscan=parallel))
        made[name].load_state_dict(made["krait.torch"].state_dict())
    if options.compile:
        for name in list(made)[1:]:
            made[name + ", compiled"] = torch.compile(copy.deepcopy(made[name]))
    return made


def median_step(block, x, repeats):
    """Seconds of a training step."""
    optimiser = torch.optim.Adam(block.parameters(), lr=1e-4)
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        optimiser.zero_grad()
        block(x).square().mean().backward()
        optimiser.step()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mambapy", required=True)
    for name, value in (("seq-len", 1024), ("d-model", 128), ("batch", 4), ("repeats", 5), ("threads", 0)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    x = torch.randn(options.batch, options.seq_len, options.d_model)
    made = blocks(options)
    with torch.no_grad():
        outputs = {name: block(x) for name, block in made.items()}
    first = None
    for name, block in made.items():
        seconds = median_step(block, x, options.repeats)
        first = first or seconds
        difference = (outputs[name] - outputs["krait.torch"]).abs().max().item()
        print(f"{name:28} {1e3 * seconds:9.1f} ms   {seconds / first:6.1f}x   differs by {difference:.1e}", flush=True)


if __name__ == "__main__":
    main()
