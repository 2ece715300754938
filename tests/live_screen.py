"""A real screen for tests: a Chromium behind ``ChromiumScreen``, driven from plain test functions."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from harness.virtual.browser import ChromiumScreen
from harness.virtual.device_clock import SettableClock
from harness.virtual.phone import Display, InstalledApp, Node

T = TypeVar("T")
STUDY = "cn.example.study"
OTHER = "cn.example.other"
CAMERA = "android.permission.CAMERA"
CONTACTS = "android.permission.READ_CONTACTS"
HEAD = '<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
STYLE = "<style>body{margin:0;font:16px sans-serif}button,a,div{display:block;margin:8px}</style>"


class Records:
    """The package manager's records, in memory."""

    def __init__(self, apps: list[InstalledApp]) -> None:
        self.apps = {app.package: app for app in apps}
        self.decisions: dict[tuple[str, str], bool] = {}

    def installed(self) -> tuple[InstalledApp, ...]:
        return tuple(self.apps.values())

    def find(self, package: str) -> InstalledApp | None:
        return self.apps.get(package)

    def granted(self, package: str, permission: str) -> bool:
        return self.decisions.get((package, permission), False)

    def decided(self, package: str, permission: str) -> bool | None:
        return self.decisions.get((package, permission))

    def forget_decisions(self, package: str) -> None:
        self.decisions = {key: value for key, value in self.decisions.items() if key[0] != package}

    def set_granted(self, package: str, permission: str, *, granted: bool) -> None:
        self.decisions[package, permission] = granted


def app(package: str, label: str, root: Path, pages: Mapping[str, str]) -> InstalledApp:
    """Return an installed app whose files are in ``root``; the first page is the entry."""
    names = tuple((f"{package}.{activity}", page) for activity, page in pages.items())
    return InstalledApp(
        package=package,
        label=label,
        version_name="1.0",
        version_code=1,
        launcher_activity=names[0][0],
        pages=names,
        permissions=(CAMERA, CONTACTS),
        root=root,
    )


def browser_app() -> InstalledApp:
    """Return the browser that comes with the device."""
    return InstalledApp(
        package="com.android.browser",
        label="浏览器",
        version_name="1",
        version_code=1,
        launcher_activity="com.android.browser.BrowserActivity",
        pages=(("com.android.browser.BrowserActivity", "about:blank"),),
    )


def nodes(root: Node) -> Iterator[Node]:
    """Yield the node and everything below it, in order."""
    yield root
    for child in root.children:
        yield from nodes(child)


class LiveScreen:
    """A screen with its own event loop in a thread; every method waits for the result."""

    def __init__(self, data_dir: Path, apps: list[InstalledApp], display: Display | None = None) -> None:
        self.records = Records([*apps, browser_app()])
        self.clock = SettableClock()
        self.logged: list[tuple[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.screen = ChromiumScreen(
            data_dir=data_dir,
            display=display or Display(),
            packages=self.records,
            clock=self.clock,
            log=lambda tag, message: self.logged.append((tag, message)),
        )

    def do(self, work: Coroutine[Any, Any, T], timeout_s: float = 90.0) -> T:
        """Return the coroutine's result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def close(self) -> None:
        """End the browser and the loop."""
        self.do(self.screen.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def root(self) -> Node:
        """Return the root of the window in front."""
        return self.do(self.screen.windows())[0].root

    def all(self) -> list[Node]:
        """Return every node of the window in front."""
        return list(nodes(self.root()))

    def texts(self) -> list[str]:
        """Return every text on screen."""
        return [node.text for node in self.all() if node.text]

    def find(self, wanted: Callable[[Node], bool], timeout_s: float = 60.0) -> Node:
        """Wait for the first node that is wanted and return it."""
        return self.wait_for(lambda: next((node for node in self.all() if wanted(node)), None), timeout_s)

    def text(self, text: str) -> Node:
        """Wait for the node with the text and return it."""
        return self.find(lambda node: node.text == text)

    def by_id(self, name: str) -> Node:
        """Wait for the node with the resource id and return it."""
        return self.find(lambda node: node.resource_id == name)

    def wait_for(self, look: Callable[[], T | None], timeout_s: float = 60.0) -> T:
        """Look until there is something to return; fail at the deadline with what is on screen."""
        end = time.monotonic() + timeout_s
        pause = threading.Event()
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"did not come: on screen are {self.texts()}, in front {self.front()}")
            pause.wait(0.03)

    def tap(self, node: Node, hold_s: float = 0.0) -> None:
        """Tap the middle of the node."""
        left, top, right, bottom = node.bounds
        self.do(self.screen.tap((left + right) / 2, (top + bottom) / 2, hold_s))

    def tap_text(self, text: str) -> None:
        """Wait for the text and tap it."""
        self.tap(self.text(text))

    def key(self, code: int) -> bool:
        """Press a key."""
        return self.do(self.screen.key(code))

    def front(self) -> tuple[str, str]:
        """Return package and activity in front."""
        front = self.do(self.screen.foreground())
        return front.package, front.activity

    def wait_front(self, package: str, activity: str = "") -> None:
        """Wait until the app is in front."""
        self.wait_for(lambda: self.front()[0] == package and self.front()[1].endswith(activity))

    def launch(self, package: str, activity: str | None = None, url: str | None = None) -> None:
        """Bring the app to front."""
        self.do(self.screen.launch(package, activity, url))

    def stop(self, package: str) -> None:
        """Force-stop the app."""
        self.do(self.screen.force_stop(package))

    def advance(self, seconds: float) -> None:
        """Let time pass on the device."""
        self.clock.advance(seconds)
        self.do(self.screen.clock_changed(seconds))
