# SPDX-License-Identifier: MIT
"""Time zones whose clocks change: what the library sees, and what comes back."""

import subprocess

import krait
import numpy as np
import pytest
from krait import _frames
from test_forecaster import kinds, wave

pd = pytest.importorskip("pandas")
pytest.importorskip("zoneinfo").ZoneInfo("Europe/Berlin")

MODELS = {"models": "Naive,SeasonalNaive,Theta"}


def frame_of(ds):
    return pd.DataFrame({"ds": ds, "y": wave(0, len(ds))})


def hours(start, n, zone):
    return pd.date_range(start, periods=n, freq="h", tz=zone)


def days(start, n, zone):
    return pd.date_range(start, periods=n, freq="D").tz_localize(zone, nonexistent="shift_forward")


def market(start, n, zone="America/New_York"):
    """From 9 to 15 o'clock, Monday to Friday."""
    every = pd.date_range(start, periods=5 * n + 400, freq="h")
    return every[(every.hour >= 9) & (every.hour < 16) & (every.dayofweek < 5)][:n].tz_localize(zone)


# The clocks change in the rows, behind them, or both.
CASES = {
    "hours, in autumn": (hours, "2020-10-20", 300, "Europe/Berlin"),
    "hours, soon": (hours, "2021-03-16", 280, "Europe/Berlin"),
    "days": (days, "2020-08-01", 239, "Europe/Berlin"),
    "midnights that are skipped": (days, "2024-01-01", 114, "Africa/Cairo"),
    "a market": (market, "2020-10-20", 100, "America/New_York"),
    "a market, soon": (market, "2021-01-11", 300, "America/New_York"),
    "an offset": (hours, "2021-03-16", 280, "+05:30"),
}


@pytest.mark.parametrize("kind", list(kinds()))
@pytest.mark.parametrize("case", list(CASES))
def test_forecasts_come_back_in_their_zone(case, kind):
    make, start, n, zone = CASES[case]
    if kind == "polars" and zone.startswith("+"):
        pytest.skip("polars has zones by name alone")
    whole = make(start, n + 24, zone)
    frame = frame_of(whole[:n])
    given = kinds()[kind](frame)
    future = krait.Forecaster(24, **MODELS).fit(given).predict(level=[])
    if kind == "polars":
        assert future.schema["ds"] == given.schema["ds"]
        future = pd.DataFrame(future.to_dict(as_series=False))
    elif kind == "pyarrow":
        assert future.schema.field("ds").type == given.schema.field("ds").type
        future = future.to_pandas()
    else:
        assert future.ds.dtype == frame.ds.dtype
    assert [d.timestamp() for d in future.ds] == [d.timestamp() for d in whole[n:]]
    assert [str(d)[:16] for d in future.ds] == [str(d)[:16] for d in whole[n:]]


@pytest.mark.parametrize("case", ["days", "a market", "a market, soon"])
def test_rows_of_a_clock_are_forecast_as_without_zone(case):
    make, start, n, zone = CASES[case]
    frame = frame_of(make(start, n, zone))
    plain = frame.assign(ds=frame.ds.dt.tz_localize(None))
    futures = [krait.Forecaster(24, **MODELS).fit(f).predict() for f in (frame, plain)]
    assert np.array_equal(futures[0].Forecaster, futures[1].Forecaster)
    assert list(futures[0].ds.dt.tz_localize(None)) == list(futures[1].ds)


@pytest.mark.parametrize("case", ["hours, in autumn", "hours, soon"])
def test_hours_have_the_bits_of_the_program(case, program, tmp_path):
    make, start, n, zone = CASES[case]
    frame = frame_of(make(start, n, zone))
    frame.to_csv(tmp_path / "t.csv", index=False)  # 2020-10-25 02:00:00+01:00
    settings = {"horizon": 24, "models": "Naive,SeasonalNaive,RLinear"}
    flags = [f"--{k}={v}" for k, v in settings.items()]
    subprocess.run(
        [program, "fit", "t.csv", "--out=fit", "--no-figures", "--quiet", *flags],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    theirs = pd.read_csv(tmp_path / "fit/forecast.csv")
    ours = krait.Forecaster(**settings).fit(frame).predict()
    assert np.array_equal(ours.Forecaster, theirs["y"])
    assert [d.timestamp() for d in ours.ds] == [pd.Timestamp(d).timestamp() for d in theirs.iloc[:, 0]]


@pytest.mark.parametrize("case", ["hours, in autumn", "days", "a market"])
def test_windows_come_back_in_their_zone(case):
    make, start, n, zone = CASES[case]
    whole = make(start, n, zone)
    past = krait.Forecaster(5, **MODELS).cross_validation(frame_of(whole), 8, level=[])
    assert list(past.ds) == list(whole[-40:]) and past.ds.dtype == past.cutoff.dtype
    assert list(past.cutoff) == [d for d in whole[-41:-1:5] for _ in range(5)]


def test_known_futures_are_on_the_clock_of_the_rows():
    ds = hours("2021-03-16", 280, "Europe/Berlin")
    frame = frame_of(ds[:270]).assign(price=lambda f: np.arange(270) % 7)
    model = krait.Forecaster(10, known_future="price", target="y", **MODELS).fit(frame)
    future = model.predict(X_df=pd.DataFrame({"ds": hours(ds[270], 10, None), "price": 1.0}), level=[])
    assert list(future.ds) == list(ds[270:])


def clock(ds):
    instants = ds.tz_convert("UTC").tz_localize(None).as_unit("us").asi8
    return _frames.choose_clock(ds.tz_localize(None).as_unit("us").asi8, instants, ds.tz)


def test_the_clock_on_which_rows_go_on():
    hour = 3_600_000_000
    for case, offset in (
        ("hours, in autumn", hour),
        ("hours, soon", hour),
        ("days", None),
        ("a market", None),
        ("a market, soon", None),
        ("an offset", 5.5 * hour),
    ):
        make, start, n, zone = CASES[case]
        assert clock(make(start, n, zone)).offset == offset
    twelve = pd.date_range("2020-10-01", periods=60, freq="12h")
    assert clock(twelve.tz_localize("Europe/Berlin")).offset is None
    assert clock(twelve.tz_localize("UTC").tz_convert("Europe/Berlin")).offset == hour
    weeks = pd.date_range("2020-01-05", periods=60, freq="W").tz_localize("Europe/Berlin")
    months = pd.date_range("2019-01-31", periods=30, freq="ME").tz_localize("Europe/Berlin")
    assert clock(weeks).offset is None and clock(months).offset is None
    few = np.arange(3, dtype=np.int64)
    assert _frames.choose_clock(few, few, None).micros is not None
