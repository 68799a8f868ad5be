# SPDX-License-Identifier: MIT
# Written by tools/python_stubs from signatures and docstrings.
import os
from typing import Any

def load(path: str | os.PathLike[str], **options: Any) -> Any: ...
