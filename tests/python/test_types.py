# SPDX-License-Identifier: MIT
"""What a type checker sees: README's examples are right, what is misspelt is not."""

import os
import re
import subprocess
import sys
from pathlib import Path

import krait
import pytest

pytest.importorskip("mypy")
README = Path(__file__).resolve().parents[2] / "README.md"
WRONG = """\
import krait
krait.Forecaster(horizn=24)
krait.Forecaster(24, gaps="linear", models=["ETS"]).predict(levels=[80])
krait.TimeStarMamba(seq_len=96, pred_len="many")
krait.UMAP(n_neighbours=3)
krait.UMAP().fit([[1.0]]).embedding
krait.NextStep(d_mode=3)
krait.kneighbors([[1.0]], 1).recal
krait.Forcaster(3)
krait.synth(n_steps=10).Y
try: pass
except krait.Error as error: error.hints
"""


def mypy(folder, text, *options):
    """What mypy says of this text."""
    (folder / "checked.py").write_text(text)
    home = Path(krait.__file__).resolve().parents[1]
    env = {**os.environ, **({} if home.name == "site-packages" else {"MYPYPATH": str(home)})}
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(folder / "cache"), "--ignore-missing-imports"]
    done = subprocess.run(
        [*command, *options, "checked.py"], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode < 2, done.stderr
    return done.stdout


def errors(*arguments):
    return [line for line in mypy(*arguments).splitlines() if ": error:" in line]


@pytest.mark.skipif(not README.exists(), reason="not in the tree")
def test_examples_are_right(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        assert errors(tmp_path, block, "--strict") == []


def test_what_is_misspelt_is_seen(tmp_path):
    found = {int(re.match(r"checked.py:(\d+)", line)[1]) for line in errors(tmp_path, WRONG)}
    lines = WRONG.splitlines()
    assert found == {i for i in range(2, len(lines) + 1) if not lines[i - 1].startswith("try")}


def test_results_have_types(tmp_path):
    text = """\
import krait
reveal_type(krait.UMAP().fit([[1.0]]))
reveal_type(krait.NextStep().fit([1.0]).stream().forecast())
reveal_type(krait.kneighbors([[1.0]], 1))
reveal_type(krait.LevinaBickel().fit([[1.0]]).dimension_)
reveal_type(krait.Forecaster(24).fit([1.0]).verdict)
reveal_type(krait.synth().X)
"""
    kinds = re.findall(r'Revealed type is "(.*)"', mypy(tmp_path, text))
    for kind, want in zip(kinds, ["UMAP", "ndarray", "Neighbors", "float", "str", "ndarray"], strict=True):
        assert want in kind
