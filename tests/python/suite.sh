#!/bin/bash
# suite.sh PYTHON LIBRARY - tests/python with python/krait on this library. KRAIT_PYTHON names another
# Python, say one of a virtual environment. Exit code 77: it lacks numpy or pytest.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${KRAIT_PYTHON:-$1}
for module in numpy pytest; do
    "$python" -c "import $module" 2>/dev/null && continue
    echo "skipped: $python has no $module; KRAIT_PYTHON names another Python"
    exit 77
done
export KRAIT_LIBRARY=$2 PYTHONPATH=$PWD/python PYTHONDONTWRITEBYTECODE=1
exec "$python" -m pytest -q -p no:cacheprovider tests/python
