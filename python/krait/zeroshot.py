# SPDX-License-Identifier: MIT
"""Forecasts without training: what `krait forecast` does."""

import inspect
import os

import numpy as np

from . import _abi, _settings
from ._library import Handle, make_error, whole
from ._rows import Names, give_back, level_of, read
from .forecaster import FromFit

# What a model that is not fitted has no use for.
_HIDDEN = (
    "out",
    "resume",
    "threads",
    "id_column",
    "horizon",
    "static_columns",
    "known_future",
    "lookback",
    "gaps",
    "models",
    "refit",
    "time_budget",
    "levels",
    "seed",
)


class ZeroShot(FromFit):
    __doc__ = """Forecasts of any series at once, without training: what `krait forecast` does.

    A small model that has learnt from simulated series, and is part of the library. It sees each series, each
    column, alone, with its gaps; one value is enough.

    Parameters
    ----------
    horizon : int, optional
        Steps to forecast; None: two seasons, 6 at least and 96 at most.
    model : path, optional
        A model of `krait pretrain`; None: the one inside the library.
    alias : str, optional
        What its columns are called in frames; None: ZeroShot.
    threads : int, optional
        None: all CPUs of this process. The numbers do not depend on it.
    {lines}

    Examples
    --------
    >>> future = krait.ZeroShot(horizon=24).predict(df, level=[80])
    """

    settings_list = _settings.list_of("kr_fit_settings_create", _HIDDEN)
    _own = ("horizon", "model", "alias", "threads")

    def __init__(self, horizon=None, *, model=None, alias=None, threads=None, **settings):
        self.horizon, self.model = horizon, model
        super().__init__(alias=alias, threads=threads, **settings)

    def _fixed(self):
        return {} if self.horizon is None else {"horizon": whole("horizon", self.horizon, 1)}

    def _horizon(self, asked):
        horizon = asked if self.horizon is None else self.horizon
        if horizon is None:
            raise make_error("say the number of steps: ZeroShot(horizon=24)", "horizon")
        return whole("horizon", horizon, 1)

    def _fitted_before(self, table, windows, before_each):
        if self.horizon is None:
            return self._copy().set_params(horizon=windows.h)._fitted_before(table, windows, before_each)
        return super()._fitted_before(table, windows, before_each)

    def _rows_to_forecast(self, x, ahead):
        if x is None and self._handle is None:
            raise make_error("give the rows to forecast from: predict(df), or fit(df) before")
        return super()._rows_to_forecast(x, ahead)

    def fit(self, df, *, id_col="unique_id", time_col="ds", target_col="y"):
        """Keep the rows to forecast from. Nothing is learnt.

        Parameters
        ----------
        df : array_like (steps,) or (steps, columns), or a frame of pandas, polars or pyarrow
            As for Forecaster.fit(): wide or long.
        id_col, time_col, target_col : str
            Columns of a long frame.

        Returns
        -------
        self

        Raises
        ------
        Error
            Settings that are not possible, dates without a step; the model's file cannot be read.
        """
        names = Names(id_col, time_col, target_col)
        table = read(df, names)
        rows, settings = table.rows(), self._settings_for(table, target_col)
        fit = Handle(_abi.kr_fit, "kr_fit_destroy", keep=(self._team(), rows))
        path = None if self.model is None else os.fsencode(self.model)
        self._team().run("kr_fit_zeroshot", self._team(), settings, rows, path, fit.out())
        self._keep(fit, table, names, _settings.get(settings, "gaps"))
        return self

    def predict(
        self,
        x=None,
        level=None,
        quantiles=None,
        *,
        horizon=None,
        id_col="unique_id",
        time_col="ds",
        target_col="y",
    ):
        """Forecasts of the steps after the last row of each series.

        Parameters
        ----------
        x : array_like or data frame, optional
            Rows to forecast from, as for fit(), which need not be called; None: those of fit().
        level : list of float, optional
            Intervals, percent, up to 80. None: 80 for frames, and none for arrays.
        quantiles : list of float, optional
            In place of level: from 0.1 to 0.9, such as [0.1, 0.5, 0.9].
        horizon : int, optional
            Steps, at most those of the constructor; None: these.
        id_col, time_col, target_col : str
            Columns of a long frame.

        Returns
        -------
        data frame of the kind that came
            With the columns unique_id (of a wide frame: the name of the column), ds, ZeroShot, ZeroShot-lo-80,
            ZeroShot-hi-80; or ZeroShot, ZeroShot-q-10, .. The forecast is the median.
        ndarray (steps, columns), or a dict of such with the keys mean, lo-80, hi-80 or mean, q-10, ..
            For an array, without and with levels or quantiles.

        Raises
        ------
        Error
            As fit(); a level or quantile that the model does not tell.
        """
        if x is not None:
            self.fit(x, id_col=id_col, time_col=time_col, target_col=target_col)
        table, steps = self._rows_to_forecast(None, None), self._steps(horizon)
        if quantiles is None:
            return give_back(table, self._forecast(table, steps, self._levels(level, table)), self.alias)
        asked = self._check_quantiles(level, quantiles)
        levels = sorted({level_of(q) for q in asked} - {0})
        shares = self._levels([100 * share for share in levels], table)
        return give_back(table, self._forecast(table, steps, shares), self.alias, asked)

    @staticmethod
    def _check_quantiles(level, quantiles):
        if level is not None:
            raise make_error("give level or quantiles, not both", "level")
        try:
            asked = [float(q) for q in np.atleast_1d(quantiles)]
        except (TypeError, ValueError):
            raise make_error(
                f"quantiles: {quantiles!r} are no numbers from 0.1 to 0.9", "quantiles"
            ) from None
        if not asked:
            raise make_error("quantiles: none are given; give some from 0.1 to 0.9", "quantiles")
        bad = next((q for q in asked if not 0.1 - 1e-9 <= q <= 0.9 + 1e-9), None)
        if bad is not None:
            raise make_error(f"quantiles: {bad} is not from 0.1 to 0.9, which the model tells", "quantiles")
        return asked

    def save(self, path):
        """Write it to path, a .safetensors file, which krait.load() and `krait predict` read. Returns self.

        Raises
        ------
        Error
            It has a model of its own, of which the file would hold nothing.
        """
        if self.model is not None:
            raise make_error(
                "save: the file would name the model inside the library; keep that of `krait pretrain`, and make "
                f"ZeroShot(model={os.fspath(self.model)!r}) of it",
                "model",
            )
        return super().save(path)

    def __getstate__(self):
        state = super().__getstate__()
        if self.model is not None:
            state.pop("_bytes", None)  # a file holds the name of the model alone, which is the library's
        return state


ZeroShot.__doc__ = ZeroShot.__doc__.format(
    lines=_settings.lines(ZeroShot.settings_list).replace("\n", "\n    ")
)
ZeroShot.__signature__ = _settings.signature(
    ZeroShot.settings_list,
    [inspect.Parameter("horizon", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)]
    + [
        inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=None)
        for n in ("model", "alias", "threads")
    ],
)
