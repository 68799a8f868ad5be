# SPDX-License-Identifier: MIT
"""Values of statsforecast for given parameters: the headers beside this file, with which the tests
of src/local compare ours.

    pip install statsforecast==2.1.1
    python make_local_goldens.py

The series are made up here; every number is printed with all its digits."""
import itertools
import math
from pathlib import Path

import numpy as np
import statsforecast
from statsforecast import ces, ets, theta

HERE = Path(__file__).parent
SEASON, N, HORIZON = 4, 40, 10


def series(n=N):
    t = np.arange(n)
    wave = np.array([0.9, 1.2, 1.05, 0.85])[t % SEASON]
    noise = np.array([(k * 7919 + 13) % 101 / 101 - 0.5 for k in range(n)])
    return np.round((50 + 0.8 * t) * wave + 6 * noise, 3)


def numbers(values):
    return "{" + ", ".join(repr(float(v)) for v in np.ravel(values)) + "}"


def write(name, lines):
    head = f"/* SPDX-License-Identifier: MIT\n * {name} - made by make_local_goldens.py with statsforecast {statsforecast.__version__}. */\n"
    (HERE / name).write_text(head + "/* clang-format off */\n" + "\n".join(lines) + "\n/* clang-format on */\n")


def ets_forms():
    y = series()
    lines = ["static const golden_ets golden_forms[] = {"]
    for error, (trend, damped), season in itertools.product("AM", (("N", 0), ("A", 0), ("A", 1)), "NAM"):
        if error == "A" and season == "M":
            continue
        m = SEASON if season != "N" else 1
        alpha, beta, gamma, phi = 0.3, 0.07, 0.12, 0.9 if damped else 1.0
        parts = {"N": [], "A": [-4.0, 9.0, 2.0, -7.0], "M": [0.92, 1.18, 1.04, 0.86]}[season]
        # statsforecast keeps the part of the next step last.
        state = [48.0] + ([0.9] if trend == "A" else []) + parts[::-1]
        _, e, states, lik = ets.pegelsresid_C(y, m, np.array(state), error, trend, season, bool(damped), alpha, beta, gamma, phi, 3)
        fitted = y - e if error == "A" else y / (1 + e)
        last = states[-1]
        model = dict(states=states, components=f"{error}{trend}{season}{'D' if damped else 'N'}", m=m, par=[alpha, beta, gamma, phi])
        mean = ets.pegelsfcast_C(HORIZON, model)
        if damped:
            # statsforecast adds up phi + phi + phi^2 ..; the slopes of the model are phi + phi^2 + phi^3 ..
            slopes = np.cumsum(phi ** np.arange(1, HORIZON + 1))
            level = last[0] + slopes * last[1]
            phases = np.resize(last[2:][::-1], HORIZON) if season != "N" else 0
            mean = level if season == "N" else level + phases if season == "A" else level * phases
        tail = list(last[:1]) + (list(last[1:2]) if trend == "A" else [0.0]) + list(last[1 + (trend == "A"):][::-1])
        lines.append(f"    {{\"{error}{trend}{season}\", {damped}, {lik!r}, {numbers(tail)}, {numbers(fitted)},\n     {numbers(mean)}}},")
    write("ets_forms.inc", lines + ["};"])


def theta_models():
    y = series() / np.array([0.9, 1.2, 1.05, 0.85])[np.arange(N) % SEASON]
    lines = [f"static const double golden_theta_y[{N}] = {numbers(y)};", "static const golden_theta golden_thetas[] = {"]
    for level, alpha, th in ((40.0, 0.3, 2.0), (55.0, 0.1, 1.0), (20.0, 0.8, 1.4), (51.0, 0.99, 300.0)):
        kind = theta.switch_theta("DOTM")
        _, e, states, mse = theta._theta.pegels_resid(y, kind, level, alpha, th, 3)
        mean = np.empty(HORIZON)
        theta._theta.forecast(states, N, kind, mean, alpha, th)
        lines.append(f"    {{{alpha!r}, {th!r}, {level!r}, {numbers(states[-1][:4])}, {numbers(y - e)},\n     {numbers(mean)}}},")
    lines.append("};")
    y = series()
    fit = theta.auto_theta(y, SEASON, model="DOTM")
    lines += [f"static const bool golden_theta_has_season = {str(bool(fit.get('decompose', False))).lower()};",
              f"static const double golden_theta_season[{SEASON}] = {numbers(fit['seas_forecast']['mean'])};"]
    write("theta_models.inc", lines)


def ces_models():
    y = series()
    lines = ["static const golden_ces golden_ceses[] = {"]
    for form, (a0, a1, b0, b1) in (("N", (1.3, 1.01, 0, 0)), ("S", (1.2, 1.0, 0, 0)), ("P", (1.4, 0.99, 0.2, 0)), ("F", (1.3, 1.0, 1.1, 0.98))):
        m = SEASON if form != "N" else 1
        start = ces.initstate(y, m, form)
        _, e, states, lik = ces.pegelsresid_ces(y, m, start, start.shape[1], form, a0, a1, b0, b1, 3)
        mean = np.empty(HORIZON)
        ces.cesforecast(states, N, m, ces.switch_ces(form), mean, HORIZON, a0, a1, b0, b1)
        lines.append(f"    {{'{form}', {m}, {a0!r}, {a1!r}, {b0!r}, {b1!r}, {math.exp(lik / N)!r}, {numbers(y - e)},\n     {numbers(mean)}}},")
    write("ces_models.inc", lines + ["};"])


if __name__ == "__main__":
    write("local_series.inc", [f"static const double golden_y[{N}] = {numbers(series())};"])
    ets_forms(), theta_models(), ces_models()
