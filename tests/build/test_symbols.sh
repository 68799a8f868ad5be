#!/bin/bash
# test_symbols - names that a program linked with libkrait can meet all start with kr_; the shared
# library shows only the public ones, without kr__. (OpenMP names a critical section kr_x
# .gomp_critical_user_kr_x.) usage: test_symbols.sh SHARED STATIC
set -euo pipefail
symbols() { nm --defined-only "$@" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort -u; }
shared=$(symbols --dynamic "$1")
static=$(symbols --extern-only "$2")
grep -q '^kr_status_text$' <<<"$shared" || { echo "$1: lacks kr_status_text"; exit 1; }
grep -q '^kr_status_text$' <<<"$static" || { echo "$2: lacks kr_status_text"; exit 1; }
rc=0
! grep -vE '^(\.gomp_critical_user_)?kr_[a-z0-9]' <<<"$shared" || { echo "$1: must not export these"; rc=1; }
! grep -vE '^(\.gomp_critical_user_)?kr_' <<<"$static" || { echo "$2: these lack the prefix kr_"; rc=1; }
exit $rc
