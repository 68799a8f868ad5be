# SPDX-License-Identifier: MIT
"""The program `krait`: the command takes the place of this process; what only it does is asked of it."""

import os
import subprocess
import sys
from pathlib import Path

program = Path(__file__).parent / "bin" / "krait"


def main():
    try:
        os.execv(program, ["krait", *sys.argv[1:]])
    except FileNotFoundError:
        sys.exit(
            f"krait: {program} is not there; this is not the installed package, build the program with make"
        )


def find_program():
    """That of the package, else the one beside the library, where the tree is built; None: there is none."""
    from ._library import _find

    for path in program, Path(_find()).resolve().parent / "krait":
        if path.exists():
            return path
    return None


def run_program(*arguments):
    """Raises Error with its sentence where it fails."""
    from ._library import make_error

    path = find_program()
    if path is None:
        raise make_error(
            f"{program} is not there; this is not the installed package, build the program with make",
            status="IO",
        )
    done = subprocess.run([path, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise make_error(done.stderr.strip().removeprefix(f"krait {arguments[0]}: "), status="IO")
