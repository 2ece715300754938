"""What a probe changes of a device and gives back: permissions that an app held, and the place that is told to apps."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from harness.model import DenyPermission, MockPlace, PackageName, RestorePermission

_PROVIDERS = ("gps", "network")  # of places; an app may ask either
_LOCATION = "cmd location providers"


class Conditions:
    """Remembers what was changed, so that nothing is given back that was not there; ``checked`` raises on refusal."""

    def __init__(self, shell: Callable[[str], str], checked: Callable[[str], str]) -> None:
        self._shell = shell
        self._checked = checked
        self._denied: set[tuple[PackageName, str]] = set()
        self._mocks_place = False

    def deny(self, action: DenyPermission) -> None:
        package, permission = shlex.quote(action.package), shlex.quote(action.permission)
        held = re.search(rf"{re.escape(action.permission)}: granted=true", self._shell(f"dumpsys package {package}"))
        self._checked(f"pm revoke {package} {permission}")
        if held:
            self._denied.add((action.package, action.permission))

    def restore(self, action: RestorePermission) -> None:
        """Grant what ``deny`` took away; nothing where it took nothing."""
        if (action.package, action.permission) in self._denied:
            self._checked(f"pm grant {shlex.quote(action.package)} {shlex.quote(action.permission)}")
            self._denied.discard((action.package, action.permission))

    def mock_place(self, place: MockPlace) -> None:
        """Set the place by test providers, as Android's own tests do; from Android 12 on the shell may."""
        self._mocks_place = True
        self._checked("appops set com.android.shell android:mock_location allow")
        for provider in _PROVIDERS:
            self._shell(f"{_LOCATION} add-test-provider {provider}")  # it may be there already
            self._checked(f"{_LOCATION} set-test-provider-enabled {provider} true")
            where = f"{place.latitude_deg:.6f},{place.longitude_deg:.6f}"  # latitude first, unlike `geo fix`
            self._checked(f"{_LOCATION} set-test-provider-location {provider} --location {where}")

    def real_place(self) -> None:
        """End the mocked place; nothing where there is none."""
        if not self._mocks_place:
            return
        for provider in _PROVIDERS:
            self._shell(f"{_LOCATION} remove-test-provider {provider}")
        self._shell("appops set com.android.shell android:mock_location default")
        self._mocks_place = False
