"""Is it still the app that was filed, and that was looked at before? A difference is a result of its own. Pure.

What a night could not ask differs from nothing: an app without a build tonight has no drift, it has a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.model import EntryKind, FiledApp, PackageName

Key = tuple[str, str]  # package and entry


class DriftKind(StrEnum):
    """What differs; each is a message key with ``drift-`` before it."""

    MISSING = "missing"  # listed, and not on the device
    BACK = "back"  # was missing
    MOVED = "moved"  # the same filing number or name under another package
    RENAMED = "renamed"
    OTHER_SIGNER = "other_signer"
    OTHER_VERSION = "other_version"
    OTHER_BUILD = "other_build"  # other bytes under the same version
    NOT_AS_FILED = "not_as_filed"  # not the file whose SHA-256 the list holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Which build of an app a night met; empty members were not told. ``version`` is as in ``baseline.Look``.

    Of an app that is missing it is the build that was there last.
    """

    installed: bool
    version: str = ""
    apk_sha256: str = ""
    signer_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference of one app; ``known`` says that the night before already had it."""

    package: PackageName
    entry: str
    kind: DriftKind
    was: str
    now: str
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A night's list and what it met of it, by package and entry; for the past, what was last known of each."""

    apps: Mapping[Key, FiledApp]
    builds: Mapping[Key, Build]


NOBODY: Final = Listed(apps={}, builds={})


def drifted(before: Listed, tonight: Listed) -> tuple[Drift, ...]:
    """Return what differs tonight from the filed list and from what was known before, in the order of the list."""
    return tuple(
        drift
        for key, app in tonight.apps.items()
        for drift in (*_of_row(app, before, tonight), *_of_build(key, before, tonight))
    )


def news(drifts: Sequence[Drift]) -> tuple[Drift, ...]:
    """Return what the night before did not have yet."""
    return tuple(drift for drift in drifts if not drift.known)


def _of_row(app: FiledApp, before: Listed, tonight: Listed) -> list[Drift]:
    old = before.apps.get((app.package, app.entry))
    if old is not None:
        return [_drift(app, DriftKind.RENAMED, old.name, app.name)] if old.name != app.name else []
    gone = [one for key, one in before.apps.items() if key not in tonight.apps and one.entry_kind is app.entry_kind]
    moved = next((one for one in gone if _same_filing(one, app)), None)
    return [_drift(app, DriftKind.MOVED, moved.package, app.package)] if moved is not None else []


def _same_filing(one: FiledApp, other: FiledApp) -> bool:
    if one.filing_number and other.filing_number:
        return one.filing_number == other.filing_number
    return one.name == other.name and one.sponsor_unit == other.sponsor_unit


def _of_build(key: Key, before: Listed, tonight: Listed) -> list[Drift]:
    app, now, old = tonight.apps[key], tonight.builds.get(key), before.builds.get(key)
    # A host's or a browser's build is not the filed page's.
    if now is None or app.entry_kind is not EntryKind.APP:
        return []
    if not now.installed:
        known = old is not None and not old.installed
        return [_drift(app, DriftKind.MISSING, old.version if old else "", "", known=known)]
    found = []
    if old is not None and not old.installed:
        found.append(_drift(app, DriftKind.BACK, "", now.version))
    if old is not None and old.version:
        found += _differences(app, old, now)
    if app.apk_sha256 and now.apk_sha256 and app.apk_sha256 != now.apk_sha256:
        same = old is not None and old.apk_sha256 == now.apk_sha256
        found.append(_drift(app, DriftKind.NOT_AS_FILED, app.apk_sha256, now.apk_sha256, known=same))
    return found


def _differences(app: FiledApp, old: Build, now: Build) -> list[Drift]:
    found = []
    if old.signer_sha256 and now.signer_sha256 and old.signer_sha256 != now.signer_sha256:
        found.append(_drift(app, DriftKind.OTHER_SIGNER, old.signer_sha256, now.signer_sha256))
    if now.version and old.version != now.version:
        found.append(_drift(app, DriftKind.OTHER_VERSION, old.version, now.version))
    elif old.apk_sha256 and now.apk_sha256 and old.apk_sha256 != now.apk_sha256:
        found.append(_drift(app, DriftKind.OTHER_BUILD, old.apk_sha256, now.apk_sha256))
    return found


def _drift(app: FiledApp, kind: DriftKind, was: str, now: str, *, known: bool = False) -> Drift:
    return Drift(package=app.package, entry=app.entry, kind=kind, was=was, now=now, known=known)
