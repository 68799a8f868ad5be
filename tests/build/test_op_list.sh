#!/bin/bash
# test_op_list - docs/add-an-op.md holds: every row of ops.inc has its source and its test, both are
# built, and every source of src/ops is in the list. usage: test_op_list.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
rc=0
fail() { echo "$*"; rc=1; }
ops=$(sed -n 's/^KR_OP(\([a-z0-9_]*\)).*/\1/p' src/ops/ops.inc)
[ -n "$ops" ] || fail "src/ops/ops.inc: no rows"
for op in $ops; do
    [ -f "src/ops/$op.c" ] || fail "ops.inc names $op, but there is no src/ops/$op.c"
    grep -q "^const kr_op_row kr_op_${op}_cpu " "src/ops/$op.c" || fail "src/ops/$op.c lacks its row for the CPU, kr_op_${op}_cpu"
    [ -f "tests/ops/test_$op.c" ] || fail "ops.inc names $op, but there is no tests/ops/test_$op.c"
    grep -q "/$op\.c" src/ops/CMakeLists.txt || fail "src/ops/CMakeLists.txt lacks $op.c"
    grep -q "ops/test_$op\.c.*f64" tests/ops/tests.cmake ||
        fail "tests/ops/tests.cmake lacks kr_test(ops/test_$op.c f32 f64): gradients are checked in double"
done
for source in $(grep -l '^const kr_op kr_op_' src/ops/*.c); do
    op=$(basename "$source" .c)
    grep -qx "$op" <<<"$ops" || fail "$source defines an op that ops.inc does not name"
done
exit $rc
