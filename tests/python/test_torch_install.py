# SPDX-License-Identifier: MIT
"""krait.torch.install(): scripts that import mamba_ssm and causal_conv1d."""
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

SCRIPT = """
import importlib.util, krait.torch
krait.torch.install()
krait.torch.install()
import mamba_ssm, causal_conv1d
from mamba_ssm import Mamba
from mamba_ssm.modules.mamba_simple import Mamba as Same
from mamba_ssm.ops.selective_scan_interface import selective_scan_fn, mamba_inner_fn
from mamba_ssm.ops.triton.selective_state_update import selective_state_update
from causal_conv1d import causal_conv1d_fn, causal_conv1d_update
assert Mamba is Same is krait.torch.Mamba and selective_scan_fn is krait.torch.selective_scan_fn
assert importlib.util.find_spec("mamba_ssm") and selective_state_update is krait.torch.selective_state_update
try:
    from mamba_ssm import Mamba2
except ImportError:
    print("no Mamba2")
"""


def test_install():
    out = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert out.stdout == "no Mamba2\n"


def test_install_comes_first():
    script = "import sys, types; sys.modules['mamba_ssm'] = types.ModuleType('mamba_ssm')\n" \
             "import krait.torch; krait.torch.install()"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "mamba_ssm has been imported already" in out.stderr
