# SPDX-License-Identifier: MIT
"""Writes arima_goldens.inc, intermittent_goldens.inc, stl_goldens.inc: what statsforecast and statsmodels make of small series that are made up here.

    python make_arima_goldens.py        # in an environment with statsforecast 2.1.1, which brings statsmodels
"""

import pathlib
import warnings

import numpy as np
import statsforecast
import statsmodels
from statsforecast.arima import arima, predict_arima
from statsforecast.models import _croston_classic, _croston_sba, _tsb
from statsforecast.mstl import mstl
from statsmodels.tsa.seasonal import STL
from statsmodels.tsa.statespace.sarimax import SARIMAX

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

# ---- ARIMA ----
begin("arima_goldens")
walk = np.cumsum(noise(90, 3) + 0.5 * np.append(0, noise(90, 3)[:-1])) + 0.1 * np.arange(90)
long = np.zeros(300)
for t in range(300):
    long[t] = 0.6 * (long[t - 1] if t else 0) + 3 * noise(300, 5)[t]
long += 20
write("walk", walk)
write("long_one", long)
write("seasonal_one", monthly + np.cumsum(noise(67, 7)))
seasonal = monthly + np.cumsum(noise(67, 7))
cases = {
    # name: values, (p, d, q), (P, D, Q, season), ar, ma, sar, sma, mean
    "walk": (walk, (2, 1, 1), (0, 0, 0, 1), [0.4, -0.2], [0.3], [], [], None),
    "long_one": (long, (1, 0, 2), (0, 0, 0, 1), [0.5], [-0.3, 0.2], [], [], 19.5),
    "seasonal_one": (seasonal, (1, 1, 1), (0, 1, 1, 12), [0.3], [-0.4], [], [-0.5], None),
    "seasonal_ar": (seasonal, (2, 0, 0), (1, 1, 1, 12), [0.3, 0.2], [], [0.35], [0.25], None),
}
for name, (y, order, (P, D, Q, m), ar, ma, sar, sma, mean) in cases.items():
    fixed = np.array(ar + ma + sar + sma + ([mean] if mean is not None else []), dtype=float)
    lost = order[1] + D * m
    for method in ("ML", "CSS"):
        # Theirs begins with a large variance in place of differences, about 0: so it sees values about 0.
        middle = np.mean(y) if lost else 0.0
        fit = arima(y - middle, order, {"order": (P, D, Q), "period": m}, include_mean=mean is not None, fixed=fixed.copy(),
                    method=method, kappa=1e8)
        ahead, deviation = predict_arima(fit, 30)
        if method == "CSS":
            write(f"{name}_css_residuals", fit["residuals"][lost:])
            write(f"{name}_css_sigma2", fit["sigma2"])
        else:
            write(f"{name}_ml_mean", ahead + middle)
            write(f"{name}_ml_deviation", deviation / np.sqrt(fit["sigma2"]))
    model = SARIMAX(y - (mean or 0), order=order, seasonal_order=(P, D, Q, m if P + D + Q else 0), simple_differencing=True)
    # At the variance that makes it largest.
    one = np.append(fixed[: len(fixed) - (mean is not None)], 1.0)
    errors = model.smooth(one).standardized_forecasts_error[0]
    write(f"{name}_ml_residuals", errors)
    write(f"{name}_log_likelihood", model.loglike(np.append(one[:-1], np.mean(errors**2))))
end("arima_goldens")
