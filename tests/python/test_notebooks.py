# SPDX-License-Identifier: MIT
"""docs/notebooks: each runs, and shows as many pictures as the file that a reader sees; tools/notebooks writes those."""

import base64
import importlib.util
import json
import os
import re
import sys
from pathlib import Path

import pytest
from waits import HANGS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
NOTEBOOKS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.ipynb"))}


def codes(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def pictures(cell):
    datas = [output.get("data", {}) for output in cell["outputs"]]
    return [base64.b64decode(data["image/png"]) for data in datas if "image/png" in data]


def imports(notebook):
    text = "\n".join("".join(cell["source"]) for cell in codes(notebook))
    return set(re.findall(r"^(?:import|from) (\w+)", text, re.M)) - {"mamba_ssm"}  # which install() brings


def test_there_are_three():
    assert list(NOTEBOOKS) == ["forecast_a_frame", "inside_a_next_step_model", "mamba_in_pytorch"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_kept_is_small_and_complete(name):
    cells = codes(NOTEBOOKS[name])
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), (
        "run tools/notebooks"
    )
    sizes = [len(picture) for cell in cells for picture in pictures(cell)]
    assert sizes and max(sizes) < 60_000
    shown = json.dumps([o for cell in cells for o in cell["outputs"]])
    assert '"stderr"' not in shown and '"error"' not in shown and "site-packages" not in shown


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook(name, monkeypatch):
    for module in {"nbclient", "ipykernel"} | imports(NOTEBOOKS[name]):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: the notebook is not run")
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", 4)
    NotebookClient(
        notebook, timeout=HANGS, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    before, after = ([len(pictures(cell)) for cell in codes(n)] for n in (NOTEBOOKS[name], notebook))
    assert before == after
