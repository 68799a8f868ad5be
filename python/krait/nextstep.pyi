# SPDX-License-Identifier: MIT
# Written by tools/python_stubs from signatures and docstrings.
from typing import Any
from numpy.typing import NDArray
from typing_extensions import Self

class Stream:
    def __init__(self, model: Any, options: Any) -> None: ...
    def forecast(self) -> NDArray[Any]: ...
    def generate(self, n: int = 1) -> NDArray[Any]: ...
    def push(self, x: Any) -> Self: ...
    def reset(self) -> Self: ...
    def restore(self, state: Any, forecast: Any) -> Self: ...
    def state(self) -> Any: ...

class Synth:
    X: NDArray[Any]
    states: NDArray[Any]
    thetas: NDArray[Any]
    transitions: NDArray[Any]
    radii: NDArray[Any]
    entry_angles: NDArray[Any]
    periods: NDArray[Any]
    planes: NDArray[Any]
    def __init__(self, settings: Any) -> None: ...
    def save(self, folder: Any) -> Any: ...

class NextStep:
    n_features_in_: int
    n_parameters_: int
    feature_names_in_: Any
    history_: list[dict[str, Any]]
    report_: dict[str, Any]
    def __init__(
        self,
        *,
        progress: bool = False,
        threads: int | None = None,
        seq_len: int = 512,
        stride: int = 128,
        val_fraction: float = 0.1,
        jitter: bool = False,
        d_model: int = 128,
        n_layers: int = 7,
        d_state: int = 16,
        d_conv: int = 4,
        expand: int = 2,
        d_ff: int = 512,
        dropout: float = 0.1,
        max_horizon: int = 1,
        epochs: int = 500,
        batch_size: int = 128,
        max_seconds: float = 0.0,
        patience: int = 0,
        lr: float = 0.0003,
        optimizer: str = "adamw",
        weight_decay: float = 0.01,
        gradient_clip: float = 1.0,
        lradj: str = "warmup_cosine",
        warmup_epochs: int = 20,
        gate_lr_factor: float = 1.0,
        gate_floor: str = "own",
        lr_factors: str = "",
        freeze: str = "",
        freeze_A: bool = False,
        no_train_eval: bool = False,
        seed: int = 42,
        amp: bool = False,
        grad_slots: int = 16,
        on_nan: str = "stop",
        aug_noise: float = 0.0,
        aug_rotate: bool = False,
        aug_rotate_eps: float = 0.0,
        aug_scale: float = 0.0,
        slowness_lambda: float = 0.0,
        contrastive_lambda: float = 0.0,
        contrastive_temp: float = 0.07,
        contrastive_negatives: int = 256,
        preact_lambda: float = 0.0,
    ) -> None: ...
    def evaluate(self, series: Any) -> float: ...
    def fit(self, series: Any, *, resume: bool = False) -> Self: ...
    def generate(
        self, n: int, context: Any = None, temperature: float = 0.0, **noise: Any
    ) -> NDArray[Any]: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def inside(
        self, layer: int = 0, what: str = "layer", series: Any = None, *, rows: Any = None, window: int = 0
    ) -> NDArray[Any]: ...
    @classmethod
    def load(cls, path: Any, *, threads: Any = None) -> Self: ...
    def parameter(self, name: Any) -> NDArray[Any]: ...
    def predict(self, series: Any = None) -> NDArray[Any]: ...
    def save(self, path: Any) -> None: ...
    def set_params(self, **params: Any) -> Self: ...
    def stream(
        self,
        *,
        temperature: float = 0.0,
        seed: int = 42,
        perturb_interval: int = 0,
        perturb_duration: int = 1,
        perturb_scale: float = 2.0,
        perturb_hidden: bool = False,
        perturb_layers: int = 0,
    ) -> Stream: ...

def synth(
    *,
    n_steps: int = 100000,
    n_circles: int = 10,
    ambient_dim: int = 20,
    radius_mean: float = 20.0,
    radius_std: float = 2.0,
    noise_std: float = 2.83,
    dwell_mean: float = 400.0,
    dwell_std: float = 100.0,
    min_period: int = 40,
    max_period: int = 400,
    subspace_dim: int = 0,
    seed: int = 42,
) -> Synth: ...
