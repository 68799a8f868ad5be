# SPDX-License-Identifier: MIT
"""Data that numpy would make numbers of without a word are refused; numbers in any wrapping are read."""

import datetime
from decimal import Decimal

import numpy as np
import pytest

import krait

N = 48
WAVE = np.round(5 + np.sin(np.arange(N) / 2) + np.arange(N) % 5 / 10, 3)


def forecast(data):
    return krait.Forecaster(horizon=3, models="ETS,Naive").fit(data).predict()


USERS = {
    "Forecaster": lambda x: krait.Forecaster(horizon=3, models="Naive").fit(x),
    "UMAP": lambda x: krait.UMAP(n_epochs=5).fit(x),
    "LevinaBickel": lambda x: krait.LevinaBickel().fit(x),
    "TwoNN": lambda x: krait.TwoNN().fit(x),
    "kneighbors": lambda x: krait.kneighbors(x, 3),
    "NextStep": lambda x: krait.NextStep(d_model=8, n_layers=1, d_state=4, seq_len=8, epochs=1).fit(x),
}


@pytest.mark.parametrize("user", USERS)
def test_complex_numbers_and_dates_are_refused(user):
    points = WAVE.reshape(-1, 2)
    with pytest.raises(krait.InputError, match="Complex data not supported; take their real part"):
        USERS[user](points + 1j)
    with pytest.raises(krait.InputError, match="dates and times are no numbers"):
        USERS[user]((points * 1e9).astype("M8[s]"))


class Lazy:
    """A frame that has no rows yet."""


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("data", [[["a", "b"]] * 9, [[{}, 1]] * 9, "sales.csv", [Lazy()] * 9])
def test_what_is_no_number_is_refused(user, data):
    for given in (data, np.array(data, object)):
        with pytest.raises(krait.InputError, match="no array of numbers and no data frame") as caught:
            USERS[user](given)
        assert isinstance(caught.value, TypeError) and caught.value.status == "USAGE"


@pytest.mark.parametrize(
    "setting, value",
    [
        ("min_dist", -1),
        ("init", "here"),
        ("metric", "euclidian"),
        ("metric", None),
        ("random_state", "a"),
        ("random_state", -1),
        ("random_state", 2.5),
        ("n_neighbors", 1),
        ("n_epochs", []),
    ],
)
def test_a_setting_that_is_wrong_is_the_hint(setting, value):
    with pytest.raises(krait.InputError, match=f"^{setting}: ") as caught:
        krait.UMAP(**{setting: value}).fit(WAVE.reshape(-1, 2))
    assert caught.value.hint == setting and caught.value.status


def test_a_level_that_is_wrong_is_the_hint():
    model = krait.Forecaster(horizon=3, models="Naive").fit(WAVE)
    for level in ([0], [100], ["much"]):
        with pytest.raises(krait.InputError) as caught:
            model.predict(level=level)
        assert caught.value.hint == "level"


@pytest.mark.parametrize("user", [u for u in USERS if u != "Forecaster"])
def test_masked_values_are_refused(user):
    points = np.ma.masked_greater(WAVE.reshape(-1, 2), 6.2)
    with pytest.raises(krait.InputError, match=f"{points.mask.sum()} values are masked"):
        USERS[user](points)


def test_masked_values_are_gaps_of_rows():
    gappy = np.where(WAVE > 6.2, np.nan, WAVE)
    with pytest.warns(krait.Note, match="gaps were filled"):
        masked = forecast(np.ma.masked_greater(WAVE, 6.2))
    with pytest.warns(krait.Note):
        assert np.array_equal(masked, forecast(gappy))
    assert np.array_equal(forecast(np.ma.array(WAVE)), forecast(WAVE))


# ---- frames ------------------------------------------------------------------------------------


def make_frame(pd, ds=None, y=WAVE):
    days = pd.date_range("2021-03-01", periods=N, freq="D")
    return pd.DataFrame({"ds": days if ds is None else ds(days), "y": y})


@pytest.mark.parametrize(
    "ds",
    [
        lambda days: days.astype(str),
        lambda days: [d.date() for d in days],
        lambda days: [d.to_pydatetime() for d in days],
        lambda days: days.to_period("D"),
    ],
    ids=["words", "dates", "datetimes", "periods"],
)
def test_dates_in_any_wrapping_go_on(ds):
    pd = pytest.importorskip("pandas")
    plain, other = forecast(make_frame(pd)), forecast(make_frame(pd, ds))
    assert other["ds"].dtype.kind == "M"
    assert list(other["ds"]) == list(plain["ds"]) == list(pd.date_range("2021-04-18", periods=3))
    assert np.array_equal(other["Forecaster"], plain["Forecaster"])


def test_dates_as_words_of_other_frames_go_on():
    pl = pytest.importorskip("polars")
    days = [f"2021-03-{i + 1:02d}" for i in range(31)]
    out = forecast(pl.DataFrame({"ds": days, "y": WAVE[:31]}))
    assert out["ds"].to_list()[0] == datetime.datetime(2021, 4, 1)


@pytest.mark.parametrize(
    "y",
    [
        [Decimal(str(v)) for v in WAVE],
        [int(v) if v == int(v) else float(v) for v in WAVE],
        np.array(list(WAVE), dtype=object),
    ],
    ids=["decimals", "mixed", "objects"],
)
def test_numbers_in_any_wrapping_are_read(y):
    pd = pytest.importorskip("pandas")
    frame = make_frame(pd, y=pd.Series(y, dtype=object))
    assert np.array_equal(forecast(frame)["Forecaster"], forecast(make_frame(pd))["Forecaster"])
    frame.loc[7, "y"] = None
    with pytest.warns(krait.Note, match="1 empty cells"):
        forecast(frame)


def test_a_column_of_complex_numbers_is_refused():
    pd = pytest.importorskip("pandas")
    with pytest.raises(krait.InputError, match='column "y" holds complex numbers'):
        forecast(make_frame(pd, y=WAVE + 1j))


def make_panel(pd):
    return pd.concat([make_frame(pd).assign(unique_id=name) for name in "abc"], ignore_index=True)


@pytest.mark.parametrize(
    "make_ids",
    [
        lambda pd, ids: ids.astype(object).where(ids.notna(), None),
        lambda pd, ids: ids.astype("category"),
        lambda pd, ids: ids.map(ord, "ignore").astype("Int64"),
        lambda pd, ids: ids.map(ord, "ignore").astype(float),
    ],
    ids=["objects", "categories", "numbers", "fractions"],
)
@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_row_of_no_series_is_refused(kind, make_ids):
    pd = pytest.importorskip("pandas")
    panel = make_panel(pd)
    panel["unique_id"] = make_ids(pd, panel.unique_id.where(panel.unique_id != "b"))
    if kind == "polars":
        panel = pytest.importorskip("polars").from_pandas(panel, nan_to_null=False)
    with pytest.raises(krait.InputError, match=f'column "unique_id": row {N} says no series') as caught:
        forecast(panel)
    assert caught.value.hint == "id_col"


def test_a_frame_without_rows_is_refused():
    pd = pytest.importorskip("pandas")
    for empty in (pd.DataFrame(), make_panel(pd)[:0], pd.DataFrame({"ds": [], "y": []})):
        with pytest.raises(krait.InputError, match="the frame has no rows"):
            forecast(empty)


def test_dates_of_several_zones_are_refused():
    pd = pytest.importorskip("pandas")

    def mix(days):
        return [day.tz_localize("UTC" if i % 2 else "Asia/Tokyo") for i, day in enumerate(days)]

    def some(days):
        return [day.tz_localize("UTC") if i % 2 else day for i, day in enumerate(days)]

    for dates in (mix, some):
        with pytest.raises(
            krait.InputError, match='column "ds" holds dates of several time zones, or with and'
        ):
            forecast(make_frame(pd, dates))


def test_a_missing_date_is_said_once():
    pd = pytest.importorskip("pandas")
    with pytest.raises(krait.InputError) as caught:
        forecast(make_frame(pd, lambda days: days.where(days != days[4])))
    assert str(caught.value) == 'column "ds": row 4 has no date'


def test_a_lazy_frame_is_refused_in_words():
    polars = pytest.importorskip("polars")
    with pytest.raises(krait.InputError, match="a lazy frame must be collected before"):
        krait.RLinear().fit(polars.DataFrame({"y": [1.0]}).lazy())
