"""What was changed on a device beyond a walk: settings, packages, files; written down on the device itself.

The record lies on the device and not on the host, so that whichever host leases it next can tell what was changed and
take it back. A change that cannot be recorded is not made.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from harness.errors import ActionRefused, DeviceError

Shell = Callable[[str], str]  # a command's output; raises ``DeviceError``
Kind = Literal["setting", "package", "ime", "permission", "place", "file"]

RECORD: Final = "/data/local/tmp/harness-changes.txt"
_NEW_RECORD: Final = f"{RECORD}.new"
_FILES: Final = "/data/local/tmp/u2.jar /data/local/tmp/harness-*"
_FILE: Final = re.compile(r"/data/local/tmp/(?:u2\.jar|harness-[\w.-]+)")
_KINDS: Final[dict[str, Kind]] = {kind: kind for kind in ("setting", "package", "ime", "permission", "place")}
_LINE: Final = re.compile(rf"(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ({'|'.join(_KINDS)}) (\S+)(?: (.*))?")
LOCATION: Final = "cmd location providers"
MOCK_LOCATION: Final = "appops set com.android.shell android:mock_location"
_UNSET: Final = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value of Android's settings tables (``system``, ``secure``, ``global``)."""

    table: str
    name: str
    value: str

    @property
    def command(self) -> str:
        """The command that sets it on the device."""
        return f"settings put {self.table} {self.name} {shlex.quote(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is other than it was: ``what`` was changed, ``before`` is what takes it back.

    ``at`` is ``None`` where a file tells it, which nobody writes down.
    """

    kind: Kind
    what: str  # "global/window_animation_scale", a package, "PACKAGE/PERMISSION", a path
    before: str = ""
    at: datetime | None = None

    @property
    def label(self) -> str:
        """What the change is called where devices are listed."""
        what = self.what.rpartition("/")[2]
        return f"{what} ({self.before})" if self.before else what


def put_setting(shell: Shell, serial: str, setting: Setting, at: datetime) -> str | None:
    """Change a setting and return what it was, ``None`` where it was so already. Raises ``ActionRefused``."""
    what = f"{setting.table}/{setting.name}"
    before = _one_line(shell(f"settings get {setting.table} {setting.name}"))
    if before.removesuffix(".0") == setting.value:  # "0.0" is how Android writes some noughts
        return None
    note(shell, serial, Change(kind="setting", what=what, before=before or _UNSET, at=at))
    said = _one_line(shell(setting.command))
    now = _one_line(shell(f"settings get {setting.table} {setting.name}"))
    if now != setting.value:
        raise ActionRefused(f"{what} stayed {now or 'empty'}: {said}", serial=serial)
    return before


def note(shell: Shell, serial: str, change: Change, record: str = RECORD) -> None:
    """Write down what is about to be changed. Raises ``ActionRefused`` where the device does not keep it."""
    if change.at is None:
        raise ValueError(f"{change.what}: a change that is written down has a time")
    line = f"{change.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {change.kind} {change.what} {change.before}".rstrip()
    said = shell(f"echo {shlex.quote(line)} >> {record} && echo kept")
    if _one_line(said) != "kept":
        raise ActionRefused(f"{record} cannot be written, so nothing is changed: {_one_line(said)}", serial=serial)


def made(shell: Shell) -> tuple[Change, ...]:
    """Return what was changed and not taken back, oldest first, then our files that lie there."""
    listed = shell(f"cat {RECORD} 2>/dev/null; ls -d {_FILES} 2>/dev/null").replace("\r", "")
    changes = []
    for line in listed.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            at = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            changes.append(Change(kind=_KINDS[match[2]], what=match[3], before=match[4] or "", at=at))
        elif _FILE.fullmatch(line.strip()) and line.strip() != RECORD:
            changes.append(Change(kind="file", what=line.strip()))
    return tuple(changes)


def take_back(shell: Shell, serial: str, changes: tuple[Change, ...]) -> tuple[tuple[Change, str], ...]:
    """Undo changes, the newest first; return each with what stood against it, empty where nothing did.

    What could not be undone stays in the record.
    """
    done = []
    for change in reversed(changes):
        try:
            _undo(shell, serial, change)
        except DeviceError as error:
            done.append((change, str(error)))
        else:
            done.append((change, ""))
    left = [change for change in made(shell) if change.kind != "file"]
    for change, problem in done:
        # Not by the time: the record keeps whole seconds.
        same = [one for one in left if (one.kind, one.what, one.before) == (change.kind, change.what, change.before)]
        if same and not problem:
            left.remove(same[-1])
    # The old record stays until the new one is whole: a device may be gone at any moment.
    shell(f"rm -f {_NEW_RECORD}")
    for change in left:
        note(shell, serial, change, _NEW_RECORD)
    shell(f"mv {_NEW_RECORD} {RECORD}" if left else f"rm -f {RECORD}")
    return tuple(done)


def _undo(shell: Shell, serial: str, change: Change) -> None:
    quoted = shlex.quote(change.what)
    if change.kind == "file":
        shell(f"rm -f {quoted}")
        return
    if change.kind == "package":
        said = _one_line(shell(f"pm uninstall {quoted}"))
        there = f"package:{change.what}" in shell(f"pm list packages {quoted}").split()
        if there:
            raise ActionRefused(f"pm uninstall {change.what}: {said}", serial=serial)
        return
    if change.kind == "ime":
        known = change.before not in ("", _UNSET)
        said = _one_line(shell(f"ime set {shlex.quote(change.before)}" if known else "ime reset"))
        if known and shell("settings get secure default_input_method").strip() != change.before:
            raise ActionRefused(f"ime set {change.before}: {said}", serial=serial)
        return
    table, _, name = change.what.partition("/")
    if change.kind == "permission":  # an app that is gone holds none
        said = _one_line(shell(f"pm grant {shlex.quote(table)} {shlex.quote(name)}"))
        if said and f"package:{table}" in shell(f"pm list packages {shlex.quote(table)}").split():
            raise ActionRefused(f"pm grant {change.what}: {said}", serial=serial)
        return
    if change.kind == "place":
        for provider in change.what.split(","):
            shell(f"{LOCATION} remove-test-provider {shlex.quote(provider)}")
        shell(f"{MOCK_LOCATION} default")
        return
    if change.before == _UNSET:
        shell(f"settings delete {table} {name}")
    else:
        shell(Setting(table=table, name=name, value=change.before).command)
    now = _one_line(shell(f"settings get {table} {name}"))
    if now != change.before:
        raise ActionRefused(f"{change.what} stayed {now}", serial=serial)


def _one_line(said: str) -> str:
    return " ".join(said.split())
