# SPDX-License-Identifier: MIT
"""The Mamba block, with the parameters and the calls of mamba_ssm.Mamba."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .. import _library
from ._block import run_block
from ._conv import causal_conv1d_fn, causal_conv1d_update
from ._reference import by_states
from ._scan import selective_scan_fn, selective_state_update


def _normalise(x, weight, eps):
    """Root mean square norm over the last axis; no weight: x."""
    return x if weight is None else F.rms_norm(x, (x.shape[-1],), weight, eps)


def _shared(projected, bias, norm, eps, is_complex):
    """B or C out of its part of the projection."""
    if bias is not None:
        projected = projected + bias.to(projected.dtype)
    return by_states(_normalise(projected, norm, eps), is_complex)


def mamba_inner_fn(
    xz,
    conv1d_weight,
    conv1d_bias,
    x_proj_weight,
    delta_proj_weight,
    out_proj_weight,
    out_proj_bias,
    A,
    B=None,
    C=None,
    D=None,
    delta_bias=None,
    B_proj_bias=None,
    C_proj_bias=None,
    delta_softplus=True,
    checkpoint_lvl=1,
    b_rms_weight=None,
    c_rms_weight=None,
    dt_rms_weight=None,
    b_c_dt_rms_eps=1e-6,
):
    """A Mamba block from its inner projection on: convolution, scan, gate, output projection.

    Parameters
    ----------
    xz : Tensor, (batch, 2 channels, steps)
    conv1d_weight : Tensor, (channels, 1, width)
    conv1d_bias : Tensor, (channels), optional
    x_proj_weight : Tensor, (rank [+ states for B] [+ states for C], channels)
        With complex A a state of B or C takes two rows.
    delta_proj_weight : Tensor, (channels, rank)
    out_proj_weight : Tensor, (d_model, channels)
    out_proj_bias : Tensor, (d_model), optional
    A, D, delta_bias, delta_softplus : as in selective_scan_fn
    B, C : Tensor, optional
        As in selective_scan_fn; made from x by x_proj_weight if not given.
    B_proj_bias, C_proj_bias : Tensor, (states), optional
    checkpoint_lvl : ignored, the scan always computes forward again
    b_rms_weight, c_rms_weight, dt_rms_weight : Tensor, optional
        Root mean square norms of B, C, delta.
    b_c_dt_rms_eps : float
        Is added to the mean square.

    Returns
    -------
    Tensor, (batch, steps, d_model).

    Raises
    ------
    krait.InputError, krait.NumericError
        As selective_scan_fn and causal_conv1d_fn.

    Notes
    -----
    The signature is that of mamba-ssm.
    """
    more = (B, C, B_proj_bias, C_proj_bias, b_rms_weight, c_rms_weight, dt_rms_weight)
    # A graph cannot choose by the numbers of A.
    at_once = delta_softplus and all(m is None for m in more) and not A.is_complex()
    if at_once and not torch.compiler.is_compiling() and not (A > 0).any():
        return run_block(
            "mamba_inner_fn",
            conv1d_weight,
            xz.transpose(1, 2),
            conv=conv1d_weight.squeeze(1),
            conv_bias=conv1d_bias,
            x_proj=x_proj_weight,
            dt_proj=delta_proj_weight,
            dt_bias=delta_bias,
            A=A,
            D=D,
            out_proj=out_proj_weight,
            out_proj_bias=out_proj_bias,
        )
    rank, width, eps = delta_proj_weight.shape[1], A.shape[-1] * (2 if A.is_complex() else 1), b_c_dt_rms_eps
    x, z = xz.chunk(2, dim=1)
    x = causal_conv1d_fn(x, conv1d_weight.squeeze(1), conv1d_bias, activation="silu")
    projected = F.linear(x.transpose(1, 2), x_proj_weight)
    delta = _normalise(F.linear(projected[..., :rank], delta_proj_weight), dt_rms_weight, eps).transpose(1, 2)
    if B is None:
        B = _shared(projected[..., rank : rank + width], B_proj_bias, b_rms_weight, eps, A.is_complex())
    if C is None:
        C = _shared(projected[..., -width:], C_proj_bias, c_rms_weight, eps, A.is_complex())
    y = selective_scan_fn(x, delta, A, B, C, D, z=z, delta_bias=delta_bias, delta_softplus=delta_softplus)
    return F.linear(y.transpose(1, 2), out_proj_weight, out_proj_bias)


class Mamba(nn.Module):
    """The Mamba block, for training and inference on a CPU.

    Parameters
    ----------
    d_model : int
        Width of input and output.
    d_state, d_conv, expand : int
        States of a channel; taps of the convolution (up to 16); channels are expand * d_model.
    dt_rank : int or "auto"
        "auto": d_model / 16, rounded up.
    dt_min, dt_max, dt_init, dt_scale, dt_init_floor : initial step sizes
    conv_bias, bias : bool
    use_fast_path : bool
        The block as one operation, unless one of its layers was replaced (by an adapter, say) or has a hook.
    layer_idx : int, optional
        Which entry of inference_params is this block's.
    device, dtype : of the parameters

    Notes
    -----
    Arguments, names of parameters and initial values (the same draws) are those of mamba_ssm.Mamba, so a
    state_dict goes either way. Source: Mamba, arXiv:2312.00752, figure 3.
    """

    def __init__(
        self,
        d_model,
        d_state=16,
        d_conv=4,
        expand=2,
        dt_rank="auto",
        dt_min=0.001,
        dt_max=0.1,
        dt_init="random",
        dt_scale=1.0,
        dt_init_floor=1e-4,
        conv_bias=True,
        bias=False,
        use_fast_path=True,
        layer_idx=None,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.d_model, self.d_state, self.d_conv, self.expand = d_model, d_state, d_conv, expand
        self.d_inner = int(expand * d_model)
        self.dt_rank = math.ceil(d_model / 16) if dt_rank == "auto" else dt_rank
        self.use_fast_path, self.layer_idx = use_fast_path, layer_idx
        self.activation, self.act = "silu", nn.SiLU()
        kind = {"device": device, "dtype": dtype}
        self.in_proj = nn.Linear(d_model, self.d_inner * 2, bias=bias, **kind)
        self.conv1d = nn.Conv1d(
            self.d_inner,
            self.d_inner,
            d_conv,
            groups=self.d_inner,
            padding=d_conv - 1,
            bias=conv_bias,
            **kind,
        )
        self.x_proj = nn.Linear(self.d_inner, self.dt_rank + d_state * 2, bias=False, **kind)
        self.dt_proj = nn.Linear(self.dt_rank, self.d_inner, bias=True, **kind)
        self._start_steps(dt_min, dt_max, dt_init, dt_scale, dt_init_floor, kind)
        rates = torch.arange(1, d_state + 1, dtype=torch.float32, device=device).repeat(self.d_inner, 1)
        self.A_log = nn.Parameter(torch.log(rates))
        self.D = nn.Parameter(torch.ones(self.d_inner, device=device))
        self.A_log._no_weight_decay = self.D._no_weight_decay = True
        self.out_proj = nn.Linear(self.d_inner, d_model, bias=bias, **kind)

    def _start_steps(self, low, high, how, scale, floor, kind):
        """softplus of dt_proj's bias becomes log-uniform between low and high."""
        bound = self.dt_rank**-0.5 * scale
        if how == "constant":
            nn.init.constant_(self.dt_proj.weight, bound)
        elif how == "random":
            nn.init.uniform_(self.dt_proj.weight, -bound, bound)
        else:
            raise _library.make_error(f"Mamba: dt_init {how!r} is not 'random' or 'constant'", "dt_init")
        draws = torch.rand(self.d_inner, **kind)
        dt = torch.exp(draws * (math.log(high) - math.log(low)) + math.log(low)).clamp(min=floor)
        with torch.no_grad():
            self.dt_proj.bias.copy_(dt + torch.log(-torch.expm1(-dt)))
        self.dt_proj.bias._no_reinit = True

    def forward(self, hidden_states, inference_params=None):
        """The block on sequences.

        Parameters
        ----------
        hidden_states : Tensor, (batch, steps, d_model)
        inference_params : optional
            Has seqlen_offset and key_value_memory_dict: the states of the blocks by layer_idx, changed in place. At
            offset 0 a whole sequence is read, later single steps.

        Returns
        -------
        Tensor, (batch, steps, d_model)
        """
        if inference_params is None:
            whole = self.use_fast_path and self._is_plain()
            return self._read_at_once(hidden_states) if whole else self._read(hidden_states)
        states = self._get_states_from_cache(inference_params, hidden_states.shape[0])
        if inference_params.seqlen_offset > 0:
            return self.step(hidden_states, *states)[0]
        return self._read(hidden_states, *states)

    def _is_plain(self):
        """Are the layers those that were made here, with nothing hooked to them?"""
        return all(
            type(layer) in (nn.Linear, nn.Conv1d)
            and not layer._forward_hooks
            and not layer._forward_pre_hooks
            for layer in (self.in_proj, self.conv1d, self.x_proj, self.dt_proj, self.out_proj)
        )

    def _rates(self):
        return -torch.exp(self.A_log.float())

    def _read_at_once(self, hidden_states):
        return run_block(
            "Mamba",
            self.conv1d.weight,
            hidden_states,
            in_proj=self.in_proj.weight,
            in_proj_bias=self.in_proj.bias,
            conv=self.conv1d.weight.squeeze(1),
            conv_bias=self.conv1d.bias,
            x_proj=self.x_proj.weight,
            dt_proj=self.dt_proj.weight,
            dt_bias=self.dt_proj.bias,
            A=self._rates(),
            D=self.D,
            out_proj=self.out_proj.weight,
            out_proj_bias=self.out_proj.bias,
        )

    def _read(self, hidden_states, conv_state=None, ssm_state=None):
        """A whole sequence, layer by layer, whose last states are kept in the given ones."""
        x, z = self.in_proj(hidden_states).transpose(1, 2).chunk(2, dim=1)
        if conv_state is not None:
            conv_state.copy_(F.pad(x.detach(), (self.d_conv - x.shape[-1], 0)))
        x = causal_conv1d_fn(x, self.conv1d.weight.squeeze(1), self.conv1d.bias, activation=self.activation)
        dt, B, C = self.x_proj(x.transpose(1, 2)).split([self.dt_rank, self.d_state, self.d_state], dim=-1)
        dt = F.linear(dt, self.dt_proj.weight).transpose(1, 2)
        y, last = selective_scan_fn(
            x,
            dt,
            self._rates(),
            B.transpose(1, 2),
            C.transpose(1, 2),
            self.D.float(),
            z=z,
            delta_bias=self.dt_proj.bias.float(),
            delta_softplus=True,
            return_last_state=True,
        )
        if ssm_state is not None:
            ssm_state.copy_(last.detach())
        return self.out_proj(y.transpose(1, 2))

    def step(self, hidden_states, conv_state, ssm_state):
        """One step; the states are changed in place. No gradients go through the states.

        Parameters
        ----------
        hidden_states : Tensor, (batch, 1, d_model)
        conv_state : Tensor, (batch, channels, d_conv)
        ssm_state : Tensor, (batch, channels, d_state)

        Returns
        -------
        Tensor, (batch, 1, d_model); conv_state; ssm_state
        """
        if hidden_states.shape[1] != 1:
            raise _library.make_error(
                f"Mamba.step takes one step, not {hidden_states.shape[1]}", status="SHAPE"
            )
        x, z = self.in_proj(hidden_states.squeeze(1)).chunk(2, dim=-1)
        x = causal_conv1d_update(
            x, conv_state, self.conv1d.weight.squeeze(1), self.conv1d.bias, self.activation
        )
        dt, B, C = self.x_proj(x).split([self.dt_rank, self.d_state, self.d_state], dim=-1)
        y = selective_state_update(
            ssm_state,
            x,
            F.linear(dt, self.dt_proj.weight),
            self._rates(),
            B,
            C,
            self.D,
            z=z,
            dt_bias=self.dt_proj.bias,
            dt_softplus=True,
        )
        return self.out_proj(y).unsqueeze(1), conv_state, ssm_state

    def allocate_inference_cache(self, batch_size, max_seqlen, dtype=None, **kwargs):
        """States of zeros: (batch_size, channels, d_conv) and (batch_size, channels, d_state), of dtype.

        max_seqlen and **kwargs are ignored.
        """
        return tuple(
            torch.zeros(batch_size, self.d_inner, n, device=weight.device, dtype=dtype or weight.dtype)
            for n, weight in ((self.d_conv, self.conv1d.weight), (self.d_state, self.dt_proj.weight))
        )

    def _get_states_from_cache(self, inference_params, batch_size, initialize_states=False):
        if self.layer_idx is None:
            raise _library.make_error("Mamba: inference_params need the block's layer_idx", "layer_idx")
        cache = inference_params.key_value_memory_dict
        if self.layer_idx not in cache:
            cache[self.layer_idx] = self.allocate_inference_cache(batch_size, 0)
        states = cache[self.layer_idx]
        if initialize_states:
            for state in states:
                state.zero_()
        return states
