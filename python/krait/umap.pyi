# SPDX-License-Identifier: MIT
# Written by tools/python_stubs from signatures and docstrings.
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from numpy.typing import NDArray
from typing_extensions import Self

class UMAP:
    embedding_: NDArray[Any]
    embedding_list_: list[NDArray[Any]]
    neighbour_recall_: float
    rad_orig_: NDArray[Any]
    rad_emb_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    n_neighbors: Any
    n_components: Any
    metric: Any
    metric_kwds: Any
    output_metric: Any
    output_metric_kwds: Any
    n_epochs: Any
    learning_rate: Any
    init: Any
    min_dist: Any
    spread: Any
    low_memory: Any
    n_jobs: Any
    set_op_mix_ratio: Any
    local_connectivity: Any
    repulsion_strength: Any
    negative_sample_rate: Any
    transform_queue_size: Any
    a: Any
    b: Any
    random_state: Any
    angular_rp_forest: Any
    target_n_neighbors: Any
    target_metric: Any
    target_metric_kwds: Any
    target_weight: Any
    transform_seed: Any
    transform_mode: Any
    force_approximation_algorithm: Any
    verbose: Any
    tqdm_kwds: Any
    unique: Any
    densmap: Any
    dens_lambda: Any
    dens_frac: Any
    dens_var_shift: Any
    output_dens: Any
    disconnection_distance: Any
    precomputed_knn: Any
    def __init__(self, n_neighbors: int = 15, n_components: int = 2, metric: str | Callable[..., Any] = 'euclidean', metric_kwds: Mapping[str, Any] | None = None, output_metric: str = 'euclidean', output_metric_kwds: Any = None, n_epochs: int | Sequence[int] | None = None, learning_rate: float = 1.0, init: Any = 'spectral', min_dist: float = 0.1, spread: float = 1.0, low_memory: bool = True, n_jobs: int = -1, set_op_mix_ratio: float = 1.0, local_connectivity: float = 1.0, repulsion_strength: float = 1.0, negative_sample_rate: int = 5, transform_queue_size: float = 4.0, a: float | None = None, b: float | None = None, random_state: Any = None, angular_rp_forest: bool = False, target_n_neighbors: int = -1, target_metric: str = 'categorical', target_metric_kwds: Any = None, target_weight: float = 0.5, transform_seed: int = 42, transform_mode: str = 'embedding', force_approximation_algorithm: bool = False, verbose: bool = False, tqdm_kwds: Any = None, unique: bool = False, densmap: bool = False, dens_lambda: float = 2.0, dens_frac: float = 0.3, dens_var_shift: float = 0.1, output_dens: bool = False, disconnection_distance: float | None = None, precomputed_knn: Any = (None, None, None)) -> None: ...
    def fit(self, X: Any, y: Any = None, **_: Any) -> Self: ...
    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> NDArray[Any]: ...
    def get_feature_names_out(self, input_features: Any = None) -> Any: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    @property
    def graph_(self) -> Any: ...
    def inverse_transform(self, X: Any) -> NDArray[Any]: ...
    @classmethod
    def load(cls, path: Any) -> Self: ...
    def save(self, path: Any) -> None: ...
    def set_output(self, *, transform: Any = None) -> Self: ...
    def set_params(self, **params: Any) -> Self: ...
    def transform(self, X: Any) -> Any: ...
    def update(self, X: Any) -> Self: ...
