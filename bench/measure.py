# SPDX-License-Identifier: MIT
"""Time krait, and its peers beside it, case by case on this machine.

Run by `make bench` (tools/bench), which sees to the peers and their checkouts. Prints a table and writes JSON lines, a case
each, to build/bench/results.jsonl: name, command, machine, median and quartiles of the time, the peer's, their ratio, the
part of the computed limit that was reached, peak memory, and where results may differ their quality. Each case runs in its own
process, so that its peak memory is its own. bench/compare tells what changed between two such files; bench/document puts one, or
those of two machines, into docs/performance.md. KR_CPU=v3 on a CPU with AVX-512 stands for an AVX2 machine: the peers are held to
AVX2, too (bench/running.py).

"Best" is the ratio to the fastest that a careful user would pick instead: the original with mamba.py's parallel scan, with
torch.compile, with autocast beside --amp, in ONNX Runtime; faiss, polars. The limit of a step: the operations of its matrix products at what the multipliers reach with registers alone, plus its state
updates at the rate of the scan, both measured here on one core (build/bench_scan --json) times the threads. "Of products": the
same with the rate of a product of 384 x 384 in place of the multipliers'; the aims are of that.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure_panel import measure_panel
from measure_points import measure_map, measure_neighbours, measure_points
from running import LEVEL, PEERS, ROOT, against, cpu_has, is_held, machine_name, peer_environment, run, run_lines, shown

SHAPE = "--pred_len 96 --enc_in 7 --d_model 128 --d_ff 128 --d_core 64 --e_layers 2 --patch_len 16"
NEXT_SHAPE = "--seq_len 1024 --d_model 128 --n_layers 7 --d_state 32"
FORECAST = ("forecast_step.py", "krait_bench", SHAPE)  # peer, ours, options of both
NEXT = ("synth_step.py", "nextstep_bench", NEXT_SHAPE)

# name, programs, options of both (--amp: ours alone), steps of the peer and of ours, d_state, aims: ratio with AVX-512, ratio
# without, part of the limit
CASES = [
    ("TimeStar step, batch 4", FORECAST, "--model TimeStar --batch_size 4 --seq_len 96", 40, 40, 0, 10, 9, 0.65),
    ("TimeStar step, batch 32", FORECAST, "--model TimeStar --batch_size 32 --seq_len 96", 20, 40, 0, 6, 4.5, 0.75),
    ("TimeStarMamba step, batch 4", FORECAST, "--model TimeStarMamba --batch_size 4 --seq_len 96", 15, 40, 128, 60, 28, 0.8),
    ("TimeStarMamba step, batch 32", FORECAST, "--model TimeStarMamba --batch_size 32 --seq_len 96", 3, 40, 128, 135, 80, 0.85),
    ("TimeStarMamba step, batch 4, seq_len 336", FORECAST, "--model TimeStarMamba --batch_size 4 --seq_len 336", 3, 40, 128,
     210, 115, 0.85),
    ("TimeStar inference, batch 1", FORECAST, "--model TimeStar --batch_size 1 --seq_len 96 --infer", 40, 200, 0, 20, 12, None),
    ("TimeStarMamba inference, batch 1", FORECAST, "--model TimeStarMamba --batch_size 1 --seq_len 96 --infer", 40, 200, 128,
     40, 40, 0.8),
    ("next-step training, batch 4", NEXT, "--batch 4", 3, 15, 32, 75, 40, 0.85),
    ("next-step training, batch 4, --amp", NEXT, "--batch 4 --amp", 3, 15, 32, 45, None, None),
    ("next-step training, batch 1", NEXT, "--batch 1", 3, 15, 32, 40, 24, 0.75),
    ("next-step inference, batch 1", NEXT, "--batch 1 --infer", 5, 30, 32, 50, 32, 0.85),
]
RSS_CASE = ("next-step training, batch 128, peak memory", NEXT, "--batch 128", 300)  # MiB at most
THREADS_CASES = ["TimeStarMamba step, batch 32", "next-step training, batch 4"]  # two threads against one: at least 1.95


def read_machine():
    rates = run([f"{ROOT}/build/bench_scan", "--json", "0.5"])
    return machine_name(rates["cpu_level"]), rates


class Report:
    """Rows as they come: a line of the table, a line of JSON."""

    def __init__(self, path, machine):
        self.machine, self.file = machine, open(path, "w")
        print(f"{'case':44}{'median':>10} {'unit':5}{'spread':>8}{'peer':>11}{'ratio':>9}{'best':>8}{'of limit':>10}{'products':>10}{'MiB':>6}  aim")

    def add(self, name, value, unit, command, quartiles=None, aim=None, is_met=None, **more):
        row = dict(name=name, value=value, unit=unit, quartiles=quartiles, aim=aim, is_met=is_met,
                   command=f"KR_CPU={LEVEL} {command}" if LEVEL else command, machine=self.machine, **more)
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()
        spread = f"{100 * (quartiles[1] - quartiles[0]) / value:.0f} %" if quartiles else ""
        peer = f"{more['peer']:.4g}" if more.get("peer") else ""
        ratio = f"{more['ratio']:.1f}x" if more.get("ratio") else ""
        best = f"{more['best_ratio']:.1f}x" if more.get("best_ratio") else ""
        limit, products = (f"{100 * more[key]:.0f} %" if more.get(key) else "" for key in ("limit_fraction", "product_fraction"))
        missed = "" if is_met in (None, True) else "  (missed)"
        print(f"{name:44}{value:10.4g} {unit:5}{spread:>8}{peer:>11}{ratio:>9}{best:>8}{limit:>10}{products:>10}{more.get('peak_rss_mib', ''):>6}  "
              f"{aim or ''}{missed}", flush=True)
        if more.get("quality"):
            print(f"    {more['quality']}{'; peer: ' + more['peer_quality'] if more.get('peer_quality') else ''}", flush=True)


def limits_ms(command, is_inference, d_state, rates, threads):
    """What the step's products and state updates take at the measured rates: of the multipliers, of a product."""
    work = run([*command, "--steps", "1", "--warmup", "0", "--profile"])
    updates = work["updates"] if is_inference else work["updates"] / 2  # forward and backward count alike
    scan = rates["forward" if is_inference else "both"].get(str(d_state), 1)
    return [1e-6 * (work["flop"] / rates[name] + updates / scan) / threads for name in ("peak", "product")]


ORIGINALS = {}  # rows by their commands: the case with --amp follows the same case without
COMPILING = 400  # seconds after which torch.compile is given up


def careful_peers(script, options, a):
    """What a careful user would add to the original's command: the parallel scan, torch.compile, or both; ONNX Runtime for a
    forecast; autocast beside --amp. The next-step model has that scan already, and torch.compile does not come to an end with its
    seven layers."""
    if script == "synth_step.py":
        return [["--amp"]] if "--amp" in options else []
    scan = ["--mambapy", a.mambapy] if "TimeStarMamba" in options else []
    compiled = [] if a.no_compile else [*scan, "--compile"]
    exported = ["--onnx"] if "--infer" in options and not is_held() else []
    return [more for more in (scan, compiled, exported) if more]


def measure_peers(script, options, steps, a):
    """The original's row, and that of the fastest of all."""
    checkouts = ["--mambapy", a.mambapy] if script == "synth_step.py" else ["--timestar", a.timestar, "--tslib", a.tslib]
    command = [sys.executable, f"{PEERS}/{script}", *checkouts, *(o for o in options if o != "--amp"),
               "--steps", str(steps), "--warmup", str(min(3, steps // 3 + 1))]
    environment = peer_environment(a.threads)
    if shown(command) not in ORIGINALS:
        ORIGINALS[shown(command)] = dict(run(command, env=environment), command=shown(command))
    original = ORIGINALS[shown(command)]
    rows = [original]
    for more in careful_peers(script, options, a):
        try:
            rows.append(dict(run([*command, *more], COMPILING, environment), command=shown([*command, *more])))
        except subprocess.TimeoutExpired:
            print(f"  {' '.join(more)}: not done in {COMPILING} s", flush=True)
        except SystemExit as failure:
            print(f"  {' '.join(more)}: {str(failure).splitlines()[-1]}", flush=True)
    return original, min(rows, key=lambda row: row["ms_median"])


def peer_name(row):
    if row.get("onnx"):
        return row["onnx"]
    words = [word for word, is_so in (("mamba.py's scan", row.get("scan") == "pscan"), ("torch.compile", row.get("compiled")),
                                      ("autocast", row.get("amp"))) if is_so]
    return " and ".join(words) or "the original"


def measure_case(case, a, rates, report):
    name, (script, program, shape), options, peer_steps, steps, d_state, *aim_ratios, aim_limit = case
    aim_ratio = aim_ratios["level v4" not in report.machine]
    options = [*options.split(), *shape.split(), "--threads", str(a.threads)]
    command = [f"{ROOT}/build/{program}", *options]
    ours = [*command, "--steps", str(steps if not a.quick else max(5, steps // 4))]
    krait = run(ours)
    limit, products = limits_ms(command, "--infer" in options, d_state, rates, a.threads)
    more = dict(limit_ms=limit, limit_fraction=limit / krait["ms_median"], product_fraction=products / krait["ms_median"],
                peak_rss_mib=krait["peak_rss_mib"])
    if not a.quick:
        peer, best = measure_peers(script, options, peer_steps, a)
        if peer["params"] != krait["params"]:
            sys.exit(f"{name}: {peer['params']} parameters against {krait['params']}: not the same model")
        more.update(peer=peer["ms_median"], peer_program=peer["program"], peer_command=peer["command"],
                    peer_rss_mib=peer["peak_rss_mib"], ratio=peer["ms_median"] / krait["ms_median"], best_peer=best["ms_median"],
                    best_peer_name=peer_name(best), best_peer_command=best["command"],
                    best_ratio=best["ms_median"] / krait["ms_median"])
    aims, is_met = [], None
    for aim, key, text in ((aim_ratio, "ratio", f"{aim_ratio}x"), (aim_limit, "product_fraction", f"{100 * (aim_limit or 0):.0f} %")):
        if aim and key in more:
            aims.append(text)
            is_met = is_met is not False and more[key] >= aim
    report.add(name, krait["ms_median"], "ms", shown(ours), krait["ms_quartiles"], ", ".join(aims), is_met, **more)
    return krait["ms_median"]


def measure_threads(case, two, a, report):
    """A step on one thread against the same on all."""
    name, (_, program, shape), options, _, steps, *_ = case
    command = [f"{ROOT}/build/{program}", *options.split(), *shape.split(), "--threads", "1", "--steps",
               str(max(5, steps // (8 if a.quick else 2)))]
    one = run(command)
    report.add(f"{a.threads} threads against 1: {name}", one["ms_median"] / two, "x", shown(command), aim="1.95x",
               is_met=one["ms_median"] / two >= 1.95)


def measure_scan(a, rates, report):
    """State updates of the forward scan on one core, 1e9 a second, against ggml's."""
    peer = {} if a.quick or not a.ggml else run([a.ggml], env=peer_environment(1))["forward"]
    for n, rate in rates["forward"].items():
        more = dict(peer=peer[n], peer_program="ggml", peer_command=shown([a.ggml]), ratio=rate / peer[n]) if n in peer else {}
        report.add(f"scan, d_state {n}, one core", rate, "e9/s", "build/bench_scan --json 0.5", **more)


def measure_memory(a, report):
    name, (_, program, shape), options, most = RSS_CASE
    command = [f"{ROOT}/build/{program}", *options.split(), *shape.split(), "--threads", str(a.threads), "--steps", "1",
               "--warmup", "0"]
    peak = run(command)["peak_rss_mib"]
    report.add(name, peak, "MiB", shown(command), aim=f"{most} MiB", is_met=peak <= most)


def measure_growth(a, report):
    """Cost of the next-step model over length: slopes on logarithmic axes."""
    command = [sys.executable, f"{ROOT}/bench/linear_cost.py", "--threads", str(a.threads), "--json"]
    command += ["--longest", "8192"] if a.quick else []
    growth = run(command)
    report.add(f"slope of time, seq_len 512 to {growth['longest']}", growth["time_slope"], "", shown(command), aim="1 +- 0.05",
               is_met=abs(growth["time_slope"] - 1) <= 0.05, deviation=growth["time_deviation"])
    report.add("memory a step of the series", growth["kib_a_step"], "KiB", shown(command))


def measure_lengths(a, report):
    """Mamba against our own attention at 400 and 1,000 tokens a variate."""
    aims = {400: 1.5, 1000: 2.5}
    with tempfile.TemporaryDirectory() as folder:
        command = [f"{ROOT}/build/krait", "bench", "--seq_len", "6400,16000", "--threads", str(a.threads), "--measurements",
                   "1" if a.quick else "5", "--steps", "1" if a.quick else "0", "--no-figures", "--json", "--results", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{shown(command)}\nfailed: {done.stderr.strip()}")
    times = {(row["model"], row["tokens"]): row["step_ms"] for row in map(json.loads, done.stdout.splitlines())}
    for tokens, aim in aims.items():
        ratio = times["TimeStar", tokens] / times["TimeStarMamba", tokens]
        report.add(f"Mamba against attention, {tokens} tokens", ratio, "x", shown(command[:-2]), aim=f"{aim}x",
                   is_met=ratio >= aim)


def timed(command, folder, text=None):
    """Seconds of the whole process, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{shown(command)}\nfailed: {done.stderr.strip()}")
    return time.perf_counter() - start, done.stdout


def measure_programs(a, report):
    """krait synth and krait generate as whole processes; the best of five."""
    krait = f"{ROOT}/build/krait"
    synth = [krait, "synth", "--no-figures", "-q"]
    train = [krait, "train", "--d-state", "32", "--seq-len", "1024", "--stride", "16384", "--epochs", "1", "-q"]
    generate = [krait, "generate", "--gen-len", "2048", "--n-samples", "1", "-q", "--json", "--threads"]
    with tempfile.TemporaryDirectory() as folder:
        synth_s = min(timed(synth, folder)[0] for _ in range(5))
        timed(train, folder)
        runs = {n: [timed(generate + [str(n)], folder) for _ in range(5)] for n in (1, a.threads)}
    step_ms = {n: min(json.loads(out)["step_ms"] for _, out in done) for n, done in runs.items()}
    report.add("krait synth, 100,000 steps", synth_s, "s", shown(synth))
    report.add("krait generate, 2,048 steps with figures", min(s for s, _ in runs[a.threads]), "s",
               shown(generate + [str(a.threads)]))
    report.add("generation, one core", step_ms[1], "ms", shown(generate + ["1"]))
    report.add("generation", step_ms[a.threads], "ms", shown(generate + [str(a.threads)]), aim="0.13 ms",
               is_met=step_ms[a.threads] <= 0.13)


def measure_zero_shot(a, report):
    """Simulated values a second, and krait forecast as a whole process: many series, one, and a row of a stream; the best of five."""
    krait, simulate = f"{ROOT}/build/krait", [f"{ROOT}/build/simulate_bench", str(a.threads)]
    write = [krait, "simulate", "--n", "10000", "--length", "512", "--seasons", "12", "-q", "--out", "many.csv"]
    one = [krait, "simulate", "--n", "1", "--length", "120", "--seasons", "12", "--layout", "wide", "-q", "--out", "one.csv"]
    rows = [krait, "simulate", "--n", "1", "--length", "5000", "--layout", "wide", "-q", "--out", "rows.csv"]
    ahead = ["--horizon", "24", "--no-figures", "-q", "--threads", str(a.threads)]
    forecast = {name: [krait, "forecast", f"{name}.csv", *ahead] for name in ("many", "one")}
    stream = [krait, "forecast", "--stream", "--horizon", "24", "--json", "-q"]
    rate = next(row for row in run_lines(simulate) if row["family"] == "mix")["million_values_per_s"]
    with tempfile.TemporaryDirectory() as folder:
        for command in (write, one, rows):
            timed(command, folder)
        seconds = {name: min(timed(command, folder)[0] for _ in range(5)) for name, command in forecast.items()}
        with open(f"{folder}/rows.csv", encoding="utf-8") as text:
            lines = text.readlines()
        stream_s = {n: min(timed(stream, folder, "".join(lines[:n + 1]))[0] for _ in range(5)) for n in (1000, 5000)}
    report.add("simulated series", rate, "million values/s", shown(simulate), aim="20 million values/s", is_met=rate >= 20)
    report.add("krait forecast, 10,000 series of 512 values", seconds["many"], "s",
               f"{shown(write)}; {shown(forecast['many'])}", aim="5 s", is_met=seconds["many"] <= 5)
    report.add("krait forecast, one series of 120 values", 1e3 * seconds["one"], "ms", f"{shown(one)}; {shown(forecast['one'])}",
               aim="15 ms", is_met=seconds["one"] <= 0.015)
    report.add("krait forecast, a row of a stream", (stream_s[5000] - stream_s[1000]) / 4, "ms", f"{shown(rows)}; {shown(stream)}")


READERS = ["pandas", "pandas-pyarrow", "polars"]  # the first is the usual one


def measure_tables(a, report):
    """Reading 1,000,000 rows of 8 columns, against pandas, and faster readers; memory against the numbers that come of it."""
    program = f"{ROOT}/build/table_bench"
    rows = "100000" if a.quick else "1000000"
    with tempfile.TemporaryDirectory() as folder:
        for digits in "3", "15":
            table = f"{folder}/table{digits}.csv"
            write, command = [program, "--write", table, rows, "8", digits], [program, table, "5"]
            subprocess.run(write, check=True)
            ours, more, peers, name = run(command), {}, [], f"reading {rows} x 8, {digits} digits"
            for reader in [] if a.quick else READERS:
                peer_command = [sys.executable, f"{PEERS}/table_peer.py", table, "5", reader]
                peer = run(peer_command, env=peer_environment(a.threads))
                if peer["last"] != ours["last"]:
                    sys.exit(f"{name}: the last number is {ours['last']}, and {peer['last']} by {peer['program']}")
                peers.append((peer["program"], 1e3 * peer["seconds"], [word.replace(f"{folder}/", "") for word in peer_command]))
                more.setdefault("peer_rss_mib", peer["memory_mib"])
            more.update(against(1e3 * ours["seconds"], peers))
            shown_command = f"{shown(write)}; {shown(command)}".replace(f"{folder}/", "")
            report.add(name, 1e3 * ours["seconds"], "ms", shown_command, [1e3 * q for q in ours["quartiles"]], aim="2x",
                       is_met=more["ratio"] >= 2 if peers else None, **more)
            part = ours["memory_mib"] / ours["numbers_mib"]
            report.add(f"{name}: memory against its numbers", part, "x", shown_command, aim="1.3x at most",
                       is_met=part <= 1.3, peak_rss_mib=round(ours["memory_mib"]))


def measure_training_run(a, report):
    """A whole krait run of one epoch, batch 32: its median step and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [f"{ROOT}/build/krait", "run", "--model", "TimeStarMamba", "--root_path", f"{ROOT}/data", "--seq_len", "96",
                   *SHAPE.split(), "--batch_size", "32", "--train_epochs", "1", "--threads", str(a.threads)]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        message = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"{shown(command)}\nfailed: {message.strip()}")
        metrics = json.loads(next(Path(folder).rglob("metrics.json")).read_text())
    report.add("krait run, TimeStarMamba, batch 32, a step", metrics["step_ms"], "ms", shown(command),
               peak_rss_mib=usage.ru_maxrss // 1024)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--timestar", help="checkout of vinhky123/TimeStar")
    p.add_argument("--tslib", help="checkout of thuml/Time-Series-Library")
    p.add_argument("--mambapy", help="checkout of alxndrTL/mamba.py")
    p.add_argument("--ggml", help="the program that bench/peers/ggml_scan.c makes; without it ggml is left out")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--only", default="", help="cases whose name contains this, or one of scan, memory, growth, lengths, tables, map, "
                   "neighbours, points, panel, programs, training run, zero-shot")
    p.add_argument("--no-compile", action="store_true", help="leave torch.compile out, which takes minutes")
    p.add_argument("--quick", action="store_true", help="no peers, few steps: two minutes")
    p.add_argument("--json", default=f"{ROOT}/build/bench/results.jsonl", help="where the JSON lines go")
    a = p.parse_args()
    if LEVEL not in ("", "v3", "v4") and not a.quick:
        p.error(f"KR_CPU={LEVEL}: the peers cannot be held to that; take v3, or leave them out with --quick")
    if not a.quick and not (a.timestar and a.tslib and a.mambapy):
        p.error("name the checkouts of the peers, or leave the peers out with --quick")

    machine, rates = read_machine()
    Path(a.json).parent.mkdir(parents=True, exist_ok=True)
    print(f"{machine}; one core: product {rates['product']:.0f} GFLOP/s; scan, 1e9 state updates/s, forward and with backward: "
          + ", ".join(f"d_state {n} {rates['forward'][n]:.2f} {rates['both'][n]:.2f}" for n in rates["both"]))
    report = Report(a.json, machine)
    has_bf16 = rates["cpu_level"] == "v4" and cpu_has("avx512_bf16", "amx_bf16")
    for case in CASES:
        if a.only in case[0] and (has_bf16 or "--amp" not in case[2]):
            median = measure_case(case, a, rates, report)
            if case[0] in THREADS_CASES and a.threads > 1:
                measure_threads(case, median, a, report)
    others = {"scan": lambda: measure_scan(a, rates, report), "memory": lambda: measure_memory(a, report), "growth": lambda: measure_growth(a, report),
              "lengths": lambda: measure_lengths(a, report),
              "tables": lambda: measure_tables(a, report), "map": lambda: measure_map(a, report),
              "neighbours": lambda: measure_neighbours(a, report), "points": lambda: measure_points(a, report),
              "panel": lambda: measure_panel(a, report), "programs": lambda: measure_programs(a, report),
              "training run": lambda: measure_training_run(a, report), "zero-shot": lambda: measure_zero_shot(a, report)}
    for name, measure in others.items():
        if a.only in name and not (a.quick and name in ("programs", "training run", "zero-shot")):
            measure()
    print(f"\n{a.threads} threads; commands in {a.json.replace(f'{ROOT}/', '')}")


main()
