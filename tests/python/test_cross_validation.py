# SPDX-License-Identifier: MIT
"""Cross-validation: the windows of Nixtla's libraries, the numbers of `krait backtest`."""

import json
import subprocess

import krait
import numpy as np
import pytest
from test_forecaster import SMALL, kinds, long, wave, wide

pd = pytest.importorskip("pandas")

LOCAL = {"models": "Naive,SeasonalNaive,SeasonalDrift,Theta,RLinear", "seed": 3}


def short(value):
    """With the digits that the program writes."""
    return f"{value:.9g}" if isinstance(value, float) else value


def assert_says_the_same(ours, theirs):
    """A Backtest and backtest.json."""
    assert ours.verdict == theirs["verdict"]
    for key, name in (
        ("is", "is"),
        ("rule", "rule"),
        ("n_windows", "windows"),
        ("n_targets", "targets"),
        ("skill", "skill"),
        ("skill_low", "skill_low"),
        ("rule_mase", "rule_mase"),
    ):
        assert short(ours.judgement[key]) == short(theirs["comparison"][name])
    assert [s["model"] for s in ours.scores] == [m["name"] for m in theirs["models"]]
    for mine, model in zip(ours.scores, theirs["models"]):
        for key in ("values", "mase", "rmsse", "smape", "mae", "mse", "rmse"):
            assert short(mine[key]) == short(model["all"][key])
    assert [short(i["coverage"]) for i in ours.intervals] == [
        short(i["coverage"]) for i in theirs["intervals"]
    ]


@pytest.fixture
def run_program(program, tmp_path):
    def run(*arguments):
        subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, cwd=tmp_path)

    return run


def program_backtest(run_program, tmp_path, frame, head, **settings):
    """`krait fit` of the head, `krait backtest` of all."""
    frame.to_csv(tmp_path / "t.csv", index=False)
    head.to_csv(tmp_path / "head.csv", index=False)
    flags = [f"--{k}={v}" for k, v in settings.items()]
    run_program("fit", "head.csv", "--out=fit", "--no-figures", "--quiet", *flags)
    run_program("backtest", "t.csv", "--checkpoint=fit", "--folds=4", "--every=5", "--quiet", "--no-figures")
    return json.loads((tmp_path / "backtest/backtest.json").read_text())


def test_a_model_as_it_is_has_the_numbers_of_krait_backtest(run_program, tmp_path):
    frame = wide().rename_axis("date").reset_index()
    theirs = program_backtest(run_program, tmp_path, frame, frame, horizon=12, **LOCAL)
    model = krait.load(tmp_path / "fit/model.safetensors", alias="M")
    past = model.cross_validation(frame, n_windows=4, step_size=5, refit=None)
    assert_says_the_same(model.backtest, theirs)
    assert [str(c) for c in past.cutoff[past.unique_id == "a"].unique()] == theirs["origins"]
    run_program(
        "predict",
        "t.csv",
        "--checkpoint=fit",
        "--at",
        theirs["origins"][1],
        "--out=one.csv",
        "--no-figures",
        "--quiet",
    )
    one = pd.read_csv(tmp_path / "one.csv")
    mine = past[(past.unique_id == "b") & (past.cutoff == theirs["origins"][1])]
    assert np.array_equal(mine.M, one["b"]) and list(mine.date.astype(str)) == list(one.date)
    assert np.array_equal(mine["M-lo-80"], one["b_lower_80"]) and np.array_equal(
        mine["M-hi-95"], one["b_upper_95"]
    )


def test_a_model_of_the_rows_before_has_them_too(run_program, tmp_path):
    frame = wide().rename_axis("date").reset_index()
    theirs = program_backtest(run_program, tmp_path, frame, frame[: -12 - 15], horizon=12, **LOCAL)
    model = krait.Forecaster(12, **LOCAL)
    model.cross_validation(frame, n_windows=4, step_size=5)
    assert_says_the_same(model.backtest, theirs)
    with pytest.raises(krait.Error, match="call fit"):
        model.predict()


def test_a_panel_has_the_numbers_of_krait_backtest(run_program, tmp_path):
    frame = long(ids=("s2", "s1", "s3"), n=60, freq="D")
    theirs = program_backtest(
        run_program, tmp_path, frame, frame, horizon=7, models="Naive,Theta,SeasonalNaive"
    )
    model = krait.Forecaster(7, models="Naive,Theta,SeasonalNaive").fit(frame)
    model.cross_validation(frame, 4, step_size=5, refit=None)
    assert_says_the_same(model.backtest, theirs)
    assert short(model.backtest.scores[0]["median_mase"]) == short(theirs["models"][0]["median_mase"])


# ---- frames ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(kinds()))
def test_a_frame_comes_back_as_its_kind(kind):
    source = long(n=200)
    frame = kinds()[kind](source)
    past = krait.RLinear(**SMALL, alias="M").cross_validation(
        frame, n_windows=3, h=4, step_size=2, level=[80]
    )
    assert type(past) is type(frame)
    if kind != "pandas":
        past = past.to_pandas() if kind == "pyarrow" else pd.DataFrame(past.to_dict(as_series=False))
    assert list(past.columns) == ["unique_id", "ds", "cutoff", "y", "M", "M-lo-80", "M-hi-80"]
    assert list(past.unique_id) == ["b"] * 12 + ["a"] * 12
    end = source.ds.max()
    cutoffs = [end - pd.Timedelta(hours=h) for h in (8, 6, 4)]
    assert list(past.cutoff) == [c for c in cutoffs for _ in range(4)] * 2
    assert list(past.ds - past.cutoff) == [pd.Timedelta(hours=h) for h in (1, 2, 3, 4)] * 6
    truth = past.merge(source, on=["unique_id", "ds"])
    assert len(truth) == 24 and np.array_equal(truth.y_x, truth.y_y)


def test_a_wide_frame_and_arrays():
    frame = wide(200)
    model = krait.RLinear(**SMALL)
    past = model.cross_validation(frame, 2, h=3, level=[])
    assert list(past.columns) == ["unique_id", "ds", "cutoff", "y", "RLinear"]
    assert list(past.unique_id) == ["a"] * 6 + ["b"] * 6
    assert list(past.y) == list(frame.a[-6:]) + list(frame.b[-6:])
    got = model.cross_validation(frame.to_numpy(), 2, h=3, level=[80])
    assert list(got["cutoff"]) == [193, 196] and got["lo-80"].shape == (2, 3, 2)
    assert np.array_equal(got["mean"][:, :, 1].ravel(), past.RLinear[6:])
    assert np.array_equal(got["y"][1], frame.to_numpy()[-3:])
    flat = model.cross_validation(frame.a.to_numpy(), 2, h=3)
    assert list(flat) == ["cutoff", "y", "mean"] and flat["mean"].shape == (2, 3)


def test_steps_may_be_counted():
    source = long(n=200).assign(ds=np.tile(np.arange(100, 500, 2), 2))
    past = krait.RLinear(**SMALL).cross_validation(source, 2, h=2, level=[])
    assert list(past.cutoff) == [490, 490, 494, 494] * 2 and list(past.ds) == [492, 494, 496, 498] * 2


def test_gaps_are_no_truth():
    frame = wide(200)
    frame.iloc[-2, 0] = np.nan
    past = krait.Forecaster(3, models="Theta").cross_validation(frame, 2, level=[])
    assert np.isnan(past.y[4]) and past.y.isna().sum() == 1 and past.Forecaster.notna().all()


# ---- which model -------------------------------------------------------------------------------


def test_each_window_may_have_a_model_of_its_own():
    source = long(n=220)
    model = krait.RLinear(**SMALL).fit(source)
    before = model.predict(level=[])
    past = model.cross_validation(source, 2, step_size=20, refit=True, level=[80])
    for k, cutoff in enumerate(past.cutoff.unique()):
        known = source[source.ds <= cutoff]
        alone = krait.RLinear(**SMALL).fit(known).predict(level=[80])
        mine = past[past.cutoff == cutoff]
        assert np.array_equal(mine.RLinear, alone.RLinear)
        assert np.array_equal(mine["RLinear-hi-80"], alone["RLinear-hi-80"])
        assert len(known) == 2 * (220 - 12 - 20 * (1 - k))
    pd.testing.assert_frame_equal(model.predict(level=[]), before)
    once = model.cross_validation(source, 2, step_size=20, level=[80])
    assert np.array_equal(once.RLinear[:12], past.RLinear[:12]) and not np.array_equal(
        once.RLinear, past.RLinear
    )
    asis = model.cross_validation(source, 2, step_size=20, refit=None, level=[80])
    assert not np.array_equal(asis.RLinear[:12], once.RLinear[:12])


def test_rows_behind_the_last_value_are_no_windows():
    frame = wide(200).assign(price=lambda f: np.arange(200) % 7)[["price", "a"]]
    frame.iloc[-6:, 1] = np.nan
    model = krait.Forecaster(6, models="Naive,Theta", target="a", known_future="price")
    past = model.cross_validation(frame, 2, level=[])
    assert list(past.cutoff.unique()) == [frame.index[181], frame.index[187]]
    assert list(past.y) == list(frame.a[182:194])


def test_short_series_have_fewer_windows():
    source = long(n=120)
    source = source[(source.unique_id == "b") | (source.ds < source.ds.iloc[13])]
    model = krait.Forecaster(6, models="Naive,Theta").fit(source)
    past = model.cross_validation(source, 3, refit=True, level=[])
    assert dict(past.unique_id.value_counts()) == {"b": 18, "a": 12}
    assert past.Forecaster.notna().all()
    with pytest.warns(krait.Note, match="1 of 2 series are too short to be judged and are left out: a"):
        past = model.cross_validation(source.drop(range(120 + 6, 120 + 13)), 2, refit=None)
    assert set(past.unique_id) == {"b"}


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"n_windows": 0}, "use a whole number, 1 or more"),
        ({"h": 13}, "the model forecasts 12 steps"),
        ({"n_windows": 50}, "no series has rows for 50 windows of 12 steps, 12 rows apart"),
        ({"n_windows": 20, "refit": None}, "has rows for 12 folds"),
        ({"level": [100]}, "level"),
    ],
)
def test_windows_that_cannot_be(arguments, words):
    model = krait.RLinear(**SMALL).fit(wave(0, 200))
    with pytest.raises(krait.Error, match=words):
        model.cross_validation(wave(0, 200), **arguments)


def test_what_was_not_fitted_has_no_past():
    for rows in (wave(0), wide()):
        with pytest.raises(krait.Error, match="call fit"):
            krait.RLinear(**SMALL).cross_validation(rows, refit=None)
