#!/bin/bash
# test_kernel_list - every kernel of kernels.inc is called by a test of its own in tests/kernels, through
# the table of a CPU level; every kernel has its row. usage: test_kernel_list.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
rc=0
fail() { echo "$*"; rc=1; }
kernels=$(sed -n 's/^KR_KERNEL(\([a-z0-9_]*\),.*/\1/p' src/kernels/kernels.inc)
[ -n "$kernels" ] || fail "src/kernels/kernels.inc: no rows"
for kernel in $kernels; do
    grep -qE -- "->$kernel\b" tests/kernels/test_*.c || fail "no test in tests/kernels calls $kernel"
done
for test in tests/kernels/test_*.c; do
    grep -q "kernels/$(basename "$test")" tests/kernels/tests.cmake || fail "tests/kernels/tests.cmake lacks $test"
done
for kernel in $(sed -nE 's/^void KR_K\(([a-z0-9_]+)\).*/\1/p' src/kernels/*.c); do
    grep -qx "$kernel" <<<"$kernels" || fail "kernels.inc lacks $kernel"
done
exit $rc
