#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scale_model.py - what a training step costs on many nodes, of which each is a rank: a model, as a table.

    bench/scale_model.py [--ms 793] [--spread 0.02] [--parameters 982420] [--samples 8] [--slots N] [--gbit 10 100] [--latency 30]
    bench/scale_hosts .. | bench/scale_model.py --measured        beside what was measured

A step is: computing (--ms, of --samples samples a rank), waiting for the slowest rank (the expected largest of R normal numbers of
relative deviation --spread), and the exchange. In the exchange each rank

    sends its strips of the gradient to their owners, as many sums of each as its slots leave (one where each rank has 2, 4, 8 .. slots,
    else up to the logarithm of them), all at once;
    adds what came in, at --memory GB/s for each of the three numbers of an addition;
    passes the strips that are ready around the ring of ranks, R - 1 messages one after the other;
    tells losses and votes in two small messages around the logarithm of R.

A wire carries both directions at once, --wire of its rate are data, the switch lets all pairs talk at full rate, and a message needs
--latency microseconds. Nothing of the exchange is hidden behind computing.
"""
import argparse
import json
import math
import statistics
import sys


def share_start(n, parts, part):
    """As kr__share_start()."""
    return n // parts * part + min(part, n % parts)


def sums_left(n_slots, ranks, rank):
    """Sums that a rank's slots leave, as in src/train/slots.c."""
    slot, end, count = share_start(n_slots, ranks, rank), share_start(n_slots, ranks, rank + 1), 0
    while slot < end:
        reach = 1
        while slot % (2 * reach) == 0 and slot + reach < n_slots and min(slot + 2 * reach, n_slots) <= end:
            reach *= 2
        slot, count = slot + reach, count + 1
    return count


def strips(o, ranks):
    """Bytes that go out and come in before the addition: the most of a rank; and bytes of the whole gradient."""
    size = 4 * o.parameters
    left = [sums_left(slots_of(o, ranks), ranks, r) for r in range(ranks)]
    strip = size / ranks
    return max(max(left) * (size - strip), (sum(left) - min(left)) * strip), size, sum(left)


def slots_of(o, ranks):
    return o.slots or max(16, ranks)


def sent_bytes(o, ranks):
    """By the rank that sends the most."""
    out, size, _ = strips(o, ranks)
    return out + size * (ranks - 1) / ranks


def exchange_ms(o, ranks, gbit):
    if ranks == 1:
        return 0
    out, size, n_sums = strips(o, ranks)
    rate = gbit * 1e9 / 8 * o.wire
    adding = 3 * size / ranks * (n_sums - 1) / (o.memory * 1e9)
    latency = o.latency * 1e-6 * (1 + ranks - 1 + 2 * math.ceil(math.log2(ranks)))
    return 1e3 * ((out + size * (ranks - 1) / ranks) / rate + adding + latency)


def waiting_ms(o, ranks):
    """Blom's estimate of the expected largest of so many normal numbers."""
    return 0 if ranks == 1 else o.ms * o.spread * statistics.NormalDist().inv_cdf((ranks - 0.375) / (ranks + 0.25))


def print_model(o):
    print("| ranks | most sent a step | " + " | ".join(f"{g:g} Gbit/s: exchange, step, efficiency" for g in o.gbit) + " | waiting |")
    print("|---" * (3 + len(o.gbit)) + "|")
    for ranks in o.ranks:
        cells, wait = [], waiting_ms(o, ranks)
        for gbit in o.gbit:
            took = exchange_ms(o, ranks, gbit)
            step = o.ms + wait + took
            cells.append(f"{took:.1f} ms, {step:.0f} ms, {100 * o.ms / step:.1f} %")
        sent = sent_bytes(o, ranks) / 1e6 if ranks > 1 else 0
        print(f"| {ranks} | {sent:.1f} MB | " + " | ".join(cells) + f" | {wait:.1f} ms |")


def print_measured(o):
    print("| hosts | wire | sent by rank 0 a step | exchange, measured | by the model |\n|---|---|---|---|---|")
    for line in sys.stdin:
        row = json.loads(line)
        o.parameters, gbit = row["params"], row["mbit"] / 1e3
        low, high = row["exchange_ms_quartiles"]
        print(f"| {row['ranks']} | {row['mbit']:,} Mbit/s | {row['sent_bytes'] / 1e6:.2f} MB | {row['exchange_ms']:.1f} ms "
              f"({low:.1f} to {high:.1f}) | {exchange_ms(o, row['ranks'], gbit):.1f} ms |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, value in (("ms", 793), ("spread", 0.02), ("wire", 0.94), ("latency", 30), ("memory", 5)):
        parser.add_argument("--" + name, type=float, default=value)
    for name, value in (("parameters", 982420), ("samples", 8), ("slots", 0)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--gbit", type=float, nargs="+", default=[10, 100])
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--measured", action="store_true")
    o = parser.parse_args()
    print_measured(o) if o.measured else print_model(o)


if __name__ == "__main__":
    main()
