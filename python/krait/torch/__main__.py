# SPDX-License-Identifier: MIT
"""python -m krait.torch SCRIPT [ARGUMENT ..] - run a script that imports mamba_ssm or causal_conv1d, on krait.torch."""

import runpy
import sys
from pathlib import Path

from . import install


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(sys.argv) == 2 else 2
    install()
    del sys.argv[0]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
