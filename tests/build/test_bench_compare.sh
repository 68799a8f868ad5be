#!/bin/bash
# test_bench_compare - bench/compare marks a case that got slower by more than its spread, and only
# that; bench/document writes between its two lines, several files side by side.
# Ratios are to the usual peer and to the fastest, and KR_CPU=v3 holds peers back. usage: test_bench_compare.sh SOURCE_FOLDER
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# row NAME VALUE UNIT QUARTILES
row() {
    printf '{"name": "%s", "value": %s, "unit": "%s", "quartiles": %s, "aim": "", "is_met": null, "command": "c", "machine": "m"}\n' \
        "$@"
}
compare() { "$source/bench/compare" "$@" >"$place/said" 2>&1; }
fail() { echo "$1"; cat "$place/said"; exit 1; }
source=$1

{ row steady 10 ms '[9.9, 10.1]'; row noisy 10 ms '[8, 12]'; row gain 2 x null; } >"$place/before"
{ row steady 10.2 ms '[10, 10.4]'; row noisy 13 ms '[11, 15]'; row gain 2.1 x null; } >"$place/same"
{ row steady 11.5 ms '[11.4, 11.6]'; row noisy 9 ms '[8, 10]'; row gain 1.5 x null; } >"$place/after"

compare "$place/before" "$place/same" || fail "changes within the spread were marked"
! compare "$place/before" "$place/after" || fail "a slowdown was not marked"
[ "$(grep -c WORSE "$place/said")" = 2 ] || fail "the slower step and the smaller gain must be marked, and they alone"
! compare "$place/nothing" "$place/after" || fail "a missing file was not refused"

printf 'head\n<!-- bench -->\nold\n<!-- /bench -->\ntail\n' >"$place/page.md"
"$source/bench/document" "$place/before" --page "$place/page.md"
cp "$place/page.md" "$place/said"
grep -qF '| steady | 10 ms (9.9 to 10.1) |' "$place/page.md" && ! grep -q old "$place/page.md" || fail "the table is not there"
[ "$(head -1 "$place/page.md")$(tail -1 "$place/page.md")" = headtail ] || fail "what is around the table was changed"

# row_of LEVEL VALUE PEER BEST FRACTION IS_MET PREFIX
row_of() {
    printf '{"name": "step", "value": %s, "unit": "ms", "quartiles": null, "aim": "10x", "is_met": %s, "command": "%sc", "machine": "m, level %s", "peer": %s, "peer_program": "p 1", "ratio": %s, "best_ratio": %s, "best_peer_name": "b", "limit_ms": 1, "product_fraction": %s}\n' \
        "$2" "$6" "$7" "$1" "$3" "$(($3 / $2))" "$4" "$5"
    printf '{"name": "map", "value": 1, "unit": "s", "quartiles": null, "aim": "", "is_met": null, "command": "%sd", "machine": "m, level %s", "peer": 9, "peer_program": "q 2", "ratio": 9, "quality": "0.9", "peer_quality": "0.8"}\n' "$7" "$1"
}
row_of v4 2 24 5 0.5 true "" >"$place/v4"
{ row_of 'v3 on a CPU with AVX-512' 4 20 4 0.7 false "KR_CPU=v3 "; row alone 7 ms null; } >"$place/v3"
"$source/bench/document" "$place/v4" "$place/v3" --page "$place/page.md"
cp "$place/page.md" "$place/said"
has() { grep -qxF -- "$1" "$place/page.md" || fail "missing: $1"; }
has 'AVX-512: m, level v4; AVX2: m, level v3 on a CPU with AVX-512; peers: p 1, q 2.'
has '| step | 2 ms | 12.0x; 5.0x (b) | 50 % | 10x | 4 ms | 5.0x; 4.0x (b) | 70 % | 10x (missed) |'
has '| map | q 2 | 0.9; peer: 0.8 | 1 s | 9.0x | 1 s | 9.0x |'
has '| alone | 7 ms |'
has 'Commands, AVX2 with KR_CPU=v3 before them:'

PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$source/bench KR_CPU=v3 python3 - >"$place/said" 2>&1 <<'END' || fail "bench/running.py"
import running
row = running.against(2, [("usual", 8, ["a", "1"]), ("fast", 3, ["b"]), ("slow", 9, ["c"])])
assert (row["ratio"], row["best_ratio"], row["best_peer_name"], row["peer_command"]) == (4, 1.5, "fast", "a 1"), row
assert running.spread_of([4, 1, 2, 3, 5]) == (3, [2, 4]) and running.spread_of([7]) == (7, [7, 7])
for has in False, True:
    running.cpu_has = lambda *flags: has
    held = "ATEN_CPU_CAPABILITY" in running.peer_environment(3)
    assert held == has == ("on a CPU with AVX-512" in running.machine_name("v3")), has
    assert running.peer_environment(3)["OMP_NUM_THREADS"] == "3"
END
