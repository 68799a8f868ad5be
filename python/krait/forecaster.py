# SPDX-License-Identifier: MIT
"""Forecasting: the models of `krait run`, each a class with run.py's settings as keywords."""

import ctypes
import inspect
import os
import tempfile

import numpy as np

from . import _abi, _backtest, _plot, _settings
from ._library import Error, Handle, call, copy_array, library, make_error, sized, team, text, warn, whole
from ._program import run_program
from ._progress import Bar
from ._rows import Forecast, Names, give_back, read

# Settings of the program that say nothing here: its files, its folders, how a table is written.
_HIDDEN = (
    "task_name",
    "is_training",
    "model_id",
    "model",
    "des",
    "profile",
    "root_path",
    "data_path",
    "seasonal_patterns",
    "id_column",
    "checkpoints",
    "results",
    "label_len",
    "enc_in",
    "itr",
    "resume",
    "load",
    "use_dtw",
    "local_models",
    "long_season",
    "threads",
)
_DEFAULTS = {"data": "custom"}
_LEVELS = (0.8, 0.95)


# ---- what has learnt and can forecast ----------------------------------------------------------


class Trained:
    """A forecaster of the library, with the table that it forecasts from. A base class.

    Attributes
    ----------
    alias : str
        What its columns are called in the frames that predict() gives.
    backtest : Backtest
        After cross_validation(): its verdict, judgement, scores, intervals.
    """

    backtest = None
    _length = "pred_len"  # the setting that says how many steps it forecasts
    _handle = None
    _table = None
    _gaps = None  # how they are filled before a forecast; None: as in the training

    def _team(self):
        return team(None if self.threads is None else whole("threads", self.threads, -1))

    def _info(self):
        if self._handle is None:
            raise make_error(f"{type(self).__name__} has learnt nothing yet; call fit() first")
        return library.kr_forecaster_info_of(self._handle).contents

    def __sklearn_is_fitted__(self):
        return self._handle is not None

    def predict(self, x=None, horizon=None, level=None, X_df=None):
        """Forecasts of the steps after the last row of each series.

        Parameters
        ----------
        x : array_like or data frame, optional
            Rows to forecast from, as for fit(); None: those of fit(). After load() it is needed.
        horizon : int, optional
            Steps, at most those that the model forecasts; None: all of them.
        level : list of float, optional
            Intervals, percent, such as [80, 95]. None: those of the setting `levels`, 80 and 95, for frames, as
            far as the model can, and none for arrays.
        X_df : array_like or data frame, optional
            The future of the columns that are known ahead (`known_future`): rows for the steps behind the last of
            x. An array has these columns, in that order, or all.

        Returns
        -------
        data frame of the kind that came
            With the columns unique_id (of a wide frame: the name of the column), ds, NAME, NAME-lo-80,
            NAME-hi-80.
        ndarray (steps, columns), or a dict of such with the keys mean, lo-80, hi-80
            For an array, without and with levels.

        Raises
        ------
        Error
            Rows are too few, columns are missing, the model cannot give such an interval.
        """
        table = self._rows_to_forecast(x, X_df)
        forecasts = self._forecast(table, self._steps(horizon), self._levels(level, table))
        return give_back(table, forecasts, self.alias)

    def _rows_to_forecast(self, x, ahead):
        self._info()
        table = self._table if x is None else read(x, self._names)
        if table is None:
            raise make_error("give the rows to forecast from: a model from a file holds none")
        if ahead is None:
            return table
        try:
            future = read(ahead, self._names, ahead_of=table)
        except Error as error:
            raise make_error(f"X_df: {error}", "X_df", error.status) from error
        return table.extended(future, self._known_ahead())

    def _known_ahead(self):
        """Names of the columns that are known ahead, in the order of `known_future`."""
        info = self._info()
        return [text(info.columns[k]) for k in range(info.n_future)]

    def plot(self, x=None, series=None, history=None, horizon=None, level=None, X_df=None, ax=None):
        """Draw the forecast of one series behind its history, with intervals.

        Parameters
        ----------
        x, horizon, level, X_df
            As for predict(), but that intervals of 80 and 95 percent are drawn for arrays, too.
        series : str, optional
            Which one of a long frame, which column of a wide one or of an array ("0", "1", ..); None: the
            first.
        history : int, optional
            Rows before the forecast; None: five times as many as it has steps.
        ax : matplotlib.axes.Axes, optional
            To draw on; None: on a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            In the units of the data; dates on the clock of their zone.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        Error
            As predict(); there is no such series.
        """
        table = self._rows_to_forecast(x, X_df)
        forecasts = self._forecast(table, self._steps(horizon), self._levels(level, table, for_arrays=True))
        forecast, k = _plot.find(table, forecasts, series)
        n_history = 5 * len(forecast.mean) if history is None else whole("history", history, 0)
        return _plot.draw(table, forecast, k, self.alias, n_history, ax)

    def _outputs(self):
        """Names of the columns that are forecast."""
        info = self._info()
        return [text(info.columns[k]) for k in range(info.n_channels - info.n_outputs, info.n_channels)]

    def _series_names(self, table):
        """Of each series of the table as the library wants it: None, where the model knows a single one."""
        if self._info().n_series > 0 and table.series:
            return [s.encode() for s in table.series]
        if table.n_series > 1:
            raise make_error(
                "the model knows a single series, and these rows are of several; fit it on a panel",
                status="SHAPE",
            )
        return [None]

    def _steps(self, horizon):
        """As the library has it: 0 is all that the model forecasts."""
        if horizon is None:
            return 0
        steps, most = whole("horizon", horizon, 1), self._info().pred_len
        if steps > most:
            raise make_error(
                f"horizon {steps}: the model forecasts 1 to {most} steps; make it with a larger `{self._length}`",
                self._length,
            )
        return steps

    def _usual_levels(self):
        return _LEVELS

    def _levels(self, level, table, for_arrays=False):
        """As shares, rising."""
        if level is not None:
            listed = level if np.iterable(level) and not isinstance(level, str) else [level]
            given = sorted(_share(v) for v in listed)
            try:
                for share in given:
                    call("kr_forecaster_check_level", self._handle, share)
            except Error as error:
                error.hint = error.hint or "level"
                raise
            return given
        if table.layout == "array" and not for_arrays:
            return []
        err = _abi.kr_error()
        return [
            share
            for share in self._usual_levels()
            if library.kr_forecaster_check_level(self._handle, share, ctypes.byref(err)) == _abi.KR_OK
        ]

    def _forecast(self, table, n_steps, levels):
        rows, needed, outputs = table.rows(), self._info().seq_len, self._outputs()
        shares = (ctypes.c_double * max(len(levels), 1))(*levels)
        options = sized(_abi.kr_predict_options, n_steps=n_steps, n_levels=len(levels), levels=shares)
        names = self._series_names(table)
        self._check_known_ahead(table)

        def work():
            asked, short = [], []
            for i, name in enumerate(names):
                history, origin = self._history(rows, i, name)
                is_last_hope = i + 1 == len(names) and not asked  # its sentence is that of all
                if origin + 1 < needed and not is_last_hope:
                    short.append(i)
                else:
                    asked.append((i, history, origin))
            return self._forecast_each(asked, options, outputs), short

        made, short = self._team().work(work)
        if short:
            warn(
                f"{len(short)} of {len(names)} series have fewer rows than the {needed} that the model "
                "needs: " + ", ".join(table.series[i] for i in short[:5])
            )
        return made

    def _check_known_ahead(self, table):
        """Raises Error where columns that are known ahead end too early: forecasts would begin in the past."""
        info, ahead = self._info(), self._known_ahead()
        for i, n in enumerate(table.n_ahead(ahead) if ahead else []):
            if n < info.pred_len:
                of = f" of the series {table.series[i]}" if table.series else ""
                raise make_error(
                    f"`X_df`: {', '.join(ahead)} must be known for the {info.pred_len} steps behind the last "
                    f"row{of}, and there are {n}",
                    "X_df",
                )

    def _history(self, rows, i, name):
        """What series i is forecast from, and the last row that this can be done from."""
        like = sized(_abi.kr_history_options, series=name, gaps=self._gaps)
        history = Handle(_abi.kr_history, "kr_history_destroy", keep=rows)
        call("kr_history_of_rows", self._handle, rows, i, ctypes.byref(like), history.out())
        return history, library.kr_history_last_origin(history, self._handle)

    def _forecast_each(self, asked, options, outputs):
        """Of (number, history, row) of each series: all at once, which is fastest for models that can."""
        n = len(asked)
        histories = (ctypes.POINTER(_abi.kr_history) * n)(*[h.pointer for _, h, _ in asked])
        origins = (ctypes.c_int64 * n)(*[origin for _, _, origin in asked])
        out = (ctypes.POINTER(_abi.kr_prediction) * n)()
        call("kr_forecaster_predict_each", self._handle, histories, n, origins, ctypes.byref(options), out)
        try:
            return [take_prediction(i, p.contents, outputs) for (i, _, _), p in zip(asked, out)]
        finally:
            for p in out:
                library.kr_prediction_destroy(p)

    # ---- the past ----

    def cross_validation(
        self,
        df,
        n_windows=5,
        h=None,
        step_size=None,
        refit=False,
        level=None,
        *,
        id_col=None,
        time_col=None,
        target_col=None,
    ):
        """What the model would have said at several points of the past, beside what followed.

        Parameters
        ----------
        df : array_like or data frame
            As for fit().
        n_windows : int
            Forecasts of each series. The last one ends with its last row; a series of a panel that is too
            short for all of them has as many as it has rows for.
        h : int, optional
            Steps of a forecast, at most those that the model forecasts; None: all of them.
        step_size : int, optional
            Rows between two windows; None: h, so that none overlap.
        refit : bool or None
            False: a model with these settings is fitted once, to the rows before the first window. True: once
            before each window. None: the model is used as it is, which is what `krait backtest` does; where
            it was fitted to rows of a window, its errors there are smaller than they will be on new rows. In
            any case this model itself stays as it is.
        level : list of float, optional
            Intervals, percent, such as [80, 95]. None: 80 and 95 for frames, as far as the model can, and
            none for arrays.
        id_col, time_col, target_col : str, optional
            Columns of a long frame; None: those of fit().

        Returns
        -------
        data frame of the kind that came
            With the columns unique_id, ds, cutoff (the last row that the forecast knew), y, NAME, NAME-lo-80,
            NAME-hi-80; y is missing where a gap was filled.
        dict of ndarray
            For an array: cutoff (n_windows), the row, and y, mean, lo-80, hi-80 (n_windows, h, columns).

        Notes
        -----
        The attribute `backtest` then says how good the forecasts were, beside those of rules of thumb.

        Raises
        ------
        Error
            Rows are too few for so many windows, the model cannot give such an interval; as fit().
        """
        ours = self._names
        names = Names(id_col or ours.id, time_col or ours.time, target_col or ours.target)
        table = read(df, names)
        windows = _backtest.plan_windows(n_windows, h, step_size, self._horizon(h))
        predictors = [self] if refit is None else self._fitted_before(table, windows, bool(refit))
        frame, self.backtest = _backtest.run(table, windows, predictors, level, self.alias)
        return frame

    def _horizon(self, asked):
        """Steps that it forecasts; asked: how many of them are wanted, or None."""
        return self._info().pred_len

    def _fitted_before(self, table, windows, before_each):
        """Models with these settings of the rows before the first window, or before each."""
        return [self]

    # ---- files ----

    def save(self, path):
        """Write the model to path, a .safetensors file, which load() and `krait predict` read. Returns self."""
        self._info()
        self._team().run("kr_forecaster_save", self._handle, os.fsencode(path))
        return self

    def __getstate__(self):
        state = {
            k: v for k, v in self.__dict__.items() if k not in ("_handle", "_table", "_fit", "_has_test")
        }
        if self._handle is not None:
            state["_bytes"] = _bytes_of(self._handle)
        return state

    def __setstate__(self, state):
        data = state.pop("_bytes", None)
        self.__dict__.update(state)
        if data is not None:
            self._handle = _open_bytes(self._team(), data)


def _share(percent):
    """A level as the library has it."""
    try:
        return float(percent) / 100
    except (TypeError, ValueError):
        raise make_error(f"level: {percent!r} is no number; give percent, such as 80", "level") from None


def _bytes_of(handle):
    """The file of a forecaster, in memory."""
    data, size = ctypes.c_void_p(), ctypes.c_size_t()
    call("kr_forecaster_save_memory", handle, ctypes.byref(data), ctypes.byref(size))
    try:
        return ctypes.string_at(data, size.value)
    finally:
        library.kr_free(data)


def _open_bytes(workers, data):
    handle = Handle(_abi.kr_forecaster, "kr_forecaster_destroy", keep=workers)
    call("kr_forecaster_open_memory", workers, b"the model", data, len(data), handle.out())
    return handle


def take_prediction(i, p, outputs):
    """A Forecast of series i, of a kr_prediction from one row."""
    shape, micros = (p.n_steps, p.n_outputs), None
    if p.timestamps:
        micros = copy_array(p.timestamps, (p.n_steps,))
    bounds = [copy_array(b, (p.n_levels, *shape)) for b in (p.lower, p.upper)] if p.n_levels else [None, None]
    return Forecast(
        i, copy_array(p.forecast, shape), *bounds, list(p.levels[: p.n_levels]), outputs, p.origin[0], micros
    )


# ---- a model with its settings -----------------------------------------------------------------


class Configured(Trained):
    """A base class of those that are made from settings of the library."""

    settings_list = {}
    _creator = ""
    _own = ("alias", "threads")  # parameters that are no settings of the library

    def __init__(self, *, alias=None, threads=None, **settings):
        _settings.check(type(self).__name__, settings, self.settings_list)
        self.alias = alias or type(self).__name__
        self.threads = threads
        self.settings = settings
        self._names = Names()
        self._make_settings()

    def __repr__(self):
        usual = {"alias": type(self).__name__}
        own = {name: getattr(self, name) for name in self._own if getattr(self, name) != usual.get(name)}
        return (
            f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in {**own, **self.settings}.items())})"
        )

    def get_params(self, deep=True):
        """All parameters by name. deep is there for scikit-learn."""
        listed = {name: self.settings.get(name, s.default) for name, s in self.settings_list.items()}
        return {**{name: getattr(self, name) for name in self._own}, **listed}

    def set_params(self, **settings):
        """Change settings, and other parameters, by name; what was learnt stays until fit(). Returns self."""
        own = {name: settings.pop(name) for name in self._own if name in settings}
        _settings.check(type(self).__name__, settings, self.settings_list)
        earlier = dict(self.__dict__)
        self.__dict__.update(own, settings={**self.settings, **settings})
        try:
            self._make_settings()
        except Exception:
            self.__dict__.update(earlier)
            raise
        return self

    def _make_settings(self):
        handle = _settings.create(self._creator)
        for name, value in {**self._fixed(), **self.settings}.items():
            _settings.put(handle, name, value)
        return handle

    def _fixed(self):
        return {}

    def _copy(self):
        """One with the same settings, which has learnt nothing."""
        return type(self)(**{name: getattr(self, name) for name in self._own}, **self.settings)

    def _usual_levels(self):
        """Those of the setting, rising."""
        return sorted(
            float(share) for share in _settings.get(self._make_settings(), "levels").split(",") if share
        )

    def _fitted_before(self, table, windows, before_each):
        ahead = _settings.get(self._make_settings(), "known_future").split(",")
        fitted = []
        for k in range(windows.n if before_each else 1):
            known = table.until(windows.behind(k), ahead)
            if not known.counts:
                raise make_error(f"no series has rows for {windows} and rows before them", status="SHAPE")
            model = self._copy()
            names = {"id_col": known.names.id, "time_col": known.names.time, "target_col": known.names.target}
            fitted.append(model.fit(known, **names))
        return fitted


class Model(Configured):
    """A base class of the models, which are made from the library's list."""

    model = ""
    _creator = "kr_forecast_settings_create"
    _has_test = False  # the handle holds the rows of its training

    def _fixed(self):
        return {**_DEFAULTS, "model": self.model}

    def _horizon(self, asked):
        return self.get_params()["pred_len"]

    def _settings_for(self, table):
        """Of a long frame the target is known, and other columns help to forecast it; else it is the last."""
        handle = self._make_settings()
        is_long = table.layout == "long"
        if "target" not in self.settings and (is_long or "OT" not in table.columns):
            _settings.put(handle, "target", table.names.target if is_long else table.columns[-1])
        if "features" not in self.settings and is_long and len(table.columns) > 1:
            _settings.put(handle, "features", "MS")
        return handle

    def fit(self, x, *, id_col="unique_id", time_col="ds", target_col="y", checkpoint=None, progress=False):
        """Train on the first part of the rows, and keep the parameters that are best on the second.

        Parameters
        ----------
        x : array_like (steps,) or (steps, columns), or a frame of pandas, polars or pyarrow
            A wide frame has dates in a column or in the index, and a column for each series; a long one has
            the columns id_col, time_col and target_col, and maybe more, which help to forecast the target.
        id_col, time_col, target_col : str
            Columns of a long frame.
        checkpoint : path, optional
            A file for the best model so far, written after every epoch; None: nothing is written.
        progress : bool
            A bar on standard error.

        Returns
        -------
        self

        Raises
        ------
        Error
            Settings that do not fit together, rows that are too few, gaps (see the setting `gaps`).
        KeyboardInterrupt
            On Ctrl-C. Where an epoch was done, the best parameters so far are kept: predict() works, without
            intervals.
        """
        names = Names(id_col, time_col, target_col)
        table = read(x, names)
        handle = Handle(_abi.kr_forecaster, "kr_forecaster_destroy", keep=self._team())
        call("kr_forecaster_create", self._team(), self._settings_for(table), handle.out())
        rows = table.rows()
        with Bar(progress, type(self).__name__) as bar:
            path = None if checkpoint is None else os.fsencode(checkpoint)
            options = sized(_abi.kr_train_options, observer=ctypes.pointer(bar.observer), checkpoint=path)
            try:
                self._team().run("kr_forecaster_train", handle, rows, ctypes.byref(options))
            except KeyboardInterrupt:
                if bar.epochs > 0:  # as its file would have it: the best parameters, no intervals
                    kept = _open_bytes(self._team(), _bytes_of(handle))
                    self._take(kept, table, names, has_test=False)
                raise
        self._take(handle, table, names, has_test=True)
        return self

    def _take(self, handle, table, names, has_test):
        self._handle, self._table, self._names, self._has_test = handle, table, names, has_test

    def score(self, progress=False):
        """How good the model is on the test part of the rows that it was trained on.

        Parameters
        ----------
        progress : bool
            A bar on standard error.

        Returns
        -------
        dict
            mae, mse, rmse, mape, mspe, rse, corr: of scaled values, as run.py prints them; original: the same
            in original units; intervals: a list of dicts (level, coverage, width, winkler); windows: how many
            there are; parameters; epochs: a list of dicts with the losses of each.

        Raises
        ------
        Error
            There is no test part, the training was stopped, or the model was opened from a file.
        """
        self._info()
        if not self._has_test:
            raise make_error(
                "score() needs the test part of a training, and a model from a file, or of a training that was "
                "stopped, does not hold it; fit() again"
            )
        result = Handle(_abi.kr_forecast_result, "kr_forecast_result_destroy")
        with Bar(progress, type(self).__name__) as bar:
            self._team().run("kr_forecaster_score", self._handle, ctypes.byref(bar.observer), result.out())
        r = result.pointer.contents
        return {
            **_fields(r.scaled),
            "original": _fields(r.original),
            "windows": r.n_windows,
            "parameters": r.n_parameters,
            "intervals": [_fields(r.intervals[i]) for i in range(r.n_intervals)],
            "epochs": [_fields(r.epochs[i]) for i in range(r.n_epochs)],
        }


def _fields(structure):
    return {name: getattr(structure, name) for name, _ in structure._fields_}


_DOC = """The forecaster {name}, with run.py's settings as keywords.

Parameters
----------
alias : str, optional
    What its columns are called in frames; None: {name}.
threads : int, optional
    None: all CPUs of this process. The numbers do not depend on it.
{lines}

Examples
--------
>>> model = krait.{name}(seq_len=96, pred_len=24).fit(df)
>>> future = model.predict(level=[80, 95])
"""


def _make_model(name, listed):
    keyword = inspect.Parameter.KEYWORD_ONLY
    first = [inspect.Parameter(n, keyword, default=None) for n in ("alias", "threads")]
    members = {
        "__doc__": _DOC.format(name=name, lines=_settings.lines(listed)),
        "__module__": "krait",
        "model": name,
        "settings_list": listed,
        "__signature__": _settings.signature(listed, first),
    }
    return type(name, (Model,), members)


def make_models():
    """A class for each model of the library."""
    listed, models, i = _settings.list_of("kr_forecast_settings_create", _HIDDEN, _DEFAULTS), {}, 0
    while (name := text(library.kr_forecast_model_name(i))) is not None:
        models[name] = _make_model(name, listed)
        i += 1
    return models


models = make_models()
globals().update(models)  # krait.TimeStarMamba is forecaster.TimeStarMamba


# ---- krait fit ---------------------------------------------------------------------------------


class _Watch(Bar):
    """A bar that also learns which model is at work."""

    def __init__(self, is_wanted, name):
        super().__init__(is_wanted, name)
        kinds = dict(_abi.kr_fit_observer._fields_)
        see = kinds["candidate"](self._see_candidate) if is_wanted else kinds["candidate"](0)
        self.fit_observer = sized(_abi.kr_fit_observer, candidate=see, training=self.observer)

    def _see_candidate(self, _, candidate, is_done):
        self.name = text(candidate.contents.model)
        if not is_done:
            self.show("its past", 0, 1)


def _say_gaps(gaps, how):
    if gaps.n_rows > 0 or gaps.n_cells > 0:
        warn(
            f"gaps were filled ({how}): {gaps.n_rows} missing rows and {gaps.n_cells} empty cells; "
            f"the longest has {gaps.longest} rows"
        )


def _plain(structure, skipped=("size",)):
    """The fields as Python has them."""
    values = {name: getattr(structure, name) for name, _ in structure._fields_ if name not in skipped}
    return {name: text(v) if isinstance(v, bytes) else v for name, v in values.items()}


class FromFit(Configured):
    """A base class of those whose model is that of a kr_fit."""

    _length = "horizon"
    _fit = None  # the model is from a file
    _creator = "kr_fit_settings_create"

    def _settings_for(self, table, target_col):
        """Of a long frame it is known which column is to be forecast."""
        settings = self._make_settings()
        if table.layout == "long" and len(table.columns) > 1 and "target" not in self.settings:
            _settings.put(settings, "target", target_col)
        return settings

    def _keep(self, fit, table, names, gaps):
        """The fit's model, and what it found."""
        self._names, self._table, self._gaps, self._fit = names, table, gaps.encode(), fit
        self._hear(fit)
        self._handle = Handle(_abi.kr_forecaster, None, keep=fit).adopt(library.kr_fit_forecaster(fit))

    @staticmethod
    def _info_of_fit(fit):
        info = sized(_abi.kr_fit_info)
        library.kr_fit_describe(fit, ctypes.byref(info))
        return info

    def _hear(self, fit):
        """What it found."""
        info = self._info_of_fit(fit)
        verdict, rule, candidate = (
            sized(k) for k in (_abi.kr_fit_verdict, _abi.kr_fit_rule, _abi.kr_fit_candidate)
        )
        self.rules, self._candidates = [], []
        for i in range(info.n_rules):
            library.kr_fit_describe_rule(fit, i, ctypes.byref(rule))
            self.rules.append(_plain(rule))
        for i in range(info.n_candidates):
            library.kr_fit_describe_candidate(fit, i, ctypes.byref(candidate))
            self._candidates.append(_plain(candidate, ("size", "index")))
        library.kr_fit_describe_verdict(fit, ctypes.byref(verdict))
        self.verdict = text(verdict.sentence)
        self.judgement = _backtest.judgement_of(verdict)
        self.judgement["intervals"] = {verdict.levels[i]: verdict.held[i] for i in range(verdict.n_levels)}
        self._candidates.sort(key=lambda c: (c["rank"] == 0, c["rank"]))
        self.chosen = [c["model"] for c in self._candidates if c["is_chosen"]]

    def report(self, path, name="df"):
        """Write the page that `krait report` makes of a fit: verdict, models, forecasts, errors, choices.

        Parameters
        ----------
        path : path
            Of the page, one file of HTML that needs nothing from elsewhere.
        name : str
            What the data are called in its title.

        Returns
        -------
        self

        Raises
        ------
        Error
            The model is from a file, which does not keep the past; the page cannot be written.
        """
        self._info()
        if self._fit is None:
            raise make_error(
                "report() shows what fit() found in the past of its rows, and a model from a file does not "
                "keep that; fit() again"
            )
        with tempfile.TemporaryDirectory() as folder:
            self._team().run("kr_fit_write", self._fit, folder.encode(), str(name).encode())
            run_program("report", folder, "--quiet", f"--out={os.path.abspath(path)}")
        return self

    @property
    def comparison(self):
        """The models, with their errors (MASE, no unit) on the windows that choose and on those that judge."""
        self._info()
        if self._table is None or self._table.layout == "array":
            return [dict(c) for c in self._candidates]
        return self._table.frame.make(
            {key: [c[key] for c in self._candidates] for key in self._candidates[0]}
        )


class Forecaster(FromFit):
    __doc__ = """From a table to a forecast without further settings: what `krait fit` does.

    It looks at the rows, chooses settings by rules, lets statistical and learned models forecast the past of
    every series, chooses the best one or the median of the best ones on the earlier windows, judges it
    against a rule of thumb on the later ones, and makes it anew from all rows.

    Parameters
    ----------
    horizon : int
        Steps to forecast.
    alias : str, optional
        What its columns are called in frames; None: Forecaster.
    threads : int, optional
        None: all CPUs of this process. The numbers do not depend on it.
    {lines}

    Attributes
    ----------
    comparison : data frame of the kind that came, or list of dict
        The models, the best first, with their errors (MASE) on the windows that choose and on those that
        judge; those that were left out come last. After load(): a list, without the seconds that they took.
    chosen : list of str
        The models of which the median is forecast.
    verdict : str
        Which model was chosen and how it compares with a rule of thumb.
    judgement : dict
        The same in numbers.
    rules : list of dict
        The choices that were made, and why.

    Examples
    --------
    >>> model = krait.Forecaster(horizon=24).fit(df)
    >>> future = model.predict()
    """

    settings_list = _settings.list_of("kr_fit_settings_create", ("out", "resume", "threads", "id_column"))

    def __init__(self, horizon, *, alias=None, threads=None, **settings):
        super().__init__(alias=alias, threads=threads, horizon=horizon, **settings)

    def _horizon(self, asked):
        return self.settings["horizon"]

    def fit(
        self,
        df,
        *,
        id_col="unique_id",
        time_col="ds",
        target_col="y",
        folder=None,
        resume=False,
        progress=False,
    ):
        """Compare models on the past of the rows, choose, judge, and make what was chosen from all rows.

        Parameters
        ----------
        df : array_like (steps,) or (steps, columns), or a frame of pandas, polars or pyarrow
            A wide frame has dates in a column or in the index, and a column for each series; a long one has
            the columns id_col, time_col and target_col, and maybe more, which help to forecast the target.
        id_col, time_col, target_col : str
            Columns of a long frame.
        folder : path, optional
            For the checkpoints of learned models; None: nothing is written.
        resume : bool
            Continue with what is in folder.
        progress : bool
            A bar on standard error.

        Returns
        -------
        self

        Raises
        ------
        Error
            Settings that are not possible, rows that are too few, dates without a step.
        KeyboardInterrupt
            On Ctrl-C. Where models were done, the choice among them is kept: predict() works, and a Note says
            which models were left out.
        """
        names = Names(id_col, time_col, target_col)
        table = read(df, names)
        rows, settings = table.rows(), self._settings_for(table, target_col)
        fit = Handle(_abi.kr_fit, "kr_fit_destroy", keep=(self._team(), rows))
        self._team().run("kr_fit_create", self._team(), settings, rows, fit.out())
        with _Watch(progress, self.alias) as bar:
            options = sized(
                _abi.kr_fit_options,
                observer=ctypes.pointer(bar.fit_observer),
                resumes=resume,
                folder=None if folder is None else os.fsencode(folder),
                keeps_best=True,
            )
            try:
                self._team().run("kr_fit_run", fit, ctypes.byref(options))
            except KeyboardInterrupt:
                if library.kr_fit_forecaster(fit):
                    self._keep(fit, table, names, _settings.get(settings, "gaps"))
                raise
        self._keep(fit, table, names, _settings.get(settings, "gaps"))
        _say_gaps(self._info_of_fit(fit).gaps, self._gaps.decode())
        return self


Forecaster.__doc__ = Forecaster.__doc__.format(
    lines=_settings.lines({k: v for k, v in Forecaster.settings_list.items() if k != "horizon"}).replace(
        "\n", "\n    "
    )
)
Forecaster.__signature__ = _settings.signature(
    Forecaster.settings_list,
    [
        inspect.Parameter("horizon", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("alias", inspect.Parameter.KEYWORD_ONLY, default=None),
        inspect.Parameter("threads", inspect.Parameter.KEYWORD_ONLY, default=None),
    ],
)


# ---- files -------------------------------------------------------------------------------------


class Loaded(Trained):
    """A model from a file that no class of this package makes."""

    @property
    def comparison(self):
        """Raises Error: the file does not tell."""
        return _recall(self._handle)

    verdict = comparison


def load(path, *, alias=None, threads=None, id_col="unique_id", time_col="ds", target_col="y"):
    """Open a model that save() or the program wrote: ready to forecast, predict(x).

    Parameters
    ----------
    path : path of a .safetensors file
    alias : str, optional
        What its columns are called in frames; None: the name of its class.
    threads : int, optional
    id_col, time_col, target_col : str
        Columns of long frames.

    Returns
    -------
    TimeStarMamba, .. or Forecaster, which also has the comparison and the verdict of its fit; ZeroShot

    Raises
    ------
    Error
        It is no such file; the sentence says what is missing.
    """
    workers = team(threads)
    handle = Handle(_abi.kr_forecaster, "kr_forecaster_destroy", keep=workers)
    workers.run("kr_forecaster_open", workers, os.fsencode(path), handle.out())
    info = library.kr_forecaster_info_of(handle).contents
    model = _as_fitted(handle) or _as_class(handle, text(info.model))
    model.alias = alias or model.alias
    model.threads = threads
    model._names = Names(id_col, time_col, target_col)
    model._handle = handle
    return model


def _recall(handle):
    """What a model says of its fit; raises Error: nothing."""
    fit = Handle(_abi.kr_fit, "kr_fit_destroy")
    call("kr_fit_recall", handle, fit.out())
    return fit


def _as_fitted(handle):
    """A Forecaster, or a ZeroShot, with the settings of its fit and what that found; None: no fit made it."""
    try:
        fit = _recall(handle)
    except Error as error:
        if error.status != "UNSUPPORTED":
            raise
        return None
    settings = Handle(_abi.kr_settings, "kr_settings_destroy")
    call("kr_fit_settings", fit, settings.out())
    model = _class_of_fit(fit)
    given = _settings.values_of(settings, Forecaster.settings_list)
    model = model(**{name: given[name] for name in given if name == "horizon" or name in model.settings_list})
    model._hear(fit)
    return model


def _class_of_fit(fit):
    """What looked at no window of the past is a ZeroShot."""
    from .zeroshot import ZeroShot

    info = FromFit._info_of_fit(fit)
    return Forecaster if info.n_choosing + info.n_judging > 0 else ZeroShot


def _as_class(handle, name):
    settings = Handle(_abi.kr_settings, "kr_settings_destroy")
    call("kr_forecaster_settings", handle, settings.out())
    kind = models.get(name)
    if kind is None or _settings.get(settings, "local_models"):
        model = Loaded()
        model.alias = "Forecaster"
        return model
    return kind(**_settings.values_of(settings, kind.settings_list))
