"""Any Android device behind the unmodified uiautomator2 client: emulators, phones, the virtual device.

One capture is one moment: hierarchy, lossless screenshot, hierarchy. When the two hierarchies differ the screen is
moving and the capture is taken again, a bounded number of times. A channel that fails is a ``Gap``; the exception tree
is ``harness.errors``; reads are tried again after the uiautomator2 server or the connection was restored, actions
never are, because whether they took effect is unknown.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from uiautomator2.exceptions import RPCStackOverflowError

from harness.clock import AdvancingClock, Clock
from harness.device import changes, facts, frames, pages
from harness.device.apk_signer import Signer, signer_of
from harness.device.conditions import Conditions
from harness.device.installing import install_apk
from harness.device.link import Limits, Link
from harness.device.writing import Writer
from harness.errors import ActionRefused, CaptureFailed, DeviceError, DeviceTimeout, DeviceUnreachable, ServerDied
from harness.model import (
    Action,
    AppIdentity,
    Back,
    Channel,
    DenyPermission,
    DeviceInfo,
    Frame,
    Gap,
    Home,
    Launch,
    LogIn,
    LongPress,
    MockPlace,
    Moment,
    NextDay,
    OnCompanion,
    OpenLink,
    PackageName,
    Page,
    RealPlace,
    Recents,
    RestorePermission,
    Stop,
    Swipe,
    Tap,
    Type,
    TypeSecret,
    Wait,
)

__all__ = ["AndroidDevice", "Limits"]

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_DAY_S = 86400.0
_FIRST_WITH_PIDOF = 23
_PROPERTIES = (
    "ro.build.version.release",
    "ro.product.model",
    "ro.product.cpu.abi",
    "ro.build.fingerprint",
    "ro.harness.virtual",
)
# Gaps that often pass by themselves: a window that is just opening has no nodes and no pixels yet.
_PASSING = ("hierarchy-empty", "black-frame")


@dataclass(slots=True)
class _Try:
    """What one try at a capture has met: gaps, errors, and whether the device was given up."""

    gaps: list[Gap] = field(default_factory=list)
    errors: list[DeviceError] = field(default_factory=list)
    lost: bool = False

    @property
    def spent(self) -> bool:
        """Whether another try would only cost as much again."""
        return self.lost or any(isinstance(error, DeviceTimeout) for error in self.errors)

    def miss(self, channel: Channel, error: DeviceError) -> None:
        self.errors.append(error)
        self.gaps.append(Gap(channel=channel, reason=frames.gap_reason(error), detail=str(error)))


class AndroidDevice:
    """One device, used by one thread at a time; implements ``harness.model.Device``."""

    def __init__(
        self,
        serial: str,
        *,
        adb: tuple[str, int],
        clock: Clock,
        limits: Limits | None = None,
        may_install_keyboard: bool = False,
    ) -> None:
        """Connect to ``serial`` at the adb server ``(host, port)``. Raises ``DeviceUnreachable`` or ``ServerDied``."""
        self.serial = serial
        self._adb = adb
        self._clock = clock
        self._limits = limits or Limits()
        self._conditions = Conditions(serial, self.shell, lambda command: self.shell(command, check=True), clock)
        self._link = Link(serial, adb=adb, clock=clock, limits=self._limits)
        self._writer = Writer(self._link, dump=self.dump, clock=clock, may_install=may_install_keyboard)
        sdk, _, virtual = self.shell("getprop ro.build.version.sdk; getprop ro.harness.virtual").partition("\n")
        self._sdk = int(sdk) if sdk.isdigit() else 0
        # An embedded device is told that time passes instead of being waited for, its pages and videos included.
        if virtual.strip() == "1":
            self._clock = AdvancingClock(clock, self._advance)

    @property
    def clock(self) -> Clock:
        """The clock by which time passes on this device."""
        return self._clock

    # --- looking

    def capture(self) -> Frame:
        """Return one moment of the screen.

        Raises ``DeviceUnreachable`` where the device is gone, ``CaptureFailed`` where it is there and no channel gave
        anything.
        """
        toasts: tuple[str, ...] = ()
        for attempt in range(1, self._limits.capture_tries + 1):
            frame, met = self._capture_once()
            toasts += frame.toasts
            settled = not frame.moving and not any(gap.reason in _PASSING for gap in frame.gaps)
            if settled or met.spent or attempt == self._limits.capture_tries:
                break
            _log.debug("the screen is moving", extra={"serial": self.serial, "attempt": attempt})
            self._clock.sleep(self._limits.settle_s)
        if frame.png is None and frame.xml is None:
            if met.lost:
                raise DeviceUnreachable("gone while looking", serial=self.serial) from met.errors[-1]
            reasons = ", ".join(f"{gap.channel}: {gap.reason} {gap.detail}".strip() for gap in frame.gaps)
            raise CaptureFailed(f"no channel could be read ({reasons})", serial=self.serial)
        return replace(frame, toasts=toasts)

    def _capture_once(self) -> tuple[Frame, _Try]:
        met = _Try()
        began = Moment(wall=self._clock.wall(), mono_s=self._clock.monotonic_s())
        first = self._channel(Channel.HIERARCHY, self.dump, met)
        png = self._channel(Channel.PICTURE, self._screenshot, met)
        front = self._channel(Channel.PAGE, self._foreground, met)
        page, device_wall = front if front is not None else (None, None)
        second = self._channel(Channel.HIERARCHY, self.dump, met) if first is not None else None
        xml = second if second is not None else first
        # With one dump only there is no telling whether the picture belongs to it.
        still = first is None or (second is not None and frames.same_structure(first, second))
        if xml is not None and frames.node_count(xml) == 0:
            met.gaps.append(Gap(channel=Channel.HIERARCHY, reason="hierarchy-empty"))
            xml = None
        if png is not None and frames.is_black(png, between_bars=True):
            if page is not None and self._is_secure(page):
                met.gaps.append(Gap(channel=Channel.PICTURE, reason="secure-window"))
            elif frames.is_black(png):
                met.gaps.append(Gap(channel=Channel.PICTURE, reason="black-frame"))
        frame = Frame(
            size_px=frames.size_px(png) if png is not None else self._size_px(),
            png=png,
            xml=xml,
            page=page,
            toasts=self._toasts(met) if xml is not None and not met.spent else (),
            began=began,
            ended=Moment(wall=self._clock.wall(), mono_s=self._clock.monotonic_s(), device_wall=device_wall),
            gaps=tuple(dict.fromkeys(met.gaps)),
            moving=not still,
            process=self._process(page) if page is not None else None,
        )
        return frame, met

    def _channel(self, channel: Channel, read: Callable[[], _T], met: _Try) -> _T | None:
        """Return what the channel gives, restoring what is gone in between; ``None`` with a gap where it does not."""
        if met.lost:
            met.miss(channel, met.errors[-1])
            return None
        for attempt in range(1, self._limits.read_tries + 1):
            try:
                return read()
            except DeviceError as error:
                _log.warning("channel failed", extra={"serial": self.serial, "channel": channel, "error": str(error)})
                if attempt == self._limits.read_tries or isinstance(error, DeviceTimeout):
                    met.miss(channel, error)
                    return None
                failure = self._restored(error, anew=attempt > 1)
                if failure is not None:
                    met.lost = isinstance(failure, DeviceUnreachable)
                    met.miss(channel, failure)
                    return None
        return None

    def _restored(self, error: DeviceError, *, anew: bool) -> DeviceError | None:
        """Bring back what a failed read lacked; return what stands against it, ``None`` where nothing does."""
        if isinstance(error, CaptureFailed):
            return None  # the device answered, if badly: it is only asked again
        try:
            self._link.restore(anew=anew)
        except DeviceError as failure:
            return failure
        return None

    def dump(self) -> bytes:
        """Return the window hierarchy as XML, whole, of any number of nodes. Raises ``DeviceError``."""
        depth = self._limits.depth
        try:
            content = self._link.call("dumpWindowHierarchy", False, depth, timeout_s=self._limits.dump_s)
        except ActionRefused as error:
            if not isinstance(error.__cause__, RPCStackOverflowError):
                raise
            content = self._link.call("dumpWindowHierarchy", False, depth // 2, timeout_s=self._limits.dump_s)
        if not isinstance(content, str):
            raise ServerDied(f"dumpWindowHierarchy gave {type(content).__name__}", serial=self.serial)
        xml = content.encode("utf-8", "replace")  # half a surrogate pair has no bytes
        if not frames.is_whole_xml(xml):
            raise ServerDied(f"dumpWindowHierarchy gave {len(content)} characters of broken XML", serial=self.serial)
        return xml

    def _screenshot(self) -> bytes:
        raw = self._link.screencap(timeout_s=self._limits.screenshot_s)
        png = frames.png_in(raw)
        if png is None:
            raise CaptureFailed(f"screencap gave no whole PNG ({len(raw)} bytes)", serial=self.serial)
        return png

    def _foreground(self) -> tuple[Page, datetime | None]:
        for command in pages.window_commands(self._sdk):
            wanted = "mCurrentFocus|mFocusedApp|ResumedActivity"
            clock, _, dump = self.shell(f"date +%s; {command} | grep -E '{wanted}'").partition("\n")
            page = pages.foreground(dump)
            if page is not None:
                return page, datetime.fromtimestamp(int(clock), UTC) if clock.strip().isdigit() else None
        raise CaptureFailed("no dumpsys output names the foreground page", serial=self.serial)

    def _process(self, page: Page) -> int | None:
        """Return the process id of the app in front, ``None`` where the device does not tell."""
        command = f"pidof {shlex.quote(page.package)}" if self._sdk >= _FIRST_WITH_PIDOF else "ps"
        try:
            said = self.shell(command)
        except DeviceError:
            return None
        return pages.process_id(said, page.package)

    def _toasts(self, met: _Try) -> tuple[str, ...]:
        """Return the last toast since the capture before, which no hierarchy holds; a gap of its own where unknown."""
        try:
            said = self._link.call("getLastToast", timeout_s=self._limits.toast_s)
            if not isinstance(said, str) or not said:
                return ()
            self._link.call("clearLastToast", timeout_s=self._limits.toast_s)
        except DeviceError as error:
            met.gaps.append(Gap(channel=Channel.TOAST, reason=frames.gap_reason(error), detail=str(error)))
            return ()
        return (said,)

    def _is_secure(self, page: Page) -> bool:
        try:
            return pages.is_secure(self.shell("dumpsys window windows"), page)
        except DeviceError:
            return False  # the frame is black either way; only its cause stays unsaid

    def _size_px(self) -> tuple[int, int]:
        try:
            output = self.shell("wm size")
        except DeviceError:
            return (0, 0)
        sizes = dict(re.findall(r"(Physical|Override) size: (\d+x\d+)", output))
        size = sizes.get("Override") or sizes.get("Physical") or "0x0"
        width, height = size.split("x")
        return int(width), int(height)

    # --- acting

    def perform(self, action: Action) -> None:
        """Do one action. Raises ``ActionRefused`` where the device would not, else what ``DeviceError`` fits."""
        match action:
            case Tap():
                self._input("click", float(action.x_px), float(action.y_px))
            case LongPress():
                self._input("click", float(action.x_px), float(action.y_px), int(action.hold_s * 1000))
            case Swipe():
                # One step every 5 ms, half of them on the spot where the swipe ends: a finger that rests there before
                # it is lifted moves a page as far as it went itself, one that is lifted in motion flings it beyond.
                steps = max(2, int(action.duration_s * 100))
                start, end = (action.x1_px, action.y1_px), (action.x2_px, action.y2_px)
                self._input("swipePoints", [*start, *end, *end], steps)
            case Type():
                self._writer.write(action.text)
            case TypeSecret():
                raise ActionRefused(f"nobody gave this device the {action.what}", serial=self.serial)
            case Back():
                self._input("pressKey", "back", may_be_false=True)
            case Home():
                self._input("pressKey", "home", may_be_false=True)
            case Recents():
                self._input("pressKey", "recent", may_be_false=True)
            case Wait():
                self._clock.sleep(action.seconds)
            case Launch():
                self._launch(action.package, action.activity)
            case OpenLink():
                link = f"-a android.intent.action.VIEW -d {shlex.quote(action.url)} -p {shlex.quote(action.package)}"
                self._am_start(link, f"{action.package} with a link")
            case Stop():
                self.shell(f"am force-stop {shlex.quote(action.package)}")
            case DenyPermission():
                self._conditions.deny(action)
            case RestorePermission():
                self._conditions.restore(action)
            case MockPlace():
                self._conditions.mock_place(action)
            case RealPlace():
                self._conditions.real_place()
            case NextDay():
                self._next_day()
            case LogIn():
                raise ActionRefused("nobody gave this walk an account and a way to log in", serial=self.serial)
            case OnCompanion():
                raise ActionRefused("there is no second device", serial=self.serial)

    def _input(self, method: str, *arguments: float | str | list[int], may_be_false: bool = False) -> None:
        done = self._link.call(method, *arguments, timeout_s=self._limits.input_s)
        # pressKey answers whether a window changed, which is no failure; a false click was not injected.
        if done is False and not may_be_false:
            raise ActionRefused(f"{method}{arguments} was not injected", serial=self.serial)

    def _next_day(self) -> None:
        """Move the clock of an embedded device by a day; no other device's clock is ours to move."""
        if not isinstance(self._clock, AdvancingClock):
            raise ActionRefused("its clock is not moved: only an embedded device lets a day pass", serial=self.serial)
        self._clock.sleep(_DAY_S)

    def _launch(self, package: PackageName, activity: str) -> None:
        component = f"{package}/{activity or self.launcher_activity(package)}"
        since = self.shell("date '+%m-%d %H:%M:%S'").strip()
        self._am_start(
            f"-a android.intent.action.MAIN -c android.intent.category.LAUNCHER -n {shlex.quote(component)}", component
        )
        self._refuse_crashed(package, since)

    def _refuse_crashed(self, package: PackageName, since: str) -> None:
        """Raise ``ActionRefused`` with Android's own reason where an app crashed as it started.

        Some images install an app for another processor, which then cannot load its code (remote-android/redroid-doc
        #933). An app whose crash comes later is seen by whoever looks at the screen.
        """
        if self._sdk < _FIRST_WITH_PIDOF:
            return
        said = self.shell(f"pidof {shlex.quote(package)} || logcat -d -v threadtime -t 40 -s AndroidRuntime:E")
        crash = pages.crash_told(said, package, since)
        if crash:
            raise ActionRefused(f"{package} crashed as it started: {crash}", serial=self.serial)

    def _am_start(self, intent: str, what: str) -> None:
        output = self.shell(f"am start {intent}", check=True)
        if re.search(r"^(Error|Exception)", output, re.MULTILINE):
            raise ActionRefused(f"am start {what}: {output.strip()}", serial=self.serial)

    # --- knowing

    def describe(self) -> DeviceInfo:
        """Return what the device says of itself."""
        command = "; ".join(f"echo {name}=$(getprop {name})" for name in _PROPERTIES)
        lines = (line.partition("=") for line in self.shell(command).splitlines())
        properties = {name.strip(): value.strip() for name, _, value in lines}
        density = re.findall(r"density: (\d+)", self.shell("wm density"))
        made = [change.label for change in changes.made(self.shell) if change.kind != "file"]
        return DeviceInfo(
            serial=self.serial,
            model=properties.get("ro.product.model", ""),
            android_release=properties.get("ro.build.version.release", ""),
            sdk=self._sdk,
            abi=properties.get("ro.product.cpu.abi", ""),
            size_px=self._size_px(),
            density_dpi=int(density[-1]) if density else 0,
            build_fingerprint=properties.get("ro.build.fingerprint", ""),
            is_virtual=properties.get("ro.harness.virtual") == "1",
            facts=(
                ("uiautomator2", metadata.version("uiautomator2")),
                ("adb_server", str(self._link.adb_version())),
                *facts.facts_in(self.shell(facts.COMMAND)),
                ("changed_by_harness", ", ".join(made) or facts.NONE),
            ),
        )

    def identify(self, package: PackageName) -> AppIdentity:
        """Return which build of an app is installed. Raises ``ActionRefused`` where it is not."""
        path = self.apk_path(package)
        dump = self.shell(f"dumpsys package {shlex.quote(package)}")
        version_name = re.search(r"versionName=(\S+)", dump)
        version_code = re.search(r"versionCode=(\d+)", dump)
        apk = self._link.readable(path)
        signer = signer_of(apk)
        told = re.search(r"(?:signer|certificate)[^\n]*?([0-9a-fA-F]{64})", dump)
        if not signer.sha256 and told:
            signer = Signer(sha256=told[1].lower(), scheme="device")
        return AppIdentity(
            package=package,
            version_name=version_name[1] if version_name else "",
            version_code=version_code[1] if version_code else "",
            apk_sha256=hashlib.sha256(apk).hexdigest() if apk else "",
            signer_sha256=signer.sha256,
            signer_scheme=signer.scheme,
            launcher_activity=self.launcher_activity(package),
        )

    def apk_path(self, package: PackageName) -> str:
        """Return the path of the installed file on the device. Raises ``ActionRefused`` where there is none."""
        found = re.search(r"^package:(\S+)", self.shell(f"pm path {shlex.quote(package)}"), re.MULTILINE)
        if not found:
            raise ActionRefused(f"{package} is not installed", serial=self.serial)
        return found[1]

    def launcher_activity(self, package: PackageName) -> str:
        """Return the class that the launcher starts. Raises ``ActionRefused`` where the app has none."""
        quoted = shlex.quote(package)
        output = self.shell(f"cmd package resolve-activity --brief -c android.intent.category.LAUNCHER {quoted}")
        activity = pages.resolved_activity(output, package)
        if not activity:  # Android before 7 has no `cmd package`, and of several launchers it names none
            activity = pages.main_activity(self.shell(f"dumpsys package {quoted}"), package)
        if not activity:
            raise ActionRefused(f"{package} is not installed or has no launcher activity", serial=self.serial)
        return activity

    def install(self, apk: Path) -> None:
        """Install a file. Raises ``InstallRefused`` with what Android's own reason means."""
        install_apk(self._adb, self.serial, apk)

    # --- connection

    def shell(self, command: str, *, check: bool = False, timeout_s: float | None = None) -> str:
        """Return a command's output. Raises ``ActionRefused`` on a non-zero exit status when ``check``."""
        return self._link.shell(command, check=check, timeout_s=timeout_s)

    def restore(self) -> None:
        """Bring back whatever is gone of adb server, device connection and uiautomator2 server."""
        self._link.restore()

    def close(self) -> None:
        """End what this adapter began: uiautomator2 server, helper keyboard, a mocked place that nobody has ended."""
        with contextlib.suppress(DeviceError):
            self._conditions.real_place()
        self._writer.close()
        self._link.close()

    def _advance(self, seconds: float) -> None:
        self.shell(f"cmd clock advance {seconds:.3f}", check=True, timeout_s=self._limits.advance_s)
