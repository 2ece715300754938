"""Two devices as one, for what only a second device can show: each action names the device that it is for.

The device of the walk is asked and looked at as ever; ``OnCompanion`` goes to the second one, and the next capture is
of that. Each lives through its own waits only.
"""

from __future__ import annotations

from dataclasses import replace

from harness.clock import Clock
from harness.device.android import AndroidDevice
from harness.model import Action, AppIdentity, DeviceInfo, Frame, OnCompanion, PackageName


class Pair:
    """A device and its companion, used by one thread; implements ``Device``."""

    def __init__(self, device: AndroidDevice, companion: AndroidDevice) -> None:
        self._device = device
        self._companion = companion
        self._faces_companion = False
        self.serial = device.serial

    def capture(self) -> Frame:
        """Return one moment of the screen of the device that the last action was for."""
        if self._faces_companion:
            return replace(self._companion.capture(), companion=True)
        return self._device.capture()

    def perform(self, action: Action) -> None:
        self._faces_companion = isinstance(action, OnCompanion)
        if isinstance(action, OnCompanion):
            self._companion.perform(action.action)
        else:
            self._device.perform(action)

    @property
    def clock(self) -> Clock:
        """The clock by which time passes on the device of the walk."""
        return self._device.clock

    def identify(self, package: PackageName) -> AppIdentity:
        return self._device.identify(package)

    def describe(self) -> DeviceInfo:
        """Return what the device of the walk says of itself; the companion is among its facts."""
        info, other = self._device.describe(), self._companion.describe()
        said = (other.serial, other.model, other.android_release, other.build_fingerprint)
        return replace(info, facts=(*info.facts, ("companion", " ".join(part for part in said if part))))

    def close(self) -> None:
        self._device.close()
        self._companion.close()
