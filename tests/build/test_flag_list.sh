#!/bin/bash
# test_flag_list - a row of a list of settings that leaves a trait undecided, decides it twice or has
# one that its list does not ask for, does not compile.
#
#     test_flag_list.sh SOURCE_FOLDER COMPILER
set -euo pipefail
source=$1 compiler=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# compile DECIDES TRAITS: a list of one row.
compile() {
    echo "KR_INT(\"g\", n, 1, 0, 9, N, $2, \"help\")" >"$place/list.inc"
    cat >"$place/list.c" <<END
#include "core/flags.h"
typedef struct config {
    int64_t n;
} config;
#define KR_FLAG_OWNER config
#define KR_FLAG_NAME "config"
#define KR_FLAG_LIST "list.inc"
#define KR_FLAG_DECIDES ($1)
#include "core/flag_table.inc"
const kr_flag_table *all(const kr_old_flag **old, int *n);
const kr_flag_table *all(const kr_old_flag **old, int *n) { return *old = old_flags, *n = N_OLD_FLAGS, &table; }
END
    $compiler -std=c11 -fsyntax-only -I"$place" -I"$source/include" -I"$source/src" "$place/list.c" 2>"$place/said"
}
takes() { compile "$1" "$2" || { echo "refused: $2 for $1"; cat "$place/said"; exit 1; }; }
refuses() {
    ! compile "$1" "$2" || { echo "not refused: $2 for $1"; exit 1; }
    grep -q 'n lacks a trait' "$place/said" || { cat "$place/said"; exit 1; }
}

takes 0 NONE
refuses 0 SAME
for pair in 'RESUME SAME FREE' 'SWEEP SWEPT FIXED' 'COPY COPIED OWN' 'NOTE NOTED UNNOTED'; do
    read -r asked one other <<<"$pair"
    takes "KR_FLAG_$asked" "$one"
    takes "KR_FLAG_$asked" "$other"
    refuses "KR_FLAG_$asked" NONE
    refuses "KR_FLAG_$asked" "$one | $other"
done
takes 'KR_FLAG_RESUME | KR_FLAG_SWEEP' 'FREE | SWEPT'
refuses 'KR_FLAG_RESUME | KR_FLAG_SWEEP' SWEPT
