#!/bin/bash
# test_install - install into a fresh folder, move it, build the examples against it alone:
# shared and static through pkg-config, and with CMake's find_package.
# usage: test_install.sh BUILD_FOLDER SOURCE_FOLDER COMPILER
set -euo pipefail
build=$1 source=$2 cc=$3
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

cmake --install "$build" --prefix "$stage/first" >"$stage/log" || { cat "$stage/log"; exit 1; }
mv "$stage/first" "$stage/moved"
tree=$stage/moved
cd "$stage"
cp "$source/examples/minimal.c" .
export PKG_CONFIG_PATH=$tree/lib/pkgconfig LD_LIBRARY_PATH=$tree/lib

for file in bin/krait include/kr/kr.h lib/libkrait.a lib/libkrait.so.0 share/man/man1/krait-run.1 \
    share/bash-completion/completions/krait; do
    [ -e "$tree/$file" ] || { echo "not installed: $file"; exit 1; }
done
"$tree/bin/krait" --version
flags() { pkg-config "$@" krait; }

[ "$(flags --cflags | wc -w)" = 1 ] || { echo "more than our own folder of headers: $(flags --cflags)"; exit 1; }
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror minimal.c $(flags --cflags --libs) -o shared
"$cc" -std=c11 minimal.c $(flags --cflags --libs --static | sed 's/-lkrait/-l:libkrait.a/') -o static
readelf -d shared | grep -q 'NEEDED.*libkrait\.so\.0\]' || { echo "no soname libkrait.so.0"; exit 1; }
! readelf -d static | grep -q 'NEEDED.*libkrait' || { echo "the static program needs libkrait.so"; exit 1; }

mkdir project
cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(minimal C)
find_package(krait REQUIRED)
add_executable(packaged ../minimal.c)
target_link_libraries(packaged krait::krait)
END
cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_C_COMPILER="$cc" >log &&
    cmake --build project/build >>log || { cat log; exit 1; }

cp "$source/examples/stream.c" .
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror stream.c $(flags --cflags --libs) -o stream
"$tree/bin/krait" synth --n-steps 400 --no-figures -q
"$tree/bin/krait" train --seq-len 32 --d-model 8 --n-layers 1 --d-ff 8 --epochs 1 -q
./stream model_next.pt data | tee output
grep -q '^6 chunks of 64 steps: mean squared error' output

cp "$source/examples/forecast.c" .
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror forecast.c $(flags --cflags --libs) -o forecast
head -400 "$source/data/ETTh1.csv" >now.csv
"$tree/bin/krait" fit now.csv --horizon 6 --models RLinear --no-figures -q
./forecast fit/model.safetensors now.csv >output
grep -q '^2016-07-17 20:00:00 .* OT [0-9.]* (' output && [ "$(wc -l <output)" = 6 ] || { cat output; exit 1; }

for program in ./shared ./static project/build/packaged; do
    "$program" "$source/data/ETTh1.csv" >output
    cat output
    grep -q '^[0-9]* windows, mse' output
done
