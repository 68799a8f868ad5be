# SPDX-License-Identifier: MIT
"""The command `krait`: the program of the package takes the place of this process."""
import os
import sys
from pathlib import Path

program = Path(__file__).parent / "bin" / "krait"


def main():
    try:
        os.execv(program, ["krait", *sys.argv[1:]])
    except FileNotFoundError:
        sys.exit(f"krait: {program} is not there; this is not the installed package, build the program with make")
