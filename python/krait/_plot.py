# SPDX-License-Identifier: MIT
"""A forecast behind its history, drawn by matplotlib."""

import numpy as np

from ._library import make_error
from ._rows import level_text

_HISTORY, _FORECAST = "#555555", "#0072b2"
_ALPHA = (0.16, 0.42)  # of the widest interval, of the narrowest


def draw(table, forecast, k, name, n_history, ax):
    """Column k of a Forecast, behind the last n_history rows of its series.

    Returns
    -------
    matplotlib.axes.Axes
    """
    plt = _pyplot()
    ax = plt.subplots(figsize=(9, 4), layout="constrained")[1] if ax is None else ax
    column = table.columns.index(forecast.outputs[k])
    rows = _history(table, forecast)[-n_history:]
    past, future = _times(table, rows, forecast)
    n = len(forecast.levels)
    for j in reversed(range(n)):
        share = j / (n - 1) if n > 1 else 0.5
        ax.fill_between(
            future,
            forecast.lower[j][:, k],
            forecast.upper[j][:, k],
            color=_FORECAST,
            linewidth=0,
            alpha=_ALPHA[1] - share * (_ALPHA[1] - _ALPHA[0]),
            label=f"{level_text(forecast.levels[j])} %",
        )
    dot = {"marker": "o", "markersize": 3}
    ax.plot(
        past,
        table.values[rows, column],
        color=_HISTORY,
        linewidth=1,
        label="history",
        **(dot if len(past) < 8 else {}),
    )
    ax.plot(
        future,
        forecast.mean[:, k],
        color=_FORECAST,
        linewidth=1.6,
        label=name,
        **(dot if len(future) < 8 else {}),
    )
    _label(ax, table, forecast, k)
    return ax


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("plot() needs matplotlib, which is not there: pip install matplotlib") from None
    return plt


def _history(table, forecast):
    """The rows of its series before the first step; rows that were missing are no rows of the table."""
    starts = table.starts()
    rows = np.arange(starts[forecast.series], starts[forecast.series + 1])
    if table.dates is None or forecast.micros is None:
        return rows[: forecast.origin + 1]
    return rows[table.dates.micros[rows] < forecast.micros[0]]


def _times(table, rows, forecast):
    """Of the history and of the steps: dates on the clock of the zone, or numbers."""
    if table.dates is not None and forecast.micros is not None:
        both = np.concatenate([table.dates.micros[rows], forecast.micros])
        dates = table.frame.make_dates(both, table.dates, table.time_column)
        dates = list(dates.to_pydatetime() if hasattr(dates, "to_pydatetime") else dates.to_list())
        return dates[: len(rows)], dates[len(rows) :]
    rows = rows - table.starts()[forecast.series] - forecast.origin
    return table.numbers(forecast, rows), table.numbers(forecast, np.arange(1, len(forecast.mean) + 1))


def _label(ax, table, forecast, k):
    from matplotlib import dates

    handles, labels = ax.get_legend_handles_labels()
    order = [labels.index(x) for x in labels if not x.endswith("%")] + [
        i for i, x in enumerate(labels) if x.endswith("%")
    ][::-1]
    ax.legend(
        [handles[i] for i in order], [labels[i] for i in order], loc="upper left", frameon=False, ncols=4
    )
    ax.margins(x=0.01)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + 0.12 * (top - bottom))  # room for the legend
    ax.spines[["top", "right"]].set_visible(False)
    column = forecast.outputs[k]
    ax.set_ylabel(f"column {column}" if table.layout == "array" else column)
    if table.series:
        ax.set_title(table.series[forecast.series], loc="left")
    if table.dates is None or forecast.micros is None:
        ax.set_xlabel(table.time_column or "row")
        return
    zone = ax.lines[-1].get_xdata()[0].tzinfo
    locator = dates.AutoDateLocator(tz=zone)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))
    ax.set_xlabel(f"{table.time_column or table.names.time}" + (f", {zone}" if zone is not None else ""))


def find(table, forecasts, wanted):
    """The forecast, and the place of the column in it, of a series' name; None: the first."""
    names = {}
    for f in forecasts:
        for k, output in enumerate(f.outputs):
            names.setdefault(table.series[f.series] if table.series else output, (f, k))
    if wanted is None:
        return next(iter(names.values()))
    if str(wanted) not in names:
        raise make_error(
            f'series "{wanted}": there is no forecast of it; there are ' + ", ".join(list(names)[:5])
        )
    return names[str(wanted)]
