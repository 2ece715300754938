"""What the commands of one device work on: its parts, put together by the server.

``Userland`` is a record, not a service: the shell's command files and the automator take from it what they need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.virtual.faults import Faults
from harness.virtual.files import DeviceFiles
from harness.virtual.logcat import LogBuffer
from harness.virtual.packages import ADB_KEYBOARD, InstallOptions, PackageStore
from harness.virtual.personality import Personality
from harness.virtual.phone import DeviceClock, InstalledApp, Screen
from harness.virtual.processes import Processes
from harness.virtual.stored_text import StoredTexts

LATIN_INPUT_METHOD = "com.android.inputmethod.latin/.LatinIME"
ADB_INPUT_METHOD = f"{ADB_KEYBOARD}/.AdbKeyboard"

_SETTINGS = {
    "system/screen_brightness": "102",
    "system/screen_brightness_mode": "0",
    "system/accelerometer_rotation": "0",
    "system/user_rotation": "0",
    "system/screen_off_timeout": "1800000",
    "system/font_scale": "1.0",
    "secure/default_input_method": LATIN_INPUT_METHOD,
    "secure/enabled_input_methods": LATIN_INPUT_METHOD,
    "secure/android_id": "a1b2c3d4e5f60718",
    "secure/user_setup_complete": "1",
    "global/adb_enabled": "1",
    "global/airplane_mode_on": "0",
    "global/device_provisioned": "1",
    "global/stay_on_while_plugged_in": "7",
    "global/window_animation_scale": "0.0",
    "global/transition_animation_scale": "0.0",
    "global/animator_duration_scale": "0.0",
    "global/wifi_on": "1",
    "global/mobile_data": "1",
}


class MovableClock(DeviceClock, Protocol):
    """The device's clock as the host side sees it: it can be set and moved on."""

    def set(self, epoch_s: float) -> None: ...
    def advance(self, seconds: float) -> None: ...


@dataclass(slots=True, kw_only=True)
class Userland:
    """The parts of one device that programs on it can reach."""

    serial: str
    screen: Screen
    packages: PackageStore
    clock: MovableClock
    files: DeviceFiles
    log: LogBuffer
    faults: Faults
    processes: Processes
    settings: StoredTexts  # names are "system/…", "secure/…", "global/…"
    properties: StoredTexts
    personality: Personality
    reboot: Callable[[], None] | None = None
    app_ops: dict[tuple[str, str], str] = field(default_factory=dict)
    test_places: dict[str, tuple[float, float] | None] = field(default_factory=dict)  # by provider
    install_sessions: dict[int, dict[str, bytes]] = field(default_factory=dict)  # archives by name, until the commit

    async def install(self, data: bytes, options: InstallOptions | None = None) -> InstalledApp:
        """Install an app; a running older version is stopped. Raises ``InstallRefused``."""
        app = await self.packages.install(data, options)
        await self.screen.force_stop(app.package)
        return app

    async def launch(self, package: str, activity: str | None = None, url: str | None = None) -> None:
        """Bring an app to front; one for another processor crashes as it starts. Raises ``KeyError`` as the screen."""
        await self.screen.launch(package, activity, url)
        app = self.packages.find(package)
        if app is None or self.packages.runs(app.abis):
            return
        pid = (await self.screen.foreground()).pid
        for line in (
            "FATAL EXCEPTION: main",
            f"Process: {package}, PID: {pid}",
            'java.lang.UnsatisfiedLinkError: dlopen failed: "libDexHelper.so" is for EM_AARCH64, not EM_X86_64',
        ):
            self.log.add("AndroidRuntime", line, priority="E")
        await self.screen.crash(package)

    async def uninstall(self, package: str) -> bool:
        """Stop and remove an app with everything it stored; return False where it cannot be removed."""
        if self.packages.find(package) is None or self.packages.is_system(package):
            return False
        await self.screen.force_stop(package)
        await self.screen.clear_storage(package)
        if package == ADB_KEYBOARD and self.settings.get("secure/default_input_method") == ADB_INPUT_METHOD:
            self.settings.put("secure/default_input_method", LATIN_INPUT_METHOD)
        return await self.packages.uninstall(package)

    async def move_clock(self, seconds: float) -> None:
        """Let ``seconds`` pass on the device, on its pages too."""
        self.clock.advance(seconds)
        await self.screen.clock_changed(seconds)

    async def set_clock(self, epoch_s: float) -> None:
        """Set the device's clock; pages see the new date, but no time has passed on them."""
        self.clock.set(epoch_s)
        await self.screen.clock_changed(0)


def open_settings(data_dir: Path, personality: Personality) -> StoredTexts:
    """Return the device's settings tables, with a new device's values where nothing was set."""
    panel, quirks = personality.display, personality.quirks
    fresh = {
        **_SETTINGS,
        "system/user_rotation": str(panel.rotation),
        "system/font_scale": str(panel.font_scale),
        "secure/ui_night_mode": "2" if panel.dark else "1",
    }
    if quirks.no_input_method:
        fresh |= {"secure/default_input_method": "", "secure/enabled_input_methods": ""}
    if quirks.override is not None:
        fresh |= {
            "virtual/physical_size": f"{panel.width_px}x{panel.height_px}",
            "virtual/physical_density": str(panel.density_dpi),
        }
    return StoredTexts(data_dir / "settings.json", fresh)


def open_properties(data_dir: Path, personality: Personality, serial: str, density_dpi: int) -> StoredTexts:
    """Return the system properties."""
    return StoredTexts(data_dir / "properties.json", personality.properties(serial, density_dpi))
