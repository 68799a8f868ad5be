#!/bin/bash
# test_format_list - docs/add-a-format.md holds: every row of formats.inc has its source, which is
# built; every source of a format has its row; the texts for people name every ending; nothing else
# chooses a model's format by the ending. usage: test_format_list.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
rc=0
fail() { echo "$*"; rc=1; }
list=src/files/formats.inc
formats=$(sed -n 's/^KR_TENSOR_FORMAT(\([a-z0-9_]*\))$/\1/p' $list)
[ -n "$formats" ] || fail "$list: no rows"
endings=
for format in $formats; do
    source=$(grep -l "^const kr__tensor_format kr__tensor_format_$format = " src/files/*.c) || true
    [ -n "$source" ] || { fail "$list names $format, but no file of src/files defines kr__tensor_format_$format"; continue; }
    grep -q "/$(basename "$source")" src/files/CMakeLists.txt || fail "src/files/CMakeLists.txt lacks $(basename "$source")"
    endings+=" $(sed -n 's/.*\.endings = "\([^"]*\)".*/\1/p' "$source" | tr '|' ' ')"
done
[ -n "${endings// /}" ] || fail "no row has endings"
for source in $(grep -l '^const kr__tensor_format kr__' src/files/*.c); do
    grep -qxE "$(sed -n 's/^const kr__tensor_format kr__tensor_format_\([a-z0-9_]*\) = .*/\1/p' "$source" | paste -sd'|')" \
        <<<"$formats" || fail "$source defines a format that $list does not name"
done
for ending in $endings; do
    for text in cli/files/cmd_{convert,info}.c include/kr/nextstep.h src/nextstep/{evaluate,gates,generate}_flags.inc; do
        grep -qE "\\$ending\\b" $text || fail "$text does not name $ending"
    done
    found=$(grep -rnE "kr__text_ends(_in)?\(.*\\$ending\\b" src cli --include='*.[ch]') || true
    [ -z "$found" ] || fail "the format is chosen outside $list:"$'\n'"$found"
done
exit $rc
