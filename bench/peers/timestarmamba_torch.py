# SPDX-License-Identifier: MIT
"""TimeStarMamba in PyTorch, on top of upstream classes.

The peer to measure against: TimeStar's classes come from a checkout of vinhky123/TimeStar, the Mamba block from a
checkout of thuml/Time-Series-Library. Only the parts that TimeStarMamba adds are written here.
"""
import importlib.util
import math
import sys
import types

import torch
import torch.nn as nn
import torch.nn.functional as F


def _stub(name, **attrs):
    try:
        __import__(name)
    except Exception:
        m = types.ModuleType(name)
        m.__dict__.update(attrs)
        sys.modules[name] = m


def use_parallel_scan(block, mambapy_dir):
    """The scan of mamba.py in place of the loop over steps: what a careful user would do first."""
    sys.path.insert(0, mambapy_dir)
    from mambapy.pscan import pscan

    def selective_scan(self, u, delta, A, B, C, D):
        decay = torch.exp(delta.unsqueeze(-1) * A)
        h = pscan(decay, delta.unsqueeze(-1) * B.unsqueeze(2) * u.unsqueeze(-1))
        return (h @ C.unsqueeze(-1)).squeeze(-1) + u * D

    block.selective_scan = selective_scan


def load(timestar_dir, tslib_dir, mambapy_dir=None):
    """Return (TimeStar model class, TimeStarMamba model class). mambapy_dir: a checkout of alxndrTL/mamba.py, whose
    parallel scan is used."""
    sys.path.insert(0, timestar_dir)
    _stub("reformer_pytorch", LSHSelfAttention=object)
    import models.TimeStar as ts

    spec = importlib.util.spec_from_file_location("mamba_simple", f"{tslib_dir}/models/MambaSimple.py")
    ms = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ms)

    if mambapy_dir:
        use_parallel_scan(ms.MambaBlock, mambapy_dir)

    class MambaLayer(nn.Module):
        def __init__(self, configs):
            super().__init__()
            self.mamba = ms.MambaBlock(configs, configs.d_model * configs.expand, math.ceil(configs.d_model / 16))
            self.norm = nn.LayerNorm(configs.d_model)

        def forward(self, q, k, v, attn_mask=None, tau=None, delta=None):
            return torch.clamp(self.norm(self.mamba(q)), -10, 10), None

    class StarPatch(ts.STAR_patch):
        """STAR with TimeStarMamba's clamps and its uniform fallback."""

        def forward(self, input, ex_input, *args, **kwargs):
            b, n_en, _ = input.shape
            core = self.gen2(self.dropout(F.gelu(self.gen1(torch.cat([input, ex_input], dim=1)))))
            core = torch.clamp(core, -10, 10)
            ratio = F.softmax(core, dim=1)
            if self.training:
                if not torch.isfinite(ratio).all():
                    print("Warning: NaN/Inf detected, using uniform distribution")
                    ratio = torch.ones_like(ratio) / ratio.shape[1]
                ratio = torch.clamp(ratio, min=1e-8)
                ratio = ratio / ratio.sum(dim=1, keepdim=True)
                idx = torch.multinomial(ratio.permute(0, 2, 1).reshape(-1, ratio.shape[1]), 1)
                core = torch.gather(core, 1, idx.view(b, -1, 1).permute(0, 2, 1))
            else:
                core = (core * ratio).sum(dim=1, keepdim=True)
            fused = torch.cat([input, core.expand(-1, n_en, -1)], -1)
            return self.gen4(self.dropout(F.gelu(self.gen3(fused)))), None

    class TimeStarMamba(ts.Model):
        def __init__(self, configs):
            super().__init__(configs)
            for layer in self.encoder.layers:
                layer.self_attention = MambaLayer(configs)
                layer.cross_attention = StarPatch(configs.d_model, configs.d_core)

    return ts.Model, TimeStarMamba
