# SPDX-License-Identifier: MIT
"""krait.ZeroShot: forecasts without training. Numbers are those of the weights: what is tested holds for any."""

import inspect
import pickle
import subprocess

import krait
import numpy as np
import pytest

pd = pytest.importorskip("pandas")


def months(n=48, k=0):
    return 50 + k + np.arange(n) + 10 * np.sin(np.arange(n) * np.pi / 6)


def wide(n=48):
    return pd.DataFrame(
        {"a": months(n), "b": months(n, 7)},
        index=pd.date_range("2020-01-01", periods=n, freq="MS", name="ds"),
    )


def long(lengths=(48, 5, 1)):
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "unique_id": f"s{k}",
                    "ds": pd.date_range("2020-01-01", periods=n, freq="MS"),
                    "y": months(n, k),
                }
            )
            for k, n in enumerate(lengths)
        ],
        ignore_index=True,
    )


def test_a_frame_comes_back_with_dates_and_intervals():
    future = krait.ZeroShot(horizon=4).predict(wide())
    assert list(future.columns) == ["unique_id", "ds", "ZeroShot", "ZeroShot-lo-80", "ZeroShot-hi-80"]
    assert list(future.unique_id) == ["a"] * 4 + ["b"] * 4
    assert future.ds.iloc[0] == pd.Timestamp("2024-01-01")
    low, middle, high = (future[c] for c in future.columns[[3, 2, 4]])
    assert np.isfinite(future[future.columns[2:]].to_numpy()).all()
    assert (low <= middle).all() and (middle <= high).all()


def test_without_a_horizon_two_seasons():
    assert len(krait.ZeroShot().predict(months(), level=[])) == 6  # an array has no dates, and so no season
    assert len(krait.ZeroShot(season=12).predict(months())) == 24
    assert len(krait.ZeroShot().predict(wide())) == 2 * 24


def test_series_of_any_length_as_each_is_alone():
    together = krait.ZeroShot(horizon=3, threads=2).predict(long(), level=[60])
    alone = krait.ZeroShot(horizon=3, season=12, threads=1).predict(months(), level=[60])
    assert list(together.unique_id.unique()) == ["s0", "s1", "s2"]
    assert np.array_equal(together["ZeroShot"][:3], alone["mean"])
    assert np.array_equal(together["ZeroShot-hi-60"][:3], alone["hi-60"])
    assert (together["ZeroShot"][-3:] == months(1, 2)[0]).all()


def test_quantiles_rise_around_the_forecast():
    asked = [0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.75, 0.8, 0.9]
    future = krait.ZeroShot(horizon=5, alias="z").predict(wide(), quantiles=asked)
    names = [f"z-q-{100 * q:g}" for q in asked]
    assert list(future.columns[2:]) == ["z", *names]
    assert (np.diff(future[names].to_numpy(), axis=1) >= 0).all()
    assert future["z"].equals(future["z-q-50"].rename("z"))
    bounds = krait.ZeroShot(horizon=5).predict(wide(), level=[80])
    assert np.array_equal(bounds["ZeroShot-lo-80"], future["z-q-10"])
    arrays = krait.ZeroShot(horizon=5, season=12).predict(months(), quantiles=[0.9])
    assert sorted(arrays) == ["mean", "q-90"] and arrays["q-90"].shape == (5,)


def test_missing_values_are_no_error():
    y = months()
    y[[7, 20, 21]] = np.nan
    assert np.isfinite(krait.ZeroShot(horizon=3, season=12).predict(y)).all()


def test_it_has_the_manners_of_the_others():
    model = krait.ZeroShot(horizon=4).fit(wide())
    assert model.predict().equals(krait.ZeroShot(horizon=4).predict(wide()))
    assert pickle.loads(pickle.dumps(model)).predict(wide()).equals(model.predict())
    assert "without a look at the past" in model.verdict and model.chosen == ["ZeroShot"]
    past = model.cross_validation(wide(), n_windows=2, h=4)
    assert len(past) == 2 * 2 * 4 and "ZeroShot-lo-80" in past.columns
    parameters = inspect.signature(krait.ZeroShot).parameters
    assert {"horizon", "model", "season", "lower", "integers"} <= set(parameters)
    assert not {"models", "time_budget", "lookback"} & set(parameters)


def test_fit_knows_it_by_its_name(tmp_path):
    model = krait.Forecaster(horizon=3, models="ZeroShot,Naive").fit(months())
    assert {c["model"] for c in model.comparison} == {"ZeroShot", "Naive"}
    short = krait.Forecaster(horizon=12).fit(months(4))
    assert short.chosen == ["ZeroShot"] and "too few" in short.verdict
    short.save(tmp_path / "m.safetensors")
    again = krait.load(tmp_path / "m.safetensors")
    assert np.array_equal(again.predict(months(4)), short.predict())


def test_another_model(tmp_path, program):
    path = tmp_path / "own.safetensors"
    small = "--epochs 1 --steps 2 --batch-size 4 --validation 16 --d-model 8 --n-layers 1 --d-hidden 8 --threads 1 -q"
    subprocess.run([program, "pretrain", *small.split(), "-o", str(path)], check=True, cwd=tmp_path)
    own = krait.ZeroShot(horizon=3, model=path)
    assert not own.predict(wide()).equals(krait.ZeroShot(horizon=3).predict(wide()))
    assert pickle.loads(pickle.dumps(own)).predict(wide()).equals(own.predict())
    with pytest.raises(krait.Error, match=r"save: .* make ZeroShot\(model="):
        own.save(tmp_path / "copy.safetensors")
    with pytest.raises(krait.Error, match="no such file"):
        krait.ZeroShot(horizon=3, model=tmp_path / "none").predict(wide())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"level": [95]}, "level 95 %: .* at most 80 %"),
        ({"quantiles": [0.05]}, "0.1 to 0.9"),
        ({"quantiles": [0.5], "level": [80]}, "not both"),
    ],
)
def test_what_the_model_does_not_tell_is_refused(arguments, sentence):
    with pytest.raises(krait.Error, match=sentence):
        krait.ZeroShot(horizon=3).predict(wide(), **arguments)


@pytest.mark.parametrize(
    ("x", "arguments", "sentence"),
    [
        (None, {}, "give the rows to forecast from"),
        (months(), {"level": "a"}, "level: 'a' is no number; give percent"),
        (months(), {"level": [90]}, "level 90 %"),
        (months(), {"quantiles": ["a"]}, r"quantiles: \['a'\] are no numbers"),
        (months(), {"quantiles": []}, "quantiles: none are given"),
        (
            months(),
            {"horizon": 4},
            "horizon 4: the model forecasts 1 to 3 steps; make it with a larger `horizon`",
        ),
        (months(), {"horizon": 1.5}, "horizon: 1.5; use a whole number"),
        (long(), {"id_col": "sn"}, 'id_col: the frame has no column "sn"; it has unique_id, ds, y'),
        (wide(), {"target_col": "c"}, 'target_col: the frame has no column "c"; it has a, b'),
        ([], {}, "0 rows"),
        (wide()[:0], {}, "the frame has no rows"),
        ([np.nan] * 5, {}, 'column "0" has no values at all; leave it out$'),
        ([1, np.inf], {}, "row 2, .* infinite"),
        ("sales.csv", {}, "no data frame"),
    ],
)
def test_what_cannot_be_is_said_in_the_words_of_the_call(x, arguments, sentence):
    with pytest.raises(krait.Error, match=sentence):
        krait.ZeroShot(horizon=3).predict(x, **arguments)


@pytest.mark.parametrize("horizon", [0, -1, 1.5, "a", True])
def test_horizons_that_cannot_be(horizon):
    with pytest.raises(krait.Error, match=f"horizon: {horizon!r}; use a whole number, 1 or more") as caught:
        krait.ZeroShot(horizon=horizon)
    assert caught.value.hint == "horizon"
    with pytest.raises(krait.Error, match="`horizon`: 2000000 is out of range"):
        krait.ZeroShot(horizon=2_000_000)
    with pytest.raises(krait.Error, match="threads: 'a'; use a whole number"):
        krait.ZeroShot(horizon=3, threads="a").predict(months())


def test_parameters_are_all_of_the_constructor(tmp_path):
    clone = pytest.importorskip("sklearn.base").clone
    model = krait.ZeroShot(horizon=3, season=12)
    assert repr(model) == "ZeroShot(horizon=3, season=12)"
    assert {"horizon": 3, "model": None, "season": 12}.items() <= model.get_params().items()
    assert len(clone(model).predict(months())) == 3
    assert len(model.set_params(horizon=5).predict(months())) == 5
    with pytest.raises(krait.Error, match="horizon: 0"):
        model.set_params(horizon=0, season=6)
    assert model.horizon == 5 and model.settings == {"season": 12}


def test_fewer_steps_than_it_forecasts():
    model = krait.ZeroShot(horizon=5)
    assert model.predict(wide(), horizon=2).equals(
        model.predict(wide()).groupby("unique_id").head(2).reset_index(drop=True)
    )
    assert len(model.predict(quantiles=[0.2], horizon=2)) == 4


def test_the_target_of_a_long_frame_alone_is_forecast():
    rows = long((48, 30))
    future = krait.ZeroShot(horizon=3).predict(rows.assign(price=1.0))
    assert future.equals(krait.ZeroShot(horizon=3).predict(rows))


def test_windows_of_the_past_by_their_length_alone():
    past = krait.ZeroShot().cross_validation(wide(), n_windows=2, h=4)
    assert past.equals(krait.ZeroShot(horizon=4).cross_validation(wide(), n_windows=2))


def test_a_file_is_a_zeroshot_again(tmp_path):
    krait.ZeroShot(horizon=3, season=6).fit(wide()).save(tmp_path / "m.safetensors")
    model = krait.load(tmp_path / "m.safetensors")
    assert repr(model) == "ZeroShot(horizon=3, season=6)"
    assert model.predict(wide()).equals(krait.ZeroShot(horizon=3, season=6).predict(wide()))


def test_a_single_date_says_no_step():
    with pytest.warns(krait.Note, match="a single date says no step"):
        assert list(krait.ZeroShot(horizon=2).predict(long((1,))).ds) == [1, 2]


def test_a_note_is_of_the_line_that_called_and_comes_once(recwarn):
    rows = wide().drop(index=wide().index[20:25])
    krait.ZeroShot(horizon=2).predict(rows)
    notes = [w for w in recwarn if w.category is krait.Note]
    assert (
        notes
        and {w.filename for w in notes} == {__file__}
        and len({(w.lineno, str(w.message)) for w in notes}) == 1
    )


def test_settings_that_are_none_are_refused():
    with pytest.raises(krait.Error, match="did you mean `season`"):
        krait.ZeroShot(seasons=12)
    with pytest.raises(krait.Error, match="say the number of steps"):
        krait.ZeroShot().cross_validation(wide())
