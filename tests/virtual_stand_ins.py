"""A userland over a scripted screen: everything of the virtual device but adb and Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from harness.virtual.app_archive import pack_app
from harness.virtual.commands import COMMANDS
from harness.virtual.device_clock import SettableClock
from harness.virtual.faults import Faults
from harness.virtual.files import DeviceFiles
from harness.virtual.logcat import LogBuffer
from harness.virtual.packages import PackageStore
from harness.virtual.personality import Personality
from harness.virtual.phone import Display, Foreground, Node, ShellResult, Stroke, Touch, Window
from harness.virtual.processes import Processes
from harness.virtual.shell import AndroidShell
from harness.virtual.userland import Userland, open_properties, open_settings

T = TypeVar("T")
LAUNCHER = Foreground(package="com.android.launcher3", activity="com.android.launcher3.Launcher", pid=900)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def node(class_name: str = "android.view.View", **fields: Any) -> Node:
    """Return a node of the demo package; what is not given has no meaning for the test."""
    given: dict[str, Any] = {"handle": "", "package": "cn.example.demo", "bounds": (0, 0, 100, 100), **fields}
    return Node(class_name=class_name, **given)


def button(text: str, top: int = 0, **fields: Any) -> Node:
    """Return a button of 200 by 100 pixels."""
    return node(
        "android.widget.Button",
        text=text,
        handle=f"button {text}",
        bounds=(0, top, 200, top + 100),
        **{"clickable": True, "focusable": True, **fields},
    )


@dataclass
class ScriptedScreen:
    """A screen that shows what it is told to and writes down what is done to it."""

    display: Display = field(default_factory=lambda: Display(width_px=200, height_px=400, density_dpi=160))
    awake: bool = True
    root: Node | None = None
    front: Foreground = LAUNCHER
    stack: list[Foreground] = field(default_factory=lambda: [LAUNCHER])
    done: list[tuple[Any, ...]] = field(default_factory=list)
    focused: bool = True
    toast: str | None = None
    copied: str = ""
    after_swipe: list[Node] = field(default_factory=list)
    known: frozenset[str] = frozenset()
    video_plays: bool = False

    async def start(self) -> None:
        self.done.append(("start",))

    async def close(self) -> None:
        self.done.append(("close",))

    async def secure(self) -> bool:
        return False

    async def screenshot(self) -> bytes:
        buffer = BytesIO()
        Image.new("RGB", self.display.size_px, (200, 30, 30)).save(buffer, "PNG")
        return buffer.getvalue()

    async def windows(self) -> tuple[Window, ...]:
        return (Window(package=self.root.package, root=self.root),) if self.root else ()

    async def foreground(self) -> Foreground:
        return self.front

    async def tasks(self) -> tuple[Foreground, ...]:
        return tuple(self.stack)

    async def playing(self) -> bool:
        return self.video_plays

    async def launch(self, package: str, activity: str | None = None, url: str | None = None) -> None:
        self.done.append(("launch", package, activity, url))
        self.front = Foreground(package=package, activity=activity or f"{package}.Main", pid=1500 + len(self.stack))
        self.stack = [self.front, *(task for task in self.stack if task.package != package)]

    async def force_stop(self, package: str) -> None:
        self.done.append(("force_stop", package))
        self.stack = [task for task in self.stack if task.package != package]
        self.front = self.stack[0] if self.stack else LAUNCHER

    async def clear_storage(self, package: str) -> None:
        self.done.append(("clear_storage", package))

    async def crash(self, package: str) -> None:
        self.done.append(("crash", package))

    async def show_anr(self, package: str) -> None:
        self.done.append(("anr", package))

    async def touch(self, kind: Touch, x: float, y: float) -> None:
        self.done.append((kind.name, x, y))

    async def tap(self, x: float, y: float, hold_s: float = 0.0) -> None:
        self.done.append(("tap", x, y, hold_s))

    async def swipe(self, points: Sequence[tuple[float, float]], duration_s: float) -> None:
        self.done.append(("swipe", tuple(points), round(duration_s, 3)))
        if self.after_swipe:
            self.root = self.after_swipe.pop(0)

    async def two_fingers(self, first: Stroke, second: Stroke, duration_s: float) -> None:
        self.done.append(("two fingers", first, second, round(duration_s, 3)))

    async def key(self, keycode: int, *, long_press: bool = False, meta: int = 0) -> bool:
        self.done.append(("key", keycode, long_press))
        return keycode != 279

    async def insert_text(self, text: str) -> bool:
        self.done.append(("insert_text", text))
        return self.focused

    async def set_text(self, handle: str, text: str) -> bool:
        self.done.append(("set_text", handle, text))
        return True

    def last_toast(self) -> str | None:
        return self.toast

    def clear_last_toast(self) -> None:
        self.toast = None

    def clipboard(self) -> str:
        return self.copied

    def set_clipboard(self, text: str) -> None:
        self.copied = text

    async def set_awake(self, *, awake: bool) -> None:
        self.awake = awake

    async def set_display(self, display: Display) -> None:
        self.display = display

    async def set_place(self, place: tuple[float, float] | None) -> None:
        self.done.append(("set_place", place))

    async def clock_changed(self, advanced_s: float) -> None:
        self.done.append(("clock_changed", advanced_s))


@dataclass(kw_only=True)
class Bench:
    """A device's programs and the screen below them."""

    device: Userland
    shell: AndroidShell
    screen: ScriptedScreen

    def sh(self, line: str, stdin: bytes = b"") -> ShellResult:
        """Run a command line."""
        return run(self.shell.run(line, stdin))

    def out(self, line: str, stdin: bytes = b"") -> str:
        """Run a command line that must succeed silently, and return what it printed."""
        result = self.sh(line, stdin)
        assert (result.exit_code, result.stderr) == (0, b""), result
        return result.stdout.decode()

    def install(self, archive: bytes, options: str = "") -> ShellResult:
        """Install as ``adb install`` does."""
        return self.sh(f"cmd package 'install' {options} -S {len(archive)}", archive)


def bench(folder: Path, personality: Personality | None = None) -> Bench:
    """Return a device that lives in ``folder``; a second one in the same folder is the device restarted."""
    kind = personality or Personality()
    clock = SettableClock()
    files = DeviceFiles(folder, now=clock.now)
    screen = ScriptedScreen()
    device = Userland(
        serial="virtual-test",
        screen=screen,
        packages=PackageStore(data_dir=folder, files=files, now=clock.now, personality=kind),
        clock=clock,
        files=files,
        log=LogBuffer(now=clock.now),
        faults=Faults(),
        processes=Processes(),
        settings=open_settings(folder, kind),
        properties=open_properties(folder, kind, "virtual-test", 160),
        personality=kind,
    )
    return Bench(device=device, shell=AndroidShell(device, COMMANDS), screen=screen)


def app_folder(folder: Path, **changes: object) -> Path:
    """Write a small app and return its folder; ``changes`` replace fields of its ``app.json``."""
    import json

    manifest: dict[str, object] = {
        "package": "cn.example.demo",
        "label": "示例",
        "versionName": "1.2",
        "versionCode": 12,
        "launcher": ".MainActivity",
        "activities": {".MainActivity": "index.html", ".VideoActivity": "pages/video.html"},
        "permissions": ["android.permission.CAMERA", "android.permission.INTERNET"],
        "signer": "demo",
        **changes,
    }
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    (folder / "index.html").write_text("<h1>签到</h1>", encoding="utf-8")
    (folder / "pages" / "video.html").write_text("<video></video>", encoding="utf-8")
    (folder / "truth.json").write_text("{}", encoding="utf-8")
    return folder


def app_archive(folder: Path, **changes: object) -> bytes:
    """Return the packed small app."""
    return pack_app(app_folder(folder, **changes))


def rotated(display: Display, rotation: int) -> Display:
    """Return the display in another rotation."""
    return replace(display, rotation=rotation)
