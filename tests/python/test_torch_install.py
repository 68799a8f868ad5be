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
from mamba_ssm.modules.block import Block
from mamba_ssm.modules.mlp import GatedMLP
from mamba_ssm.models.config_mamba import MambaConfig
from mamba_ssm.models.mixer_seq_simple import MambaLMHeadModel, MixerModel, create_block, _init_weights
from mamba_ssm.ops.selective_scan_interface import selective_scan_fn, mamba_inner_fn, selective_scan_ref
from mamba_ssm.ops.triton.layer_norm import RMSNorm, layer_norm_fn, rms_norm_fn
from mamba_ssm.ops.triton.layernorm import RMSNorm
from mamba_ssm.utils.generation import GenerationMixin, InferenceParams
from mamba_ssm.ops.triton.selective_state_update import selective_state_update
from causal_conv1d import causal_conv1d_fn, causal_conv1d_update
assert Mamba is Same is krait.torch.Mamba and selective_scan_fn is krait.torch.selective_scan_fn
assert importlib.util.find_spec("mamba_ssm") and selective_state_update is krait.torch.selective_state_update
from mamba_ssm import Mamba2, Mamba3
from mamba_ssm.modules.mamba3 import Mamba3 as Other
from mamba_ssm.modules.mha import MHA
for absent in (Mamba2, Mamba3, Other, MHA):
    try:
        absent(8)
    except ValueError as error:
        print(error)
try:
    from mamba_ssm import Mamba4
except ImportError as error:
    print("krait" in str(error) and str(error)[:44])
try:
    import mamba_ssm.ops.triton.ssd_combined
except ModuleNotFoundError as error:
    print(error)
model = MambaLMHeadModel(MambaConfig(d_model=16, n_layer=1, vocab_size=8))
print(model(krait.torch._arrays.torch.ones(1, 3).long()).logits.shape)
"""


def test_install():
    out = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert out.stdout == (
        "krait.torch has no Mamba2\nkrait.torch has no Mamba3\nkrait.torch has no Mamba3\nkrait.torch has no MHA\n"
        "cannot import name 'Mamba4' from 'mamba_ssm'\n"
        "No module named 'mamba_ssm.ops.triton.ssd_combined'\ntorch.Size([1, 3, 8])\n"
    )


def test_install_comes_first():
    script = (
        "import sys, types; sys.modules['mamba_ssm'] = types.ModuleType('mamba_ssm')\n"
        "import krait.torch; krait.torch.install()"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "mamba_ssm has been imported already" in out.stderr


def test_running_a_script(tmp_path):
    (tmp_path / "beside.py").write_text("word = 'beside'")
    (tmp_path / "script.py").write_text(
        "import sys, beside\nfrom mamba_ssm import Mamba\n"
        "if __name__ == '__main__': print(beside.word, sys.argv[1:], Mamba.__module__)"
    )
    out = subprocess.run(
        [sys.executable, "-m", "krait.torch", str(tmp_path / "script.py"), "--epochs", "3"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert out.stdout == "beside ['--epochs', '3'] krait.torch._mamba\n"
    out = subprocess.run([sys.executable, "-m", "krait.torch"], capture_output=True, text=True)
    assert out.returncode == 2 and "SCRIPT" in out.stdout
