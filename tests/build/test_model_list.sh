#!/bin/bash
# test_model_list - docs/add-a-model.md holds: every row of models.inc has its source, which is
# built; every source of a model has its row; no name of a model stands elsewhere in the sources, but
# in presets, examples, comments and the list that `krait fit` tries; rules
# of thumb are statistical models, too (src/local). usage: test_model_list.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
rc=0
fail() { echo "$*"; rc=1; }
list=src/nn/models.inc
models=$(sed -n 's/^KR_MODEL(\([a-z0-9_]*\), .*/\1/p' $list)
names=$(sed -n 's/^KR_MODEL([a-z0-9_]*, "\([A-Za-z0-9]*\)".*/\1/p' $list)
[ -n "$models" ] || fail "$list: no rows"
for model in $models; do
    grep -qs "^const kr__model_kind kr__model_$model = " "src/nn/$model.c" ||
        fail "$list names $model, but src/nn/$model.c does not define kr__model_$model"
    grep -q "/$model\.c" src/nn/CMakeLists.txt || fail "src/nn/CMakeLists.txt lacks $model.c"
done
for source in $(grep -l '^const kr__model_kind ' src/nn/*.c); do
    grep -qx "$(basename "$source" .c)" <<<"$models" ||
        fail "$source defines a model that $list does not name"
done
# A name as a whole string of C, or in a list of names ("a|b", "a,b").
for name in $names; do
    found=$(grep -rnE "[\"|,]$name[\"|,]" src cli include --include='*.[ch]' --include='*.inc' |
        grep -vE "^$list:|^src/forecast/presets\.c:|^src/local/last_values\.c:|^src/forecast/fit\.c:|^src/forecast/forecast_flags\.inc:[0-9]+:KR_STR\(\"basic\", model, \"$name\", KR_MODEL_CHOICES,") || true
    [ -z "$found" ] || fail "$name stands outside $list:"$'\n'"$found"
done
exit $rc
