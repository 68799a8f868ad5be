# SPDX-License-Identifier: MIT
"""Writes intermittent_goldens.inc, stl_goldens.inc: what statsforecast and statsmodels make of small series that are made up here.

    python make_arima_goldens.py        # in an environment with statsforecast 2.1.1, which brings statsmodels
"""

import pathlib
import warnings

import numpy as np
import statsforecast
import statsmodels
from statsforecast.models import _croston_classic, _croston_sba, _tsb
from statsforecast.mstl import mstl
from statsmodels.tsa.seasonal import STL

warnings.filterwarnings("ignore")
out = []


def begin(name):
    out[:] = ["/* SPDX-License-Identifier: MIT",
              f" * {name}.inc - by make_arima_goldens.py: statsforecast {statsforecast.__version__}, "
              f"statsmodels {statsmodels.__version__}. */"]


def end(name):
    (pathlib.Path(__file__).parent / f"{name}.inc").write_text("\n".join(out) + "\n")


def write(name, values):
    values = np.atleast_1d(np.asarray(values, dtype=float))
    text = [repr(float(v)) for v in values]
    lines, line = [], "   "
    for t in text:
        if len(line) + len(t) + 2 > 98:
            lines.append(line)
            line = "   "
        line += f" {t},"
    lines.append(line.rstrip(","))
    out.append(f"static const double {name}[] = {{")
    out.extend(lines)
    out.append("};")


def noise(n, seed):
    """Between -1 and 1, the same everywhere."""
    return np.array([((t * 7919 + seed * 104729) % 1009) / 504.5 - 1 for t in range(1, n + 1)])


def season(n, period, shape):
    return np.array([shape[t % period] for t in range(n)])


# ---- intermittent demand ----
begin("intermittent_goldens")
demand = np.array([0, 0, 3, 0, 1, 0, 0, 0, 5, 2, 0, 0, 1, 0, 4, 0, 0, 0, 0, 2, 0, 3, 0, 0, 1, 0, 0], dtype=float)
write("demand", demand)
write("croston_01", _croston_classic(demand, 1, False)["mean"])
write("sba_01", _croston_sba(demand, 1, False)["mean"])
write("tsb_02_01", _tsb(demand, 1, False, 0.2, 0.1)["mean"])
write("croston_fitted", np.nan_to_num(_croston_classic(demand, 1, True)["fitted"], nan=-1)[3:])
end("intermittent_goldens")

# ---- seasons ----
begin("stl_goldens")
month = np.array([3, 1, -2, -4, 0, 2, 5, 7, 1, -3, -6, -4], dtype=float)
monthly = np.array([100 + 0.4 * t for t in range(67)]) + season(67, 12, month) + 2 * noise(67, 1)
write("monthly", monthly)
fit = STL(monthly, period=12, seasonal=11, seasonal_deg=0).fit()
write("monthly_season", fit.seasonal)
write("monthly_trend", fit.trend)
week = np.array([2, 1, 0, 1, 3, -3, -4], dtype=float)
double = (50 + np.array([0.05 * t for t in range(101)]) + season(101, 7, week)
          + season(101, 28, [((t * 11) % 28) / 7 - 2 for t in range(28)]) + noise(101, 2))
write("two_seasons", double)
fit = mstl(double, [7, 28])
write("two_seasons_7", fit["seasonal7"])
write("two_seasons_28", fit["seasonal28"])
write("two_seasons_trend", fit["trend"])
write("two_seasons_remainder", fit["remainder"])
end("stl_goldens")
