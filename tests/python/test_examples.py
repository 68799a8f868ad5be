# SPDX-License-Identifier: MIT
"""The examples of docs/python.md, as typed, one after the other."""

import re
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/python.md"


@pytest.mark.skipif(not (PAGE.exists() and (ROOT / "data/ETTh1.csv").exists()), reason="not in the tree")
def test_examples_run(program, tmp_path, monkeypatch, capsys):
    pytest.importorskip("pandas")
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 4
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)
    said = capsys.readouterr().out
    assert "Forecaster-hi-95" in said and said.rstrip().endswith("True True")
    assert (tmp_path / "forecast.png").stat().st_size > 10000 and (
        tmp_path / "fit.html"
    ).stat().st_size > 100000
