# What a person types. The build itself is CMake's: CMakeLists.txt and CMakePresets.json.
PRESET ?= release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)

.PHONY: all configure deps demo test quick bench wheel install check clean help

BUILD = cmake --build build -j $(JOBS) --target all
TEST = ctest --test-dir build -j $(JOBS) --output-on-failure

all: configure
	@$(BUILD)

# Nothing was configured yet: see that the packages are there, then do it.
configure: build/build.ninja
build/build.ninja:
	@tools/deps build
	@cmake --preset $(PRESET)

deps:
	@tools/deps build check bench python

demo: all
	@tools/demo

# A program's quick part is in the whole of it.
test: configure
	@$(BUILD) check_programs
	@$(TEST) -E '_quick$$'

quick: configure
	@$(BUILD) quick_programs
	@$(TEST) -L quick

bench: configure
	@$(BUILD) bench_programs
	@tools/bench

# The Python package; it builds the library for itself, below build/wheel.
wheel:
	@tools/deps build python
	@tools/wheel

install: all
	@cmake --install build --prefix $(PREFIX)

check:
	@tools/deps build check python
	@tools/check

clean:
	rm -rf build

help:
	@echo 'make            build/krait, and build/libkrait and libkrait-plot, .so and .a'
	@echo 'make deps       install the Debian packages that building, checking and timing need'
	@echo 'make demo       train TimeStarMamba on data/ETTh1.csv; the results go to demo/'
	@echo 'make quick      build and run the short tests: twenty seconds on two cores'
	@echo 'make test       build and run all tests'
	@echo 'make bench      time krait against PyTorch and other peers; QUICK=1: without them'
	@echo 'make wheel      the Python package, into dist/'
	@echo 'make install    install below PREFIX ($(PREFIX)); DESTDIR=.. for packages'
	@echo 'make check      format, lint, layers, sanitizers, CPU levels, fuzzing: see tools/check --help'
	@echo 'make clean      remove build/'
