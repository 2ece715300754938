"""Makes a device ready for the next app: fit, the app stopped and, where asked for, without its data, installed.

All of it under the device's lease, and before the walk, so that the walk's record begins with the app's own start.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import shlex
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.clock import Clock, SystemClock
from harness.device import wire
from harness.device.installing import NO_DIGEST, OF_THE_FILE, install_apk, recorded, refuse_other_file
from harness.device.pool import lease
from harness.errors import DeviceError, InstallRefused
from harness.fleet.health import GONE, Health, Sick, made_well
from harness.fleet.restart import NEVER, restart
from harness.model import EntryKind, FiledApp

KEEP: Final = "keep"
CLEAR: Final = "clear"
_LEASE_WAIT_S: Final = 600.0
_CLEAR_S: Final = 60.0
_FETCH_S: Final = 60.0  # without a byte
_WEB: Final = ("http://", "https://")
TAKEN: Final = "sick-taken"
RESTARTED: Final = "restarted"
NOT_INSTALLED: Final = "app-not-installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """How devices are made ready.

    ``app_data`` is kept or cleared, ``network`` makes airplane mode a sickness, ``restart`` is as ``restart`` takes it.
    """

    app_data: str = KEEP
    network: bool = False
    restart: str = NEVER


AS_IT_IS: Final = Preparation()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unready:
    """Why an app cannot be looked at on a device: a message key, the device's words, and whether another may do."""

    reason: str
    detail: str = ""
    again: bool = True


def fit(adb: tuple[str, int], serial: str, how: Preparation, clock: Clock) -> Health:
    """Return how a device is after what mends it was tried, at last a restart."""
    try:
        with lease([serial], wait_s=_LEASE_WAIT_S):
            health = made_well(adb, serial, clock, network=how.network)
            if health.sick is None:
                return health
            try:
                restart(serial, how.restart, adb, clock)
            except DeviceError as error:
                told = f"{health.sick.detail}; {error}".removeprefix("; ")
                return replace(health, sick=replace(health.sick, detail=told))
            anew = made_well(adb, serial, clock, network=how.network)
            return replace(anew, mended=(*health.mended, RESTARTED, *anew.mended))
    except DeviceError as error:
        return Health(sick=Sick(reason=TAKEN, detail=str(error)))


def ready_for(app: FiledApp, adb: tuple[str, int], serial: str, filed_from: Path, *, app_data: str) -> Unready | None:
    """Return why an app cannot be looked at on this device, ``None`` where it is installed, stopped and reset."""
    package = shlex.quote(app.package)
    try:
        with lease([serial], wait_s=_LEASE_WAIT_S):
            wire.shell(adb, serial, f"am force-stop {package}; input keyevent 3")
            if not wire.shell(adb, serial, f"pm path {package}").startswith("package:"):
                return _installed(app, adb, serial, filed_from)
            # The data of a host or a browser is not the filed page's, and a person may have logged in there.
            if app_data == CLEAR and app.entry_kind is EntryKind.APP:
                said = wire.shell(adb, serial, f"pm clear {package}", timeout_s=_CLEAR_S)
                if "Success" not in said:
                    return Unready(reason="app-data-not-cleared", detail=said.strip())
    except DeviceError as error:
        return Unready(reason=GONE, detail=str(error))
    return None


def _installed(app: FiledApp, adb: tuple[str, int], serial: str, filed_from: Path) -> Unready | None:
    if not app.apk:
        return Unready(reason=NOT_INSTALLED)
    if not app.apk.startswith(_WEB) and (filed_from / app.apk).is_dir():
        return None  # an app of the embedded device, which the walk itself puts there
    try:
        with _file_of(app, serial, filed_from) as apk:
            refuse_other_file(apk, app.apk_sha256, serial)
            shell = functools.partial(wire.shell, adb, serial)
            with recorded(shell, serial, app.package, SystemClock().wall()):
                install_apk(adb, serial, apk)
    except InstallRefused as refused:
        return Unready(reason=refused.reason, detail=str(refused), again=refused.reason not in OF_THE_FILE)
    return None


@contextlib.contextmanager
def _file_of(app: FiledApp, serial: str, filed_from: Path) -> Iterator[Path]:
    """Yield the app's file, fetched for the block where the list gives a web address; only with a SHA-256."""
    if not app.apk.startswith(_WEB):
        yield filed_from / app.apk
        return
    if not app.apk_sha256:
        raise InstallRefused(f"{app.apk}: no SHA-256 in the list", serial=serial, reason=NO_DIGEST)
    with tempfile.TemporaryDirectory() as folder:
        apk = Path(folder) / "fetched.apk"
        try:
            with urllib.request.urlopen(app.apk, timeout=_FETCH_S) as answer, apk.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise InstallRefused(f"{app.apk}: {error}", serial=serial, reason="install-not-fetched") from error
        yield apk
