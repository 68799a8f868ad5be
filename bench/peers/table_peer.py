# SPDX-License-Identifier: MIT
"""Time pandas reading a table with its C engine, or another reader, a JSON line; krait's counterpart is bench/table_bench.c.

usage: table_peer.py TABLE.csv [repeats [pandas|pandas-pyarrow|polars]]
"""
import json
import resource
import statistics
import sys
import time


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def find_reader(name):
    """What it is, how a path is read, where the last number is."""
    if name == "polars":
        import polars

        return f"polars {polars.__version__}", lambda path: polars.read_csv(path, try_parse_dates=True), lambda t: t[-1, -1]
    import pandas

    engine = "pyarrow" if name == "pandas-pyarrow" else "c"
    return (f"pandas {pandas.__version__}{', its pyarrow engine' if engine == 'pyarrow' else ''}",
            lambda path: pandas.read_csv(path, engine=engine, parse_dates=["date"]), lambda t: t.iloc[-1, -1])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, read, last = find_reader(sys.argv[3] if len(sys.argv) > 3 else "pandas")
    before, seconds = peak_mib(), []
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        start = time.perf_counter()
        table = read(sys.argv[1])
        seconds.append(time.perf_counter() - start)
    print(json.dumps(dict(program=program, seconds=statistics.median(seconds), memory_mib=round(peak_mib() - before, 1),
                          last=float(last(table)))))


main()
