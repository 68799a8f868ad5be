# SPDX-License-Identifier: MIT
"""What several tests use."""
from pathlib import Path

import pytest
from krait import _library, _program


@pytest.fixture(scope="session")
def program():
    """The program krait: of the package, or beside the library that was built."""
    for path in _program.program, Path(_library._find()).resolve().parent / "krait":
        if path.exists():
            return str(path)
    pytest.skip("there is no program krait, neither in the package nor beside the library")
