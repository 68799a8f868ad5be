# SPDX-License-Identifier: MIT
"""Names of mamba-ssm and causal-conv1d for scripts that import them."""

import importlib.machinery
import sys
import types
from functools import partial

from .. import _library
from . import _conv, _generation, _mamba, _model, _norm, _reference, _scan


def _of(module, *names):
    return {name: getattr(module, name) for name in names}


def _absent(name):
    """Can be imported, as scripts do at their top, and says at its first use that it is not there."""

    def fail(*_, **__):
        raise _library.make_error(f"krait.torch has no {name}", name, "UNSUPPORTED")

    return {name: type(name, (), {"__init__": fail, "__doc__": "Not there."})}


_SCAN = {
    **_of(_scan, "selective_scan_fn"),
    **_of(_mamba, "mamba_inner_fn"),
    **_of(_reference, "selective_scan_ref"),
    # mamba-ssm's, too, is made of the functions, not of the formulas.
    "mamba_inner_ref": partial(
        _reference.mamba_inner_ref, conv=_conv.causal_conv1d_fn, scan=_scan.selective_scan_fn
    ),
}
_CONV = {
    **_of(_conv, "causal_conv1d_fn", "causal_conv1d_update"),
    **_of(_reference, "causal_conv1d_ref", "causal_conv1d_update_ref"),
}
_NORM = _of(_norm, "RMSNorm", "layer_norm_fn", "rms_norm_fn")
_MODEL = _of(_model, "MambaLMHeadModel", "MixerModel", "create_block")

# module: its names; the packages come before what they hold
_MODULES = {
    "mamba_ssm": {
        "__version__": "2.2.4",
        **_of(_scan, "selective_scan_fn"),
        **_of(_mamba, "mamba_inner_fn", "Mamba"),
        **_of(_model, "MambaLMHeadModel"),
        **_absent("Mamba2"),
        **_absent("Mamba3"),
    },
    "mamba_ssm.ops": {},
    "mamba_ssm.ops.selective_scan_interface": _SCAN,
    "mamba_ssm.ops.triton": {},
    "mamba_ssm.ops.triton.selective_state_update": {
        **_of(_scan, "selective_state_update"),
        **_of(_reference, "selective_state_update_ref"),
    },
    "mamba_ssm.ops.triton.layer_norm": _NORM,
    "mamba_ssm.ops.triton.layernorm": _NORM,
    "mamba_ssm.modules": {},
    # Scripts look for what it imports, and for Block, which was there once.
    "mamba_ssm.modules.mamba_simple": {
        **_of(_mamba, "Mamba"),
        **_of(_model, "Block"),
        **_NORM,
        **_of(_scan, "selective_state_update", "selective_scan_fn"),
        **_of(_mamba, "mamba_inner_fn"),
        **_of(_conv, "causal_conv1d_fn", "causal_conv1d_update"),
    },
    "mamba_ssm.modules.block": {**_of(_model, "Block"), **_NORM},
    "mamba_ssm.modules.mlp": _of(_model, "GatedMLP"),
    "mamba_ssm.modules.mamba2": _absent("Mamba2"),
    "mamba_ssm.modules.mamba2_simple": _absent("Mamba2Simple"),
    "mamba_ssm.modules.mamba3": _absent("Mamba3"),
    "mamba_ssm.modules.mha": _absent("MHA"),
    "mamba_ssm.models": {},
    "mamba_ssm.models.config_mamba": _of(_model, "MambaConfig"),
    "mamba_ssm.models.mixer_seq_simple": {
        **_MODEL,
        **_of(_model, "MambaConfig", "Block"),
        **_of(_mamba, "Mamba"),
        **_NORM,
        "_init_weights": _model._start_weights,
    },
    "mamba_ssm.utils": {},
    "mamba_ssm.utils.hf": _of(_model, "load_config_hf", "load_state_dict_hf"),
    "mamba_ssm.utils.generation": _of(_generation, "InferenceParams", "GenerationMixin", "decode", "sample"),
    "causal_conv1d": {"__version__": "1.5.0", **_of(_conv, "causal_conv1d_fn", "causal_conv1d_update")},
    "causal_conv1d.causal_conv1d_interface": _CONV,
    "causal_conv1d.causal_conv1d_varlen": {
        **_of(_conv, "causal_conv1d_varlen_states"),
        **_of(_reference, "causal_conv1d_varlen_states_ref"),
    },
}


def _make(name, members):
    is_package = any(other.startswith(name + ".") for other in _MODULES)
    module = types.ModuleType(name, "krait.torch under the name of another package; see krait.torch.install.")
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, origin=__file__, is_package=is_package)
    module.__file__ = __file__  # an import that finds no such name says where it looked
    module.__krait__ = True
    if is_package:
        module.__path__ = []
    vars(module).update(members)
    return module


def install():
    """From now on ``import mamba_ssm`` and ``import causal_conv1d`` find what krait.torch has, under their names.

    Packages of these names that are installed are hidden for this process. What krait.torch has not is an
    ImportError where a script imports it; Mamba2, Mamba3 and MHA, which scripts import whether they use them or not, are
    a krait.InputError where they are used.

    Raises
    ------
    krait.InputError
        One of them has been imported already: call install() before.
    """
    for name in ("mamba_ssm", "causal_conv1d"):
        if name in sys.modules and not hasattr(sys.modules[name], "__krait__"):
            raise _library.make_error(
                f"install(): {name} has been imported already; call krait.torch.install() before"
            )
    for name, members in _MODULES.items():
        if name in sys.modules:
            continue
        module = sys.modules[name] = _make(name, members)
        package, _, last = name.rpartition(".")
        # The function of mamba_ssm.ops.triton.selective_state_update lives in a module of the same name.
        if package:
            setattr(sys.modules[package], last, module)
