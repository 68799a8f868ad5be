# SPDX-License-Identifier: MIT
"""Forecaster.plot(): what is drawn, and what is said where it cannot be."""

import sys

import krait
import numpy as np
import pytest
from test_forecaster import SMALL, kinds, long, wave, wide

pd = pytest.importorskip("pandas")


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def drawn(ax):
    """Lines as (times, values), the bands' bounds."""
    ax.figure.canvas.draw()
    bands = [c.get_paths()[0].vertices[:, 1] for c in ax.collections]
    return [line.get_data(orig=True) for line in ax.lines], bands


@pytest.mark.parametrize("kind", list(kinds()))
def test_a_series_is_drawn_with_its_forecast(plt, kind):
    source = long(n=120)
    model = krait.Forecaster(6, models="Naive,Theta", alias="Best").fit(kinds()[kind](source))
    ax = model.plot(series="a", history=20)
    (past, future), bands = drawn(ax)
    mine = source[source.unique_id == "a"]
    assert np.array_equal(past[1], mine.y[-20:]) and list(past[0]) == list(mine.ds[-20:])
    expected = krait.Forecaster(6, models="Naive,Theta").fit(source).predict()
    expected = expected[expected.unique_id == "a"]
    assert np.array_equal(future[1], expected.Forecaster) and list(future[0]) == list(expected.ds)
    assert [b.max() for b in bands] == [
        expected["Forecaster-hi-95"].max(),
        expected["Forecaster-hi-80"].max(),
    ]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["history", "Best", "80 %", "95 %"]
    assert (ax.get_ylabel(), ax.get_xlabel(), ax.get_title(loc="left")) == ("y", "ds", "a")


def test_dates_are_on_the_clock_of_their_zone(plt):
    frame = wide(660, tz="Europe/Berlin")
    ax = krait.Forecaster(24, models="SeasonalNaive").fit(frame).plot(series="b")
    (past, future), _ = drawn(ax)
    assert ax.get_xlabel() == "ds, Europe/Berlin" and ax.get_ylabel() == "b" and len(past[0]) == 5 * 24
    assert str(past[0][0].utcoffset()) == "1:00:00" and str(future[0][-1].utcoffset()) == "2:00:00"
    midnights = [t.get_text() for t in ax.get_xticklabels()]
    assert "28" in midnights and "29" in midnights


def test_an_array_is_drawn_by_rows(plt):
    x = np.column_stack([wave(0), wave(1)])
    _, axes = plt.subplots(2)
    ax = krait.RLinear(**SMALL).fit(x).plot(series=1, ax=axes[1], level=[50])
    assert ax is axes[1]
    (past, future), bands = drawn(ax)
    assert list(past[0]) == list(range(340, 400)) and list(future[0]) == list(range(400, 412))
    assert np.array_equal(past[1], x[-60:, 1]) and len(bands) == 1
    assert ax.get_xlabel() == "row" and ax.get_ylabel() == "column 1"


def test_rows_that_were_missing_or_lie_ahead_are_not_drawn(plt):
    whole = wide(206).assign(price=lambda f: np.arange(206) % 7)[["price", "a"]]
    frame = whole[:200].drop(index=whole.index[[150, 151]])
    model = krait.Forecaster(6, models="Theta", known_future="price", target="a").fit(frame)
    (past, future), _ = drawn(model.plot(history=1000, X_df=whole[["price"]][200:]))
    assert np.array_equal(past[1], frame.a) and list(past[0]) == list(frame.index)
    assert list(future[0]) == list(whole.index[200:])


def test_what_cannot_be_drawn(plt, monkeypatch):
    model = krait.Forecaster(6, models="Naive").fit(wide(100))
    with pytest.raises(krait.Error, match='series "c": there is no forecast of it; there are a, b'):
        model.plot(series="c")
    with pytest.raises(krait.Error, match="call fit"):
        krait.Forecaster(6).plot()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="needs matplotlib, which is not there: pip install matplotlib"):
        model.plot()
