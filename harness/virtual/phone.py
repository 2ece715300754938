"""The seams inside the embedded Android device: what its parts are called and what they owe each other.

One virtual device is one ``Phone``: an asyncio object that lives in one event loop. Four parts meet here and
know each other only through this module:

* ``adbd`` (with ``sync``, ``files``, ``services``) speaks the adb transport and turns a service string into a
  call on the phone;
* ``shell`` (with the command files) runs command lines;
* ``automator`` answers the uiautomator2 JSON-RPC;
* ``browser`` (with ``hierarchy`` and the system pages) is the ``Screen``: Chromium, activities, touches.

All pixel values are device pixels in the current rotation, boxes are ``(left, top, right, bottom)`` half-open,
durations are seconds, device times are seconds since the epoch on the *device's* clock.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Bounds = tuple[int, int, int, int]
Stroke = tuple[tuple[float, float], tuple[float, float]]  # where a finger starts and where it ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One accessibility node as ``uiautomator`` sees it; ``handle`` finds the page element again."""

    handle: str
    class_name: str
    package: str
    bounds: Bounds
    text: str = ""
    resource_id: str = ""
    content_desc: str = ""
    hint: str = ""
    checkable: bool = False
    checked: bool = False
    clickable: bool = False
    enabled: bool = True
    focusable: bool = False
    focused: bool = False
    scrollable: bool = False
    long_clickable: bool = False
    password: bool = False
    selected: bool = False
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window with its node tree; an invisible window is not listed."""

    package: str
    root: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """The panel in its natural orientation plus what changed it since."""

    width_px: int = 1080
    height_px: int = 2400
    density_dpi: int = 480
    rotation: int = 0  # quarter turns counter-clockwise, as Surface.ROTATION_*
    font_scale: float = 1.0
    dark: bool = False

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height as seen in the current rotation."""
        if self.rotation % 2:
            return self.height_px, self.width_px
        return self.width_px, self.height_px

    @property
    def scale(self) -> float:
        """Device pixels per CSS pixel (and per dp)."""
        return self.density_dpi / 160


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledApp:
    """One installed app; ``pages`` maps activity class name to a path inside the app or a URL."""

    package: str
    label: str
    version_name: str
    version_code: int
    launcher_activity: str  # full class name, e.g. "cn.example.study.MainActivity"
    pages: tuple[tuple[str, str], ...]  # (full activity class name, "index.html" or "https://…"), in order
    permissions: tuple[str, ...] = ()  # requested runtime permissions, "android.permission.CAMERA"
    apk: Path | None = None  # the installed file, byte for byte as it was sent; None for system pages
    root: Path | None = None  # folder the web files were unpacked to
    abis: tuple[str, ...] = ()  # native ABIs the app carries; empty means any
    signer_sha256: str = ""
    first_install_time: float = 0.0
    last_update_time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreground:
    """What is in front: package, full activity class name and the process id shown by ``ps``."""

    package: str
    activity: str
    pid: int


class Touch(enum.Enum):
    """Motion event actions as ``injectInputEvent`` numbers them."""

    DOWN = 0
    UP = 1
    MOVE = 2


class Packages(Protocol):
    """The package manager's records; installing and removing are asynchronous because files are unpacked."""

    def installed(self) -> Sequence[InstalledApp]: ...
    def find(self, package: str) -> InstalledApp | None: ...
    def granted(self, package: str, permission: str) -> bool: ...
    def decided(self, package: str, permission: str) -> bool | None:
        """Return what was decided about a permission, or None where nobody has been asked yet."""
        ...

    def forget_decisions(self, package: str) -> None: ...
    def set_granted(self, package: str, permission: str, *, granted: bool) -> None: ...


class DeviceClock(Protocol):
    """The device's clock: the host's, moved by ``set`` and ``advance``. Pages follow through ``Screen``."""

    def now(self) -> float:
        """Return seconds since the epoch on the device."""
        ...

    def uptime_s(self) -> float:
        """Return seconds since boot, advanced time included."""
        ...


class Screen(Protocol):
    """The screen and the activities on it. Implemented by ``browser.py``; every coordinate is device pixels."""

    @property
    def display(self) -> Display: ...
    @property
    def awake(self) -> bool: ...

    async def start(self) -> None: ...
    async def close(self) -> None: ...

    # looking
    async def screenshot(self) -> bytes:
        """Return a PNG of exactly ``display.size_px``; a secure page gives black."""
        ...

    async def secure(self) -> bool:
        """Return whether the window in front forbids screenshots (FLAG_SECURE)."""
        ...

    async def windows(self) -> tuple[Window, ...]:
        """Return the visible windows' trees; invisible nodes left out, bounds clipped to the screen."""
        ...

    async def foreground(self) -> Foreground: ...
    async def tasks(self) -> tuple[Foreground, ...]:
        """Return every task, most recent first, the launcher included."""
        ...

    async def playing(self) -> bool:
        """Return whether a video plays in front."""
        ...

    # activities
    async def launch(self, package: str, activity: str | None = None, url: str | None = None) -> None:
        """Bring the app to front, starting it where needed. Raises ``KeyError`` for an unknown activity."""
        ...

    async def force_stop(self, package: str) -> None: ...
    async def clear_storage(self, package: str) -> None: ...
    async def crash(self, package: str) -> None:
        """Kill the app's page as a crash does: the launcher is in front afterwards."""
        ...

    async def show_anr(self, package: str) -> None: ...

    # input
    async def touch(self, kind: Touch, x: float, y: float) -> None: ...
    async def tap(self, x: float, y: float, hold_s: float = 0.0) -> None: ...
    async def swipe(self, points: Sequence[tuple[float, float]], duration_s: float) -> None: ...
    async def two_fingers(self, first: Stroke, second: Stroke, duration_s: float) -> None:
        """Move two fingers at the same time, each from its start to its end, and lift both."""
        ...

    async def key(self, keycode: int, *, long_press: bool = False, meta: int = 0) -> bool:
        """Press an Android key code (BACK 4, HOME 3, APP_SWITCH 187, ENTER 66, DEL 67 …)."""
        ...

    async def insert_text(self, text: str) -> bool:
        """Type into the focused field, any Unicode; return False where nothing is focused."""
        ...

    async def set_text(self, handle: str, text: str) -> bool: ...

    # system
    def last_toast(self) -> str | None: ...
    def clear_last_toast(self) -> None: ...
    def clipboard(self) -> str: ...
    def set_clipboard(self, text: str) -> None: ...
    async def set_awake(self, *, awake: bool) -> None: ...
    async def set_display(self, display: Display) -> None: ...
    async def set_place(self, place: tuple[float, float] | None) -> None:
        """Tell every page that the device is at ``(latitude, longitude)`` in degrees, ``None`` for nowhere known."""
        ...

    async def clock_changed(self, advanced_s: float) -> None:
        """Let pages live through ``advanced_s`` seconds (timers, dates, playing videos), or a set clock (0)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellResult:
    """What one command line gave back."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0


class Shell(Protocol):
    """Runs one command line as ``sh -c`` would; long-running commands stream through ``services``."""

    async def run(self, command_line: str, stdin: bytes = b"") -> ShellResult: ...
