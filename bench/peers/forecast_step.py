# SPDX-License-Identifier: MIT
"""Time training steps, or inference, of TimeStar or TimeStarMamba in PyTorch on the CPU.

Prints one JSON line; build/krait_bench takes the same case options and prints the same keys.
usage: forecast_step.py --timestar DIR --tslib DIR --model TimeStarMamba [--batch_size 4 ..] [--infer]
                        [--mambapy DIR] [--compile] [--onnx]
"""
import argparse
import json
import resource
import sys
import tempfile
import time
from types import SimpleNamespace

import torch

from timestarmamba_torch import load

p = argparse.ArgumentParser()
p.add_argument("--timestar", required=True, help="checkout of vinhky123/TimeStar")
p.add_argument("--tslib", required=True, help="checkout of thuml/Time-Series-Library")
p.add_argument("--threads", type=int, default=2)
p.add_argument("--model", choices=["TimeStar", "TimeStarMamba"], required=True)
p.add_argument("--seq_len", type=int, default=96)
p.add_argument("--pred_len", type=int, default=96)
p.add_argument("--batch_size", type=int, default=4)
p.add_argument("--enc_in", type=int, default=7)
p.add_argument("--d_model", type=int, default=128)
p.add_argument("--d_ff", type=int, default=128)
p.add_argument("--d_core", type=int, default=64)
p.add_argument("--e_layers", type=int, default=2)
p.add_argument("--patch_len", type=int, default=16)
p.add_argument("--warmup", type=int, default=3, help="steps before the clock starts")
p.add_argument("--steps", type=int, default=20)
p.add_argument("--infer", action="store_true", help="time the forward pass alone")
p.add_argument("--mambapy", help="checkout of alxndrTL/mamba.py: its parallel scan in place of the loop")
p.add_argument("--compile", action="store_true", help="torch.compile the model")
p.add_argument("--onnx", action="store_true", help="with --infer: run the exported model in ONNX Runtime")
a = p.parse_args()
if a.onnx and not a.infer:
    p.error("--onnx needs --infer")

torch.set_num_threads(a.threads)
torch.manual_seed(2021)
configs = SimpleNamespace(
    task_name="long_term_forecast", features="M", use_norm=True, factor=3, dropout=0.1, embed="timeF",
    freq="h", activation="gelu", expand=2, d_conv=4, n_heads=8, **vars(a))
timestar, timestarmamba = load(a.timestar, a.tslib, a.mambapy)
model = (timestar if a.model == "TimeStar" else timestarmamba)(configs)
call = torch.compile(model) if a.compile else model
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
x = torch.randn(a.batch_size, a.seq_len, a.enc_in)
mark = torch.randn(a.batch_size, a.seq_len, 4) * 0.3
y = torch.randn(a.batch_size, a.pred_len, a.enc_in)


def export():
    """The forward pass of the model in ONNX Runtime, and the program's name."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = a.threads
    with tempfile.TemporaryDirectory() as folder:
        torch.onnx.export(model.eval(), (x, mark, None, None), f"{folder}/model.onnx", dynamo=True, verbose=False)
        session = onnxruntime.InferenceSession(f"{folder}/model.onnx", options)
    inputs = dict(zip((i.name for i in session.get_inputs()), (x.numpy(), mark.numpy())))
    with torch.no_grad():
        expected, found = model(x, mark, None, None), session.run(None, inputs)[0]
    if not torch.allclose(expected, torch.from_numpy(found), rtol=1e-3, atol=1e-4):
        sys.exit("forecast_step: ONNX Runtime forecasts something else")
    return f"ONNX Runtime {onnxruntime.__version__}", lambda *_: session.run(None, inputs)


onnx, call = export() if a.onnx else ("", call)


def step():
    if a.infer:
        with torch.no_grad():
            call(x, mark, None, None)
        return
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(call(x, mark, None, None), y).backward()
    optimizer.step()


model.train(not a.infer)
for _ in range(a.warmup):
    step()
times = []
for _ in range(a.steps):
    start = time.perf_counter()
    step()
    times.append(1e3 * (time.perf_counter() - start))
times.sort()
print(json.dumps(dict(
    program="pytorch " + torch.__version__, model=a.model, seq_len=a.seq_len, batch=a.batch_size,
    infer=a.infer, threads=a.threads, scan="pscan" if a.mambapy else "loop", compiled=a.compile, onnx=onnx, params=sum(q.numel() for q in model.parameters()),
    ms_min=round(times[0], 3), ms_median=round(times[len(times) // 2], 3),
    peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
