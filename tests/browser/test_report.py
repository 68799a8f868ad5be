# SPDX-License-Identifier: MIT
"""test_report.py - pages of `krait report`, used as a person uses them, in a headless Chromium.

    test_report.py KRAIT [--shots FOLDER]    FOLDER: pictures of the pages are left there

Exit code 77 (skipped) when there is no Chromium, but 1 where CI=true. The standard library only."""

import json
import math
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

import browser

SCRIPT = "<script>owned=1</script>"
IMAGE = "</script><img src=x onerror=owned=1>"
FORECAST = ("--data custom --root_path . --data_path data.csv --seq_len 24 --pred_len 12 --patch_len 8 --d_model 16 "
            "--n_heads 4 --d_ff 16 --d_core 8 --e_layers 1 --batch_size 8 --train_epochs 2 --threads 1 -q").split()
TRAIN = ("--seq-len 64 --stride 32 --d-model 16 --n-layers 2 --d-state 8 --d-ff 32 --epochs 3 --warmup-epochs 1 "
         "--batch-size 8 --threads 1 -q").split()


def krait(*words, cwd):
    done = subprocess.run([KRAIT, *words], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"krait {' '.join(words)}: {done.stderr}")


def write_table(path, columns, n=200):
    rows = [f"2020-01-{1 + i // 24:02d} {i % 24:02d}:00:00," +
            ",".join(f"{(k + 1) * math.sin(i / 3.82 + k):.4f}" for k in range(len(columns))) for i in range(n)]
    names = ",".join('"' + name.replace('"', '""') + '"' for name in columns)
    path.write_text("date," + names + "\n" + "\n".join(rows) + "\n")


def write_npz(path, arrays):
    """name -> (numpy's name of the type, shape, bytes)"""
    with zipfile.ZipFile(path, "w") as file:
        for name, (kind, shape, data) in arrays.items():
            head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
            head += " " * ((64 - (11 + len(head)) % 64) % 64) + "\n"
            file.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)


def make_evaluation(folder, n, n_layers=3):
    """What krait evaluate --embed-out maps.npz leaves: clouds around ten places, each a circle."""
    rng, names = random.Random(1), ["input", "layer_1", "layer_2"][:n_layers]
    folder.mkdir()
    states = [i % 10 for i in range(n)]
    arrays = {"steps": ("<i8", (n,), struct.pack(f"<{n}q", *range(7, 7 + 3 * n, 3))),
              "states": ("<i8", (n,), struct.pack(f"<{n}q", *states))}
    for name in names:
        places = [(5 * math.cos(k), 5 * math.sin(k)) for k in range(10)]
        values = [p + rng.gauss(0, 0.6) for s in states for p in places[s]]
        arrays[name] = ("<f4", (n, 2), struct.pack(f"<{2 * n}f", *values))
    write_npz(folder / "maps.npz", arrays)
    (folder / "evaluation.json").write_text(json.dumps({
        "umap_points": n, "config": {"embed_out": "elsewhere/maps.npz"},
        "representations": [{"name": name, "dim": 16, "levina_bickel": {"10": 5.5, "30": 5.0, "100": 4 + k},
                             "silhouette": 0.1, "map_silhouette": 0.2 * k} for k, name in enumerate(names)]}))


def make_pages(place):
    """name -> the page of a small run."""
    pages = {}
    for name, columns, label in [("forecast", ["a", "b"], "test"), ("hostile", [IMAGE, "b"], SCRIPT.replace("/", "|"))]:
        folder = place / name
        folder.mkdir()
        write_table(folder / "data.csv", columns)
        krait("run", "--model", "TimeStarMamba", "--target", "b", "--model_id", label, *FORECAST, cwd=folder)
        run = next((folder / "results").iterdir())
        krait("report", str(run), "-q", cwd=folder)
        pages[name] = run / "report.html"
    folder = place / "synth"
    folder.mkdir()
    krait("synth", "--n-steps", "700", "-q", cwd=folder)
    krait("train", *TRAIN, cwd=folder)
    krait("report", ".", "-o", "page.html", "-q", cwd=folder)
    pages["synth"] = folder / "page.html"
    folder = place / "fit"
    folder.mkdir()
    (folder / "data.csv").write_text("shop,date,b," + '"' + IMAGE + '"' + "\n" + "".join(
        f"{shop},{2019 + i // 12}-{1 + i % 12:02d}-01,{9 * math.sin(i / 1.9) + i:.3f},{i % 7 + k}\n"
        for k, shop in enumerate(["north", SCRIPT, "=1+2"]) for i in range(40)))
    krait("fit", "data.csv", "--horizon", "4", "--models", "Naive,SeasonalNaive,Theta", "-q", cwd=folder)
    krait("report", "fit", "-q", cwd=folder)
    pages["fit"] = folder / "fit" / "report.html"
    for name, n in [("layers", 300), ("many", 10000)]:
        make_evaluation(place / name, n)
        krait("report", name, "-q", cwd=place)
        pages[name] = place / name / "report.html"
    return pages


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.pages = make_pages(pathlib.Path(cls.place.name))
        cls.browser = browser.Browser().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.place.cleanup()

    def open(self, name, **size):
        self.page = self.browser.open(self.pages[name].as_uri(), **size)
        return self.page

    def chart(self, title):
        """The middle of a chart's plot, which is scrolled to; chart(code) then asks about it."""
        self.page.evaluate(
            f"chart = [...document.querySelectorAll('figure.chart')].find(f => f.querySelector('figcaption').textContent === '{title}');"
            "chart.scrollIntoView({block: 'center'});"
            "data = JSON.parse(chart.querySelector('script').textContent)")
        self.page.settle()
        box = self.page.evaluate("(b => [b.left + b.width / 2, b.top + b.height / 2])(chart.querySelector('.plot svg').getBoundingClientRect())")
        return box

    def ticks(self):
        return self.page.evaluate("[...chart.querySelectorAll('.axes text[text-anchor=middle]:not(.label)')].map(t => t.textContent)")

    def tip(self):
        return self.page.evaluate("(t => t.hidden ? null : [t.querySelector('b').textContent, ...[...t.querySelectorAll('.value')].map(v => v.textContent)])(chart.querySelector('.tip'))")

    # ---- the page ----------------------------------------------------------------------------

    def test_pages_open_without_a_problem_and_ask_for_nothing(self):
        for name, n_charts in [("forecast", 5), ("synth", 1), ("hostile", 5), ("layers", 3)]:
            page = self.open(name)
            self.assertEqual(page.problems, [])
            self.assertEqual([r for r in page.requests if not r.startswith("data:")], [self.pages[name].as_uri()])
            self.assertEqual(page.evaluate("document.querySelectorAll('figure.chart.live').length"), n_charts)
            self.assertEqual(page.evaluate("[...document.images].filter(i => !i.naturalWidth).length"), 0)

    def test_names_in_a_page_are_unique(self):
        page = self.open("forecast")
        self.assertGreater(page.evaluate("document.querySelectorAll('.still [id]').length"), 50)
        self.assertEqual(page.evaluate("(all => all.length - new Set(all).size)([...document.querySelectorAll('[id]')].map(e => e.id))"), 0)

    def test_texts_of_files_stay_texts(self):
        page = self.open("hostile")
        self.assertEqual(page.evaluate("typeof owned"), "undefined")
        self.assertIn(SCRIPT.replace("/", "|"), page.evaluate("document.querySelector('.setting').textContent"))
        self.chart("Error by channel")
        self.assertEqual(page.evaluate("data.categories[0]"), IMAGE)
        self.assertEqual(page.evaluate("document.querySelectorAll('img:not(.picture img), script:not([type])').length"), 1)

    def test_the_policy_forbids_other_scripts_and_the_network(self):
        page = self.open("synth")
        page.evaluate("violations = []; document.addEventListener('securitypolicyviolation', e => violations.push(e.effectiveDirective))")
        page.evaluate("(s => { s.textContent = 'owned = 1'; document.body.append(s); })(document.createElement('script'))")
        page.evaluate("fetch('http://localhost:9/').catch(() => 0)")
        page.evaluate("new Promise(done => { const i = new Image(); i.onerror = done; i.src = 'http://localhost:9/a.png'; })")
        page.settle()
        self.assertEqual(page.evaluate("typeof owned"), "undefined")
        self.assertEqual(page.evaluate("violations.sort()"), ["connect-src", "img-src", "script-src-elem"])

    def test_without_scripts_the_charts_are_pictures(self):
        page = self.open("forecast")
        page.stop_scripts()
        page.go(self.pages["forecast"].as_uri())
        self.assertEqual(page.evaluate("document.querySelectorAll('.live').length"), 0)
        self.assertEqual(page.evaluate("[...document.querySelectorAll('.still svg')].filter(s => s.getBoundingClientRect().height > 100).length"), 5)

    # ---- a chart under the hand --------------------------------------------------------------

    def test_pointing_shows_the_values_of_the_file(self):
        page = self.open("forecast")
        x, y = self.chart("Losses")
        self.assertIsNone(self.tip())
        page.move(x - 250, y)
        tip = self.tip()
        self.assertEqual(tip[0], "epoch 1")
        losses = page.evaluate("data.views[0].series.map(s => s.y[0])")
        for shown, loss in zip(tip[1:], losses, strict=True):
            self.assertAlmostEqual(float(shown), loss, delta=1e-4 * abs(loss))
        page.move(x, 2)
        self.assertIsNone(self.tip())

    def test_bars_show_their_channel(self):
        page = self.open("forecast")
        x, y = self.chart("Error by channel")
        page.move(x + 200, y)
        self.assertEqual(self.tip()[0], "b")
        self.assertAlmostEqual(float(self.tip()[1]), page.evaluate("data.views[0].series[0].y[1]"), delta=1e-3)

    def test_wheel_drag_and_double_click(self):
        page = self.open("forecast")
        x, y = self.chart("Error of each test window")
        home = self.ticks()
        page.wheel(x, y, -300)
        self.assertEqual(self.ticks(), home)
        self.assertFalse(page.evaluate("chart.querySelector('.hint').hidden"))
        x, y = self.chart("Error of each test window")
        page.click(x, y)
        page.wheel(x, y, -300)
        zoomed = self.ticks()
        self.assertNotEqual(zoomed, home)
        self.assertFalse(page.evaluate("chart.querySelector('.reset').hidden"))
        page.drag(x, y, x + 100, y)
        self.assertNotEqual(self.ticks(), zoomed)
        page.click(x, y, times=2)
        self.assertEqual(self.ticks(), home)
        self.assertTrue(page.evaluate("chart.querySelector('.reset').hidden"))

    def test_keys_read_and_zoom(self):
        page = self.open("forecast")
        self.chart("Error by forecast step")
        home = self.ticks()
        page.evaluate("chart.querySelector('.plot svg').focus()")
        for _ in range(3):
            page.key("ArrowRight")
        self.assertRegex(page.evaluate("chart.querySelector('.spoken').textContent"), r"^forecast step 3: MSE [\d.]+, MAE [\d.]+$")
        page.key("+")
        page.key("+")
        self.assertNotEqual(self.ticks(), home)
        page.key("0")
        self.assertEqual(self.ticks(), home)

    def test_choices_and_legend_change_what_is_drawn(self):
        page = self.open("forecast")
        self.chart("Forecast and truth")
        path = "chart.querySelector('path.line').getAttribute('d')"
        before = page.evaluate(path)
        page.evaluate("(s => { s.selectedIndex = 1; s.dispatchEvent(new Event('change')); })(chart.querySelector('select'))")
        self.assertNotEqual(page.evaluate(path), before)
        page.evaluate("(s => { s.selectedIndex = s.options.length - 1; s.dispatchEvent(new Event('change')); })(chart.querySelectorAll('select')[1])")
        self.assertEqual(page.problems, [])
        n = page.evaluate("chart.querySelectorAll('path.line').length")
        self.assertEqual(n, 3)
        page.evaluate("chart.querySelector('.legend button').click()")
        self.assertEqual(page.evaluate("chart.querySelectorAll('path.line').length"), n - 1)

    def test_ten_thousand_points_are_light_and_tell_their_step(self):
        page = self.open("many")
        self.assertLess(self.pages["many"].stat().st_size, 1_500_000)
        x, y = self.chart("Maps (UMAP)")
        for dx in range(-200, 201, 40):
            page.move(x + dx, y - 120)
            if self.tip():
                break
        name, value = page.evaluate("[chart.querySelector('.tip span').textContent, chart.querySelector('.value').textContent]")
        step = self.tip()[0]
        self.assertRegex(step, r"^step \d+$")
        circle = int(name.split()[1])
        self.assertEqual((int(step.split()[1]) - 7) // 3 % 10, circle)
        shown = [float(v.replace("\u2212", "-")) for v in value.split(", ")]
        wanted = page.evaluate(f"(s => s.id.map((id, i) => [id, s.x[i], s.y[i]]).find(p => p[0] === {step.split()[1]}).slice(1))(data.views[0].series.find(s => s.name === '{name}'))")
        self.assertEqual([round(v, 3) for v in shown], [round(v, 3) for v in wanted])
        ink = "(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.reduce((n, v, i) => n + (i % 4 === 3 && v > 0), 0))(chart.querySelector('canvas'))"
        before = page.evaluate(ink)
        self.assertGreater(before, 5000)
        page.evaluate("chart.querySelectorAll('.legend button').forEach((b, i) => i > 0 && b.click())")
        self.assertLess(page.evaluate(ink), before / 4)

    def test_a_picture_opens_and_closes(self):
        page = self.open("synth")
        page.evaluate("document.querySelector('.picture button').click()")
        self.assertTrue(page.evaluate("document.querySelector('dialog').open"))
        page.evaluate("document.querySelector('dialog button').click()")
        page.settle()
        self.assertIsNone(page.evaluate("document.querySelector('dialog')"))

    # ---- elsewhere ---------------------------------------------------------------------------

    def test_a_phone_shows_it_whole_and_zooms_with_two_fingers(self):
        for name in ["forecast", "hostile", "layers", "synth"]:
            page = self.open(name, width=390, height=844, is_phone=True)
            self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
        page = self.open("forecast", width=390, height=844, is_phone=True)
        x, y = self.chart("Error of each test window")
        home = self.ticks()
        page.pinch(x, y, 30, 110)
        self.assertNotEqual(self.ticks(), home)

    def test_night_and_paper_have_their_colours(self):
        page = self.open("forecast")
        color = "getComputedStyle(document.body).backgroundColor"
        day = page.evaluate(color)
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.assertNotEqual(page.evaluate(color), day)
        page.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.assertEqual(page.evaluate(color), "rgb(255, 255, 255)")

    def test_pictures_for_people(self):
        if not SHOTS:
            self.skipTest("--shots FOLDER was not given")
        for name in self.pages:
            self.open(name).shoot(os.path.join(SHOTS, f"{name}.png"))
            self.open(name, width=390, height=844, is_phone=True).shoot(os.path.join(SHOTS, f"{name}_phone.png"))


if __name__ == "__main__":
    KRAIT = os.path.abspath(sys.argv[1])
    SHOTS = sys.argv[3] if sys.argv[2:3] == ["--shots"] else None
    if not browser.find():
        is_needed = os.environ.get("CI") == "true"
        print(f"no Chromium ({', '.join(browser.NAMES)}) is there; tools/deps check installs it")
        sys.exit(1 if is_needed else 77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
