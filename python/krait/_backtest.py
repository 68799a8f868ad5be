# SPDX-License-Identifier: MIT
"""Cross-validation: what a model would have said at several points of the past, beside what followed."""

import ctypes
from dataclasses import dataclass, field

import numpy as np

from . import _abi
from ._library import Handle, call, copy_array, library, make_error, sized, text, whole
from ._rows import Forecast, give_back_past

_SCORES = ("mase", "rmsse", "smape", "mae", "mse", "rmse")


@dataclass
class Backtest:
    """What a cross-validation says of a model.

    Attributes
    ----------
    verdict : str
        How the model compares with the best rule of thumb (the last value, the last season, the last season
        with a drift), in words.
    judgement : dict
        The same in numbers: is ("better", "no better", "worse", "too little data to tell"), rule, n_targets,
        n_windows, skill, skill_low, skill_high, mase, rule_mase.
    scores : list of dict
        Of the model and of each rule: model, values, mase, rmsse, smape, mae, mse, rmse; of a panel they are
        means over its series, and median_mase is there, too.
    intervals : list of dict
        level, coverage, width, winkler of the model's intervals.
    """

    verdict: str = ""
    judgement: dict = field(default_factory=dict)
    scores: list = field(default_factory=list)
    intervals: list = field(default_factory=list)


# ---- the work ----------------------------------------------------------------------------------


@dataclass
class Windows:
    """How many there are, their steps, and how far apart they lie."""

    n: int
    h: int
    step: int

    def behind(self, k):
        """Rows of a series behind the last one that window k may know."""
        return (self.n - 1 - k) * self.step + self.h

    def __str__(self):
        return f"{self.n} windows of {self.h} steps, {self.step} rows apart"


def plan_windows(n_windows, h, step_size, horizon):
    """As cross_validation() has them, checked."""
    h = horizon if h is None else whole("h", h, 1)
    step = h if step_size is None else whole("step_size", step_size, 1)
    windows = Windows(whole("n_windows", n_windows, 1), h, step)
    if windows.h > horizon:
        raise make_error(f"h {windows.h}: the model forecasts {horizon} steps; make it with more")
    return windows


def run(table, windows, predictors, level, name):
    """Let predictors forecast windows of the table: one for each, or one for all.

    Returns
    -------
    frame or dict of ndarray, Backtest
    """
    first = predictors[0]
    first._info()  # it must have learnt
    levels = first._levels(level, table)
    names = first._series_names(table)
    rows = table.rows()

    def work():
        seen = [_histories(p, rows, names) for p in predictors]
        handle = _create(first, seen[0], windows)
        _set_levels(handle, levels)
        if len(predictors) == 1:
            call("kr_backtest_run", handle)
        else:
            _forecast_all(handle, predictors, seen, name)
        return seen[0], handle

    histories, handle = first._team().work(work)
    info = sized(_abi.kr_backtest_info)
    library.kr_backtest_describe(handle, ctypes.byref(info))
    return give_back_past(table, _take(handle, info, histories, first), name), _tell(handle, info)


def _histories(model, rows, names):
    return [model._history(rows, i, name)[0] for i, name in enumerate(names)]


def _pointers(histories):
    kind = ctypes.POINTER(_abi.kr_history)
    return (kind * len(histories))(*[h.pointer for h in histories])


def _create(model, histories, windows):
    series = _pointers(histories)
    options = sized(
        _abi.kr_backtest_options, folds=windows.n, every=windows.step, n_steps=windows.h, name=b"the data"
    )
    handle = Handle(_abi.kr_backtest, "kr_backtest_destroy", keep=(model._handle, series, histories))
    call("kr_backtest_create", model._handle, series, len(histories), ctypes.byref(options), handle.out())
    return handle


def _set_levels(handle, levels):
    if levels:
        call("kr_backtest_set_levels", handle, len(levels), (ctypes.c_double * len(levels))(*levels))


def _forecast_all(handle, predictors, seen, name):
    """Each predictor has the windows of its turn; a series may lack the first of them."""
    model, info = ctypes.c_int(), sized(_abi.kr_backtest_info)
    call("kr_backtest_add", handle, name.encode(), ctypes.byref(model))
    library.kr_backtest_describe(handle, ctypes.byref(info))
    for k, (predictor, histories) in enumerate(zip(predictors, seen)):
        series = _pointers(histories)
        for i in range(info.n_series):
            fold = info.first_fold[i + 1] - len(predictors) + k
            if fold >= info.first_fold[i]:
                call("kr_backtest_forecast", handle, model, predictor._handle, series, fold, 1)
    call("kr_backtest_conclude", handle)


# ---- what it found -----------------------------------------------------------------------------


def _take(handle, info, histories, model):
    """A Forecast of each window, with its truth."""
    shape = (info.n_folds, info.n_steps, info.n_outputs)
    told = sized(_abi.kr_backtest_model)
    library.kr_backtest_describe_model(handle, 0, ctypes.byref(told))
    mean, truth = copy_array(told.forecast, shape), copy_array(info.truth, shape)
    levels = list(info.levels[: info.n_levels])
    bounds = [
        copy_array(b, (info.n_levels, *shape)) if levels else np.empty((0, *shape))
        for b in (info.lower, info.upper)
    ]
    outputs, made = model._outputs(), []
    for i, history in enumerate(histories):
        h = history.pointer.contents
        for fold in range(info.first_fold[i], info.first_fold[i + 1]):
            origin, dates = info.origins[fold], None
            if h.timestamps:
                dates = np.array(h.timestamps[origin : origin + 1 + info.n_steps], np.int64)
            made.append(
                Forecast(
                    i,
                    mean[fold],
                    bounds[0][:, fold],
                    bounds[1][:, fold],
                    levels,
                    outputs,
                    origin,
                    None if dates is None else dates[1:],
                    truth[fold],
                    None if dates is None else dates[0],
                )
            )
    return made


def _tell(handle, info):
    verdict, told = sized(_abi.kr_backtest_verdict), sized(_abi.kr_backtest_model)
    library.kr_backtest_describe_verdict(handle, ctypes.byref(verdict))
    scores = []
    for i in range(info.n_models):
        library.kr_backtest_describe_model(handle, i, ctypes.byref(told))
        of = told.mean if told.by_series else told.all.contents
        row = {"model": text(told.name), "values": of.n, **{key: getattr(of, key) for key in _SCORES}}
        scores.append({**row, "median_mase": told.median_mase} if told.by_series else row)
    intervals = [
        {name: getattr(info.intervals[k], name) for name, _ in _abi.kr_interval_score._fields_}
        for k in range(info.n_levels)
    ]
    return Backtest(text(verdict.sentence), judgement_of(verdict), scores, intervals)


def judgement_of(verdict):
    """A verdict of the library as a dict."""
    named = (
        "rule",
        "choice",
        "n_targets",
        "n_windows",
        "skill",
        "skill_low",
        "skill_high",
        "mase",
        "rule_mase",
        "choosing_mase",
        "judging_mase",
    )
    values = {name: getattr(verdict, name) for name in named if hasattr(verdict, name)}
    words = text(library.kr_judgement_text(verdict.judgement))
    return {"is": words, **{k: text(v) if isinstance(v, bytes) else v for k, v in values.items()}}
