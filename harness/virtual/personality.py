"""What kind of Android device this is: version, build, properties, and the shapes that differ by version.

Whatever a later Android prints differently belongs here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
