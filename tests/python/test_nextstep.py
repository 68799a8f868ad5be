# SPDX-License-Identifier: MIT
"""The next-step model and its series."""

import inspect
import os
import pickle
import signal
import subprocess
import threading
import time

import krait
import numpy as np
import pytest

SMALL = dict(
    seq_len=32, stride=16, d_model=16, n_layers=2, d_state=4, d_ff=16, epochs=2, batch_size=8, seed=1
)


@pytest.fixture(scope="module")
def series():
    return krait.synth(n_steps=1200, ambient_dim=6, n_circles=4, seed=3)


@pytest.fixture(scope="module")
def model(series):
    return krait.NextStep(**SMALL).fit(series)


def test_synth(series, tmp_path):
    assert series.X.shape == (1200, 6) and series.states.shape == (1200,) and series.planes.shape == (4, 2, 6)
    assert np.allclose(series.transitions.sum(1), 1) and set(series.states) <= set(range(4))
    assert ((0 <= series.thetas) & (series.thetas < 2 * np.pi)).all()
    on_circle = (
        np.cos(series.thetas)[:, None] * series.planes[series.states, 0]
        + np.sin(series.thetas)[:, None] * series.planes[series.states, 1]
    )
    assert np.abs(series.X - series.radii[series.states][:, None] * on_circle).std() < 3
    assert np.array_equal(pickle.loads(pickle.dumps(series)).X, series.X)
    series.save(tmp_path)
    assert np.array_equal(np.load(tmp_path / "data.npz")["X"], series.X)
    with pytest.raises(ValueError, match="no setting `n_step`; did you mean `n_steps`"):
        krait.synth(n_step=10)


def test_settings(model):
    signature = inspect.signature(krait.NextStep)
    assert (
        signature.parameters["seq_len"].default == 512
        and signature.parameters["optimizer"].default == "adamw"
    )
    assert "checkpoint" not in signature.parameters and "delimiter" not in signature.parameters
    assert (
        "seq_len : int, default 512" in krait.NextStep.__doc__ and "{parameters}" not in krait.synth.__doc__
    )
    assert model.get_params()["seq_len"] == 32 and repr(model).startswith("NextStep(seq_len=32, ")
    with pytest.raises(ValueError, match="did you mean `seq_len`"):
        krait.NextStep(seqlen=3)
    with pytest.raises(ValueError):
        krait.NextStep(seq_len=1)
    other = krait.NextStep(**SMALL).set_params(epochs=7, threads=1)
    assert other.get_params()["epochs"] == 7 and other.threads == 1


def test_fit(model, series):
    assert [record["epoch"] for record in model.history_] == [1, 2] and model.report_["best_epoch"] in (1, 2)
    assert model.n_features_in_ == 6 and model.report_["best_validation"] > 0
    assert np.isclose(model.evaluate(series), model.report_["best_validation"])
    with pytest.raises(AttributeError, match="not fitted yet"):
        krait.NextStep().generate(3)
    with pytest.raises(ValueError, match="5 features, and the model 6"):
        model.evaluate(series.X[:, :5])
    bad = series.X.copy()
    bad[3, 2] = np.nan
    with pytest.raises(ValueError):
        krait.NextStep(**SMALL).fit(bad)


def test_same_bits(model, series):
    for threads in (1, 2):
        other = krait.NextStep(**SMALL, threads=threads).fit(series.X)
        assert np.array_equal(
            other.parameter("layers.0.mamba.A_log"), model.parameter("layers.0.mamba.A_log")
        )
        assert np.array_equal(other.generate(5), model.generate(5))


def test_fit_is_the_programs(model, series, program, tmp_path):
    """The same bits as krait train's."""
    series.save(tmp_path / "data")
    flags = [part for name, value in SMALL.items() for part in (f"--{name}", str(value))]
    subprocess.run(
        [program, "train", "data", "--checkpoint", "m.safetensors", *flags, "--quiet", "--no_figures"],
        check=True,
        cwd=tmp_path,
        capture_output=True,
    )
    theirs = krait.load(tmp_path / "m.safetensors")
    assert isinstance(theirs, krait.NextStep) and theirs.get_params()["d_model"] == 16
    for name in ("layers.0.mamba.A_log", "layers.1.mamba.in_proj.weight"):
        assert np.array_equal(theirs.parameter(name), model.parameter(name))
    assert np.array_equal(theirs.generate(9, series.X[:50]), model.generate(9, series.X[:50]))


def test_stream(model, series):
    x = series.X[:40]
    stream = model.stream()
    assert not stream.forecast().any()
    stream.push(x[:39]).push(x[39])
    assert np.allclose(stream.forecast(), model.predict(x)[-1], atol=1e-4)
    state = stream.state()
    forecast, steps = stream.forecast(), stream.generate(4)
    assert np.array_equal(steps[0], forecast)
    assert np.array_equal(model.generate(4, context=x), steps)
    assert np.array_equal(model.stream().restore(*state).generate(4), steps)
    assert np.array_equal(stream.reset().push(x).generate(4), steps)
    noisy = [model.generate(4, x, temperature=1.0, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(noisy[0], noisy[1]) and not np.array_equal(noisy[0], noisy[2])
    with pytest.raises(ValueError, match="a state of this model"):
        stream.restore(state[0][:-1], state[1])
    assert model.generate(3).shape == (3, 6)
    held = model.stream()
    bursts = model.stream(perturb_interval=2, perturb_scale=5.0).push(x).generate(6)
    assert not np.allclose(bursts, held.push(x).generate(6))


def test_inside(model, series):
    widths = {"layer": 16, "hidden": 16, "delta": 32, "z_gate": 32, "B": 4, "C": 4, "x_conv": 32, "output": 6}
    for what, width in widths.items():
        assert model.inside(1, what, series.X[:50]).shape == (50, width), what
    whole = model.inside(-1, "layer")
    assert whole.shape == (1200, 16) and np.array_equal(whole, model.inside(1))
    assert np.array_equal(model.inside(1, rows=[3, 700]), whole[[3, 700]])
    assert model.inside(0, "B", series.X[:50], window=16).shape == (48, 4)
    assert (model.inside(0, "delta") > 0).all()
    for bad in (dict(layer=2), dict(what="states"), dict(rows=[5, 4]), dict(rows=[1200])):
        with pytest.raises(ValueError):
            model.inside(**bad)


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_files(model, series, tmp_path, ending):
    path = tmp_path / f"model.{ending}"
    model.save(path)
    other = krait.load(path, threads=1)
    assert np.array_equal(other.generate(6, series.X[:30]), model.generate(6, series.X[:30]))
    assert other.get_params()["seq_len"] == 32
    with pytest.raises(ValueError, match="give one"):
        other.generate(3)
    with pytest.raises(OSError):
        krait.load(tmp_path / "none.safetensors")
    (tmp_path / "bad.pt").write_bytes(b"nothing of use")
    with pytest.raises(ValueError):
        krait.load(tmp_path / "bad.pt")


def test_pickle(model, series):
    other = pickle.loads(pickle.dumps(model))
    assert np.array_equal(other.generate(6), model.generate(6)) and other.history_ == model.history_
    assert other.get_params() == model.get_params()
    assert pickle.loads(pickle.dumps(krait.NextStep(epochs=3))).get_params()["epochs"] == 3


def test_interrupt(series):
    settings = {**SMALL, "epochs": 60}
    whole = krait.NextStep(**settings).fit(series)
    stopped = krait.NextStep(**settings)
    timer = threading.Timer(whole.report_["train_seconds"] / 3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(series)
        time.sleep(5)
    done = len(stopped.history_)
    assert 0 < done < 60
    best = min(record["validation_loss"] for record in stopped.history_)
    assert np.isclose(stopped.evaluate(series), best)
    with pytest.raises(ValueError, match="resume"):
        stopped.fit(series.X + 1, resume=True)
    stopped.fit(series, resume=True)
    assert np.array_equal(stopped.generate(3), whole.generate(3))


def test_progress(series, capfd):
    krait.NextStep(**SMALL, progress=True).fit(series)
    assert "epoch 2/2" in capfd.readouterr().err
    krait.NextStep(**SMALL).fit(series)
    assert capfd.readouterr().err == ""


def test_frame(series):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(series.X[:200], columns=list("abcdef"))
    model = krait.NextStep(**{**SMALL, "epochs": 1}).fit(frame)
    assert list(model.feature_names_in_) == list("abcdef") and model.generate(2).shape == (2, 6)
    assert krait.NextStep(**{**SMALL, "epochs": 1}).fit(series.X[:200, 0]).n_features_in_ == 1


def test_steps_that_are_not_finite_are_refused(model, series):
    for bad in (np.nan, np.inf, 1e300):
        x = series.X[:60].copy()
        x[7, 2] = bad
        for use in (model.predict, lambda x: model.generate(2, x), model.stream().push, model.evaluate):
            with pytest.raises(
                krait.InputError, match=r"the series: row 7, column 2 \(from 0\) is "
            ) as caught:
                use(x)
            assert caught.value.status == "FORMAT"


@pytest.mark.parametrize(
    "setting, value",
    [
        ("temperature", -1),
        ("temperature", np.nan),
        ("temperature", "a"),
        ("seed", -1),
        ("perturb_interval", -1),
        ("perturb_duration", 0),
        ("perturb_scale", -1),
        ("perturb_layers", 0.5),
    ],
)
def test_noise_that_cannot_be_is_refused(model, setting, value):
    with pytest.raises(krait.InputError, match=f"^{setting}: ") as caught:
        model.generate(2, **{setting: value})
    assert caught.value.hint == setting


def test_layers_and_windows_that_are_not_there_are_refused(model):
    assert np.array_equal(model.inside(-2), model.inside(0))
    for asked in ({"layer": -3}, {"layer": 2}, {"layer": "a"}, {"layer": 0.5}, {"window": -1}):
        with pytest.raises(krait.InputError, match=next(iter(asked))):
            model.inside(**asked)
