"""What devices do that others do not, each with its source; the server looks at them at a few places.

A source is a measurement of ours on a real image, the uiautomator2 jar, or the thread of somebody whom it hurt
(``repository#number``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from harness.virtual.phone import Display

OLD_TOOLBOX_LACKS = frozenset(
    ("toybox", "md5sum", "sha1sum", "sha256sum", "pidof", "pgrep", "pkill", "find", "head", "tail", "wc", "stat")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How one device differs; the defaults are a device that does nothing of the kind. Times in seconds."""

    exec_closed: bool = False
    terminal_shell: bool = False
    lacks: frozenset[str] = frozenset()
    one_dex_per_jar: bool = False
    null_focus: bool = False
    warns_of_displays: bool = False
    black_screencap: bool = False
    drops_every: int = 0
    listed_twice: bool = False
    no_web_nodes: bool = False
    several_windows: bool = False
    video_dump_s: float = 0.0
    dump_s: float = 0.0
    takes_any_abi: bool = False
    no_input_method: bool = False
    kills_every: int = 0
    google_services: bool = False
    clock_offset_s: float = 0.0
    override: Display | None = None

    @property
    def present(self) -> tuple[str, ...]:
        """The names of the quirks that this device has."""
        ordinary = Quirks()
        return tuple(one.name for one in fields(self) if getattr(self, one.name) != getattr(ordinary, one.name))


# What each quirk is, and where it was met.
SOURCES: Mapping[str, tuple[str, str]] = {
    "exec_closed": ("`exec:` is refused", "measured on Android 4.4.2"),
    "terminal_shell": ("`shell:` passes a terminal, LF becomes CRLF; no shell protocol", "measured on Android 4.4.2"),
    "lacks": ("toolbox without toybox and these programs", "measured on Android 4.4.2: no toybox, `md5` only"),
    "one_dex_per_jar": (
        "Dalvik loads the first dex of u2.jar only: could not find class com.wetest.uia2.Main",
        "measured on Android 4.4.2",
    ),
    "null_focus": ("several `mCurrentFocus=null`, one per display", "sonic-agent#359, uiautomator2#952"),
    "warns_of_displays": ("a warning about several displays stands before the PNG", "adbutils#133"),
    "black_screencap": ("screencap gives black frames", "redroid-doc#442, Airtest#110, AirtestIDE#220, AirtestIDE#956"),
    "drops_every": (
        "the adb connection breaks at every n-th request",
        "AzurLaneAutoScript#3406, AzurLaneAutoScript#5904, Airtest#363",
    ),
    "listed_twice": (
        "adb lists one device as emulator-5554 and as 127.0.0.1:5555",
        "measured: adb takes a listener on port 5555 for emulator-5554",
    ),
    "no_web_nodes": ("WebView without nodes (UC U4)", "AutoXue#211, AutoXue#48, uiautomator2#868"),
    "several_windows": ("the roots of several windows come in no order", "AutomatorServiceImpl of u2.jar: a HashSet"),
    "video_dump_s": ("a dump takes long while a video plays", "appium#5763, appium#13308, uiautomator2#116"),
    "dump_s": ("every dump takes long", "uiautomator2#867, appium#13308"),
    "takes_any_abi": ("an app for another processor installs and crashes as it starts", "redroid-doc#933"),
    "no_input_method": ("no input method is installed", "uiautomator2#1141, Fastbot#78"),
    "kills_every": (
        "the memory killer ends the uiautomator2 server and background apps at every n-th request",
        "appium#8631, uiautomator2#1120",
    ),
    "google_services": ("Google services are installed", "emulator images `google_apis`; others have none"),
    "clock_offset_s": ("the date is wrong", "images without a network's time"),
    "override": ("`wm size` and `wm density` override the panel", "uiautomator2 reads both, `Override size` first"),
}
