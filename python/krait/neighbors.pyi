# SPDX-License-Identifier: MIT
# Written by tools/python_stubs from signatures and docstrings.
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from numpy.typing import NDArray

class Neighbors(tuple[Any, ...]):
    distances: NDArray[Any]
    indices: NDArray[Any]
    recall: float
    is_exact: bool

def kneighbors(X: Any, k: int, queries: Any = None, *, metric: str = 'euclidean', p: float | None = None, metric_kwds: Mapping[str, Any] | None = None, method: str = 'auto', random_state: int = 0, n_jobs: int | None = None) -> Neighbors: ...
