#!/bin/bash
# test_symbols - names that a program linked with our libraries can meet all start with kr_; the shared
# ones show only the public names, without kr__, each with its version, and libkrait needs nothing that
# draws, no BLAS, OpenMP or C++.
# usage: test_symbols.sh FOLDER_OF_THE_LIBRARIES
set -euo pipefail
cd "$1"
symbols() { nm --defined-only "$@" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort -u; }
rc=0
fail() { echo "$*"; rc=1; }

# Of what is shared inside (kr__), libkrait-plot needs these of libkrait.
inside='arena_alloc|arena_deinit|calloc|datetime_from_micros|datetime_to_micros|file_write|size_mul|text_check_choice'

# library, version of its names, one that it must have
while read -r library version name; do
    shared=$(symbols --dynamic --with-symbol-versions $library.so | grep -vx "$version")
    static=$(symbols --extern-only $library.a)
    grep -qx "$name@@$version" <<<"$shared" || fail "$library.so: lacks $name@@$version"
    grep -qx "$name" <<<"$static" || fail "$library.a: lacks $name"
    ! grep -vE "^kr_([a-z0-9]\w*@@$version|_(${inside:-none})@@KRAIT_INSIDE_0)$|^KRAIT_INSIDE_0" <<<"$shared" ||
        fail "$library.so: must not export these"
    ! grep -vE '^kr_' <<<"$static" || fail "$library.a: these lack the prefix kr_"
done <<'LIST'
libkrait KRAIT_0 kr_status_text
libkrait-plot KRAIT_PLOT_0 kr_figure_create
LIST

needed=$(ldd libkrait.so)
! grep -iE 'cairo|png|libX|xcb|fontconfig|freetype|pixman|blas|lapack|fortran|arpack|gomp|libomp|dnnl|stdc\+\+' <<<"$needed" || fail "libkrait.so: must not need these"
needed=$(ldd libkrait-plot.so)
grep -q cairo <<<"$needed" || fail "libkrait-plot.so: without cairo? Then this test sees nothing."
exit $rc
