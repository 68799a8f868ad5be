#!/bin/bash
# test_bench_compare - bench/compare marks a case that got slower by more than its spread, and only
# that; bench/document writes between its two lines. usage: test_bench_compare.sh SOURCE_FOLDER
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
grep -q '| steady | 10 ms |' "$place/page.md" && ! grep -q old "$place/page.md" || fail "the table is not there"
[ "$(head -1 "$place/page.md")$(tail -1 "$place/page.md")" = headtail ] || fail "what is around the table was changed"
