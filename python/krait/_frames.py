# SPDX-License-Identifier: MIT
"""Columns of a data frame as numpy arrays, and frames made of such: pandas as it is, others by narwhals."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from ._library import make_error

_DAY = 86_400_000_000


def follow(ours, theirs, parts):
    """Pieces of two arrays in turn: parts has a slice of each."""
    return np.concatenate([v for a, b in parts for v in (ours[a], theirs[b])])


@dataclass
class Dates:
    """Dates of a column, and the clock on which the library sees them.

    Attributes
    ----------
    utc : ndarray of int64
        Microseconds since 1970, of instants; of dates without zone as they stand.
    wall : ndarray of int64
        The same on the zone's own clock.
    zone : str, tzinfo or None
        None: dates without zone.
    offset : int or None
        The library sees a clock that is never changed, so far ahead of UTC: steps are counted between
        instants. None: it sees the zone's own clock, on which a day may lack an hour, or have one twice.
    """

    utc: np.ndarray
    wall: np.ndarray
    zone: object = None
    offset: "int | None" = None

    @property
    def micros(self):
        """What the library sees."""
        return np.ascontiguousarray(self.wall if self.offset is None else self.utc + self.offset)

    def take(self, rows):
        return replace(self, utc=self.utc[rows], wall=self.wall[rows])

    def followed_by(self, other, parts):
        """Pieces of these rows and of other's in turn, on this clock."""
        return replace(
            self, utc=follow(self.utc, other.utc, parts), wall=follow(self.wall, other.wall, parts)
        )


def choose_clock(wall, utc, zone):
    """Dates of a zone on the clock on which they go on regularly.

    Where the clocks changed in between, steps between them have fewer lengths on one of the two: days, weeks
    and the hours of a market follow the zone's clock, a sensor's hours follow the instants. Where they did
    not change yet, or both are alike, rows that lie evenly over all of the day follow the instants. Those are
    shown on the clock of the last row, as the program does it with offsets in a file.
    """
    wall, utc = np.ascontiguousarray(wall), np.ascontiguousarray(utc)
    if zone is None or len(utc) == 0:
        return Dates(utc, wall, zone)
    instants, first = np.unique(utc, return_index=True)
    clock = wall[first]
    is_wall = len(np.unique(clock)) == len(instants) and _follows_wall(clock, instants)
    return Dates(utc, wall, zone, None if is_wall else int(clock[-1] - instants[-1]))


def _follows_wall(wall, utc):
    n_wall, n_utc = (len(np.unique(np.diff(v))) for v in (wall, utc))
    if n_wall != n_utc:
        return n_wall < n_utc
    times = np.unique(wall % _DAY)
    steps = np.diff(times, append=times[:1] + _DAY)
    return len(times) == 1 or bool(np.any(steps != steps[0]))


def _instants(wall, zone):
    """UTC of times of a zone's clock: of one that it has twice the first; one that it skips comes later."""
    from zoneinfo import ZoneInfo

    known, places = np.unique(wall, return_inverse=True)
    zone, zero = ZoneInfo(str(zone)), datetime(1970, 1, 1)
    offsets = [(zero + timedelta(microseconds=int(v))).replace(tzinfo=zone).utcoffset() for v in known]
    return (known - np.array([o // timedelta(microseconds=1) for o in offsets], np.int64))[places.reshape(-1)]


def _first(is_it):
    """The first row for which this is true; None: for none."""
    return int(np.argmax(is_it)) if np.any(is_it) else None


def open_frame(x):
    """A reader for the frame; None: it is none."""
    module = type(x).__module__.split(".")[0]
    if module == "pandas":
        return Pandas(x)
    if (
        module in ("polars", "pyarrow")
        or hasattr(x, "__arrow_c_stream__")
        or hasattr(x, "__narwhals_dataframe__")
    ):
        return Narwhals(x)
    return None


# ---- pandas ------------------------------------------------------------------------------------


# What pandas calls an object column of numbers.
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean")


class Pandas:
    kind = "pandas"

    def __init__(self, x):
        self.frame = x.to_frame(name=x.name if x.name is not None else "y") if x.ndim == 1 else x

    def names(self):
        return [str(c) for c in self.frame.columns]

    def _series(self, name):
        return self.frame.iloc[:, self.names().index(name)]

    def n_rows(self):
        return len(self.frame)

    def first_empty(self, name):
        """The first row in which the column says nothing; None: there is none."""
        return _first(self._series(name).isna().to_numpy())

    def with_index(self):
        """The same frame, the named levels of its index being columns."""
        levels = [name for name in self.frame.index.names if name is not None]
        if any(str(name) in self.names() for name in levels):
            return self
        return Pandas(self.frame.reset_index(level=levels)) if levels else self

    def index_levels(self):
        return self.frame.index.nlevels

    def index_dates(self):
        """The index as a column of dates; None: it holds none."""
        import pandas as pd

        index = self.frame.index
        if isinstance(index, pd.PeriodIndex):
            index = index.to_timestamp()
        return self._read_dates(index, "the index") if isinstance(index, pd.DatetimeIndex) else None

    def index_name(self):
        return self.frame.index.name

    def is_dates(self, name):
        import pandas as pd

        dtype = self._series(name).dtype
        return pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype)

    def is_number(self, name):
        import pandas as pd

        series = self._series(name)
        if series.dtype == object:  # numbers of Python, of a data base
            return pd.api.types.infer_dtype(series) in _NUMBERS
        return pd.api.types.is_numeric_dtype(series.dtype)

    def is_whole(self, name):
        import pandas as pd

        return pd.api.types.is_integer_dtype(self._series(name).dtype)

    def number(self, name):
        series = self._series(name)
        if series.dtype.kind == "c":
            raise make_error(f'column "{name}" holds complex numbers; take their real part or their size')
        return series.to_numpy(dtype=np.float64, na_value=np.nan)

    def words(self, name):
        return self._series(name).astype(str).to_numpy(dtype=object)

    def dates(self, name):
        import pandas as pd

        series = self._series(name)
        if isinstance(series.dtype, pd.PeriodDtype):
            series = series.dt.to_timestamp()
        try:
            index = pd.DatetimeIndex(pd.to_datetime(series))
        except (ValueError, TypeError) as error:
            raise self._say_why_not(name, error) from error
        return self._read_dates(index, f'column "{name}"')

    @staticmethod
    def _say_why_not(name, error):
        if "utc=True" in str(error):
            return make_error(
                f'column "{name}" holds dates of several time zones, or with and without one; give all the same, '
                "such as pandas.to_datetime(.., utc=True)"
            )
        return make_error(f'column "{name}" holds something that is not a date: {error}')

    @staticmethod
    def _read_dates(index, what):
        if index.hasnans:
            raise make_error(f"{what}: row {_first(index.isna())} has no date")
        wall = index.tz_localize(None).as_unit("us").asi8
        utc = index.tz_convert("UTC").tz_localize(None).as_unit("us").asi8 if index.tz is not None else wall
        return choose_clock(wall, utc, index.tz)

    def make_dates(self, micros, dates, like):
        """Dates on the column's clock, in its unit."""
        import pandas as pd

        micros = np.asarray(micros, np.int64)
        if dates.offset is not None:
            micros = micros - dates.offset
        index = pd.DatetimeIndex(micros.view("datetime64[us]"))
        if dates.offset is not None:
            index = index.tz_localize("UTC").tz_convert(dates.zone)
        elif dates.zone is not None:  # as _instants(), with zones of every library
            twice = np.ones(len(index), bool)
            index = index.tz_localize(dates.zone, ambiguous=twice, nonexistent="shift_forward")
        dtype = (self.frame.index if like is None else self._series(like)).dtype
        if isinstance(dtype, np.dtype):  # of words and objects: that of pandas itself
            unit = np.datetime_data(dtype.base)[0] if dtype.kind == "M" else index.unit
        else:
            unit = getattr(dtype, "unit", "ns")
        return index.as_unit(unit if unit in ("s", "ms", "us", "ns") else "ns")

    def take(self, name, rows):
        """The column's values in these rows."""
        return self._series(name).iloc[rows].array

    def make(self, columns):
        import pandas as pd

        return pd.DataFrame(columns)


# ---- others ------------------------------------------------------------------------------------


def _narwhals():
    try:
        import narwhals.stable.v2 as nw
    except ImportError:
        try:
            import narwhals as nw
        except ImportError:
            raise make_error(
                "frames other than pandas' are read by narwhals, which is not installed: pip install narwhals"
            ) from None
    return nw


class Narwhals:
    def __init__(self, x):
        self.nw = nw = _narwhals()
        try:
            self.frame = nw.from_native(x, eager_only=True, allow_series=True)
        except TypeError:
            if not hasattr(x, "__arrow_c_stream__"):
                raise make_error(
                    f"a {type(x).__module__}.{type(x).__qualname__} cannot be read row by row; a lazy frame "
                    "must be collected before"
                ) from None
            self.frame = nw.from_arrow(x, backend=_arrow_backend())
        if isinstance(self.frame, nw.Series):
            self.frame = self.frame.to_frame()
        self.kind = str(self.frame.implementation).split(".")[-1].lower()

    def names(self):
        return list(self.frame.columns)

    def n_rows(self):
        return len(self.frame)

    def first_empty(self, name):
        column = self.frame[name]
        is_empty = column.is_null()
        if column.dtype.is_float():
            is_empty = is_empty | column.fill_null(0.0).is_nan()
        return _first(is_empty.to_numpy())

    def with_index(self):
        return self

    def index_levels(self):
        return 1

    def index_dates(self):
        return None

    def index_name(self):
        return None

    def is_dates(self, name):
        return self.frame[name].dtype in (self.nw.Date, self.nw.Datetime)

    def is_number(self, name):
        dtype = self.frame[name].dtype
        return dtype.is_numeric() or dtype == self.nw.Boolean

    def is_whole(self, name):
        return self.frame[name].dtype.is_integer()

    def number(self, name):
        column = self.frame[name].cast(self.nw.Float64)
        values = column.fill_null(float("nan")) if column.null_count() else column
        return np.array(values.to_numpy(), np.float64)

    def words(self, name):
        return np.array(self.frame[name].cast(self.nw.String).to_list(), dtype=object)

    def dates(self, name):
        nw, column = self.nw, self.frame[name]
        if column.null_count():
            raise make_error(f'column "{name}": row {self.first_empty(name)} has no date')
        if column.dtype == nw.String:
            column = column.str.to_datetime()
        zone = getattr(column.dtype, "time_zone", None)
        if column.dtype == nw.Date:
            column = column.cast(nw.Datetime("us"))
        utc = np.array(column.dt.timestamp("us").to_numpy(), np.int64)
        wall = (
            utc
            if zone is None
            else np.array(column.dt.replace_time_zone(None).dt.timestamp("us").to_numpy(), np.int64)
        )
        return choose_clock(wall, utc, zone)

    def make_dates(self, micros, dates, like):
        nw, micros = self.nw, np.asarray(micros, np.int64)
        if dates.offset is not None:
            utc = micros - dates.offset
        else:
            utc = micros if dates.zone is None else _instants(micros, dates.zone)
        values = utc.view("datetime64[us]")
        column = nw.new_series("ds", values, nw.Datetime("us"), backend=self.frame.implementation)
        if dates.zone is not None:
            column = column.dt.replace_time_zone("UTC").dt.convert_time_zone(dates.zone)
        dtype = self.frame[like].dtype
        if dtype == nw.String:
            return column
        are_days = bool(np.all(micros % _DAY == 0))
        return column if dtype == nw.Date and not are_days else column.cast(dtype)

    def take(self, name, rows):
        return self.frame[name][[int(r) for r in rows]]

    def make(self, columns):
        return self.nw.from_dict(columns, backend=self.frame.implementation).to_native()


def _arrow_backend():
    for name in ("pyarrow", "polars", "pandas"):
        try:
            __import__(name)
        except ImportError:
            continue
        return name
    raise make_error("an Arrow table can be read where pyarrow, polars or pandas is installed")
