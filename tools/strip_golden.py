#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copy reference files (.npz) without the arrays that hold values of ETTh1.

    tools/strip_golden.py FROM_FOLDER TO_FOLDER

FROM_FOLDER holds the files that tests/golden/README.md names. ETTh1 may be passed on unaltered only,
so windows, series and targets cut from it stay out; tests compute them from data/ETTh1.csv. Calendar
features, forecasts, parameters and gradients stay. Members are stored, with a fixed date: the same
input gives the same bytes.
"""
import pathlib
import re
import sys
import zipfile

# file (below FROM_FOLDER) -> arrays that are left out, as regular expressions
RULES = (
    (r"model_.*\.npz", r"in\.x_enc|target"),
    (r"train_series\.npz", r"data"),
    (r"ckpt_.*/expected\.npz", r"x_enc"),
    (r"data_etth1\.npz", r".*\.(x|y)|.*\.inverse_first_x"),
    # of the next-step model: what no test reads
    (r"mamba_layer_.\.npz|model_next_.*\.npz", r"init/.*|f32/.*|X_long"),
    (r"model_next_h[68]\.npz", r"f64/(hidden|gates|encode)/.*"),
)


def is_left_out(file, array):
    return any(re.fullmatch(f, file) and re.fullmatch(a, array) for f, a in RULES)


def strip(source, target, file):
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            if not is_left_out(file, name.removesuffix(".npy")):
                new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for path in sorted(source.rglob("*.npz")):
        file = path.relative_to(source).as_posix()
        strip(path, target / file, file)
    for path in sorted(source.rglob("*.pth")):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())


if __name__ == "__main__":
    main()
