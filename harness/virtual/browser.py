"""The screen of the virtual device: a page in Chromium behind ``phone.Screen``. Reads and drives a live browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.clock import SystemClock
from harness.errors import VirtualDeviceError
from harness.virtual import hierarchy, input_keys
from harness.virtual.activities import LAUNCHER, app_origin, origins, owns
from harness.virtual.bridge import Bridge
from harness.virtual.chromium import VARIABLE, Chromium, find_browser
from harness.virtual.desktop import Desktop, Setting, Task
from harness.virtual.gestures import between, finger_path, move_count, pause_s, press_key, settle, take_selection
from harness.virtual.personality import Personality
from harness.virtual.phone import DeviceClock, Display, Foreground, Packages, Stroke, Touch, Window
from harness.virtual.pictures import black_png, fitted_png, png_size
from harness.virtual.tabs import Tab, TabBlocked, TabBusy, js

_TOAST_MS = 2000
_ADVANCE_DEADLINE_S = 60.0
_DUMP = "typeof __androidDevice === 'undefined' ? null : __androidDevice.dump()"
_DUMP_DEADLINE_S = 6.0
_PLAYING = "[...document.querySelectorAll('video')].some((video) => !video.paused && !video.ended)"


class ChromiumScreen:
    """Implements ``phone.Screen``. A browser that dies is noticed, logged and started again on the next use."""

    def __init__(  # noqa: PLR0913 - one device has these parts, all named
        self,
        *,
        data_dir: Path,
        display: Display,
        packages: Packages,
        clock: DeviceClock,
        log: Callable[[str, str], None],
        browser: Path | None = None,
        personality: Personality | None = None,
    ) -> None:
        kind = personality or Personality()
        self._profile = data_dir / "chromium"
        self._display = display
        self._packages = packages
        self._no_web_nodes = kind.quirks.no_web_nodes
        self._clock = clock
        self._host = SystemClock()
        self._log = log
        self._browser = browser
        self._awake = True
        self._toast: str | None = None
        self._clipboard = ""
        self._place: tuple[float, float] | None = None
        self._bridge: Bridge | None = None
        self._desktop: Desktop | None = None
        self._chromium: Chromium | None = None
        self._starting = asyncio.Lock()
        self._touched: Tab | None = None
        self._setting = Setting(
            packages=packages,
            display=lambda: self._display,
            awake=lambda: self._awake,
            epoch_offset_ms=self._epoch_offset_ms,
            now=clock.now,
            place=lambda: self._place,
            log=log,
            user_agent=kind.user_agent,
        )

    # life

    @property
    def display(self) -> Display:
        """The panel as it is now."""
        return self._display

    @property
    def awake(self) -> bool:
        """Whether the screen is on."""
        return self._awake

    @property
    def browser_version(self) -> str:
        """The version of the running Chromium, empty before the first start."""
        return self._chromium.version if self._chromium else ""

    async def browser_pid(self) -> int:
        """Return the host's process id of the browser."""
        await self._ready()
        if self._chromium is None:
            raise VirtualDeviceError("the browser does not run")
        return await self._chromium.pid()

    async def start(self) -> None:
        """Start the browser with the launcher in front. Raises ``VirtualDeviceError`` where there is none."""
        await self._ready()

    async def close(self) -> None:
        """End the browser; storage stays."""
        async with self._starting:
            bridge, chromium = self._bridge, self._chromium
            self._bridge = self._desktop = self._chromium = None
            if bridge is not None:
                bridge.desktop = None
                await bridge.close()
            if chromium is not None:
                await chromium.close()

    async def _ready(self) -> Desktop:
        """Return the desktop of a living browser, starting one where needed."""
        async with self._starting:
            if self._desktop is not None and self._chromium is not None and self._chromium.alive:
                return self._desktop
            if self._chromium is not None:
                await self._chromium.close()
            executable = find_browser(self._browser)
            if executable is None:
                raise VirtualDeviceError(f"no Chromium, Chrome or Edge found; install one or name it in {VARIABLE}")
            bridge = Bridge(self._packages, self._log, self._on_gone)
            bridge.on_toast, bridge.on_clipboard, bridge.on_wake = self._show_toast, self.set_clipboard, self._catch_up
            self._chromium = await Chromium.start(executable=executable, profile=self._profile, owner=bridge)
            self._log("chromium", f"{executable} {self._chromium.version}")
            self._bridge = bridge
            desktop = bridge.desktop = Desktop(self._chromium, self._setting)
            try:
                await desktop.open()
            except VirtualDeviceError:
                await self._chromium.close()
                self._chromium = None
                raise
            self._desktop = desktop
            return desktop

    def _on_gone(self) -> None:
        self._log("chromium", "the browser process ended unexpectedly; it starts again on the next use")
        self._desktop = None
        self._touched = None

    def _epoch_offset_ms(self) -> float:
        return (self._clock.now() - self._host.wall().timestamp()) * 1000

    # looking

    async def screenshot(self) -> bytes:
        """Return a PNG of exactly ``display.size_px``; a secure page or a dark screen gives black."""
        desktop = await self._ready()
        size = self._display.size_px
        tab = desktop.surface
        if not self._awake or await tab.is_secure():
            return await asyncio.to_thread(black_png, size)
        await desktop.refresh_launcher()
        png = await tab.screenshot()
        return png if png_size(png) == size else await asyncio.to_thread(fitted_png, png, size)

    async def secure(self) -> bool:
        """Return whether the page in front declares itself secure."""
        return await (await self._ready()).surface.is_secure()

    async def windows(self) -> tuple[Window, ...]:
        """Return the tree of the window in front; none while the screen is off."""
        desktop = await self._ready()
        if not self._awake:
            return ()
        await desktop.refresh_launcher()
        loop = asyncio.get_running_loop()
        end = loop.time() + _DUMP_DEADLINE_S
        while True:
            tab = desktop.surface
            try:
                dump = await tab.evaluate(_DUMP)
            except TabBusy:
                raise
            except VirtualDeviceError:  # the page is being replaced, or its dialog is about to be drawn
                if loop.time() > end or not self._alive():
                    raise
            else:
                if desktop.surface is tab:
                    return (self._window(desktop, dump),)
            await asyncio.sleep(0.03)

    def _window(self, desktop: Desktop, dump: dict[str, Any] | None) -> Window:
        size = self._display.size_px
        root = dump["root"] if dump else None
        task, dialog = desktop.front, desktop.dialog
        if desktop.surface is desktop.system_tab or task is None:
            return hierarchy.system_window(root, package=dialog.package if dialog else LAUNCHER, size_px=size)
        if dump and dump["truncated"]:
            self._log("uiautomator", f"the tree of {task.package} is cut: too many or too deep nodes")
        shown = None if self._no_web_nodes else root
        return hierarchy.web_window(shown, package=task.package, task=task.number, size_px=size)

    def _alive(self) -> bool:
        return self._chromium is not None and self._chromium.alive

    async def foreground(self) -> Foreground:
        """Return what is in front."""
        return (await self._ready()).foreground()

    async def tasks(self) -> tuple[Foreground, ...]:
        """Return every task, most recent first, the launcher included."""
        return (await self._ready()).all_tasks()

    async def playing(self) -> bool:
        """Return whether a video plays in front."""
        return bool(await (await self._ready()).surface.evaluate(_PLAYING))

    # activities

    async def launch(self, package: str, activity: str | None = None, url: str | None = None) -> None:
        """Bring the app to front, starting it where needed. Raises ``KeyError`` for an unknown app or activity."""
        desktop = await self._ready()
        app = self._packages.find(package)
        if package == LAUNCHER:
            async with desktop.turn:
                await desktop.home()
            return
        if app is None or not app.pages:
            raise KeyError(package)
        if url is not None and not owns(app, url):
            self._log("ActivityTaskManager", f"{package} does not handle {url:.200}: its activity starts without it")
            url = None
        async with desktop.turn:
            task = await desktop.launch(app, activity, url)
            task.caller = None

    async def force_stop(self, package: str) -> None:
        """Close the app's page; nothing happens where it does not run."""
        desktop = await self._ready()
        async with desktop.turn:
            task = desktop.find(package)
            if task is not None:
                self._log("ActivityManager", f"Force stopping {package} (pid {task.pid})")
                await desktop.end(task, to_home=True)

    async def clear_storage(self, package: str) -> None:
        """Stop the app and remove its storage and permission decisions."""
        await self.force_stop(package)
        desktop = await self._ready()
        app = self._packages.find(package)
        for origin in origins(app) if app else (app_origin(package),):
            await desktop.system_tab.send("Storage.clearDataForOrigin", 10.0, origin=origin, storageTypes="all")
        self._packages.forget_decisions(package)

    async def crash(self, package: str) -> None:
        """Kill the app's page as a crash does: the launcher is in front afterwards."""
        desktop = await self._ready()
        if self._bridge is not None:
            await self._bridge.crash(_running(desktop, package))

    async def show_anr(self, package: str) -> None:
        """Show "app is not responding" over the app."""
        desktop = await self._ready()
        if self._bridge is not None:
            await self._bridge.show_anr(_running(desktop, package))

    async def show_notice(self, package: str) -> None:
        """Show a notice of the system over the app."""
        desktop = await self._ready()
        if self._bridge is not None:
            await self._bridge.show_notice(_running(desktop, package))

    # input

    async def touch(self, kind: Touch, x: float, y: float) -> None:
        """Dispatch one touch event at device pixels."""
        desktop = await self._ready()
        if not self._awake:
            return
        if kind is Touch.DOWN:
            async with desktop.turn:  # what is being shown gets there first
                self._touched = desktop.surface
        tab = self._touched
        if tab is None or tab.closed:
            return
        try:
            if kind is Touch.DOWN:
                await tab.touch("touchStart", (x, y))
            elif kind is Touch.MOVE:
                await tab.touch("touchMove", (x, y))
            else:
                self._touched = None
                await tab.touch("touchEnd")
        except TabBlocked:  # the touch made the page open a dialog: it has arrived
            return
        except TabBusy:
            await self._not_responding(desktop, tab)

    async def _not_responding(self, desktop: Desktop, tab: Tab) -> None:
        """Do what Android does when an app leaves a touch unanswered for five seconds."""
        self._touched = None
        task = desktop.task_of(tab)
        if task is not None and self._bridge is not None and not task.dialogs:
            await self._bridge.show_anr(task)

    async def tap(self, x: float, y: float, hold_s: float = 0.0) -> None:
        """Touch, hold, lift; returns once the page has had the events."""
        if hold_s <= 0:
            await self._tap_at_once(x, y)
            return
        await self.touch(Touch.DOWN, x, y)
        await asyncio.sleep(hold_s)
        tab = self._touched
        await self.touch(Touch.UP, x, y)
        await settle(tab)

    async def _tap_at_once(self, x: float, y: float) -> None:
        desktop = await self._ready()
        async with desktop.turn:  # what is being shown gets there first
            tab = desktop.surface
        if not self._awake or tab.closed:
            return
        try:
            await tab.tap((x, y))
        except TabBlocked:  # the touch made the page open a dialog: it has arrived
            return
        except TabBusy:
            await self._not_responding(desktop, tab)
        await settle(tab)

    async def swipe(self, points: Sequence[tuple[float, float]], duration_s: float) -> None:
        """Move one finger along the points at an even pace and lift it."""
        if len(points) < 2:
            raise VirtualDeviceError("a swipe needs at least two points")
        path = finger_path(points, duration_s)
        loop = asyncio.get_running_loop()
        begun, step_s = loop.time(), duration_s / len(path)
        await self.touch(Touch.DOWN, *points[0])
        tab = self._touched
        for index, (x, y) in enumerate(path, start=1):
            await asyncio.sleep(pause_s(step_s, index, loop.time() - begun))
            await self.touch(Touch.MOVE, x, y)
        await self.touch(Touch.UP, *points[-1])
        await settle(tab)

    async def two_fingers(self, first: Stroke, second: Stroke, duration_s: float) -> None:
        """Move two fingers at the same time, each from its start to its end, and lift both."""
        desktop = await self._ready()
        tab = desktop.surface
        if not self._awake or tab.closed:
            return
        moves = move_count(duration_s)
        try:
            await tab.touch("touchStart", first[0])
            await tab.touch("touchStart", first[0], second[0])
            for share in (index / moves for index in range(1, moves + 1)):
                await asyncio.sleep(duration_s / moves)
                await tab.touch("touchMove", between(first, share), between(second, share))
            await tab.touch("touchEnd")
        except TabBlocked:  # the touch made the page open a dialog: it has arrived
            return
        except TabBusy:
            await self._not_responding(desktop, tab)
        await settle(tab)

    async def key(self, keycode: int, *, long_press: bool = False, meta: int = 0) -> bool:
        """Press an Android key code; return False for one that nothing takes."""
        desktop = await self._ready()
        if keycode in (input_keys.POWER, input_keys.WAKEUP, input_keys.SLEEP):
            awake = not self._awake if keycode == input_keys.POWER else keycode == input_keys.WAKEUP
            await self.set_awake(awake=awake)
            return True
        if not self._awake or keycode in input_keys.SILENT:
            return True
        moves = {input_keys.HOME: desktop.home, input_keys.BACK: desktop.back, input_keys.APP_SWITCH: desktop.recents}
        if keycode in moves:
            async with desktop.turn:
                await moves[keycode]()
            return True
        if keycode == input_keys.PASTE:
            return await self.insert_text(self._clipboard)
        if keycode in (input_keys.COPY, input_keys.CUT):
            self._clipboard = await take_selection(desktop.surface, cut=keycode == input_keys.CUT)
            return True
        return await press_key(desktop.surface, keycode, meta, repeats=long_press)

    async def insert_text(self, text: str) -> bool:
        """Type into the focused field, any Unicode; return False where nothing is focused."""
        desktop = await self._ready()
        tab = desktop.surface
        if not self._awake or not await tab.evaluate("__androidDevice.fieldFocused()"):
            return False
        if text:
            await tab.send("Input.insertText", text=text)
            await settle(tab)
        return True

    async def set_text(self, handle: str, text: str) -> bool:
        """Replace the text of a field (or the choice of a list); return False for a stale handle or another element."""
        desktop = await self._ready()
        place = hierarchy.page_handle(handle)
        if place is None:
            return False
        owner, number = place
        tab = desktop.surface
        task = desktop.task_of(tab)
        if owner != ("system" if task is None else str(task.number)):
            return False
        return bool(await tab.evaluate(f"__androidDevice.setText({js(number)}, {js(text)})"))

    # system

    def last_toast(self) -> str | None:
        """Return the text of the last toast since it was cleared."""
        return self._toast

    def clear_last_toast(self) -> None:
        """Forget the last toast."""
        self._toast = None

    async def _show_toast(self, text: str) -> None:
        self._toast = text
        desktop = self._desktop
        if desktop is None or not self._awake:
            return
        try:
            await desktop.surface.evaluate(f"__androidDevice.showToast({js(text)}, {_TOAST_MS})", 2.0)
        except VirtualDeviceError as error:
            self._log("Toast", f"not drawn: {error}")

    def clipboard(self) -> str:
        """Return the device's clipboard."""
        return self._clipboard

    def set_clipboard(self, text: str) -> None:
        """Set the device's clipboard."""
        self._clipboard = text

    async def set_awake(self, *, awake: bool) -> None:
        """Switch the screen on or off; the app in front hears of it."""
        desktop = await self._ready()
        self._awake = awake
        async with desktop.turn:
            await desktop.present()

    async def set_display(self, display: Display) -> None:
        """Change size, density or rotation of every page."""
        desktop = await self._ready()
        self._display = display
        async with desktop.turn:
            for tab in [desktop.system_tab, *(task.tab for task in desktop.tasks)]:
                await tab.resize(display)
            await desktop.present()

    async def set_place(self, place: tuple[float, float] | None) -> None:
        """Tell every page where the device is; a page hears of it where its app may know the place."""
        desktop = await self._ready()
        self._place = place
        for tab in [desktop.system_tab, *(task.tab for task in desktop.tasks if not task.tab.blocked)]:
            await tab.set_place(place)

    # time

    async def clock_changed(self, advanced_s: float) -> None:
        """Let pages live through ``advanced_s`` seconds (timers, dates, playing videos), or a set clock (0)."""
        desktop = await self._ready()
        desktop.advanced_ms += advanced_s * 1000
        await asyncio.gather(*(self._advance(desktop, task, advanced_s) for task in list(desktop.tasks)))
        await self._advance_tab(desktop, desktop.system_tab, advanced_s, hidden=False)
        if desktop.front is None or desktop.in_recents:
            async with desktop.turn:
                await desktop.present()

    async def _advance(self, desktop: Desktop, task: Task, seconds: float) -> None:
        if task.tab.blocked:
            task.missed_s += seconds  # a page in a dialog stands still; it catches up when the dialog ends
        elif not task.tab.closed:
            await self._advance_tab(desktop, task.tab, seconds, hidden=task.hidden)

    async def _advance_tab(self, desktop: Desktop, tab: Tab, seconds: float, *, hidden: bool) -> None:
        offset_ms = self._epoch_offset_ms()
        expression = f"__androidDevice.advance({js(seconds * 1000)}, {js(offset_ms)})"
        guarded = f"typeof __androidDevice === 'undefined' ? null : {expression}"
        try:
            await tab.install(desktop.script(hidden=hidden))
            await tab.evaluate_in_frames(guarded, _ADVANCE_DEADLINE_S)
        except (TabBlocked, TabBusy) as error:  # the page asks something in the middle; it goes on from there
            self._log("AlarmManager", f"a page stopped while time was advanced: {error}")
        except VirtualDeviceError as error:
            if tab.closed or not self._alive():
                raise
            self._log("AlarmManager", f"a page went elsewhere while time was advanced: {error}")

    async def _catch_up(self, task: Task) -> None:
        desktop = self._desktop
        if desktop is not None and not task.tab.blocked and not task.tab.closed:
            missed, task.missed_s = task.missed_s, 0.0
            await self._advance_tab(desktop, task.tab, missed, hidden=task.hidden)


def _running(desktop: Desktop, package: str) -> Task:
    task = desktop.find(package)
    if task is None:
        raise VirtualDeviceError(f"{package} does not run")
    return task
