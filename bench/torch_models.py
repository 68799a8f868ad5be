#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torch_models.py - models of others trained with their own Mamba block and with krait.torch's.

    KRAIT_LIBRARY=build/libkrait.so PYTHONPATH=python:bench/peers bench/torch_models.py
        --timestar CHECKOUT --tslib CHECKOUT --mambapy CHECKOUT [--data data/ETTh1.csv] [--steps 40] [--threads N]

Models: TimeStarMamba; MambaSimple and Mamba of Time-Series-Library, the last of which imports mamba_ssm, and its own
block is then the formulas in plain torch; mamba.py's language model, of the bytes of docs/*.md. Both trainings start from the same parameters and see the same windows. Printed:
the first and the last loss, the largest difference of a loss relative to it, and the seconds of both trainings.
"""
import argparse
import csv
import importlib.util
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import krait.torch
import torch
from krait.torch._reference import mamba_inner_ref
from timestarmamba_torch import load


class Formulas(krait.torch.Mamba):
    """The block in plain torch."""

    def forward(self, x):
        return mamba_inner_ref(self.in_proj(x).transpose(1, 2), self.conv1d.weight, self.conv1d.bias,
                               self.x_proj.weight, self.dt_proj.weight, self.out_proj.weight, self.out_proj.bias,
                               -torch.exp(self.A_log), D=self.D, delta_bias=self.dt_proj.bias)


def swap(module, kind, is_old):
    """Put a block of this kind in the place of each old one, with its parameters."""
    for name, child in module.named_children():
        if not is_old(child):
            swap(child, kind, is_old)
            continue
        settings = {"d_state": child.A_log.shape[1], "d_conv": child.conv1d.kernel_size[0],
                    "expand": child.A_log.shape[0] // child.in_proj.in_features}
        new = kind(child.in_proj.in_features, **settings)
        new.load_state_dict(child.state_dict())
        setattr(module, name, new)


def load_module(tslib, name):
    spec = importlib.util.spec_from_file_location(f"tslib_{name}", f"{tslib}/models/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def series(path):
    """The columns, each with mean 0 and deviation 1."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:8641]
    values = torch.tensor([[float(v) for v in row[1:]] for row in rows])
    return (values - values.mean(0)) / values.std(0)


def forecast_loss(values, pred_len):
    """Of a model and a generator, which draws the windows."""
    def loss(model, draws):
        first = torch.randint(len(values) - 192, (8, 1), generator=draws)
        windows = values[first + torch.arange(192)]
        x, y, marks = windows[:, :96], windows[:, 96:], torch.zeros(8, 96, 4)
        return (model(x, marks, None, None) - y[:, -pred_len:]).square().mean()
    return loss


def language_loss(text):
    """The same of a language model: nats a byte."""
    def loss(model, draws):
        first = torch.randint(len(text) - 129, (8, 1), generator=draws)
        tokens = text[first + torch.arange(129)]
        return torch.nn.functional.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
    return loss


def train(model, loss_of, options):
    """The losses, and the seconds."""
    draws, losses = torch.Generator().manual_seed(3), []
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    torch.manual_seed(7)  # dropout
    start = time.perf_counter()
    for _ in range(options.steps):
        loss = loss_of(model, draws)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return torch.tensor(losses), time.perf_counter() - start


def report(name, model, kinds, is_old, loss_of, options):
    trained = []
    for kind in kinds:
        torch.manual_seed(1)
        made = model()
        if kind is not None:
            swap(made, kind, is_old)
        trained.append(train(made, loss_of, options))
    (theirs, their_seconds), (ours, our_seconds) = trained
    worst = ((ours - theirs).abs() / theirs).max().item()
    print(f"{name:14} loss {theirs[0]:.5f} -> {theirs[-1]:.5f} ({ours[-1]:.5f})   differs by {worst:.1e}   "
          f"{their_seconds:.1f} s -> {our_seconds:.1f} s, {their_seconds / our_seconds:.1f}x", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--timestar", required=True)
    parser.add_argument("--tslib", required=True)
    parser.add_argument("--mambapy", required=True)
    parser.add_argument("--data", default="data/ETTh1.csv")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    loss_of = forecast_loss(series(options.data), 96)
    settings = {"task_name": "long_term_forecast", "features": "M", "use_norm": True, "factor": 3, "dropout": 0.1,
                "embed": "timeF", "freq": "h", "activation": "gelu", "expand": 2, "d_conv": 4, "n_heads": 8,
                "seq_len": 96, "pred_len": 96, "enc_in": 7, "c_out": 7, "d_model": 64, "d_ff": 16, "d_core": 32,
                "e_layers": 2, "patch_len": 16}
    configs = SimpleNamespace(**settings)
    is_theirs = lambda child: type(child).__name__ == "MambaBlock"  # noqa: E731
    timestarmamba = load(options.timestar, options.tslib)[1]
    report("TimeStarMamba", lambda: timestarmamba(configs), (None, krait.torch.Mamba), is_theirs, loss_of, options)

    sys.path.insert(0, options.mambapy)
    from mambapy.lm import LM
    from mambapy.mamba import MambaConfig

    text = b"".join(path.read_bytes() for path in sorted((Path(__file__).resolve().parent.parent / "docs").glob("*.md")))
    report("language model", lambda: LM(MambaConfig(d_model=64, n_layers=4), 256), (None, krait.torch.Mamba), is_theirs,
           language_loss(torch.tensor(list(text))), options)

    krait.torch.install()
    for name in [n for n in sys.modules if n.split(".")[0] in ("layers", "models")]:
        del sys.modules[name]
    sys.path.insert(0, options.tslib)
    simple, real = load_module(options.tslib, "MambaSimple"), load_module(options.tslib, "Mamba")
    report("MambaSimple", lambda: simple.Model(configs), (None, krait.torch.Mamba), is_theirs, loss_of, options)
    report("Mamba", lambda: real.Model(configs), (Formulas, None),
           lambda child: isinstance(child, krait.torch.Mamba), loss_of, options)


if __name__ == "__main__":
    main()
