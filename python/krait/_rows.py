# SPDX-License-Identifier: MIT
"""Tables of a person as the library's rows, and forecasts as a table of the same kind."""

import ctypes
from dataclasses import dataclass, field, replace

import numpy as np

from . import _abi
from ._frames import Dates, follow, open_frame
from ._library import Handle, as_floats, call, make_error, pointer_to, sized, warn, wrong


@dataclass(frozen=True)
class Names:
    """Columns of a long frame."""

    id: str = "unique_id"
    time: str = "ds"
    target: str = "y"


@dataclass
class Table:
    """Rows of one series or of several, one after the other.

    Attributes
    ----------
    values : ndarray (rows, columns) of float64
        NaN where one is missing.
    columns : list of str
    dates : Dates or None
    steps : ndarray (rows) of int64 or None
        A column of time that counts steps.
    series : list of str
        Names; empty: one series without a name.
    counts : list of int
        Rows of each series.
    layout : str
        "array", "wide" (a column for each series) or "long" (a row for each value, series named in a column).
    """

    values: np.ndarray
    columns: list
    layout: str
    names: Names = field(default_factory=Names)
    dates: "Dates | None" = None
    steps: "np.ndarray | None" = None
    series: list = field(default_factory=list)
    counts: list = field(default_factory=list)
    first_rows: "np.ndarray | None" = None  # of each series in the frame
    frame: object = None  # the reader of the frame that came
    time_column: "str | None" = None  # None: the index, or no dates
    is_flat: bool = False  # an array of one axis

    @property
    def n_series(self):
        return max(len(self.series), 1)

    def starts(self):
        return np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)

    # ---- to the library ----

    def rows(self):
        """A handle of kr_rows; values and dates are borrowed."""
        values = np.ascontiguousarray(self.values, np.float64)
        n_rows, n_columns = values.shape
        columns = _texts(self.columns)
        memory = sized(
            _abi.kr_rows_memory,
            n_rows=n_rows,
            n_columns=n_columns,
            columns=columns,
            is_borrowed=True,
            values=pointer_to(values, ctypes.c_double),
        )
        keep = [values, columns]
        if self.dates is not None:
            dates = np.ascontiguousarray(self.dates.micros, np.int64)
            memory.dates = pointer_to(dates, ctypes.c_int64)
            keep.append(dates)
        if self.series:
            series, counts = _texts(self.series), np.array(self.counts, np.int64)
            memory.n_series, memory.series = len(self.series), series
            memory.series_rows = pointer_to(counts, ctypes.c_int64)
            keep += [series, counts]
        handle = Handle(_abi.kr_rows, "kr_rows_destroy", keep=keep)
        call("kr_rows_from_memory", ctypes.byref(memory), handle.out())
        return handle

    def extended(self, future, ahead):
        """These rows, and behind them those of a table with the columns that are known ahead, whose names are given."""
        places = [self._place(name) for name in self._names_of(future, ahead)]
        if len(future.series) != len(self.series) and not (self.n_series == future.n_series == 1):
            missing = [s for s in self.series if s not in future.series]
            raise wrong(
                "X_df",
                f"it has no rows for the series {missing[0]}"
                if missing
                else f"the series {_unknown(future.series, self.series)} is not in the data",
            )
        order = [future.series.index(s) if s in future.series else 0 for s in self.series] or [0]
        ours, theirs, parts, rows, counts = self.starts(), future.starts(), [], [], []
        for i, k in enumerate(order):
            ahead = np.full((future.counts[k], self.values.shape[1]), np.nan)
            ahead[:, places] = future.values[theirs[k] : theirs[k + 1]]
            parts += [self.values[ours[i] : ours[i + 1]], ahead]
            counts.append(self.counts[i] + future.counts[k])
            rows.append((slice(ours[i], ours[i + 1]), slice(theirs[k], theirs[k + 1])))
        return replace(
            self,
            values=np.concatenate(parts),
            counts=counts,
            dates=self.dates and self.dates.followed_by(_needed(future.dates), rows),
            steps=self.steps if self.steps is None else follow(self.steps, _needed(future.steps), rows),
        )

    def _names_of(self, future, ahead):
        """Of its columns. An array has those that are known ahead, or all of an array of data."""
        width = future.values.shape[1]
        if future.layout != "array" or (self.layout == "array" and width == len(self.columns)):
            return future.columns
        if width != len(ahead):
            names = f": {', '.join(ahead)}" if ahead else ""
            raise wrong("X_df", f"an array with {width} columns, where {len(ahead)} are known ahead{names}")
        return ahead

    def _place(self, name):
        if name not in self.columns:
            raise wrong("X_df", f'column "{name}" is not in the data')
        return self.columns.index(name)

    def n_ahead(self, ahead):
        """Of each series the rows at its end in which only these columns, known ahead, have values."""
        places = [k for k, name in enumerate(self.columns) if name not in ahead]
        return [n - self._n_known(first, n, places) for first, n in zip(self.starts(), self.counts)]

    def _n_known(self, first, n, places):
        """Rows of a series up to the last one that has a value in these columns."""
        known = np.flatnonzero(np.isfinite(self.values[first : first + n, places]).any(axis=1))
        return int(known[-1]) + 1 if len(known) else 0

    def until(self, n_behind, ahead=()):
        """These rows without the last n_behind of each series whose values are known.

        Parameters
        ----------
        n_behind : int
        ahead : list of str
            Columns that are known ahead: they do not tell where a series ends.
        """
        places = [k for k, name in enumerate(self.columns) if name not in ahead]
        starts, kept = self.starts(), []
        for first, n in zip(starts, self.counts):
            kept.append(max(self._n_known(first, n, places) - n_behind, 0))
        rows = np.concatenate([np.arange(first, first + n) for first, n in zip(starts, kept)])
        there = [i for i, n in enumerate(kept) if n > 0]
        return replace(
            self,
            values=self.values[rows],
            counts=[kept[i] for i in there],
            series=[self.series[i] for i in there] if self.series else [],
            first_rows=self.first_rows if self.first_rows is None else self.first_rows[there],
            dates=self.dates and self.dates.take(rows),
            steps=self.steps if self.steps is None else self.steps[rows],
        )

    # ---- from the library ----

    def ahead(self, forecasts):
        """The column of time of the result: dates or numbers of the steps, forecast after forecast."""
        if self.dates is not None and all(f.micros is not None for f in forecasts):
            micros = np.concatenate([np.tile(f.micros, f.n_outputs) for f in forecasts])
            return self.frame.make_dates(micros, self.dates, self.time_column)
        if self.dates is not None:
            warn("a single date says no step: the steps of the forecast are numbered in place of dates")
        return np.concatenate(
            [np.tile(self.numbers(f, np.arange(1, len(f.mean) + 1)), f.n_outputs) for f in forecasts]
        )

    def cutoffs(self, forecasts):
        """The same of the rows before the first steps, as often as there are steps."""
        if self.dates is not None and all(f.cutoff is not None for f in forecasts):
            micros = np.concatenate([np.full(f.mean.size, f.cutoff) for f in forecasts])
            return self.frame.make_dates(micros, self.dates, self.time_column)
        return np.concatenate([self.numbers(f, np.zeros(f.mean.size, np.int64)) for f in forecasts])

    def numbers(self, forecast, ahead):
        """What a column of steps says so many rows after the origin; without one, the rows from 0."""
        first, width, start = forecast.origin, 1, self.starts()[forecast.series]
        if self.steps is not None:
            first = int(self.steps[start + forecast.origin])
            if self.counts[forecast.series] > 1:
                width = int(self.steps[start + 1] - self.steps[start])
        return first + width * ahead


@dataclass
class Forecast:
    """Of one series: mean (steps, outputs), bounds (levels, steps, outputs), dates (steps) or None.

    Of a past one: truth (steps, outputs), and the date of the row before the first step, or None.
    """

    series: int
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    levels: list
    outputs: list
    origin: int
    micros: "np.ndarray | None"
    truth: "np.ndarray | None" = None
    cutoff: "int | None" = None

    @property
    def n_outputs(self):
        return self.mean.shape[1]


def _needed(column):
    if column is None:
        raise wrong("X_df", "it has no dates, but the data have")
    return column


def _unknown(names, known):
    return next((n for n in names if n not in known), "")


def _texts(words):
    return (ctypes.c_char_p * len(words))(*[str(w).encode() for w in words])


# ---- reading -----------------------------------------------------------------------------------


def read(x, names=Names(), ahead_of=None):
    """A table of an array, a frame of pandas, polars or pyarrow, or a table already.

    Parameters
    ----------
    x : array_like (steps) or (steps, columns), or a data frame
        A wide frame has dates in a column or in the index, and numbers in all others. A long one has the
        columns that `names` says.
    ahead_of : Table, optional
        x holds known futures of this table: a long frame needs no target.

    Raises
    ------
    Error
        A column is missing, dates are missing or not regular, or there are no numbers.
    """
    if isinstance(x, Table):
        return x
    frame = open_frame(x)
    if frame is None:
        return _read_array(x)
    if frame.n_rows() == 0:
        raise make_error("the frame has no rows")
    columns = frame.names()
    twice = next((c for c in columns if columns.count(c) > 1), None)
    if twice is not None:
        raise make_error(f'two columns are called "{twice}"; give each a name of its own')
    needed = {names.id, names.time} if ahead_of is not None else {names.id, names.time, names.target}
    if not needed <= set(columns):
        frame = _with_index(frame, needed)
    if needed <= set(frame.names()):
        return _read_long(frame, names)
    _check_named(frame.names(), names)
    return _read_wide(frame, names)


def _check_named(columns, names):
    """A frame that is not long has no column that somebody gave a name of its own, but that of time."""
    usual = Names()
    for option, name, default in (
        ("id_col", names.id, usual.id),
        ("time_col", names.time, usual.time),
        ("target_col", names.target, usual.target),
    ):
        if name != default and name not in columns:
            raise make_error(
                f'{option}: the frame has no column "{name}"; it has {", ".join(map(str, columns))}', option
            )


def _with_index(frame, needed):
    """The frame, its index among the columns where it names some that a long one needs."""
    flat = frame.with_index()
    if needed <= set(flat.names()):
        return flat
    if frame.index_levels() > 1:
        raise make_error(
            f"the index has {frame.index_levels()} levels, and with its names there are no columns "
            f"{', '.join(sorted(needed))}: name them (id_col, time_col, target_col), or reset_index()"
        )
    return frame


def _read_array(x):
    values = np.array(as_floats(np.ma.getdata(x), "the data"), np.float64, order="C")
    if np.ma.is_masked(x):
        values[np.ma.getmaskarray(x)] = np.nan
    is_flat = values.ndim == 1
    if is_flat:
        values = values[:, None]
    if values.ndim != 2:
        raise make_error(
            f"an array of data has the axes (steps, columns); this one has {values.ndim} axes", status="SHAPE"
        )
    columns = [str(i) for i in range(values.shape[1])]
    return Table(values, columns, "array", counts=[len(values)], is_flat=is_flat)


def _numbers(frame, skipped):
    columns = [c for c in frame.names() if c not in skipped]
    words = [c for c in columns if not frame.is_number(c)]
    if words:
        warn(f"columns without numbers are left out: {', '.join(words)}")
    columns = [c for c in columns if c not in words]
    if not columns:
        raise make_error("the frame has no columns of numbers")
    return columns, np.column_stack([frame.number(c) for c in columns])


def _read_wide(frame, names):
    time, dates, steps = _find_time(frame, names)
    columns, values = _numbers(frame, {time})
    order = slice(None)
    if dates is not None:
        order = _rising(dates.micros)
        dates = dates.take(order)
    elif steps is not None:
        order = _rising(steps)
        steps = _check_steps(steps[order], time)
    return Table(
        np.ascontiguousarray(values[order]),
        columns,
        "wide",
        names,
        dates,
        steps,
        counts=[len(values)],
        frame=frame,
        time_column=time,
    )


def _rising(keys):
    return np.argsort(keys, kind="stable") if np.any(np.diff(keys) < 0) else slice(None)


def _find_time(frame, names):
    """The column of time, its dates, or its numbers of steps."""
    columns = frame.names()
    if names.time in columns:
        return (names.time, *_read_time(frame, names.time))
    dates = frame.index_dates()
    if dates is not None:
        return None, dates, None
    for name in columns:
        if frame.is_dates(name) or (name.lower() == "date" and not frame.is_number(name)):
            return name, frame.dates(name), None
    return None, None, None


def _read_time(frame, name):
    if frame.is_whole(name):
        return None, frame.number(name).astype(np.int64)
    if frame.is_number(name):
        raise make_error(
            f'column "{name}" holds numbers with fractions; it is to hold dates or whole numbers of steps'
        )
    return frame.dates(name), None


def _check_steps(steps, name):
    width = np.diff(steps)
    if len(width) and (width[0] <= 0 or np.any(width != width[0])):
        row = int(np.argmax(width != max(width[0], 1))) + 1
        raise make_error(
            f'column "{name}": its numbers do not rise in equal steps at row {row}; fill in the rows '
            "that are missing, or give dates"
        )
    return steps


def _read_long(frame, names):
    columns, values = _numbers(frame, {names.id, names.time})
    empty = frame.first_empty(names.id)
    if empty is not None:
        raise make_error(
            f'column "{names.id}": row {empty} says no series; name it, or leave the row out', "id_col"
        )
    ids = frame.words(names.id)
    dates, steps = _read_time(frame, names.time)
    _, first, inverse, counts = np.unique(ids, return_index=True, return_inverse=True, return_counts=True)
    rank = np.argsort(np.argsort(first))  # series in the order in which they come
    keys = dates.micros if dates is not None else steps
    order = np.lexsort((keys, rank[inverse.reshape(-1)]))
    by_rank = np.argsort(first)
    table = Table(
        np.ascontiguousarray(values[order]),
        columns,
        "long",
        names,
        frame=frame,
        time_column=names.time,
        series=[str(ids[i]) for i in first[by_rank]],
        counts=[int(c) for c in counts[by_rank]],
        first_rows=first[by_rank],
    )
    if dates is not None:
        table.dates = dates.take(order)
    else:
        table.steps = steps[order]
        starts = table.starts()
        for i in range(table.n_series):
            _check_steps(table.steps[starts[i] : starts[i + 1]], names.time)
    return table


# ---- forecasts ---------------------------------------------------------------------------------


def level_text(level):
    """80 of 0.8, 97.5 of 0.975."""
    percent = round(100 * level, 6)
    return str(int(percent)) if percent == int(percent) else str(percent)


def give_back(table, forecasts, name, quantiles=()):
    """Forecasts as the kind of table that came.

    Returns
    -------
    ndarray (steps, columns), or where there are levels a dict of such ("mean", "lo-80", "hi-80"); of a frame,
    a frame with the columns unique_id, ds, NAME, NAME-lo-80, NAME-hi-80; unique_id has the names of a wide
    one's columns. With quantiles, whose levels the forecasts have, these are in place of the bounds: "q-10".
    """
    if table.layout == "array":
        return _give_array(table, forecasts[0], quantiles=quantiles)
    names, columns = table.names, {}
    columns[names.id] = _give_ids(table, forecasts)
    if table.layout == "long" and forecasts[0].n_outputs > 1:
        columns["column"] = [o for f in forecasts for o in f.outputs for _ in range(len(f.mean))]
    columns[table.time_column or names.time] = table.ahead(forecasts)
    return table.frame.make({**columns, **_values(forecasts, name, quantiles)})


def give_back_past(table, forecasts, name):
    """Forecasts of past windows, beside what followed, as the kind of table that came.

    Returns
    -------
    A frame with the columns unique_id, ds, cutoff (the last row that a forecast knew), y, NAME, NAME-lo-80,
    .., sorted by series and window; of an array a dict: cutoff (windows), the row, and y, mean, lo-80, ..
    (windows, steps, columns).
    """
    if table.layout == "array":
        parts = [_give_array(table, f, with_levels=True) for f in forecasts]
        return {
            "cutoff": np.array([f.origin for f in forecasts]),
            "y": np.stack([f.truth[:, 0] if table.is_flat else f.truth for f in forecasts]),
            **{key: np.stack([part[key] for part in parts]) for key in parts[0]},
        }
    names, columns = table.names, {}
    forecasts = [f for of in _by_series(forecasts) for k in range(of[0].n_outputs) for f in _of_output(of, k)]
    columns[names.id] = _give_ids(table, forecasts)
    if table.layout == "long" and len({f.outputs[0] for f in forecasts}) > 1:
        columns["column"] = [o for f in forecasts for o in f.outputs for _ in range(len(f.mean))]
    columns[table.time_column or names.time] = table.ahead(forecasts)
    columns["cutoff"] = table.cutoffs(forecasts)
    columns[names.target] = _flat([f.truth for f in forecasts])
    return table.frame.make({**columns, **_values(forecasts, name)})


def _by_series(forecasts):
    return [[f for f in forecasts if f.series == i] for i in sorted({f.series for f in forecasts})]


def _of_output(forecasts, k):
    """One of the columns that are forecast."""
    part = slice(k, k + 1)
    return [
        replace(
            f,
            mean=f.mean[:, part],
            lower=f.lower[..., part],
            upper=f.upper[..., part],
            truth=f.truth[:, part],
            outputs=f.outputs[part],
        )
        for f in forecasts
    ]


def _flat(values):
    return np.concatenate([np.ravel(v.T) for v in values])


def level_of(quantile):
    """The interval that ends with it, rounded as levels are read; 0: the middle."""
    return round(abs(2 * quantile - 1), 9)


def _quantile(forecast, quantile):
    """(steps, outputs): the end of an interval, or the forecast."""
    if level_of(quantile) == 0:
        return forecast.mean
    j = [level_of((1 + level) / 2) for level in forecast.levels].index(level_of(quantile))
    return (forecast.upper if quantile > 0.5 else forecast.lower)[j]


def _values(forecasts, name, quantiles=()):
    """NAME, NAME-lo-95, NAME-lo-80, NAME-hi-80, NAME-hi-95; or NAME, NAME-q-10, .."""
    texts = [level_text(level) for level in forecasts[0].levels]
    columns = {name: _flat([f.mean for f in forecasts])}
    if len(quantiles) > 0:
        for q in quantiles:
            columns[f"{name}-q-{level_text(q)}"] = _flat([_quantile(f, q) for f in forecasts])
        return columns
    for j in reversed(range(len(texts))):
        columns[f"{name}-lo-{texts[j]}"] = _flat([f.lower[j] for f in forecasts])
    for j in range(len(texts)):
        columns[f"{name}-hi-{texts[j]}"] = _flat([f.upper[j] for f in forecasts])
    return columns


def _give_ids(table, forecasts):
    if table.layout == "long":
        rows = np.concatenate([np.full(f.mean.size, table.first_rows[f.series]) for f in forecasts])
        return table.frame.take(table.names.id, rows)
    return [o for f in forecasts for o in f.outputs for _ in range(len(f.mean))]


def _give_array(table, forecast, with_levels=False, quantiles=()):
    shape = (lambda v: v[:, 0]) if table.is_flat else (lambda v: v)
    if len(quantiles) > 0:
        return {
            "mean": shape(forecast.mean),
            **{f"q-{level_text(q)}": shape(_quantile(forecast, q)) for q in quantiles},
        }
    if not forecast.levels and not with_levels:
        return shape(forecast.mean)
    arrays = {"mean": shape(forecast.mean)}
    for j, level in enumerate(forecast.levels):
        arrays[f"lo-{level_text(level)}"] = shape(forecast.lower[j])
        arrays[f"hi-{level_text(level)}"] = shape(forecast.upper[j])
    return arrays
