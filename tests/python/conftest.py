# SPDX-License-Identifier: MIT
"""What several tests use."""

import signal
import sys
from pathlib import Path

import pytest
from krait import _program


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """As on a terminal: what runs in the background of a script ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def torch_as_before():
    """Where torch is loaded: the same draws for each test, and its number of threads afterwards."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def program():
    """The program krait: of the package, or beside the library that was built."""
    path = _program.find_program()
    if path is None:
        pytest.skip("there is no program krait, neither in the package nor beside the library")
    return str(path)
