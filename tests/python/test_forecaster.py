# SPDX-License-Identifier: MIT
"""Forecasting from Python: what comes in, what comes back, and the bits of the program."""

import _thread
import inspect
import json
import os
import pickle
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import krait
import numpy as np
import pytest
from krait import _frames, _library, _rows

pd = pytest.importorskip("pandas")

N = 400
SMALL = {"seq_len": 48, "pred_len": 12, "train_epochs": 1, "learning_rate": 1e-3}
TINY = {**SMALL, "d_model": 8, "d_ff": 8, "n_heads": 2, "e_layers": 1, "d_core": 4, "patch_len": 12}


def wave(k, n=N):
    t, random = np.arange(n), np.random.default_rng(k)
    return 10 + k + 3 * np.sin(t * 2 * np.pi / 24) + 0.5 * random.standard_normal(n)


def wide(n=N, freq="h", tz=None):
    return pd.DataFrame(
        {"a": wave(0, n), "b": wave(1, n)}, index=pd.date_range("2021-03-01", periods=n, freq=freq, tz=tz)
    )


def long(ids=("b", "a"), n=N, freq="h"):
    ds = pd.date_range("2021-03-01", periods=n, freq=freq)
    return pd.concat(
        [pd.DataFrame({"unique_id": u, "ds": ds, "y": wave(k, n)}) for k, u in enumerate(ids)],
        ignore_index=True,
    )


# ---- classes -----------------------------------------------------------------------------------


def test_each_model_is_a_class_with_its_settings():
    names, i = [], 0
    while (name := _library.library.kr_forecast_model_name(i)) is not None:
        names.append(name.decode())
        i += 1
    assert {"TimeStar", "TimeStarMamba", "RLinear"} <= set(names)
    for name in names:
        kind = getattr(krait, name)
        parameters = inspect.signature(kind).parameters
        assert parameters["seq_len"].default == 96 and parameters["use_norm"].default is True
        assert "learning_rate : float, default 0.0001\n    Adam's rate." in kind.__doc__
        assert not {"root_path", "data_path", "checkpoints", "delimiter", "model"} & set(parameters)
    assert kind().get_params()["data"] == "custom"
    assert repr(krait.RLinear(seq_len=3)) == "RLinear(seq_len=3)"


def test_parameters_are_all_that_makes_a_model():
    model = krait.Forecaster(6, alias="mine", threads=2, models="Naive")
    same = krait.Forecaster(**model.get_params())
    assert (same.alias, same.threads) == ("mine", 2) and same.get_params() == model.get_params()
    assert same.set_params(alias="theirs", season=4).alias == "theirs" and same.get_params()["season"] == 4
    with pytest.raises(krait.Error):
        same.set_params(alias="lost", seasons=4)
    assert same.alias == "theirs"


def test_truths_are_no_numbers():
    for setting in ({"horizon": True}, {"horizon": 4, "seed": False}):
        with pytest.raises(krait.Error, match="is no number"):
            krait.Forecaster(**setting)
    krait.Forecaster(4, refit=False)


def test_settings_are_checked_when_they_are_given():
    with pytest.raises(krait.Error, match="no setting `seq_lem`; did you mean `seq_len`") as caught:
        krait.RLinear(seq_lem=3)
    assert caught.value.hint == "seq_len" and isinstance(caught.value, ValueError)
    with pytest.raises(krait.Error, match="seq_len"):
        krait.RLinear(seq_len=0)
    with pytest.raises(krait.Error, match="loss"):
        krait.RLinear(loss="MASE")
    model = krait.RLinear(seq_len=8)
    with pytest.raises(krait.Error):
        model.set_params(batch_size=-1)
    assert model.settings == {"seq_len": 8}
    with pytest.raises(krait.Error, match="call fit"):
        model.predict()
    with pytest.raises(TypeError):
        krait.Forecaster()


# ---- arrays ------------------------------------------------------------------------------------


def test_more_steps_than_the_model_has_are_said_by_the_name_that_made_it():
    x = np.arange(60.0)
    fitted = krait.Forecaster(horizon=4, models="SeasonalNaive").fit(x)
    trained = krait.RLinear(seq_len=8, pred_len=4, train_epochs=1).fit(x)
    for model, name in ((fitted, "horizon"), (trained, "pred_len")):
        with pytest.raises(
            krait.Error, match=f"horizon 99: .* 1 to 4 steps; make it with a larger `{name}`"
        ) as caught:
            model.predict(x, horizon=99)
        assert caught.value.hint == name
    with pytest.raises(krait.Error, match="`horizon` is missing"):
        krait.Forecaster(horizon=None).fit(x)


def test_arrays_give_arrays():
    x = np.column_stack([wave(0), wave(1)])
    model = krait.TimeStarMamba(**TINY).fit(x)
    future = model.predict()
    assert future.shape == (12, 2) and np.isfinite(future).all()
    assert np.array_equal(model.predict(horizon=5), future[:5])
    both = model.predict(level=[80, 50])
    assert list(both) == ["mean", "lo-50", "hi-50", "lo-80", "hi-80"]
    assert np.array_equal(both["mean"], future)
    assert (both["lo-80"] <= both["lo-50"]).all() and (both["hi-50"] <= both["hi-80"]).all()
    assert np.array_equal(model.predict(x[:-7]), model.predict(x[:-7].tolist()))
    assert not np.array_equal(model.predict(x[:-7]), future)
    flat = krait.RLinear(**SMALL).fit(x[:, 0])
    assert flat.predict().shape == (12,)
    assert np.array_equal(krait.RLinear(**SMALL, threads=1).fit(x[:, 0]).predict(), flat.predict())


def test_scores_are_those_of_the_test_windows():
    model = krait.RLinear(**{**SMALL, "train_epochs": 3}).fit(wave(0))
    score = model.score()
    assert score["windows"] == 80 - 12 + 1 and len(score["epochs"]) == 3
    assert score["mse"] > 0 and score["rmse"] == pytest.approx(score["mse"] ** 0.5)
    assert [i["level"] for i in score["intervals"]] == [0.8]  # of 29 windows


@pytest.mark.parametrize(
    "x, words",
    [
        ("text", "no array of numbers"),
        (np.zeros((2, 3, 4)), "3 axes"),
        (np.zeros(10), "rows"),
        (np.array([np.inf] * 200), "infinite|finite"),
    ],
)
def test_arrays_that_cannot_be(x, words):
    with pytest.raises(krait.Error, match=words):
        krait.RLinear(**SMALL).fit(x)


# ---- frames ------------------------------------------------------------------------------------


def kinds():
    made = {"pandas": lambda f: f}
    try:
        import narwhals  # noqa: F401
        import polars as pl

        made["polars"] = pl.from_pandas
        import pyarrow as pa

        made["pyarrow"] = lambda f: pa.Table.from_pandas(f, preserve_index=False)
    except ImportError:
        pass
    return made


@pytest.mark.parametrize("kind", list(kinds()))
def test_a_long_frame_comes_back_as_its_kind(kind):
    source = long()
    frame = kinds()[kind](source)
    model = krait.RLinear(**SMALL, alias="Best").fit(frame)
    future = model.predict()
    assert type(future) is type(frame)
    future = (
        pd.DataFrame(future.to_dict(as_series=False))
        if kind == "polars"
        else future.to_pandas()
        if kind == "pyarrow"
        else future
    )
    assert list(future.columns) == [
        "unique_id",
        "ds",
        "Best",
        "Best-lo-95",
        "Best-lo-80",
        "Best-hi-80",
        "Best-hi-95",
    ]
    assert list(future.unique_id) == ["b"] * 12 + ["a"] * 12
    expected = pd.date_range(source.ds.max(), periods=13, freq="h")[1:]
    assert list(future.ds) == 2 * list(expected)
    plain = krait.RLinear(**SMALL).fit(source).predict()
    assert np.array_equal(plain.RLinear, future.Best) and np.array_equal(
        plain["RLinear-lo-80"], future["Best-lo-80"]
    )


def test_rows_of_a_long_frame_may_stand_anywhere():
    source = long()
    expected = krait.RLinear(**SMALL).fit(source).predict()
    table = _rows.read(source.sample(frac=1, random_state=1))
    assert sorted(table.series) == ["a", "b"] and (np.diff(table.dates.micros[:N]) > 0).all()
    mixed = pd.concat(
        [source.iloc[[0]], source.iloc[[N]], source.iloc[1:].drop(N).sample(frac=1, random_state=1)]
    )
    pd.testing.assert_frame_equal(krait.RLinear(**SMALL).fit(mixed).predict(), expected)


def test_columns_of_a_long_frame_can_be_named():
    source = long(ids=(7, 3)).rename(columns={"unique_id": "shop", "ds": "day", "y": "sold"})
    source["price"] = np.tile(wave(5), 2)
    model = krait.RLinear(**SMALL).fit(source, id_col="shop", time_col="day", target_col="sold")
    future = model.predict(level=[])
    assert list(future.columns) == ["shop", "day", "RLinear"] and future.shape[0] == 24
    assert future.shop.dtype == source.shop.dtype and list(future.shop.unique()) == [7, 3]


def test_steps_may_be_counted():
    source = long().assign(ds=np.tile(np.arange(100, 100 + 2 * N, 2), 2))
    future = krait.RLinear(**SMALL).fit(source).predict(level=[])
    assert list(future.ds[:12]) == list(range(100 + 2 * N, 100 + 2 * N + 24, 2))
    with pytest.raises(krait.Error, match='"ds": its numbers do not rise in equal steps at row 5'):
        krait.RLinear(**SMALL).fit(source.drop(5))


def test_a_wide_frame_has_its_columns_as_ids():
    frame = wide()
    future = krait.RLinear(**SMALL).fit(frame).predict(level=[80])
    assert list(future.columns) == ["unique_id", "ds", "RLinear", "RLinear-lo-80", "RLinear-hi-80"]
    assert list(future.unique_id) == ["a"] * 12 + ["b"] * 12 and future.ds[0] == frame.index[
        -1
    ] + pd.Timedelta("1h")
    column = frame.rename_axis("date").reset_index()
    again = krait.RLinear(**SMALL).fit(column).predict(level=[80])
    assert np.array_equal(again.RLinear, future.RLinear) and list(again.date) == list(future.ds)
    with pytest.warns(krait.Note, match="columns without numbers are left out: word"):
        krait.RLinear(**SMALL).fit(frame.assign(word="x"))


@pytest.mark.parametrize(
    "freq, tz, unit",
    [("h", "Europe/Berlin", "ns"), ("D", "Europe/Berlin", "s"), ("h", "+05:30", "us"), ("D", None, "ms")],
)
def test_zones_and_units_are_kept(freq, tz, unit):
    n = 660 if freq == "h" else N  # up to the 28th of March, when the clocks of Berlin change
    frame = wide(n, freq, tz)
    frame.index = frame.index.as_unit(unit)
    future = krait.RLinear(**{**SMALL, "pred_len": 24}, data="custom").fit(frame).predict(level=[])
    assert future.ds.dtype == frame.index.dtype
    expected = pd.date_range(frame.index[0], periods=n + 24, freq=freq)[n:]
    assert list(future.ds[:24]) == list(expected)


def test_polars_keeps_zones_and_days():
    pl = pytest.importorskip("polars")
    pytest.importorskip("narwhals")
    zone = pl.from_pandas(wide(tz="Europe/Berlin").rename_axis("ds").reset_index())
    future = krait.RLinear(**SMALL).fit(zone).predict(level=[])
    assert future.schema["ds"] == zone.schema["ds"] and future["ds"][0] > zone["ds"][-1]
    days = pl.from_pandas(wide(freq="D").rename_axis("ds").reset_index()).with_columns(
        pl.col("ds").cast(pl.Date)
    )
    future = krait.RLinear(**SMALL).fit(days).predict(level=[])
    assert future.schema["ds"] == pl.Date


def test_frames_that_cannot_be():
    with pytest.raises(krait.Error, match="no columns of numbers"), pytest.warns(krait.Note):
        krait.RLinear(**SMALL).fit(pd.DataFrame({"a": ["x"] * 5}))
    with pytest.raises(krait.Error, match='two columns are called "a"'):
        krait.RLinear(**SMALL).fit(pd.DataFrame(np.zeros((5, 2)), columns=["a", "a"]))
    with pytest.raises(krait.Error, match='column "ds" holds something that is not a date'):
        krait.RLinear(**SMALL).fit(long().assign(ds="someday"))
    with pytest.raises(krait.Error, match="has no date"):
        krait.RLinear(**SMALL).fit(long().assign(ds=pd.NaT))
    with pytest.raises(krait.Error):
        krait.RLinear(**SMALL, gaps="refuse").fit(wide().assign(a=np.nan))


# ---- futures that are known --------------------------------------------------------------------


def with_price(frame):
    return frame.assign(price=10 + np.cos(np.arange(len(frame)) / 5), y=lambda f: f.y + 4 * f.price)


def test_known_futures_reach_the_model():
    source = pd.concat([with_price(part) for _, part in long().groupby("unique_id", sort=False)])
    model = krait.TimeStarMamba(**{**TINY, "train_epochs": 3}, known_future=["price"]).fit(source)
    ds = pd.date_range(source.ds.max(), periods=13, freq="h")[1:]
    ahead = pd.concat(
        [pd.DataFrame({"unique_id": u, "ds": ds, "price": p}) for u, p in (("a", 10.0), ("b", 11.0))]
    )
    future = model.predict(X_df=ahead, level=[])
    assert list(future.unique_id) == ["b"] * 12 + ["a"] * 12 and list(future.ds[:12]) == list(ds)
    other = model.predict(X_df=ahead.assign(price=20.0), level=[])
    assert not np.allclose(other.TimeStarMamba, future.TimeStarMamba)
    assert np.array_equal(model.predict(source, X_df=ahead, level=[]).TimeStarMamba, future.TimeStarMamba)
    with pytest.raises(krait.Error, match='column "cost" is not in the data'):
        model.predict(X_df=ahead.assign(cost=1.0))
    with pytest.raises(krait.Error, match="no rows for the series b"):
        model.predict(X_df=ahead[ahead.unique_id == "a"])


def test_known_futures_that_end_early_are_refused():
    source = wide().assign(price=10 + np.cos(np.arange(N) / 5))[["price", "a"]]
    model = krait.Forecaster(6, models="Naive,RLinear", target="a", known_future="price").fit(source)
    ahead = pd.DataFrame({"price": 10.0}, index=pd.date_range(source.index[-1], periods=7, freq="h")[1:])
    for few in (None, ahead[:3]):
        with pytest.raises(
            krait.InputError, match=f"for the 6 steps .* there are {0 if few is None else 3}"
        ) as caught:
            model.predict(X_df=few)
        assert caught.value.hint == "X_df"
    together = pd.concat([source, ahead])
    assert np.array_equal(model.predict(together).Forecaster, model.predict(X_df=ahead).Forecaster)


def test_known_futures_of_a_wide_frame():
    source = wide().assign(price=10 + np.cos(np.arange(N) / 5))[["price", "a"]]
    model = krait.Forecaster(6, models="Naive,RLinear,DLinear", target="a", known_future="price").fit(source)
    ahead = pd.DataFrame({"price": 10.0}, index=pd.date_range(source.index[-1], periods=7, freq="h")[1:])
    future = model.predict(X_df=ahead)
    assert list(future.unique_id) == ["a"] * 6 and list(future.ds) == list(ahead.index)


def test_known_futures_of_other_dates_are_refused():
    source = wide().assign(price=10 + np.cos(np.arange(N) / 5))[["price", "a"]]
    model = krait.RLinear(**SMALL, features="MS", target="a", known_future="price").fit(source)
    ahead = pd.DataFrame({"price": 10.0}, index=pd.date_range(source.index[-1], periods=14, freq="h")[1:])
    assert len(model.predict(X_df=ahead)) == 12
    for wrong in (ahead.shift(freq="1D"), ahead.shift(freq="30min"), ahead.drop(index=ahead.index[3])):
        with pytest.raises(krait.InputError, match="of what is known ahead the next step is 2021-03-17 1"):
            model.predict(X_df=wrong)
    for wrong, why in (
        (ahead[:0], "the frame has no rows"),
        (ahead[[]], "the frame has no columns of numbers"),
    ):
        with pytest.raises(krait.InputError, match=f"^X_df: {why}") as caught:
            model.predict(X_df=wrong)
        assert caught.value.hint == "X_df"


def test_known_futures_of_an_array():
    source = wide().assign(c=wave(2), d=wave(3))
    model = krait.TimeStarMamba(**TINY, features="MS", target="0", known_future="2,1")
    model.fit(source[["a", "b", "c"]].to_numpy())
    ahead = np.column_stack([wave(4, 12), wave(5, 12)])
    forecast = model.predict(X_df=ahead)
    whole = np.column_stack([np.full(12, np.nan), ahead[:, ::-1]])
    assert np.array_equal(model.predict(X_df=whole), forecast)
    assert not np.array_equal(model.predict(X_df=ahead[:, ::-1]), forecast)
    with pytest.raises(
        krait.InputError, match="X_df: an array with 1 columns, where 2 are known ahead: 2, 1"
    ):
        model.predict(X_df=ahead[:, :1])


# ---- files -------------------------------------------------------------------------------------


def test_a_saved_model_forecasts_the_same(tmp_path):
    source = wide()
    for model in (krait.TimeStar(**TINY), krait.Forecaster(6, models="Naive,Theta,ETS")):
        expected = model.fit(source).predict()
        path = tmp_path / "model.safetensors"
        loaded = krait.load(model.save(path) and path, alias=model.alias)
        pd.testing.assert_frame_equal(loaded.predict(source), expected)
        with pytest.raises(krait.Error, match="rows to forecast from"):
            loaded.predict()
        pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).predict(source), expected)
    assert type(krait.load(krait.TimeStar(**TINY).fit(source).save(path) and path)) is krait.TimeStar
    with pytest.raises(krait.Error, match="nowhere") as caught:
        krait.load(tmp_path / "nowhere.safetensors")
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("models", ["Naive,Theta,ETS", "Naive,SeasonalNaive,RLinear"])
def test_a_loaded_model_tells_what_its_fit_found(models, tmp_path):
    source = wide()
    model = krait.Forecaster(6, models=models, seed=3).fit(source)
    model.save(tmp_path / "model.safetensors")
    loaded = krait.load(tmp_path / "model.safetensors")
    assert isinstance(loaded, krait.Forecaster) and loaded.settings == {**model.settings, "horizon": 6}
    assert (loaded.verdict, loaded.judgement, loaded.rules) == (model.verdict, model.judgement, model.rules)
    assert loaded.chosen == model.chosen
    ours = model.comparison.drop(columns="seconds").to_dict("records")
    theirs = [{k: v for k, v in c.items() if k != "seconds"} for c in loaded.comparison]
    assert theirs == ours and all(np.isnan(c["seconds"]) for c in loaded.comparison)
    loaded.save(tmp_path / "again.safetensors")
    again = krait.load(tmp_path / "again.safetensors")
    assert again.verdict == model.verdict and again.comparison[0].keys() == loaded.comparison[0].keys()
    if "RLinear" not in models:  # whose file has the seconds of its epochs
        files = [(tmp_path / f"{name}.safetensors").read_bytes() for name in ("model", "again")]
        assert files[0] == files[1]
    pd.testing.assert_frame_equal(loaded.fit(source).predict(), model.predict())


def test_what_no_fit_made_says_so(tmp_path):
    model = krait.RLinear(**SMALL)
    loaded = krait.load(model.fit(wave(0)).save(tmp_path / "m.safetensors") and tmp_path / "m.safetensors")
    assert not hasattr(loaded, "comparison")


def test_filled_gaps_are_said():
    frame = wide().iloc[:60].copy()
    frame.iloc[10:12, 0] = np.nan
    said = r"gaps were filled \(.*\): 0 missing rows and 2 empty cells; the longest has 2 rows"
    with pytest.warns(krait.Note, match=said):
        krait.Forecaster(4, models="Theta").fit(frame)


# ---- the program's bits ------------------------------------------------------------------------


@pytest.fixture
def run_program(program):
    return lambda *arguments: subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)


def test_a_model_has_the_bits_of_krait_run(run_program, tmp_path):
    frame = wide().rename_axis("date").reset_index()
    frame.to_csv(tmp_path / "t.csv", index=False)
    flags = [f"--{k}={v}" for k, v in TINY.items()]
    run_program(
        "run",
        "--model=TimeStarMamba",
        "--data=custom",
        f"--root_path={tmp_path}/",
        "--data_path=t.csv",
        "--target=b",
        f"--results={tmp_path}/r/",
        f"--checkpoints={tmp_path}/c/",
        *flags,
    )
    metrics = json.loads(next((tmp_path / "r").rglob("metrics.json")).read_text())
    model = krait.TimeStarMamba(**TINY).fit(frame)
    score = model.score()
    found = (
        metrics
        if "mse" in metrics
        else next(v for v in metrics.values() if isinstance(v, dict) and "mse" in v)
    )
    assert float(f"{score['mse']:.9g}") == float(f"{found['mse']:.9g}")
    checkpoint = next((tmp_path / "c").rglob("*.safetensors"))
    loaded = krait.load(checkpoint, alias="TimeStarMamba")
    pd.testing.assert_frame_equal(loaded.predict(frame), model.predict())
    for other in (loaded, pickle.loads(pickle.dumps(model))):
        with pytest.raises(krait.Error, match="a model from a file, or of a training"):
            other.score()


def program_fit(run_program, tmp_path, frame, **settings):
    frame.to_csv(tmp_path / "t.csv", index=False)
    flags = [f"--{k}={v}" for k, v in settings.items()]
    run_program("fit", tmp_path / "t.csv", f"--out={tmp_path}/fit", "--no-figures", "--quiet", *flags)
    return pd.read_csv(tmp_path / "fit/forecast.csv"), json.loads((tmp_path / "fit/fit.json").read_text())


def test_a_fit_has_the_bits_of_krait_fit(run_program, tmp_path):
    frame = wide().rename_axis("date").reset_index()
    settings = {"horizon": 12, "models": "SeasonalNaive,Theta,RLinear,DLinear", "seed": 7}
    theirs, their_json = program_fit(run_program, tmp_path, frame, **settings)
    model = krait.Forecaster(**settings).fit(frame)
    ours = model.predict()
    loaded = krait.load(tmp_path / "fit/model.safetensors")
    assert loaded.verdict == their_json["verdict"] and loaded.judgement == model.judgement
    assert sorted(model.chosen) == sorted(their_json["chosen"]) and model.verdict == their_json["verdict"]
    assert any(c["is_learned"] and c["is_chosen"] for c in model.comparison.to_dict("records"))
    for name in "ab":
        mine = ours[ours.unique_id == name]
        assert np.array_equal(mine.Forecaster, theirs[name])
        for level in (80, 95):
            assert np.array_equal(mine[f"Forecaster-lo-{level}"], theirs[f"{name}_lower_{level}"])
            assert np.array_equal(mine[f"Forecaster-hi-{level}"], theirs[f"{name}_upper_{level}"])
    assert list(mine.date.astype(str)) == list(theirs.date)


def test_a_panel_has_the_bits_of_krait_fit(run_program, tmp_path):
    frame = long(ids=("s2", "s1", "s3"), n=60, freq="D")
    theirs, their_json = program_fit(run_program, tmp_path, frame, horizon=7)
    model = krait.Forecaster(7).fit(frame)
    ours = model.predict()
    assert model.verdict == their_json["verdict"] and list(ours.unique_id) == list(theirs.iloc[:, 0])
    assert np.array_equal(ours.Forecaster, theirs["y"])
    assert np.array_equal(ours["Forecaster-hi-95"], theirs["y_upper_95"])


# ---- krait fit ---------------------------------------------------------------------------------


def test_a_fit_says_what_it_found():
    model = krait.Forecaster(6, models="Naive,SeasonalNaive,Theta,RLinear").fit(wave(0, 80))
    why = {c["model"]: c["why_not"] for c in model.comparison}
    assert [c["rank"] for c in model.comparison] == [1, 2, 0, 0]
    errors = [c["judging_mase"] for c in model.comparison[:2]]
    assert errors == sorted(errors) and sorted(why) == ["Naive", "RLinear", "SeasonalNaive", "Theta"]
    assert why["RLinear"] == "too few rows to learn from" and not why["Theta"]
    assert set(model.chosen) <= set(why) and model.judgement["choice"].lower() in model.verdict.lower()
    assert model.judgement["is"] in ("better", "no better", "worse", "too little data to tell")
    assert {"what", "value", "why"} == set(model.rules[0])
    assert model.predict().shape == (6,)
    with pytest.raises(krait.Error):
        model.predict(horizon=7)
    with pytest.raises(krait.Error, match="level"):
        model.predict(level=[100])
    with pytest.raises(krait.Error, match="rows"):
        krait.Forecaster(6, models="Naive,Theta").fit(wave(0, 5))


def test_short_series_are_left_out_with_a_note():
    source = long(n=200)
    model = krait.RLinear(**SMALL).fit(source)
    newer = pd.concat([source[source.unique_id == "b"], source[source.unique_id == "a"].head(20)])
    with pytest.warns(krait.Note, match="1 of 2 series have fewer rows than the 48 that the model needs: a"):
        future = model.predict(newer)
    assert set(future.unique_id) == {"b"}


def test_it_is_quiet_unless_asked(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        krait.RLinear(**SMALL).fit(wave(0)).score()
    assert capfd.readouterr() == ("", "")
    krait.RLinear(**SMALL).fit(wave(0), progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "RLinear, epoch 1/1" in err
    krait.Forecaster(6, models="Naive,RLinear").fit(wave(0), progress=True)
    assert "RLinear, epoch" in capfd.readouterr().err


def test_ctrl_c_stops_a_training_and_keeps_the_best_so_far():
    x = np.column_stack([wave(0), wave(1)])
    model = krait.TimeStarMamba(**{**TINY, "train_epochs": 100000, "patience": 0})
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x)
    timer.join()
    kept = model.predict()
    assert kept.shape == (12, 2) and np.isfinite(kept).all()
    assert np.abs(kept - krait.TimeStarMamba(**{**TINY, "learning_rate": 0.0}).fit(x).predict()).max() > 0.1
    with pytest.raises(krait.Error, match="no intervals"):
        model.predict(level=[80])
    with pytest.raises(krait.Error, match="of a training that was stopped, does not hold it"):
        model.score()
    assert krait.RLinear(**SMALL).fit(x).predict().shape == (12, 2)


def test_ctrl_c_before_an_epoch_keeps_nothing():
    model = krait.TimeStarMamba(**{**TINY, "seq_len": 2000, "d_model": 64, "batch_size": 32})
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(np.column_stack([wave(k, 20000) for k in range(30)]))
    timer.join()
    with pytest.raises(krait.Error, match="call fit"):
        model.predict()


def test_ctrl_c_stops_a_fit_and_keeps_the_best_so_far():
    source = wide(40000)
    model = krait.Forecaster(24, models="Naive,SeasonalNaive,TimeStarMamba")
    timer = threading.Timer(3.0, _thread.interrupt_main)
    timer.start()
    with pytest.warns(krait.Note, match="among the models that were done, without TimeStarMamba"):
        with pytest.raises(KeyboardInterrupt):
            model.fit(source)
    timer.join()
    left_out = model.comparison.set_index("model").loc["TimeStarMamba"]
    assert left_out["why_not"] == "the fit was stopped before" and left_out["rank"] == 0
    alone = krait.Forecaster(24, models="Naive,SeasonalNaive").fit(source)
    assert model.verdict == alone.verdict and model.chosen == alone.chosen
    pd.testing.assert_frame_equal(model.predict(), alone.predict())
    assert krait.Forecaster(6, models="Naive").fit(wave(0)).predict().shape == (6,)  # the team goes on


# ---- gaps, memory, what is not installed ---------------------------------------------------------


def test_gaps_are_filled_as_the_program_fills_them(run_program, tmp_path):
    frame = wide(n=120).rename_axis("date").reset_index()
    frame.loc[[30, 118], "a"] = np.nan
    frame = frame.drop(index=[50, 51])
    theirs, _ = program_fit(run_program, tmp_path, frame, horizon=6, models="Naive,Theta")
    model = krait.Forecaster(6, models="Naive,Theta").fit(frame)
    ours = model.predict()
    assert np.array_equal(ours[ours.unique_id == "a"].Forecaster, theirs["a"])
    assert list(ours.date[:6]) == list(pd.date_range(frame.date.iloc[-1], periods=7, freq="h")[1:])
    with pytest.raises(krait.Error, match="gap|missing|empty"):
        krait.Forecaster(6, models="Naive,Theta", gaps="refuse").fit(frame)
    refusing = krait.Forecaster(6, models="Naive,Theta", gaps="refuse").fit(wide(n=120))
    with pytest.raises(krait.Error, match="gap|missing|empty"):
        refusing.predict(frame)


def test_pandas_needs_no_narwhals(monkeypatch):
    for name in ("narwhals", "narwhals.stable", "narwhals.stable.v2"):
        monkeypatch.setitem(sys.modules, name, None)
    assert len(krait.RLinear(**SMALL).fit(wide()).predict()) == 24
    pl = pytest.importorskip("polars")
    with pytest.raises(krait.Error, match="pip install narwhals"):
        krait.RLinear(**SMALL).fit(pl.DataFrame({"a": [1.0]}))


def test_memory_is_freed():
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    if not Path("/proc/self/statm").exists():
        pytest.skip("no /proc")
    x = np.column_stack([wave(k, 5000) for k in range(20)])  # 800 kB a time
    for i in range(60):
        if i == 20:
            before = resident()
        model = krait.Forecaster(6, models="Naive").fit(x)
        model.predict()
    assert resident() - before < 20e6  # a copy of x kept by each were 32e6


# ---- the report --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_panel", [False, True])
def test_a_report_is_that_of_the_program(run_program, program, tmp_path, is_panel):
    frame = long(n=80, freq="D") if is_panel else wide().rename_axis("date").reset_index()
    settings = {"horizon": 6, "models": "SeasonalNaive,Theta,RLinear"}
    program_fit(run_program, tmp_path, frame, **settings)
    model = krait.Forecaster(**settings).fit(frame)
    fit, ours = model._fit, tmp_path / "ours"
    _library.call("kr_fit_write", fit, str(ours).encode(), b"t.csv")
    pages = [
        json.loads(
            subprocess.run(
                [program, "report", folder, "--json", f"--out={folder}/r.html"],
                capture_output=True,
                check=True,
            ).stdout
        )
        for folder in (ours, tmp_path / "fit")
    ]
    for key in ("charts", "tables", "files", "warnings"):
        assert pages[0][key] == pages[1][key]
    for name in ("targets.csv", "held_out.csv"):
        assert (ours / name).read_bytes() == (tmp_path / "fit" / name).read_bytes()
    tables = [pd.read_csv(folder / "forecast.csv") for folder in (ours, tmp_path / "fit")]
    for a, b in zip(*(table.columns for table in tables)):
        assert a in (b, "date") and list(tables[0][a]) == list(tables[1][b])
    found = [json.loads((folder / "fit.json").read_text()) for folder in (ours, tmp_path / "fit")]
    for key in ("data", "comparison", "verdict", "chosen", "intervals", "residuals", "windows"):
        assert found[0][key] == found[1][key]
    model.report(tmp_path / "page.html", name="sales.csv")
    page = (tmp_path / "page.html").read_text()
    assert "<title>Fit of sales" in page and model.verdict in page


def test_what_has_no_report(tmp_path):
    with pytest.raises(krait.Error, match="call fit"):
        krait.Forecaster(6).report(tmp_path / "a.html")
    model = krait.Forecaster(6, models="Naive").fit(wave(0))
    loaded = krait.load(model.save(tmp_path / "m.safetensors") and tmp_path / "m.safetensors")
    for other in (loaded, pickle.loads(pickle.dumps(model))):
        with pytest.raises(krait.Error, match="a model from a file does not keep that; fit"):
            other.report(tmp_path / "a.html")
    with pytest.raises(OSError, match="nowhere"):
        model.report(tmp_path / "nowhere" / "deep" / "a.html")
    assert not (tmp_path / "a.html").exists()


def test_an_index_may_name_series_and_dates():
    source, model = long(), krait.Forecaster(6, models="Naive,Theta")
    plain = model.fit(source).predict()
    for index in (["unique_id", "ds"], "unique_id", "ds"):
        pd.testing.assert_frame_equal(model.fit(source.set_index(index)).predict(), plain)
    shops = source.rename(columns={"unique_id": "shop", "ds": "day", "y": "sold"}).set_index(["shop", "day"])
    names = dict(id_col="shop", time_col="day", target_col="sold")
    assert np.array_equal(model.fit(shops, **names).predict().Forecaster, plain.Forecaster)
    with pytest.raises(krait.Error, match="the index has 2 levels, .* ds, unique_id, y"):
        model.fit(shops)


def test_intervals_are_those_of_the_setting():
    model = krait.Forecaster(6, models="Naive,Theta", levels=[0.9, 0.5]).fit(long())
    assert [c for c in model.predict() if "-" in c] == [
        f"Forecaster-{e}" for e in ("lo-90", "lo-50", "hi-50", "hi-90")
    ]


def test_paths_may_be_bytes(tmp_path):
    model = krait.RLinear(**SMALL).fit(wave(0, 200))
    path = os.fsencode(tmp_path / "model.safetensors")
    assert np.array_equal(krait.load(model.save(path) and path).predict(wave(0, 200)), model.predict())


def test_the_package_is_the_program(program):
    if Path(program).parent.parent != Path(krait.__file__).parent:
        pytest.skip("the program is not in the package")
    said = [
        subprocess.run([*start, "--version"], check=True, capture_output=True).stdout
        for start in ([program], [sys.executable, "-m", "krait"])
    ]
    assert said[0] == said[1]
