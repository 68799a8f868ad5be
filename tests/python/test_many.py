# SPDX-License-Identifier: MIT
"""docs/python-many.md as typed: a panel in parts, by Dask, Ray and fugue, has the bits of one call."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/python-many.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="not in the tree")


def block_with(words):
    """The one example of the page that has these words."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (found,) = [block for block in blocks if words in block]
    return found


def run(words, names):
    exec(compile(block_with(words), str(PAGE), "exec"), names)


@pytest.fixture(scope="module")
def names():
    pytest.importorskip("pandas")
    names = {}
    run("def forecast", names)
    return names


def ray_starts():
    """Its servers need what a bare machine or a container may refuse; then they may wait for long."""
    code = "import ray; ray.init(num_cpus=1, include_dashboard=False); ray.shutdown()"
    try:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def in_order(frame):
    return frame.sort_values(["unique_id", "ds"]).reset_index(drop=True)


@pytest.mark.parametrize(
    "module, words", [("dask", "import dask"), ("ray", "import ray"), ("fugue", "from fugue")]
)
def test_parts_have_the_bits_of_the_whole(names, module, words, monkeypatch):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    if module == "ray" and not ray_starts():
        pytest.skip("ray does not start on this machine")
    # Ray's workers are processes of their own, which find what this one found.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), *sys.path])))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    whole = in_order(names["forecast"](names["df"]))
    run(words, names)
    parts = in_order(names["future"])
    assert len(parts) == len(whole) == 2400
    for column in whole.columns:
        assert np.array_equal(np.asarray(parts[column]), np.asarray(whole[column])), column


def test_a_part_is_whole_series(names):
    """Whatever the order of rows, and each part has some."""
    df = names["df"]
    again = names["part_of"](df.unique_id[::-1])[::-1]
    assert (again == df.part).all()
    assert (df.groupby("unique_id").part.nunique() == 1).all() and df.part.nunique() == 4
