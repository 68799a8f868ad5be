# SPDX-License-Identifier: MIT
"""How bench/measure.py and its parts run programs: krait's as they are, peers with as many threads and at the same CPU level.

KR_CPU=v3 on a CPU with AVX-512 stands for an AVX2 machine: the peers are held to AVX2 by the variables below, and those that
have none (ONNX Runtime) are left out.
"""
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = f"{ROOT}/bench/peers"
LEVEL = os.environ.get("KR_CPU", "")
AVX2 = dict(
    ATEN_CPU_CAPABILITY="avx2", TORCHINDUCTOR_CPP_MARCH="haswell",  # PyTorch's own loops, and those of torch.compile
    ONEDNN_MAX_CPU_ISA="AVX2", MKL_ENABLE_INSTRUCTIONS="AVX2", OPENBLAS_CORETYPE="Haswell",  # products
    NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR", NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES="+avx2,+fma",
    FAISS_SIMD_LEVEL="AVX2")


def cpu_has(*flags):
    info = Path("/proc/cpuinfo")
    return info.exists() and any(f" {flag}" in info.read_text() for flag in flags)


def is_held():
    """Are the peers held to AVX2 on a CPU that has more?"""
    return LEVEL == "v3" and cpu_has("avx512f")


def machine_name(level):
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {len(os.sched_getaffinity(0))} CPUs, level {level}{' on a CPU with AVX-512' if is_held() else ''}"


def peer_environment(threads):
    counts = ("OMP", "OPENBLAS", "MKL", "NUMBA")
    return dict(os.environ, **{f"{name}_NUM_THREADS": str(threads) for name in counts}, POLARS_MAX_THREADS=str(threads),
                **(AVX2 if is_held() else {}))


def run_lines(command, limit=None, env=None):
    """The lines of JSON that command prints; its last words when it fails. limit: seconds."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env)
    if done.returncode != 0:
        sys.exit(f"{shown(command)}\nfailed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def run(command, limit=None, env=None):
    return run_lines(command, limit, env)[-1]


def shown(command):
    """The command as a person in the repository's folder would type it: without the places of this machine."""
    text = " ".join(command).replace(f"{ROOT}/", "").replace(sys.executable, "python3")
    for name in "TIMESTAR_DIR", "TSLIB_DIR", "MAMBAPY_DIR", "GGML_DIR":
        if os.environ.get(name):
            text = text.replace(os.environ[name], Path(os.environ[name]).name)
    return re.sub(rf"{re.escape(tempfile.gettempdir())}/tmp\w+/", "", text)


def spread_of(values):
    """Median and quartiles."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return statistics.median(values), [low, high]


def against(value, peers):
    """A row's part on its peers, (name, what it costs, command) each, the usual one first. None: nothing to say."""
    if not peers:
        return {}
    usual, best = peers[0], min(peers, key=lambda peer: peer[1])
    return dict(peer=usual[1], peer_program=usual[0], peer_command=shown(usual[2]), ratio=usual[1] / value, best_peer=best[1],
                best_peer_name=best[0], best_peer_command=shown(best[2]), best_ratio=best[1] / value)
