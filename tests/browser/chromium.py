"""A headless Chromium, spoken to through a pipe in the DevTools protocol: pages as a reader's browser lays them out.

Source: https://chromedevtools.github.io/devtools-protocol/ (flag `--remote-debugging-pipe`: descriptors 3 and 4,
messages in JSON, each ended by a zero byte).
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-dev-shm-usage",
)

_WATCHED = {"Network.requestWillBeSent", "Log.entryAdded", "Runtime.exceptionThrown"}
_KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "ArrowDown": (40, ""), " ": (32, " ")}
"""The codes of keys, and the text that each writes."""

_BEGIN = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes the browser, with the pipes where it looks for them: 3 to read, 4 to write."""


class Browser:
    """One browser; ask it with `call`, or open pages with `page`."""

    def __init__(self, writing: BinaryIO, reading: BinaryIO) -> None:
        self._write, self._read = writing, reading
        self._number, self._rest = 0, b""
        self.events: list[dict] = []
        """What pages reported that were opened with `watched`."""

    def call(self, method: str, session: str | None = None, **params: object) -> dict:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        self._write.write(json.dumps(asked).encode() + b"\0")
        self._write.flush()
        return self._until(lambda message: message.get("id") == self._number)

    def wait_for(self, event: str, session: str) -> None:
        self._until(lambda message: message.get("method") == event and message.get("sessionId") == session)

    def _until(self, fits) -> dict:
        while True:
            while b"\0" not in self._rest:
                chunk = self._read.read1(65_536)
                assert chunk, "the browser ended"
                self._rest += chunk
            message, _, self._rest = self._rest.partition(b"\0")
            told = json.loads(message)
            if told.get("method") in _WATCHED:
                self.events.append(told)
            if fits(told):
                assert "error" not in told, told
                return told.get("result", {})

    @contextlib.contextmanager
    def page(
        self, address: str, *, width: int = 1_200, dark: bool = False, script: bool = True, watched: bool = False
    ) -> Iterator["Page"]:
        """A page that has been loaded, `width` pixels wide, for a reader who likes it dark or light.

        `script`: whether the page's scripts run; `watched`: whether its requests and complaints are noted.
        """
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable", session)
        phone = width < 500
        self.call(
            "Emulation.setDeviceMetricsOverride", session, width=width, height=900, deviceScaleFactor=1, mobile=phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", session, features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", session, value=not script)
        if watched:
            self.call("Network.enable", session)
            self.call("Log.enable", session)
            self.call("Runtime.enable", session)
        self.call("Page.navigate", session, url=address)
        self.wait_for("Page.loadEventFired", session)
        yield Page(self, session)
        self.call("Target.closeTarget", targetId=target)


class Page:
    """A loaded page."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def evaluate(self, script: str):
        """What `script` gives, awaited if it is a promise."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        told = self._browser.call("Runtime.evaluate", self._session, **asked)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def click(self, words: str, *, leads: bool = True) -> None:
        """Click the first link or button in sight whose text begins with `words`, and wait for the page it leads to.

        `leads`: False where it leads to no other page.
        """
        parts = "[...document.querySelectorAll('main a, main button, main summary, header a')]"
        fits = f"part.textContent.trim().startsWith({json.dumps(words)}) && part.getClientRects().length"
        self._to(f"{parts}.find(part => {fits})")
        if leads:
            self._browser.wait_for("Page.loadEventFired", self._session)

    def wait(self, condition: str, *, seconds: float = 10) -> None:
        """Wait until `condition`, a script, is true."""
        until = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < until, condition
            time.sleep(0.03)

    def press(self, key: str, *, ctrl: bool = False) -> None:
        """Press a key, alone or with Ctrl."""
        code, text = _KEYS.get(key) or (ord(key.upper()), key)
        told = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        told |= {"modifiers": 2} if ctrl else {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self._browser.call("Input.dispatchKeyEvent", self._session, type=kind, **told)

    def type(self, words: str) -> None:
        """Type `words` where the cursor is, as keys do: one character after the other."""
        for character in words:
            for kind in ("keyDown", "keyUp"):
                told = {"key": character, "text": character if kind == "keyDown" else ""}
                self._browser.call("Input.dispatchKeyEvent", self._session, type=kind, **told)

    def paste(self, words: str) -> None:
        """Put `words` where the cursor is, at once."""
        self._browser.call("Input.insertText", self._session, text=words)

    def noted(self, method: str) -> list[dict]:
        """What a watched page reported by `method`."""
        self.evaluate("0")  # events come before the answer
        events = self._browser.events
        return [told["params"] for told in events if (told["method"], told["sessionId"]) == (method, self._session)]

    def type_into(self, selector: str, words: str, *, enter: bool = True) -> None:
        """Click a field, type `words`, and, unless told otherwise, press Enter and wait for the page that follows."""
        self._to(f"document.querySelector({json.dumps(selector)})")
        self._browser.call("Input.insertText", self._session, text=words)
        if enter:
            for kind in ("keyDown", "keyUp"):
                key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
                self._browser.call("Input.dispatchKeyEvent", self._session, type=kind, **key)
            self._browser.wait_for("Page.loadEventFired", self._session)

    def _to(self, script: str) -> None:
        """Click in the middle of the element that `script` gives."""
        middle = "part.scrollIntoView({block: 'center'}); const box = part.getClientRects()[0]; "
        middle += "return [box.x + box.width / 2, box.y + box.height / 2]"
        box = self.evaluate(f"(part => {{ {middle} }})({script})")
        for kind in ("mousePressed", "mouseReleased"):
            at = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
            self._browser.call("Input.dispatchMouseEvent", self._session, type=kind, **at)

    def printed(self) -> None:
        """Lay the page out as it is printed."""
        self._browser.call("Emulation.setEmulatedMedia", self._session, media="print")

    def pdf(self) -> str:
        """The page as it is printed on A4, as PDF in base64."""
        sheet = {"paperWidth": 8.27, "paperHeight": 11.69}
        return self._browser.call("Page.printToPDF", self._session, **sheet)["data"]

    def screenshot(self, first: tuple[int, int] | None = None) -> str:
        """The whole page as PNG, in base64; with `first`, so many pixels of it from the top left."""
        clip = (
            {"clip": dict(zip(("x", "y", "width", "height", "scale"), (0, 0, *first, 1), strict=True))} if first else {}
        )
        return self._browser.call("Page.captureScreenshot", self._session, captureBeyondViewport=True, **clip)["data"]


@contextlib.contextmanager
def started(program: str, folder: Path) -> Iterator[Browser]:
    """A browser that keeps its files in `folder`; it is ended at the end."""
    to_child, from_parent = os.pipe()
    to_parent, from_child = os.pipe()
    options = [*_FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
    running = subprocess.Popen(
        [sys.executable, "-c", _BEGIN, str(to_child), str(from_child), program, *options],
        pass_fds=(to_child, from_child),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_child)
    os.close(from_child)
    try:
        with os.fdopen(from_parent, "wb") as writing, os.fdopen(to_parent, "rb") as reading:
            yield Browser(writing, reading)
    finally:
        running.kill()
        running.wait()
