# SPDX-License-Identifier: MIT
"""A causal model of one long series (MambaSynth's): train it, let it continue, look inside."""

import ctypes
import inspect
import os
import tempfile
from pathlib import Path

import numpy as np

from . import _abi, _settings
from ._estimator import _not_fitted
from ._library import (
    Handle,
    InputError,
    as_floats,
    call,
    copy_array,
    library,
    make_error,
    pointer_to,
    sized,
    team,
    whole,
    within,
    wrong,
)
from ._points import names_of
from ._progress import Bar

INSIDES = {
    "layer": _abi.KR_INSIDE_LAYER,
    "hidden": _abi.KR_INSIDE_HIDDEN,
    "delta": _abi.KR_INSIDE_DELTA,
    "z_gate": _abi.KR_INSIDE_Z_GATE,
    "B": _abi.KR_INSIDE_B,
    "C": _abi.KR_INSIDE_C,
    "x_conv": _abi.KR_INSIDE_X_CONV,
    "output": _abi.KR_INSIDE_OUTPUT,
}
_HIDDEN = ("checkpoint", "data_dir", "save_dir", "out_dir", "load", "eval", "resume", "threads", "profile")
_SETTINGS = _settings.list_of(
    "kr_nextstep_settings_create", _HIDDEN, hidden_groups=("files", "names", "reading", "output")
)
_SYNTH_SETTINGS = _settings.list_of("kr_synth_settings_create", (), hidden_groups=("files", "output"))
_PUSH = 256  # steps pushed between two looks at Ctrl-C


def _steps(x, n_features=None):
    """A series as (n_steps, n_features) float32; (n,) is a single feature, or a single step of several."""
    array = as_floats(x.X if isinstance(x, Synth) else x, "the series")
    if array.ndim == 1:
        array = array[:, None] if n_features in (None, 1) else array[None]
    if array.ndim != 2:
        raise InputError(f"a series is (n_steps, n_features), not of shape {array.shape}")
    if n_features is not None and array.shape[1] != n_features:
        raise InputError(f"the series has {array.shape[1]} features, and the model {n_features}")
    with np.errstate(over="ignore"):  # the library says where a number is too large
        return np.ascontiguousarray(array, np.float32)


def _finite(x):
    """The steps x, if every number is finite: behind one that is not, all that a model says would be NaN."""
    is_finite = np.isfinite(x)
    if not is_finite.all():
        row, column = np.argwhere(~is_finite)[0]
        raise make_error(
            f"the series: row {row}, column {column} (from 0) is not a finite number; gaps must be filled first",
            status="FORMAT",
        )
    return x


class NextStep:
    """A stack of Mamba blocks that forecasts at every step of a series the next one.

    Source: MambaSynth; Mamba, arXiv:2312.00752.

    Parameters
    ----------
    progress : bool
        Show a bar while it is trained.
    threads : int, optional
        None: all CPUs. The result has the same bits for any number.
    {parameters}

    Attributes
    ----------
    n_features_in_, n_parameters_ : int
    feature_names_in_ : array of str, where a frame was given
    history_ : list of dict
        An entry for each epoch of the last training: losses (mean squared errors), rate, seconds.
    report_ : dict
        best_epoch, best_validation, tokens_per_s, step_ms, train_seconds, n_windows, n_train.
    """

    def __init__(self, *, progress=False, threads=None, **settings):
        _settings.check("NextStep", settings, _SETTINGS)
        self.progress, self.threads = progress, threads
        self._settings = dict(settings)
        self._handle = self._context = None
        call("kr_nextstep_settings_check", self._make_settings())

    def _make_settings(self):
        made = _settings.create("kr_nextstep_settings_create")
        for name, value in self._settings.items():
            _settings.put(made, name, value)
        return made

    def get_params(self, deep=True):
        """All settings by name, at the values that they have. deep is there for scikit-learn."""
        listed = {name: s.default for name, s in _SETTINGS.items()}
        return {**listed, **self._settings, "progress": self.progress, "threads": self.threads}

    def set_params(self, **params):
        """Set **params by name, for the next fit; ValueError for what is no setting. Returns self."""
        own = {name: params.pop(name) for name in ("progress", "threads") if name in params}
        changed = NextStep(**{**self._settings, **params})
        self._settings = changed._settings
        self.__dict__.update(own)
        return self

    def __repr__(self):
        return f"NextStep({', '.join(f'{name}={value!r}' for name, value in self._settings.items())})"

    # ---- training --------------------------------------------------------------------------------

    def fit(self, series, *, resume=False):
        """Train on windows of a series and keep the parameters of the best validation loss.

        Ctrl-C stops the training with KeyboardInterrupt. The model then is the best one so far, if an epoch
        was finished, and fit(series, resume=True) goes on with the bits of a training that was never stopped.

        Parameters
        ----------
        series : array, frame or Synth, (n_steps, n_features) or (n_steps,)
        resume : bool

        Returns
        -------
        self

        Raises
        ------
        krait.Error : settings that do not fit, a series shorter than a window, values that are not finite.
        """
        x = self._stopped_series(series) if resume else _steps(series)
        if not resume:
            self._create(x)
            names = names_of(series)
            if names is not None:
                self.feature_names_in_ = names
        self._context = x
        with tempfile.TemporaryDirectory(prefix="krait-") as folder:
            self._train(Path(folder) / "best.safetensors", resume)
        return self

    def _create(self, x):
        workers = team(self.threads)
        series = Handle(_abi.kr_series, "kr_series_destroy", keep=x)
        call("kr_series_create", len(x), x.shape[1], pointer_to(x, ctypes.c_float), None, series.out())
        # a training that was stopped goes on with the series, which must live as long as the model
        handle = Handle(_abi.kr_nextstep, "kr_nextstep_destroy", keep=(workers, series))
        workers.run("kr_nextstep_create", workers, self._make_settings(), x.shape[1], handle.out())
        self._series = series
        self._take(handle)

    def _stopped_series(self, series):
        self._check()
        x = _steps(series, self.n_features_in_)
        if self._context is None or not np.array_equal(x, self._context):
            raise wrong("resume", "it is not the series of the training that was stopped")
        return self._context

    def _train(self, best, resume):
        report = sized(_abi.kr_nextstep_report)
        training = sized(_abi.kr_nextstep_training, checkpoint=os.fsencode(best), resumes=resume)
        with _Listener(self.progress) as listener:
            training.observer = ctypes.pointer(listener.observer)
            try:
                team(self.threads).run("kr_nextstep_train", self._handle, self._series, training, report)
            except KeyboardInterrupt:
                if best.exists():
                    call("kr_nextstep_load", self._handle, os.fsencode(best))
                raise
            finally:
                self.history_ = listener.history
        self.report_ = {name: getattr(report, name) for name, _ in report._fields_ if name != "size"}

    def _take(self, handle):
        self._handle = handle
        shape = library.kr_nextstep_shape_of(handle).contents
        self.n_features_in_, self.n_parameters_ = shape.n_features, shape.n_parameters
        self.shape_ = {name: getattr(shape, name) for name, _ in shape._fields_}

    def _check(self):
        if self._handle is None:
            raise _not_fitted("This NextStep is not fitted yet. Call 'fit', or load one.")

    def evaluate(self, series):
        """Mean squared error one step ahead, over the windows that a training would validate on.

        Parameters
        ----------
        series : array, frame or Synth, (n_steps, n_features) or (n_steps,)

        Returns
        -------
        float, in the square of the unit of the series

        Raises
        ------
        krait.Error : other features than those of fit(), or a series shorter than a window.
        """
        self._check()
        x, report = _steps(series, self.n_features_in_), sized(_abi.kr_nextstep_report)
        held = Handle(_abi.kr_series, "kr_series_destroy", keep=x)
        call("kr_series_create", len(x), x.shape[1], pointer_to(x, ctypes.c_float), None, held.out())
        team(self.threads).run("kr_nextstep_evaluate", self._handle, held, None, report)
        return report.best_validation

    # ---- continuing a series -----------------------------------------------------------------------

    def stream(
        self,
        *,
        temperature=0.0,
        seed=42,
        perturb_interval=0,
        perturb_duration=1,
        perturb_scale=2.0,
        perturb_hidden=False,
        perturb_layers=0,
    ):
        """A series that arrives step by step.

        Parameters
        ----------
        temperature : float
            Deviation of the noise on every generated step, in the unit of the series.
        seed : int
            Of the noise.
        perturb_interval, perturb_duration : int
            Every so many generated steps (0: never) a burst of noise starts, so many steps long.
        perturb_scale : float
            Its deviation.
        perturb_hidden : bool
            Add it to the outputs of layers instead.
        perturb_layers : int
            Of the first so many; 0: of all.

        Returns
        -------
        Stream, of the parameters as they are now

        Raises
        ------
        krait.Error : one of them is out of range.
        """
        self._check()
        options = sized(
            _abi.kr_nextstep_stream_options,
            temperature=within("temperature", temperature, 0),
            seed=whole("seed", seed, 0),
            perturb_interval=whole("perturb_interval", perturb_interval, 0),
            perturb_duration=whole("perturb_duration", perturb_duration, 1),
            perturb_scale=within("perturb_scale", perturb_scale, 0),
            perturb_hidden=perturb_hidden,
            perturb_layers=whole("perturb_layers", perturb_layers, 0),
        )
        return Stream(self, options)

    def generate(self, n, context=None, temperature=0.0, **noise):
        """Let the model continue a series: each forecast is its next input.

        Parameters
        ----------
        n : int
            Steps.
        context : (n_steps, n_features), optional
            Steps that come before; None: the end of the series of fit(), as long as a window.
        temperature : float
        **noise
            As for stream().

        Returns
        -------
        (n, n_features) float32, in the unit of the series

        Raises
        ------
        krait.Error : as stream(); the context has other features, or numbers that are not finite.
        """
        stream = self.stream(temperature=temperature, **noise)
        if context is None:
            self._need_context()
            context = self._context[-int(self.get_params()["seq_len"]) :]
        stream.push(context)
        return stream.generate(n)

    def _need_context(self):
        if self._context is None:
            raise InputError("a model out of a file has no series: give one")

    # ---- inside ------------------------------------------------------------------------------------

    def inside(self, layer=0, what="layer", series=None, *, rows=None, window=0):
        """What goes on inside while a series runs through the model.

        Parameters
        ----------
        layer : int
            From 0; below 0: from the last.
        what : str
            "layer": output, residual included, d_model values; "hidden": output of the Mamba block before the
            residual, d_model; "delta": step size of the scan, d_inner; "z_gate": SiLU(z), d_inner; "B", "C":
            input to state and state to output, d_state; "x_conv": input of the scan, d_inner; "output": the
            forecast one step
            ahead, n_features, whatever the layer.
        series : (n_steps, n_features), optional
            None: that of fit().
        rows : (n_rows,) int, rising, optional
            Steps that are wanted; None: all.
        window : int
            Above 0: windows of so many steps, each from an empty state. 0: one pass.

        Returns
        -------
        (n_rows, width) float32

        Raises
        ------
        krait.Error : there is no such layer or row; the series has other features, or numbers that are not finite.
        """
        self._check()
        if what not in INSIDES:
            raise wrong("what", f"{what!r} is not known; use one of {', '.join(INSIDES)}")
        if series is None:
            self._need_context()
        x = self._context if series is None else _finite(_steps(series, self.n_features_in_))
        layers, window = self.shape_["n_layers"], whole("window", window, 0)
        layer = whole("layer", layer, -layers)
        if rows is None:
            rows = np.arange(library.kr_inside_steps(len(x), window))
        rows = np.ascontiguousarray(rows, np.int64)
        out = np.empty((len(rows), library.kr_inside_width(self._handle, INSIDES[what])), np.float32)
        want = _abi.kr_inside_want(
            what=INSIDES[what], layer=layer + layers * (layer < 0), out=pointer_to(out, ctypes.c_float)
        )
        request = sized(
            _abi.kr_inside_request,
            n_steps=len(x),
            x=pointer_to(x, ctypes.c_float),
            window=window,
            n_rows=len(rows),
            rows=pointer_to(rows, ctypes.c_int64),
            n_wants=1,
            wants=ctypes.pointer(want),
        )
        team(self.threads).run("kr_nextstep_look", self._handle, request)
        return out

    def predict(self, series=None):
        """The forecast one step ahead at every step of a series, (n_steps, n_features) float32."""
        return self.inside(0, "output", series)

    def parameter(self, name):
        """A copy of the parameter of this name ("layers.0.mamba.A_log"), (count,) float32."""
        self._check()
        n, count = ctypes.c_int64(), ctypes.c_int64()
        at = library.kr_nextstep_find(self._handle, name.encode(), ctypes.byref(count))
        if at < 0:
            raise InputError(f"the model has no parameter {name!r}")
        values = library.kr_nextstep_parameters(self._handle, ctypes.byref(n))
        return copy_array(values, (n.value,))[at : at + count.value]

    # ---- files -------------------------------------------------------------------------------------

    def save(self, path):
        """Write the model to path: .safetensors, or .pt / .pth as MambaSynth's programs read it.

        Raises
        ------
        krait.Error : another ending, or the file cannot be written.
        """
        self._check()
        team(self.threads).run("kr_nextstep_save", self._handle, os.fsencode(path))

    @classmethod
    def load(cls, path, *, threads=None):
        """A model out of path: a .safetensors, .pt or .pth file of save(), `krait train` or MambaSynth.

        threads: None: all CPUs. Raises krait.Error where it is no such file.
        """
        handle = Handle(_abi.kr_nextstep, "kr_nextstep_destroy", keep=team(threads))
        team(threads).run("kr_nextstep_open", team(threads), os.fsencode(path), handle.out())
        return cls._of_handle(handle, threads)

    @classmethod
    def _of_handle(cls, handle, threads):
        self = cls(threads=threads)
        held = library.kr_nextstep_settings(handle)
        if held:
            self._settings = _settings.values_of(held, _SETTINGS)
        self._take(handle)
        return self

    def __getstate__(self):
        state = {name: value for name, value in self.__dict__.items() if name not in ("_handle", "_series")}
        if self._handle is not None:
            data, size = ctypes.c_void_p(), ctypes.c_size_t()
            call("kr_nextstep_save_memory", self._handle, ctypes.byref(data), ctypes.byref(size))
            state["_bytes"] = ctypes.string_at(data, size.value)
            library.kr_free(data)
        return state

    def __setstate__(self, state):
        state = dict(state)
        held, self._handle = state.pop("_bytes", None), None
        self.__dict__.update(state)
        if held is not None:
            workers = team(self.threads)
            handle = Handle(_abi.kr_nextstep, "kr_nextstep_destroy", keep=workers)
            call("kr_nextstep_open_memory", workers, b"the model", held, len(held), handle.out())
            self._take(handle)


class Stream:
    """A series that arrives step by step: observed steps are pushed, the model may generate more.

    Time and memory of a step do not depend on how many came before. A stream belongs to one thread at a time.
    Made by NextStep.stream().
    """

    def __init__(self, model, options):
        self.n_features, self._state_size = model.n_features_in_, model.shape_["state_size"]
        self._handle = Handle(_abi.kr_nextstep_stream, "kr_nextstep_stream_destroy", keep=model._handle)
        call("kr_nextstep_stream_create", model._handle, options, self._handle.out())

    def push(self, x):
        """Observed steps x, (n, n_features), or one, (n_features,), of finite numbers. Returns self."""
        steps = _finite(_steps(x, self.n_features))
        for i in range(0, len(steps), _PUSH):
            part = steps[i : i + _PUSH]
            library.kr_nextstep_stream_push(self._handle, len(part), pointer_to(part, ctypes.c_float))
        return self

    def forecast(self):
        """Of the next step, (n_features,) float32; zeros before the first one is pushed."""
        return copy_array(library.kr_nextstep_stream_forecast(self._handle), (self.n_features,))

    def generate(self, n=1):
        """n steps, each forecast plus noise, which then count as observed: (n, n_features) float32."""
        out = np.empty((whole("n", n, 0), self.n_features), np.float32)
        for step in out:
            library.kr_nextstep_stream_generate(self._handle, pointer_to(step, ctypes.c_float))
        return out

    def state(self):
        """What the model remembers, and its forecast: (state_size,), (n_features,) float32, for restore()."""
        state, forecast = np.empty(self._state_size, np.float32), np.empty(self.n_features, np.float32)
        library.kr_nextstep_stream_state(
            self._handle, pointer_to(state, ctypes.c_float), pointer_to(forecast, ctypes.c_float)
        )
        return state, forecast

    def restore(self, state, forecast):
        """Back to the state and forecast of state(), of this or another stream of the same model. Noise goes on.

        Returns self; InputError where the shapes are others.
        """
        state, forecast = (np.ascontiguousarray(a, np.float32) for a in (state, forecast))
        if state.shape != (self._state_size,) or forecast.shape != (self.n_features,):
            raise InputError(
                f"a state of this model is ({self._state_size},) and ({self.n_features},), not "
                f"{state.shape} and {forecast.shape}"
            )
        library.kr_nextstep_stream_restore(
            self._handle, pointer_to(state, ctypes.c_float), pointer_to(forecast, ctypes.c_float)
        )
        return self

    def reset(self):
        """Back to the start of a series; the noise goes on. Returns self."""
        library.kr_nextstep_stream_reset(self._handle)
        return self


class _Listener(Bar):
    """Hears of a training: keeps what it says of the epochs, and shows a bar where that is wanted.

    Attributes
    ----------
    history : list of dict
        An entry for each epoch so far.
    """

    def __init__(self, is_wanted):
        super().__init__(False, "NextStep")
        self.history, self._is_shown = [], is_wanted
        self._heard = dict(_abi.kr_nextstep_observer._fields_)["event"](self._hear)
        self.observer = sized(_abi.kr_nextstep_observer, event=self._heard)

    def _hear(self, _, event):
        e = event.contents
        if e.kind == _abi.KR_NEXTSTEP_EPOCH:
            names = [name for name, _ in _abi.kr_epoch_record._fields_ if name != "test_loss"]
            self.history = [{name: getattr(e.records[i], name) for name in names} for i in range(e.n_records)]
            self._close()
        elif self._is_shown and e.kind == _abi.KR_NEXTSTEP_STEP:
            self.show(f"epoch {e.epoch}/{e.epochs}", e.step, e.steps, f"loss {e.loss:.5f}")
        elif self._is_shown and e.kind == _abi.KR_NEXTSTEP_PROGRESS:
            self.show("validation", e.step, e.steps)


# ---- MambaSynth's series -----------------------------------------------------------------------------


class Synth:
    """MambaSynth's series: a point runs on circles in a space of many dimensions, a Markov chain chooses the
    next.

    Attributes
    ----------
    X : (n_steps, ambient_dim) float64
    states : (n_steps,) int64
        The circle of each step.
    thetas : (n_steps,) float64
        The angle, in [0, 2 pi).
    transitions : (n_circles, n_circles) float64
        Rows sum to 1, diagonal 0.
    radii, entry_angles : (n_circles,) float64
        Angles in radians.
    periods : (n_circles,) int64
        Steps of a turn.
    planes : (n_circles, 2, ambient_dim) float64
        Orthonormal pairs.
    """

    def __init__(self, settings):
        made = Handle(_abi.kr_synth, "kr_synth_destroy")
        team().run("kr_synth_create", settings, made.out())
        n, circles = library.kr_synth_n_steps(made), library.kr_synth_n_circles(made)
        dim = library.kr_synth_ambient_dim(made)
        shapes = {
            "X": (n, dim),
            "states": (n,),
            "thetas": (n,),
            "transitions": (circles, circles),
            "radii": (circles,),
            "entry_angles": (circles,),
            "periods": (circles,),
            "planes": (circles, 2, dim),
        }
        for name, shape in shapes.items():
            setattr(self, name, copy_array(getattr(library, f"kr_synth_{name}")(made), shape))
        self._handle = made

    def save(self, folder):
        """folder/data.npz and folder/config.json, as MambaSynth writes them."""
        call("kr_synth_save", self._handle, os.fsencode(folder))

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name != "_handle"}

    def __len__(self):
        return len(self.X)

    def __repr__(self):
        return (
            f"<Synth of {self.X.shape[0]} steps, {len(self.radii)} circles in {self.X.shape[1]} dimensions>"
        )


def synth(**settings):
    """MambaSynth's series; the same seed gives the original's numbers.

    Parameters
    ----------
    {parameters}

    Returns
    -------
    Synth : X, states, thetas, transitions, radii, entry_angles, periods, planes as arrays.

    Raises
    ------
    krait.Error : settings that do not fit together.
    """
    _settings.check("synth", settings, _SYNTH_SETTINGS)
    made = _settings.create("kr_synth_settings_create")
    for name, value in settings.items():
        _settings.put(made, name, value)
    return Synth(made)


def _document(of, listed, first=()):
    if of.__doc__:
        of.__doc__ = of.__doc__.replace("{parameters}", _settings.lines(listed).replace("\n", "\n    "))
    of.__signature__ = _settings.signature(listed, first)


_keyword = inspect.Parameter.KEYWORD_ONLY
_document(
    NextStep,
    _SETTINGS,
    [
        inspect.Parameter("progress", _keyword, default=False),
        inspect.Parameter("threads", _keyword, default=None),
    ],
)
_document(synth, _SYNTH_SETTINGS)
