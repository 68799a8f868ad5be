# SPDX-License-Identifier: MIT
"""Names of mamba-ssm and causal-conv1d for scripts that import them."""
import importlib.machinery
import sys
import types

from .. import _library
from ._conv import causal_conv1d_fn, causal_conv1d_update
from ._mamba import Mamba, mamba_inner_fn
from ._scan import selective_scan_fn, selective_state_update

_SCAN = {"selective_scan_fn": selective_scan_fn, "mamba_inner_fn": mamba_inner_fn}
_CONV = {"causal_conv1d_fn": causal_conv1d_fn, "causal_conv1d_update": causal_conv1d_update}
_STEP = {"selective_state_update": selective_state_update}

# module: its names; the packages come before what they hold
_MODULES = {
    "mamba_ssm": {"__version__": "2.2.4", "Mamba": Mamba, **_SCAN},
    "mamba_ssm.ops": {},
    "mamba_ssm.ops.selective_scan_interface": _SCAN,
    "mamba_ssm.ops.triton": {},
    "mamba_ssm.ops.triton.selective_state_update": _STEP,
    "mamba_ssm.modules": {},
    "mamba_ssm.modules.mamba_simple": {"Mamba": Mamba},
    "causal_conv1d": {"__version__": "1.5.0", **_CONV},
    "causal_conv1d.causal_conv1d_interface": _CONV,
}


def _make(name, members):
    is_package = any(other.startswith(name + ".") for other in _MODULES)
    module = types.ModuleType(name, "krait.torch under the name of another package; see krait.torch.install.")
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, origin="krait.torch", is_package=is_package)
    module.__krait__ = True
    if is_package:
        module.__path__ = []
    vars(module).update(members)
    return module


def install():
    """From now on ``import mamba_ssm`` and ``import causal_conv1d`` find what krait.torch has, under their names.

    Packages of these names that are installed are hidden for this process. What krait.torch has not is an
    ImportError where a script imports it.

    Raises
    ------
    krait.InputError
        One of them has been imported already: call install() before.
    """
    for name in ("mamba_ssm", "causal_conv1d"):
        if name in sys.modules and not hasattr(sys.modules[name], "__krait__"):
            raise _library.make_error(f"install(): {name} has been imported already; call krait.torch.install() before")
    for name, members in _MODULES.items():
        if name in sys.modules:
            continue
        module = sys.modules[name] = _make(name, members)
        package, _, last = name.rpartition(".")
        # The function of mamba_ssm.ops.triton.selective_state_update lives in a module of the same name.
        if package:
            setattr(sys.modules[package], last, module)
