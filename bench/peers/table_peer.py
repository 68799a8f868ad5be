# SPDX-License-Identifier: MIT
"""Time pandas reading a table with its C engine, a JSON line; krait's counterpart is bench/table_bench.c.

usage: table_peer.py TABLE.csv [repeats]
"""
import json
import resource
import statistics
import sys
import time

import pandas as pd


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    before, seconds = peak_mib(), []
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        start = time.perf_counter()
        table = pd.read_csv(sys.argv[1], engine="c", parse_dates=["date"])
        seconds.append(time.perf_counter() - start)
    print(json.dumps(dict(program=f"pandas {pd.__version__}", seconds=statistics.median(seconds),
                          memory_mib=round(peak_mib() - before, 1), last=float(table.iloc[-1, -1]))))


main()
