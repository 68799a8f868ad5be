# SPDX-License-Identifier: MIT
"""Time training steps, or inference, of MambaSynth's next-step model in PyTorch on the CPU.

The scan is mamba.py's parallel scan (--scan pscan, the fastest public PyTorch scan that trains on a CPU) or the
sequential recurrence that mamba-minimal and state-spaces' reference use (--scan loop). Prints one JSON line;
build/nextstep_bench takes the same case options and prints the same keys.
Under torchrun each process has so many samples, and DistributedDataParallel adds up gradients over gloo.
usage: [torchrun --nproc_per_node 2] synth_step.py --mambapy DIR [--scan pscan] [--batch 1] [--seq_len 1024] [--infer] [--compile] [--amp]
"""
import argparse
import json
import math
import os
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

p = argparse.ArgumentParser()
p.add_argument("--mambapy", required=True, help="checkout of alxndrTL/mamba.py")
p.add_argument("--scan", choices=["pscan", "loop"], default="pscan")
p.add_argument("--batch", type=int, default=1)
p.add_argument("--seq_len", type=int, default=1024)
p.add_argument("--features", type=int, default=20)
p.add_argument("--d_model", type=int, default=128)
p.add_argument("--n_layers", type=int, default=7)
p.add_argument("--d_state", type=int, default=32)
p.add_argument("--d_ff", type=int, default=512)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--steps", type=int, default=3)
p.add_argument("--warmup", type=int, default=1)
p.add_argument("--infer", action="store_true")
p.add_argument("--compile", action="store_true", help="torch.compile the model")
p.add_argument("--amp", action="store_true", help="autocast to bfloat16")
a = p.parse_args()
torch.set_num_threads(a.threads)
sys.path.insert(0, a.mambapy)
from mambapy.pscan import pscan  # noqa: E402


def scan_loop(dA, dBx):
    h, out = torch.zeros_like(dBx[:, 0]), []
    for t in range(dA.shape[1]):
        h = dA[:, t] * h + dBx[:, t]
        out.append(h)
    return torch.stack(out, 1)


class Mamba(nn.Module):
    def __init__(self, d_model, d_state, d_conv=4, expand=2):
        super().__init__()
        self.d_inner, self.d_state, self.dt_rank = expand * d_model, d_state, math.ceil(d_model / 16)
        self.in_proj = nn.Linear(d_model, 2 * self.d_inner, bias=False)
        self.conv1d = nn.Conv1d(self.d_inner, self.d_inner, d_conv, groups=self.d_inner, padding=d_conv - 1)
        self.x_proj = nn.Linear(self.d_inner, self.dt_rank + 2 * d_state, bias=False)
        self.dt_proj = nn.Linear(self.dt_rank, self.d_inner)
        self.A_log = nn.Parameter(torch.log(torch.arange(1.0, d_state + 1)).repeat(self.d_inner, 1))
        self.D = nn.Parameter(torch.ones(self.d_inner))
        self.out_proj = nn.Linear(self.d_inner, d_model, bias=False)

    def forward(self, u, scan):
        x, z = self.in_proj(u).chunk(2, -1)
        x = F.silu(self.conv1d(x.transpose(1, 2))[..., : u.shape[1]].transpose(1, 2))
        dt, B, C = self.x_proj(x).split([self.dt_rank, self.d_state, self.d_state], -1)
        dt = F.softplus(self.dt_proj(dt))
        dA = torch.exp(dt.unsqueeze(-1) * -torch.exp(self.A_log))
        h = scan(dA, (dt * x).unsqueeze(-1) * B.unsqueeze(2))
        y = (h @ C.unsqueeze(-1)).squeeze(-1) + self.D * x
        return self.out_proj(y * F.silu(z))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(a.features, a.d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(a.d_model) for _ in range(a.n_layers))
        self.layers = nn.ModuleList(Mamba(a.d_model, a.d_state) for _ in range(a.n_layers))
        self.norm = nn.LayerNorm(a.d_model)
        self.head = nn.Sequential(nn.Linear(a.d_model, a.d_ff), nn.GELU(), nn.Linear(a.d_ff, a.features))

    def forward(self, x, scan):
        h = self.inp(x)
        for n, l in zip(self.norms, self.layers):
            h = h + l(n(h), scan)
        return self.head(self.norm(h))


torch.manual_seed(0)
m, scan = Net(), {"pscan": pscan, "loop": scan_loop}[a.scan]
call = torch.compile(m) if a.compile else m
processes, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
if processes > 1:
    torch.distributed.init_process_group("gloo")
    call = nn.parallel.DistributedDataParallel(call)
opt = torch.optim.AdamW(m.parameters(), lr=3e-4, weight_decay=0.01)
x = torch.randn(a.batch, a.seq_len, a.features)


def forward():
    with torch.autocast("cpu", torch.bfloat16, enabled=a.amp):
        return call(x, scan)


def step():
    if a.infer:
        with torch.no_grad():
            forward()
        return
    opt.zero_grad()
    F.mse_loss(forward().float()[:, :-1], x[:, 1:]).backward()
    nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    opt.step()


for _ in range(a.warmup):
    step()
times = []
for _ in range(a.steps):
    start = time.perf_counter()
    step()
    times.append(1e3 * (time.perf_counter() - start))
times.sort()
median = times[len(times) // 2]
if processes > 1:
    torch.distributed.destroy_process_group()
if rank == 0:
    print(json.dumps(dict(program="pytorch " + torch.__version__, scan=a.scan, compiled=a.compile, amp=a.amp, batch=a.batch, seq_len=a.seq_len,
                          threads=a.threads, processes=processes, params=sum(q.numel() for q in m.parameters()), infer=a.infer,
                          ms_min=round(times[0], 3), ms_median=round(median, 3),
                          tokens_per_s=round(1e3 * a.batch * a.seq_len / median, 1),
                          peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
