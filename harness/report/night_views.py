"""What the report of a night is made from: what the ledger knows, as values. Pure; pictures and words come later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.baseline import Change, ChangeKind, Sight, Standing, Subject, Tracked
from harness.calendar import Deadline
from harness.model import AcrossFinding, Datum, FiledApp, PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class NightMark:
    """What one night has of one subject; ``kind`` and ``sight`` are ``None`` where it brought nothing to tell."""

    night: str
    standing: Standing
    kind: ChangeKind | None = None
    sight: Sight | None = None
    reason: str = ""
    data: tuple[tuple[str, Datum], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NightCounts:
    """One night in numbers. ``reached`` and ``expected`` count places; ``apps`` is by what became of them."""

    night: str
    began: str
    standings: Mapping[str, int]
    kinds: Mapping[str, int]
    apps: Mapping[str, int]
    reached: int
    expected: int
    incomplete: bool = False

    @property
    def coverage_ratio(self) -> float | None:
        """Which share of the places that should be looked at was reached; ``None`` where none was expected."""
        return self.reached / self.expected if self.expected else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptTold:
    """One attempt at an app. Times are ISO 8601, empty where it did not end."""

    device: str
    began: str
    ended: str
    outcome: str
    reason: str
    bundle: str
    superseded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppTonight:
    """One row of the list, and what the night did with it."""

    app: FiledApp
    progress: str
    reason: str
    reached: int
    expected: int
    attempts: tuple[AttemptTold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTonight:
    """What is known of a device: its canaries (moment, message key where red, what they told), why it was left out."""

    device: str
    trusted: bool
    canaries: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    quarantined: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftTold:
    """One way in which an app is not what was filed or known; ``kind`` is a message key with ``drift-`` before it."""

    package: PackageName
    entry: str
    kind: str
    was: str
    now: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineOf:
    """A date that is due for ``case``, a case number or package (empty: for all), and the apps that it meets."""

    case: str
    deadline: Deadline
    apps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NightFacts:
    """A closed night: all that is known of it, from the ledger alone.

    ``tracked`` holds where every subject stands that was ever seen, ``history`` the same subjects over the last nights,
    oldest first. ``trend`` ends with this night. ``off_list`` are apps with a history that are no longer on the list,
    as the last list had them.
    """

    night: str
    previous: str
    began: str
    ended: str
    rules_edition: str
    list_sha256: str
    incomplete: bool
    rows_without_result: int
    changes: tuple[Change, ...]
    tracked: Mapping[Subject, Tracked]
    history: Mapping[Subject, tuple[NightMark, ...]]
    trend: tuple[NightCounts, ...]
    apps: tuple[AppTonight, ...]
    off_list: tuple[FiledApp, ...]
    devices: tuple[DeviceTonight, ...] = ()
    drift: tuple[DriftTold, ...] = ()
    across: tuple[tuple[str, AcrossFinding], ...] = ()  # what became of it, as a message key with ``across-`` before it
    stopped: str = ""  # why apps were not begun any more; a message key
    problems: tuple[str, ...] = ()  # rows of the list that could not be used, as lines for people
