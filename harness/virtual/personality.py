"""What kind of Android device this is: version, build, properties, quirks, and the shapes that differ by version.

Whatever a later Android prints differently belongs here and nowhere else; ``PERSONALITIES`` are the known kinds, by
the names that ``harness virtual up --like`` takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.virtual.adbd import FEATURES
from harness.virtual.phone import Display
from harness.virtual.quirks import OLD_TOOLBOX_LACKS, Quirks

_YEAR_S = 365 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """One Android version on one make of device."""

    release: str = "11"
    sdk: int = 30
    brand: str = "virtual"
    manufacturer: str = "virtual"
    model: str = "Virtual Device x86_64"
    product: str = "sdk_virtual_x86_64"
    device: str = "virtual_x86_64"
    build_id: str = "RSR1.210722.013"
    abis: tuple[str, ...] = ("x86_64", "x86")
    display: Display = field(default_factory=Display)
    quirks: Quirks = field(default_factory=Quirks)

    @property
    def has_cmd(self) -> bool:
        """Whether there is a program ``cmd`` (since Android 7)."""
        return self.sdk >= 24

    @property
    def adb_features(self) -> str:
        """What adbd says that it can, empty before it said anything (Android 7)."""
        return "" if self.sdk < 24 else FEATURES

    @property
    def not_found(self) -> str:
        """What the shell says of a program that is not there."""
        return "inaccessible or not found" if self.sdk >= 29 else "not found"

    @property
    def window_flags_as_number(self) -> bool:
        """Whether ``dumpsys window`` prints a window's flags as one number (before Android 8)."""
        return self.sdk < 26

    @property
    def user_agent(self) -> str:
        """What a WebView of this device calls itself, with a place for Chromium's version."""
        return (
            f"Mozilla/5.0 (Linux; Android {self.release}; {self.model} Build/{self.build_id}; wv) AppleWebKit/537.36 "
            "(KHTML, like Gecko) Version/4.0 Chrome/{major}.0.0.0 Mobile Safari/537.36"
        )

    @property
    def focus_in_windows_section(self) -> bool:
        """Whether ``dumpsys window windows`` tells the focused window (up to Android 9)."""
        return self.sdk <= 28

    @property
    def resumed_key(self) -> str:
        """How ``dumpsys activity activities`` names the activity in front."""
        return "mResumedActivity: " if self.sdk <= 30 else "topResumedActivity="

    @property
    def fingerprint(self) -> str:
        """The build's fingerprint, in Android's form."""
        return f"{self.brand}/{self.product}/{self.device}:{self.release}/{self.build_id}/0:userdebug/test-keys"

    def properties(self, serial: str, density_dpi: int) -> Mapping[str, str]:
        """Return the system properties that do not change while the device runs."""
        abi = self.abis[0]
        return {
            "dalvik.vm.heapsize": "512m",
            "dev.bootcomplete": "1",
            "gsm.operator.alpha": "",
            "init.svc.adbd": "running",
            "init.svc.bootanim": "stopped",
            "net.bt.name": "Android",
            "persist.sys.locale": "zh-CN",
            "persist.sys.timezone": "Asia/Shanghai",
            "ro.adb.secure": "0",
            "ro.board.platform": "virtual",
            "ro.boot.serialno": serial,
            "ro.bootmode": "unknown",
            "ro.build.characteristics": "emulator",
            "ro.build.display.id": f"{self.product}-userdebug {self.release} {self.build_id} test-keys",
            "ro.build.fingerprint": self.fingerprint,
            "ro.build.id": self.build_id,
            "ro.build.tags": "test-keys",
            "ro.build.type": "userdebug",
            "ro.build.version.codename": "REL",
            "ro.build.version.incremental": "0",
            "ro.build.version.release": self.release,
            "ro.build.version.sdk": str(self.sdk),
            "ro.build.version.security_patch": "2021-07-05",
            "ro.crypto.state": "unencrypted",
            "ro.debuggable": "1",
            "ro.hardware": "virtual",
            "ro.harness.virtual": "1",
            "ro.kernel.qemu": "1",
            "ro.product.board": self.device,
            "ro.product.brand": self.brand,
            "ro.product.cpu.abi": abi,
            "ro.product.cpu.abilist": ",".join(self.abis),
            "ro.product.device": self.device,
            "ro.product.locale": "zh-CN",
            "ro.product.manufacturer": self.manufacturer,
            "ro.product.model": self.model,
            "ro.product.name": self.product,
            "ro.secure": "1",
            "ro.serialno": serial,
            "ro.sf.lcd_density": str(density_dpi),
            "service.bootanim.exit": "1",
            "sys.boot_completed": "1",
            "sys.usb.config": "adb",
        }


_PHONE_720 = Display(width_px=720, height_px=1280, density_dpi=320)
_EMULATED_900 = Display(width_px=900, height_px=1600, density_dpi=320)

PERSONALITIES: Mapping[str, Personality] = {
    "android-4.4": Personality(
        release="4.4.2",
        sdk=19,
        build_id="KK",
        model="Android SDK built for x86",
        abis=("x86",),
        display=_PHONE_720,
        quirks=Quirks(exec_closed=True, terminal_shell=True, lacks=OLD_TOOLBOX_LACKS, one_dex_per_jar=True),
    ),
    "android-7": Personality(
        release="7.1.1",
        sdk=25,
        build_id="NYC",
        abis=("x86",),
        display=_PHONE_720,
        quirks=Quirks(kills_every=60, no_input_method=True),
    ),
    "android-9": Personality(
        release="9",
        sdk=28,
        build_id="PSR1.180720.122",
        # a tablet that stands upright by its nature and lies on its side
        display=Display(width_px=1200, height_px=1920, density_dpi=240, rotation=1),
    ),
    "android-11": Personality(quirks=Quirks(google_services=True)),
    "android-13": Personality(
        release="13", sdk=33, build_id="TE1A.220922.034", quirks=Quirks(null_focus=True, google_services=True)
    ),
    "android-14": Personality(
        release="14",
        sdk=34,
        build_id="UE1A.230829.036",
        display=Display(width_px=1440, height_px=3120, density_dpi=560, font_scale=1.15, dark=True),
        quirks=Quirks(
            null_focus=True,
            warns_of_displays=True,
            google_services=True,
            override=Display(width_px=1080, height_px=2340, density_dpi=420, font_scale=1.15, dark=True),
        ),
    ),
    "android-15": Personality(
        release="15", sdk=35, build_id="AE3A.240806.036", quirks=Quirks(null_focus=True, several_windows=True)
    ),
    "ldplayer": Personality(
        release="9",
        sdk=28,
        brand="samsung",
        manufacturer="samsung",
        model="SM-S9210",
        build_id="PQ3B.190801",
        abis=("x86_64", "arm64-v8a", "x86", "armeabi-v7a", "armeabi"),
        display=_EMULATED_900,
        quirks=Quirks(listed_twice=True),
    ),
    "mumu": Personality(
        release="12",
        sdk=32,
        brand="Redmi",
        manufacturer="Xiaomi",
        model="22081212C",
        build_id="V417IR",
        abis=("x86_64", "arm64-v8a", "x86", "armeabi-v7a", "armeabi"),
        display=_EMULATED_900,
        quirks=Quirks(drops_every=300, black_screencap=True),
    ),
    "redroid": Personality(
        release="15",
        sdk=35,
        brand="redroid",
        manufacturer="redroid",
        model="redroid15_x86_64",
        build_id="AP4A.250205",
        display=_PHONE_720,
        quirks=Quirks(takes_any_abi=True, no_input_method=True, clock_offset_s=-3 * _YEAR_S),
    ),
    "uc-webview": Personality(release="10", sdk=29, build_id="QP1A.190711", quirks=Quirks(no_web_nodes=True)),
    "slow": Personality(quirks=Quirks(dump_s=12.0, video_dump_s=8.0)),
}
