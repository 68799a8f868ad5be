# SPDX-License-Identifier: MIT
"""The norms of mamba-ssm, with the residual that is added before them."""

import torch
import torch.nn.functional as F
from torch import nn

from ._arrays import refuse


def layer_norm_fn(
    x,
    weight,
    bias,
    residual=None,
    x1=None,
    weight1=None,
    bias1=None,
    eps=1e-6,
    dropout_p=0.0,
    rowscale=None,
    prenorm=False,
    residual_in_fp32=False,
    is_rms_norm=False,
    return_dropout_mask=False,
):
    """Layer norm, or root mean square norm, of dropout(x) + residual over the last axis, in float32.

    Parameters
    ----------
    x : Tensor, (.., width)
    weight, bias : Tensor, (width); bias may be None
    residual : Tensor, as x, optional
    eps, dropout_p : float
    prenorm : bool
        Returns the sum, too.
    residual_in_fp32 : bool
        The sum is float32 where no residual says its type.
    is_rms_norm : bool

    Returns
    -------
    Tensor, in x's type; with prenorm also the sum, in residual's.

    Raises
    ------
    krait.InputError
        x1, weight1, bias1, rowscale or return_dropout_mask is given.

    Notes
    -----
    The signature is that of mamba-ssm.
    """
    refuse(
        "layer_norm_fn",
        x1=x1,
        weight1=weight1,
        bias1=bias1,
        rowscale=rowscale,
        return_dropout_mask=return_dropout_mask,
    )
    total = F.dropout(x, dropout_p).float()
    if residual is not None:
        total = total + residual.float()
    shape, bias = (x.shape[-1],), None if bias is None else bias.float()
    if is_rms_norm:
        y = F.rms_norm(total, shape, weight.float(), eps)
        y = y if bias is None else y + bias
    else:
        y = F.layer_norm(total, shape, weight.float(), bias, eps)
    y = y.to(x.dtype)
    if not prenorm:
        return y
    if residual is not None:
        return y, total.to(residual.dtype)
    return y, total if residual_in_fp32 else total.to(x.dtype)


def rms_norm_fn(
    x,
    weight,
    bias,
    residual=None,
    x1=None,
    weight1=None,
    bias1=None,
    eps=1e-6,
    dropout_p=0.0,
    rowscale=None,
    prenorm=False,
    residual_in_fp32=False,
    return_dropout_mask=False,
):
    """layer_norm_fn with is_rms_norm."""
    return layer_norm_fn(
        x,
        weight,
        bias,
        residual,
        x1,
        weight1,
        bias1,
        eps,
        dropout_p,
        rowscale,
        prenorm,
        residual_in_fp32,
        True,
        return_dropout_mask,
    )


class RMSNorm(nn.Module):
    """Root mean square norm over the last axis, with a weight; arguments and parameters of mamba-ssm's."""

    def __init__(self, hidden_size, eps=1e-5, dropout_p=0.0, device=None, dtype=None):
        super().__init__()
        self.eps = eps
        self.drop = nn.Dropout(dropout_p) if dropout_p > 0 else None
        self.weight = nn.Parameter(torch.empty(hidden_size, device=device, dtype=dtype))
        self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.weight)

    def forward(self, x, residual=None, prenorm=False, residual_in_fp32=False):
        return rms_norm_fn(
            x,
            self.weight,
            self.bias,
            residual,
            eps=self.eps,
            dropout_p=self.drop.p if self.drop is not None and self.training else 0.0,
            prenorm=prenorm,
            residual_in_fp32=residual_in_fp32,
        )
