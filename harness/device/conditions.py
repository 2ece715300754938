"""What a probe changes of a device and gives back: permissions that an app held, and the place that is told to apps.

Each is written down on the device first, so that one whose probe was killed can be given back all the same.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from harness.clock import Clock
from harness.device import changes
from harness.device.changes import LOCATION, MOCK_LOCATION, Change, Kind
from harness.errors import ActionRefused, DeviceError
from harness.model import DenyPermission, MockPlace, PackageName, RestorePermission

_PROVIDERS = ("gps", "network")  # of places; an app may ask either


class Conditions:
    """Remembers what was changed, so that nothing is given back that was not there; ``checked`` raises on refusal."""

    def __init__(self, serial: str, shell: Callable[[str], str], checked: Callable[[str], str], clock: Clock) -> None:
        self._serial = serial
        self._shell = shell
        self._checked = checked
        self._clock = clock
        self._denied: dict[tuple[PackageName, str], Change] = {}
        self._mocked: Change | None = None

    def deny(self, action: DenyPermission) -> None:
        package, permission = shlex.quote(action.package), shlex.quote(action.permission)
        key = (action.package, action.permission)
        held = re.search(rf"{re.escape(action.permission)}: granted=true", self._shell(f"dumpsys package {package}"))
        if held and key not in self._denied:
            self._denied[key] = self._noted("permission", f"{action.package}/{action.permission}")
        try:
            self._checked(f"pm revoke {package} {permission}")
        except ActionRefused:
            self._give_back(key)
            raise

    def restore(self, action: RestorePermission) -> None:
        """Grant what ``deny`` took away; nothing where it took nothing."""
        self._give_back((action.package, action.permission))

    def mock_place(self, place: MockPlace) -> None:
        """Set the place by test providers, as Android's own tests do; from Android 12 on the shell may."""
        if self._mocked is None:
            self._mocked = self._noted("place", ",".join(_PROVIDERS))
        self._checked(f"{MOCK_LOCATION} allow")
        for provider in _PROVIDERS:
            self._shell(f"{LOCATION} add-test-provider {provider}")  # it may be there already
            self._checked(f"{LOCATION} set-test-provider-enabled {provider} true")
            where = f"{place.latitude_deg:.6f},{place.longitude_deg:.6f}"  # latitude first, unlike `geo fix`
            self._checked(f"{LOCATION} set-test-provider-location {provider} --location {where}")

    def real_place(self) -> None:
        """End the mocked place; nothing where there is none."""
        if self._mocked is not None:
            self._take_back(self._mocked)
            self._mocked = None

    def _give_back(self, key: tuple[PackageName, str]) -> None:
        if key in self._denied:
            self._take_back(self._denied[key])
            del self._denied[key]

    def _noted(self, kind: Kind, what: str) -> Change:
        change = Change(kind=kind, what=what, at=self._clock.wall())
        changes.note(self._shell, self._serial, change)
        return change

    def _take_back(self, change: Change) -> None:
        for _, problem in changes.take_back(self._shell, self._serial, (change,)):
            if problem:
                raise DeviceError(f"{change.label} could not be given back: {problem}", serial=self._serial)
