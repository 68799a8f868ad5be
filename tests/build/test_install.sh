#!/bin/bash
# test_install - install into a fresh folder, move it, build the examples against it alone: shared and
# static through pkg-config, and with CMake's find_package. And README's lines, as they are typed.
# usage: test_install.sh BUILD_FOLDER SOURCE_FOLDER COMPILER
set -euo pipefail
build=$1 source=$2 cc=$3
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

cmake --install "$build" --prefix "$stage/first" >"$stage/log" || { cat "$stage/log"; exit 1; }
mv "$stage/first" "$stage/moved"
tree=$stage/moved
cd "$stage"
cp "$source"/examples/*.c .
export PKG_CONFIG_PATH=$tree/lib/pkgconfig LD_LIBRARY_PATH=$tree/lib

for file in bin/krait include/kr/kr.h include/kr/plot.h lib/libkrait.a \
    lib/libkrait.so.0 lib/libkrait-plot.a lib/libkrait-plot.so.0 share/man/man1/krait-run.1 \
    share/bash-completion/completions/krait share/zsh/site-functions/_krait \
    share/fish/vendor_completions.d/krait.fish; do
    [ -e "$tree/$file" ] || { echo "not installed: $file"; exit 1; }
done
[ "$("$tree/bin/krait" --version)" = "krait $(pkg-config --modversion krait)" ] ||
    { echo "the program and krait.pc differ in the version"; exit 1; }
flags() { pkg-config "$@" krait; }

for package in krait krait-plot; do
    [ "$(pkg-config --cflags $package | xargs)" = "-I$tree/lib/pkgconfig/../../include" ] ||
        { echo "$package.pc: more than our own folder: $(pkg-config --cflags $package)"; exit 1; }
done
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror minimal.c $(flags --cflags --libs) -o shared
"$cc" -std=c11 minimal.c $(flags --cflags --libs --static | sed 's/-lkrait/-l:libkrait.a/') -o static
readelf -d shared | grep -q 'NEEDED.*libkrait\.so\.0\]' || { echo "no soname libkrait.so.0"; exit 1; }
! grep 'NEEDED.*libkrait' <<<"$(readelf -d static)" || { echo "the static program needs libkrait.so"; exit 1; }

mkdir project
cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(minimal C)
find_package(krait 0.3 REQUIRED)
add_executable(packaged ../minimal.c)
target_link_libraries(packaged krait::krait)
add_executable(chart ../chart.c)
target_link_libraries(chart krait::plot)
END
cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_C_COMPILER="$cc" >log &&
    cmake --build project/build >>log || { cat log; exit 1; }

"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror stream.c $(flags --cflags --libs) -o stream
"$tree/bin/krait" synth --n-steps 400 --no-figures -q
"$tree/bin/krait" train --seq-len 32 --d-model 8 --n-layers 1 --d-ff 8 --epochs 1 -q
./stream model_next.pt data | tee output
grep -q '^6 chunks of 64 steps: mean squared error' output

"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror mamba_block.c $(flags --cflags --libs) -o mamba_block
./mamba_block | tee output
grep -q 'steps recalled' output

"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror forecast.c $(flags --cflags --libs) -o forecast

# Trained from memory: a day of two waves goes on as it was.
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror train.c $(flags --cflags --libs) -lm -o train
(mkdir -p empty && cd empty && ../train | tee ../train.txt && rmdir ../empty)
[[ $(grep -c '^2024-01-26' train.txt) -eq 6 ]] || { echo "train.c forecast something else"; exit 1; }
head -400 "$source/data/ETTh1.csv" >now.csv
"$tree/bin/krait" fit now.csv --horizon 6 --models RLinear --no-figures -q
./forecast fit/model.safetensors now.csv >output
grep -q '^2016-07-17 20:00:00 .* OT [0-9.]* (' output && [ "$(wc -l <output)" = 6 ] || { cat output; exit 1; }

"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror umap_array.c $(flags --cflags --libs) -lm -o umap
./umap | tee output
grep -qE '^1500 points, 500 epochs: trustworthiness (0\.9|1\.0)[0-9]*, silhouette of the rings 0\.[4-9][0-9]*$' output
! grep -iE 'blas|lapack|fortran|arpack' <<<"$(ldd umap)" || { echo "a map needs these"; exit 1; }

head -2001 "$source/data/ETTh1.csv" >start.csv
for program in ./shared ./static project/build/packaged; do
    "$program" start.csv >output
    cat output
    grep -q '^[0-9]* windows, mse' output
done

# The second library. A program without libkrait-plot loads no cairo.
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror chart.c $(pkg-config --cflags --libs krait-plot) -o chart
"$cc" -std=c11 chart.c $(pkg-config --cflags --libs --static krait-plot |
    sed 's/-lkrait-plot/-l:libkrait-plot.a/; s/-lkrait /-l:libkrait.a /') -o static_chart
! grep 'NEEDED.*libkrait' <<<"$(readelf -d static_chart)" || { echo "the static chart needs our shared libraries"; exit 1; }
! grep cairo <<<"$(ldd shared)" || { echo "a program on libkrait loads these"; exit 1; }
for program in ./chart ./static_chart project/build/chart; do
    "$program" "$source/data/exchange_rate.csv" picture.png
    [ "$(head -c 4 picture.png | tail -c 3)" = PNG ] || { echo "$program: no picture"; exit 1; }
    rm picture.png
done

# What README says under "Use the library", but for the compiler and for what `make install` builds.
unset PKG_CONFIG_PATH LD_LIBRARY_PATH
mkdir home clone
ln -s "$source/examples" "$source/data" clone
sed -n '/^## Use the library/,/^## [^U]/ s/^    //p' "$source/README.md" >typed
grep -q 'make install PREFIX' typed && grep -q 'pkg-config' typed && grep -q '^\./' typed ||
    { echo "README lacks the lines on the library"; exit 1; }
(
    export HOME=$stage/home
    cd clone
    make() { cmake --install "$build" --prefix "${2#PREFIX=}" >/dev/null; }
    cc() { command "$cc" "$@"; }
    . ../typed
) | tee output
grep -q '^[0-9]* windows, mse' output
