# SPDX-License-Identifier: MIT
"""The seam between Python and libkrait: layouts, errors, notes, log, Ctrl-C, threads, forks, memory, loading."""

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import krait
import numpy as np
import pytest
from krait import _abi
from krait import _library as lib
from waits import HANGS


def points_of(x):
    """kr_points, and the array that it borrows."""
    x = np.ascontiguousarray(x, np.float64)
    return lib.sized(_abi.kr_points, n=len(x), dim=x.shape[1], f64=lib.pointer_to(x, ctypes.c_double)), x


def neighbours(x, k=5, team=None):
    """The indices of the k nearest, (n, k)."""
    team = team or lib.team()
    points, kept = points_of(x)
    knn = lib.Handle(_abi.kr_knn, "kr_knn_destroy", keep=(kept, team))
    options = lib.sized(_abi.kr_knn_options, k=k, method=_abi.KR_KNN_EXACT)
    team.run("kr_knn_create", team.pointer, ctypes.byref(points), ctypes.byref(options), knn.out())
    count = lib.library.kr_knn_count(knn.pointer)
    return lib.copy_array(lib.library.kr_knn_index(knn.pointer), (count, k))


def neighbours_by_numpy(x, k=5):
    distance = ((x[:, None] - x[None]) ** 2).sum(-1)
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance, axis=1, kind="stable")[:, :k]


def cloud(n=300, dim=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, dim))


def run_python(code, **environment):
    """A fresh interpreter that imports the same krait; (exit code, stdout, stderr)."""
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p), **environment)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True, timeout=HANGS
    )
    return done.returncode, done.stdout, done.stderr


# ---- layouts, and one call -----------------------------------------------------------------------


def test_structures_have_the_sizes_of_the_library():
    assert len(_abi.SIZES) > 40
    for name, size in _abi.SIZES.items():
        assert ctypes.sizeof(getattr(_abi, name)) == size, name


def test_sized_structures_begin_with_their_size():
    for name in _abi.SIZES:
        kind = getattr(_abi, name)
        if kind._fields_[0][0] == "size":
            assert lib.sized(kind).size == ctypes.sizeof(kind), name


def test_a_call_computes():
    x = cloud()
    assert np.array_equal(neighbours(x), neighbours_by_numpy(x))


def test_arrays_come_back_as_copies():
    values = (ctypes.c_double * 6)(*range(6))
    pointer = ctypes.cast(values, ctypes.POINTER(ctypes.c_double))
    copy = lib.copy_array(pointer, (2, 3))
    values[0] = 9
    assert copy.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert lib.copy_array(pointer, (3,), np.float32).dtype == np.float32
    assert lib.copy_array(None, (0, 3)).shape == (0, 3)
    with pytest.raises(ValueError, match="NULL"):
        lib.copy_array(ctypes.POINTER(ctypes.c_double)(), (2,))
    assert lib.pointer_to(None, ctypes.c_double) is None


# ---- errors --------------------------------------------------------------------------------------


def test_an_impossible_size_is_an_input_error():
    with pytest.raises(krait.InputError, match="50 neighbours of 10 points") as caught:
        neighbours(cloud(n=10), k=50)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, krait.Error)
    assert caught.value.status in ("USAGE", "SHAPE")


def test_a_file_that_is_not_there_is_a_file_error(tmp_path):
    rows = lib.Handle(_abi.kr_rows, "kr_rows_destroy")
    options = lib.sized(_abi.kr_rows_options)
    with pytest.raises(krait.FileError, match="nowhere.csv") as caught:
        lib.call("kr_rows_read", str(tmp_path / "nowhere.csv").encode(), ctypes.byref(options), rows.out())
    assert isinstance(caught.value, OSError) and caught.value.status == "IO"


def test_an_error_hints_at_the_setting_to_mend():
    settings = lib.Handle(_abi.kr_settings, "kr_settings_destroy")
    lib.call("kr_synth_settings_create", settings.out())
    name = lib.text(lib.library.kr_settings_list(settings.pointer))
    assert name
    with pytest.raises(krait.InputError) as caught:
        lib.call("kr_settings_set", settings.pointer, b"seed", b"many")
    assert caught.value.hint == "seed" and "many" in str(caught.value)


@pytest.mark.parametrize(
    "status, kind",
    [
        ("MEMORY", MemoryError),
        ("NUMERIC", ArithmeticError),
        ("IO", OSError),
        ("USAGE", ValueError),
        ("FORMAT", ValueError),
        ("UNSUPPORTED", ValueError),
    ],
)
def test_each_kind_of_failure_is_an_exception_of_python_too(status, kind):
    error = lib.make_error("a sentence", "k", status)
    assert isinstance(error, kind) and isinstance(error, krait.Error)
    assert (str(error), error.hint, error.status) == ("a sentence", "k", status)


# ---- notes and log -------------------------------------------------------------------------------


def read_table(path, team):
    rows = lib.Handle(_abi.kr_rows, "kr_rows_destroy", keep=team)
    options = lib.sized(_abi.kr_rows_options, team=team.pointer)
    team.run("kr_rows_read", str(path).encode(), ctypes.byref(options), rows.out())
    return lib.library.kr_rows_count(rows.pointer)


def test_what_the_library_notes_becomes_a_warning(tmp_path):
    path = tmp_path / "german.csv"
    path.write_text("date;y\n" + "".join(f"{d:02}.01.2024;{d},5\n" for d in range(1, 29)))
    with pytest.warns(krait.Note, match="german.csv"):
        assert read_table(path, lib.Team(1)) == 28


def test_notes_can_be_made_errors(tmp_path):
    path = tmp_path / "german.csv"
    path.write_text("date;y\n" + "".join(f"{d:02}.01.2024;{d},5\n" for d in range(1, 29)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(krait.Note):
            read_table(path, lib.Team(1))


def test_other_lines_go_to_the_log(caplog):
    team = lib.Team(1)
    with caplog.at_level(logging.DEBUG, logger="krait"):
        team._hear(None, _abi.KR_LOG_DEBUG, b"details")
        team._hear(None, _abi.KR_LOG_INFO, b"progress")
        neighbours(cloud(n=20), team=team)
    assert [(r.levelname, r.message) for r in caplog.records] == [("DEBUG", "details"), ("INFO", "progress")]


def test_notes_are_warnings_of_the_call_that_they_are_of(monkeypatch):
    team, said = lib.Team(2), []
    monkeypatch.setattr(warnings, "warn", lambda line, *_, **__: said.append((threading.get_ident(), line)))

    def call_with_a_note():
        team._hear(None, _abi.KR_LOG_NOTE, b"a note")
        other = threading.Thread(target=team.work, args=(lambda: None,))  # begins and ends meanwhile
        other.start()
        other.join()

    thread = threading.Thread(target=team.work, args=(call_with_a_note,))
    thread.start()
    thread.join()
    assert said == [(thread.ident, "a note")]


# ---- Ctrl-C --------------------------------------------------------------------------------------

LONG = """
    import ctypes, sys, threading, time
    import numpy as np
    from krait import _abi, _library as lib
    from test_library import cloud, neighbours, neighbours_by_numpy, points_of

    def long_call(team):
        points, kept = points_of(cloud(n=4000, dim=8))
        umap = lib.Handle(_abi.kr_umap, "kr_umap_destroy", keep=kept)
        options = lib.sized(_abi.kr_umap_options, n_neighbors=15, n_components=2, min_dist=0.1, spread=1.0,
                            n_epochs=1000000, learning_rate=1.0, repulsion=1.0, negative_samples=5,
                            local_connectivity=1.0, set_op_mix=1.0)
        team.run("kr_umap_fit", team.pointer, ctypes.byref(points), None, ctypes.byref(options), umap.out())
"""


def interrupt(code):
    """Runs LONG and this code, presses Ctrl-C half a second after it printed a line; what it prints after that."""
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    code = textwrap.dedent(LONG) + textwrap.dedent(code)
    child = subprocess.Popen([sys.executable, "-u", "-c", code], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "begins\n"
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        return child.communicate(timeout=HANGS)[0].split()
    finally:
        child.kill()
        child.wait()


SEEN = """
    team = lib.team()
    print("begins")
    begin = time.monotonic()
    try:
        long_call(team)
        print("done")
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - begin)
    x = cloud()
    print(np.array_equal(neighbours(x, team=team), neighbours_by_numpy(x)), bool(lib.library.kr_team_is_stopping(team.pointer)))
"""


def test_ctrl_c_stops_a_long_call_and_the_team_works_on():
    words = interrupt(SEEN)
    assert words[0] == "interrupted"
    assert float(words[1]) < 0.5 + 1.0 + 0.3, (
        "a second after Ctrl-C, which came half a second after the start"
    )
    assert words[2:] == ["True", "False"]


def test_ctrl_c_again_waits_for_the_same_end():
    class Done:
        """Ctrl-C is pressed at the first two waits; then the work has ended."""

        waits = 0

        def is_set(self):
            return self.waits > 2

        def wait(self, timeout):
            self.waits += 1
            if self.waits <= 2:
                raise KeyboardInterrupt

    team, done = lib.Team(1), Done()
    assert team._wait(done) and done.waits == 3
    assert not lib.library.kr_team_is_stopping(team.pointer)


def test_the_interpreter_goes_on_meanwhile():
    words = interrupt("""
        ticks = []
        def tick():
            while True:
                ticks.append(time.sleep(0.01))
        threading.Thread(target=tick, daemon=True).start()
        print("begins")
        try:
            long_call(lib.team())
        except KeyboardInterrupt:
            print(len(ticks))
    """)
    assert int(words[0]) > 10


# ---- threads and forks ---------------------------------------------------------------------------


def test_many_threads_call_at_once():
    x = [cloud(n=200, seed=s) for s in range(8)]
    want = [neighbours_by_numpy(a) for a in x]
    wrong = []

    def work(i):
        for _ in range(20):
            if not np.array_equal(neighbours(x[i]), want[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads)


def test_one_team_for_each_number_of_threads():
    assert lib.team(2) is lib.team(2) and lib.team(1) is not lib.team(2)
    assert lib.library.kr_team_workers(lib.team(2).pointer) == 2
    assert lib.library.kr_team_workers(lib.team().pointer) == lib.library.kr_team_cpus()


def neighbours_of_seed(seed):
    return neighbours(cloud(seed=seed))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_child_processes_compute_the_same(method):
    want = [neighbours_of_seed(seed) for seed in range(4)]  # the parent's team has its threads
    with multiprocessing.get_context(method).Pool(2) as pool:
        got = pool.map_async(neighbours_of_seed, range(4)).get(timeout=HANGS)
    assert np.array_equal(got, want)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_frees_the_lock_of_the_teams():
    with lib._teams_lock:
        child = os.fork()
        if child == 0:
            signal.alarm(HANGS)  # ends a child that waits
            lib.team(3)
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


# ---- memory --------------------------------------------------------------------------------------


def resident():
    """Bytes of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_memory_is_flat_over_400_rounds():
    x = cloud(n=1000, dim=4)

    def rounds(n):
        for _ in range(n):
            neighbours(x, team=lib.Team(2))
        gc.collect()
        return resident()

    before = rounds(400)  # malloc's arenas have about their size
    assert rounds(400) - before < 12e6, "the neighbours of 1000 points that 400 rounds found take 24e6 bytes"


def test_a_handle_is_destroyed_once():
    team = lib.Team(1)
    team._handle.destroy()
    assert not team.pointer
    team._handle.destroy()


# ---- loading -------------------------------------------------------------------------------------


def test_version():
    assert krait.__version__ == lib.version and krait.__version__.count(".") == 2


def test_import_brings_nothing_heavy():
    code, out, err = run_python("""
        import sys, krait
        print([m for m in ("numpy", "pandas", "torch", "sklearn", "narwhals", "matplotlib") if m in sys.modules])
        krait.__version__
        print([m for m in ("pandas", "torch", "sklearn", "narwhals", "matplotlib") if m in sys.modules])
    """)
    assert (code, out) == (0, "[]\n[]\n"), err


def test_without_numpy_a_sentence_says_so():
    code, _, err = run_python("""
        import sys
        sys.modules["numpy"] = None
        import krait
        krait.Error
    """)
    assert code == 1 and "ImportError: krait needs numpy" in err


@pytest.mark.parametrize("content", [None, b"not a library"])
def test_a_krait_library_that_is_none_is_named(content, tmp_path):
    path = tmp_path / "libother.so"
    if content:
        path.write_bytes(content)
    code, _, err = run_python("import krait; krait.__version__", KRAIT_LIBRARY=str(path))
    assert code == 1 and "ImportError: krait: " in err and str(path) in err and "KRAIT_LIBRARY" in err


def test_a_library_of_another_version_is_named():
    other = next(line.split()[-1] for line in open("/proc/self/maps") if "libm.so" in line or "libm-" in line)
    code, _, err = run_python("import krait; krait.__version__", KRAIT_LIBRARY=other)
    assert code == 1 and "ImportError: krait: " in err and "kr_" in err


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        krait.nonsense
    assert set(krait.__all__) <= set(dir(krait))


def test_a_door_that_is_not_built_in_is_a_plain_import_error(monkeypatch):
    monkeypatch.setitem(krait._DOORS, "Later", "later")
    with pytest.raises(ImportError, match="krait.Later: this version of krait has no module krait.later"):
        krait.Later


@pytest.mark.parametrize(
    "call",
    [
        "krait.kneighbors(X, 5, method='exact', n_jobs=1)",
        "krait.kneighbors(X, 5, method='descent', n_jobs=1)",
        "krait.kneighbors(X, 5, metric='canberra', n_jobs=1)",
    ],
)
def test_ctrl_c_ends_a_search(call):
    code = f"""
        import signal, threading, time
        import krait, numpy as np
        X = np.random.default_rng(0).normal(size=(60000, 100))
        krait.kneighbors(X[:50], 3)
        began = time.process_time()
        threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        try:
            {call}
        except KeyboardInterrupt:
            print(time.process_time() - began < 4)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=HANGS
    )
    assert done.stdout == "True\n", done.stderr
