# SPDX-License-Identifier: MIT
"""python -m krait: the program, where the folder of commands is not on the PATH."""

from ._program import main

main()
