# SPDX-License-Identifier: MIT
"""browser.py - a headless Chromium, driven through its debugging pipe; nothing but the standard library.

    with Browser() as browser:
        page = browser.open("file:///.../report.html")
        page.evaluate("document.title")
        page.move(100, 200)
        page.problems    # console errors, exceptions, refusals
        page.requests    # addresses of all that was asked for
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]


def find():
    """The path of a Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.count, self.buffer, self.pages = 0, b"", {}
        ask_read, ask_write = os.pipe()
        say_read, say_write = os.pipe()
        # Chromium listens on 3 and answers on 4.
        command = ["bash", "-c", f'exec "$@" 3<&{ask_read} 4>&{say_write}', "chromium", find(),
                   "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.folder.name}",
                   "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                   # What a browser does besides.
                   "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
                   "--disable-extensions", "--disable-sync", "--no-default-browser-check"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        self.process = subprocess.Popen(command, pass_fds=(ask_read, say_write), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ask_read)
        os.close(say_write)
        self.ask, self.say = ask_write, say_read
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.ask)
        os.close(self.say)
        self.folder.cleanup()

    def receive(self, until):
        """The next message; RuntimeError when none comes until then."""
        while b"\0" not in self.buffer:
            if not select.select([self.say], [], [], max(0, until - time.monotonic()))[0]:
                raise RuntimeError("Chromium does not answer")
            more = os.read(self.say, 1 << 20)
            if not more:
                raise RuntimeError("Chromium has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def pump(self, is_done, seconds=120):
        """Take in messages until one of them is_done; it is returned."""
        until = time.monotonic() + seconds
        while True:
            message = self.receive(until)
            page = self.pages.get(message.get("sessionId"))
            if page and "method" in message:
                page.note(message["method"], message["params"])
            if is_done(message):
                return message

    def call(self, method, session=None, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.ask, text):]
        answer = self.pump(lambda m, number=self.count: m.get("id") == number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, address, **size):
        """The page of that address, as in a new tab. It is the tab of before: a new one is a new process,
        which takes longer than all that is done in it."""
        if not self.pages:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self.pages[session] = Page(self, session)
            for domain in ["Page", "Runtime", "Log", "Network"]:
                self.pages[session].call(f"{domain}.enable")
        page = next(iter(self.pages.values()))
        page.go("about:blank")
        page.start_over()
        page.resize(**size)
        page.go(address)
        return page


class Page:
    def __init__(self, browser, session):
        self.browser, self.session, self.problems, self.requests = browser, session, [], []
        self.has_scripts, self.is_loaded = True, False

    def start_over(self):
        """Without what earlier pages in this tab have left."""
        self.problems.clear()
        self.requests.clear()
        self.has_scripts = True
        self.call("Emulation.setScriptExecutionDisabled", value=False)
        self.call("Emulation.setEmulatedMedia", media="", features=[])
        self.mouse("mouseMoved", 0, 0)

    def note(self, method, params):
        if method == "Page.loadEventFired":
            self.is_loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.problems.append(str([a.get("description", a.get("value")) for a in params["args"]]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.problems.append(params["entry"]["text"])

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def go(self, address):
        self.is_loaded = False
        self.call("Page.navigate", url=address)
        while not self.is_loaded:
            self.browser.pump(lambda m: True)
        self.settle()

    def resize(self, width=1200, height=900, is_phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if is_phone else 1, mobile=is_phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=is_phone)

    def stop_scripts(self):
        """Those of pages; evaluate() goes on."""
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.has_scripts = False

    def settle(self):
        """Until layout and observers are through; frames come only to pages with scripts."""
        if self.has_scripts:
            self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def evaluate(self, code):
        answer = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", code))
        return answer["result"].get("value")

    # ---- hands -------------------------------------------------------------------------------

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.settle()

    def click(self, x, y, times=1):
        for n in range(1, times + 1):
            self.mouse("mousePressed", x, y, button="left", clickCount=n)
            self.mouse("mouseReleased", x, y, button="left", clickCount=n)
        self.settle()

    def drag(self, x, y, to_x, to_y):
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseMoved", to_x, to_y, button="left", buttons=1)
        self.mouse("mouseReleased", to_x, to_y, button="left", clickCount=1)
        self.settle()

    def wheel(self, x, y, by):
        self.mouse("mouseWheel", x, y, deltaX=0, deltaY=by)
        self.settle()

    def key(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key)
        self.settle()

    def pinch(self, x, y, before, after):
        """Two fingers, first `before` from the middle, then `after`."""
        def fingers(distance):
            return [{"x": x - distance, "y": y, "id": 0}, {"x": x + distance, "y": y, "id": 1}]
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=fingers(before))
        for part in range(1, 6):
            self.call("Input.dispatchTouchEvent", type="touchMove",
                      touchPoints=fingers(before + (after - before) * part / 5))
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.settle()

    def shoot(self, path, is_whole=True):
        """A picture of the page."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
