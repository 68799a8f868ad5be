# SPDX-License-Identifier: MIT
"""Columns of a data frame as numpy arrays, and frames made of such: pandas as it is, others by narwhals."""

from dataclasses import dataclass

import numpy as np

from ._library import make_error


@dataclass
class Dates:
    """Dates of a column.

    Attributes
    ----------
    micros : ndarray of int64
        Microseconds since 1970 on the clock that the library sees.
    zone : str or None
        The column's zone; None: dates without zone.
    is_wall : bool
        With a zone: micros are the clock of the zone itself, which is so where all rows have one time of day
        (days, weeks, months), or where the zone never changes; else UTC, whose hours never jump.
    """

    micros: np.ndarray
    zone: object
    is_wall: bool


_DAY = 86_400_000_000


def choose_clock(wall, utc, zone):
    """Dates of a zone on the clock that goes on regularly."""
    if zone is None:
        return Dates(wall, None, True)
    is_fixed = str(zone).startswith(("+", "-", "UTC", "Etc/"))
    is_daily = wall.size > 0 and bool(np.all(wall % _DAY == wall[0] % _DAY))
    is_wall = is_fixed or is_daily
    return Dates(wall if is_wall else utc, zone, is_wall)


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


class Pandas:
    kind = "pandas"

    def __init__(self, x):
        self.frame = x.to_frame(name=x.name if x.name is not None else "y") if x.ndim == 1 else x

    def names(self):
        return [str(c) for c in self.frame.columns]

    def _series(self, name):
        return self.frame.iloc[:, self.names().index(name)]

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

        return pd.api.types.is_numeric_dtype(self._series(name).dtype)

    def is_whole(self, name):
        import pandas as pd

        return pd.api.types.is_integer_dtype(self._series(name).dtype)

    def number(self, name):
        return self._series(name).to_numpy(dtype=np.float64, na_value=np.nan)

    def words(self, name):
        return self._series(name).astype(str).to_numpy(dtype=object)

    def dates(self, name):
        import pandas as pd

        series = self._series(name)
        if isinstance(series.dtype, pd.PeriodDtype):
            series = series.dt.to_timestamp()
        try:
            return self._read_dates(pd.DatetimeIndex(pd.to_datetime(series)), f'column "{name}"')
        except (ValueError, TypeError) as error:
            raise make_error(f'column "{name}" holds something that is not a date: {error}') from error

    @staticmethod
    def _read_dates(index, what):
        if index.hasnans:
            raise make_error(f"{what}: row {int(np.argmax(index.isna()))} has no date")
        wall = index.tz_localize(None).as_unit("us").asi8
        utc = index.tz_convert("UTC").tz_localize(None).as_unit("us").asi8 if index.tz is not None else wall
        return choose_clock(np.ascontiguousarray(wall), np.ascontiguousarray(utc), index.tz)

    def make_dates(self, micros, dates, like):
        """Dates on the column's clock, in its unit."""
        import pandas as pd

        index = pd.DatetimeIndex(np.asarray(micros, np.int64).view("datetime64[us]"))
        if dates.zone is not None and dates.is_wall:
            index = index.tz_localize(
                dates.zone, ambiguous=np.zeros(len(index), bool), nonexistent="shift_forward"
            )
        elif dates.zone is not None:
            index = index.tz_localize("UTC").tz_convert(dates.zone)
        source = self.frame.index if like is None else self._series(like)
        unit = (
            np.datetime_data(source.dtype.base)[0]
            if isinstance(source.dtype, np.dtype)
            else getattr(source.dtype, "unit", "ns")
        )
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
                "frames other than pandas' are read by narwhals, which is not installed: "
                "pip install narwhals"
            ) from None
    return nw


class Narwhals:
    def __init__(self, x):
        self.nw = nw = _narwhals()
        try:
            self.frame = nw.from_native(x, eager_only=True, allow_series=True)
        except TypeError:
            self.frame = nw.from_arrow(x, backend=_arrow_backend())
        if isinstance(self.frame, nw.Series):
            self.frame = self.frame.to_frame()
        self.kind = str(self.frame.implementation).split(".")[-1].lower()

    def names(self):
        return list(self.frame.columns)

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
            raise make_error(
                f'column "{name}": row {int(np.argmax(column.is_null().to_numpy()))} has no date'
            )
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
        nw = self.nw
        values = np.asarray(micros, np.int64).view("datetime64[us]")
        column = nw.new_series("ds", values, nw.Datetime("us"), backend=self.frame.implementation)
        if dates.zone is not None and dates.is_wall:
            column = column.dt.replace_time_zone(dates.zone)
        elif dates.zone is not None:
            column = column.dt.replace_time_zone("UTC").dt.convert_time_zone(dates.zone)
        dtype = self.frame[like].dtype
        if dtype == nw.String:
            return column
        are_days = bool(np.all(np.asarray(micros) % _DAY == 0))
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
