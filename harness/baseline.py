"""Compares a night with what is known from the nights before. Pure: no ledger, no clock, no files.

Two facts are kept apart: what one night saw of one rule in one app (``Sight``), and where a finding stands
(``Standing``). Only having looked moves a finding towards ``fixed``, and it takes two such nights; a night that could
not look leaves everything as it was, and says so. An app that was taken off the list closes the finding's scope, which
is not the same as being repaired.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import Final

from harness.calendar import WorkingCalendar
from harness.model import CheckpointId, Datum, PackageName, Reach, RuleId, ScreenKey, Verdict
from harness.occasion import Occasion, occasion_of, unlike

PROOFS_WANTED: Final = 2  # nights that looked and saw nothing, before a finding counts as fixed
MIN_KEPT_RATIO: Final = 0.5  # of the screens of the last night that saw it; fewer: it is another app now
MAX_APP_DROP: Final = 0.20  # of an app's open findings gone at once is more than repairs explain
MIN_APP_OPEN: Final = 5
MAX_NIGHT_DROP: Final = 0.05
MIN_NIGHT_OPEN: Final = 20
MAX_COVERAGE_DROP: Final = 0.10

SEEN_VERDICTS: Final = frozenset({Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT})
_WEIGHT: Final = {Verdict.PRESENT: 1, Verdict.FOUND_EXEMPTION_CLAIMED: 2, Verdict.FOUND: 3}


class Sight(StrEnum):
    """What one night saw of one rule in one app."""

    SEEN = "seen"
    ABSENT = "absent"  # looked, with everything that such a claim needs, and it was not there
    NOT_REACHED = "not_reached"
    BLOCKED = "blocked"
    ERROR = "error"
    NOT_RUN = "not_run"
    OUT_OF_SCOPE = "out_of_scope"


LOOKED: Final = frozenset({Sight.SEEN, Sight.ABSENT})


class Standing(StrEnum):
    """Where a finding stands after a night."""

    NONE = "none"  # never seen
    OPEN = "open"
    FIXED_PENDING = "fixed_pending"
    FIXED = "fixed"
    CLOSED_SCOPE = "closed_scope"  # the app or the rule is no longer looked at; not a repair


class ChangeKind(StrEnum):
    """What a night adds to what was known."""

    NEW = "new"
    PERSISTING = "persisting"
    FIXED_PENDING = "fixed_pending"
    FIXED = "fixed"
    REGRESSED = "regressed"
    UNSEEN = "unseen"  # could not look; what was known stands
    CLOSED_SCOPE = "closed_scope"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """What is followed over the nights: one rule in one app; ``entry`` tells sub-apps of a host apart."""

    package: PackageName
    entry: str
    rule: RuleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one night has of one subject, as judged.

    ``verdict`` is ``None`` where no walk was judged; ``reach`` and ``reason`` (a message key) then say why. ``screens``
    are those of the whole walk, ``places`` the checkpoints reached, ``began`` is when it began by the host's clock.
    ``trusted`` is false where the night's canaries were not all as they should be on that device, ``accuses`` is true
    where it found on them what is not there.
    """

    night: str
    verdict: Verdict | None
    reach: Reach = Reach.REACHED
    reason: str = ""
    data: tuple[tuple[str, Datum], ...] = ()
    fingerprint: str = ""
    screen: ScreenKey | None = None
    screens: frozenset[ScreenKey] = frozenset()
    places: frozenset[CheckpointId] = frozenset()
    account: str = ""
    app_version: str = ""
    rules_edition: str = ""
    trusted: bool = True
    accuses: bool = False
    bundle: str = ""
    finding: str = ""
    device: str = ""
    began: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A subject with its history: where it stands, what the last night that saw it had, and the proofs since then."""

    subject: Subject
    standing: Standing = Standing.NONE
    last_seen: Look | None = None
    seen_on: frozenset[Occasion] = frozenset()  # since it was last missed
    proofs: tuple[Look, ...] = ()  # looks that saw nothing, since it was last seen
    unseen_since: str = ""  # the first night of the present run of nights that could not look
    held: bool = False  # went absent together with too many others: pending until a person has looked
    held_since: str = ""  # the night that held it
    nights_looked: int = 0  # since it was first seen: what appears late is new, not intermittent
    nights_seen: int = 0

    @property
    def intermittent(self) -> bool:
        """Whether it has been seen and, on another night that looked, not been seen, and came back."""
        return self.standing is Standing.OPEN and 0 < self.nights_seen < self.nights_looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one subject tonight. ``causes`` are message keys of what else changed with it.

    ``seen_on`` are the occasions that a look must be like to prove an absence.
    """

    subject: Subject
    kind: ChangeKind
    sight: Sight
    reason: str
    before: Look | None
    tonight: Look | None
    standing: Standing
    causes: tuple[str, ...] = ()
    worse: bool = False
    seen_on: frozenset[Occasion] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A night against what was known: every change in the order of the subjects, and where everything stands now."""

    changes: tuple[Change, ...]
    tracked: Mapping[Subject, Tracked]
    held: tuple[Subject, ...] = ()  # pending until a person has looked: too many went absent at once
    incomplete: bool = False  # the night covered clearly less than the one before: it proves no absence

    def of_kind(self, *kinds: ChangeKind) -> tuple[Change, ...]:
        """Return the changes of these kinds."""
        return tuple(change for change in self.changes if change.kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightLooks:
    """All that one night has: a look for every expected subject, and the coverage share of each walked app, 0 to 1."""

    night: str
    looks: Mapping[Subject, Look]
    coverage: Mapping[str, float] = field(default_factory=dict)


# Where a finding goes from where it stood, by what the night saw. Every night that could not look is one column.
_NEXT: Final[Mapping[tuple[Standing, Sight], tuple[Standing, ChangeKind | None]]] = {
    (Standing.NONE, Sight.SEEN): (Standing.OPEN, ChangeKind.NEW),
    (Standing.NONE, Sight.ABSENT): (Standing.NONE, None),
    (Standing.OPEN, Sight.SEEN): (Standing.OPEN, ChangeKind.PERSISTING),
    (Standing.OPEN, Sight.ABSENT): (Standing.FIXED_PENDING, ChangeKind.FIXED_PENDING),
    (Standing.FIXED_PENDING, Sight.SEEN): (Standing.OPEN, ChangeKind.PERSISTING),
    (Standing.FIXED_PENDING, Sight.ABSENT): (Standing.FIXED, ChangeKind.FIXED),
    (Standing.FIXED, Sight.SEEN): (Standing.OPEN, ChangeKind.REGRESSED),
    (Standing.FIXED, Sight.ABSENT): (Standing.FIXED, None),
    (Standing.CLOSED_SCOPE, Sight.SEEN): (Standing.OPEN, ChangeKind.REGRESSED),
    (Standing.CLOSED_SCOPE, Sight.ABSENT): (Standing.CLOSED_SCOPE, None),
}


def advance(standing: Standing, sight: Sight) -> tuple[Standing, ChangeKind | None]:
    """Return where a finding stands after a night, and what that night adds; ``None`` is nothing new."""
    if sight is Sight.OUT_OF_SCOPE:
        known = standing not in {Standing.NONE, Standing.CLOSED_SCOPE}
        return (Standing.CLOSED_SCOPE, ChangeKind.CLOSED_SCOPE) if known else (standing, None)
    if sight not in LOOKED:
        return standing, ChangeKind.UNSEEN
    return _NEXT[standing, sight]


def sight_of(
    look: Look | None, tracked: Tracked, *, incomplete: bool = False, on: Occasion | None = None
) -> tuple[Sight, str]:
    """Return what a night saw of a subject, and why it is no more than that (a message key).

    Seeing needs a verdict, of a device that does not see what is not there. Not seeing needs all that proves it: a
    whole walk, trusted canaries, the same account, an occasion (``on``) like one that it was seen on, the places of
    the last sight reached again, most of its screens still there.
    """
    if look is None:
        return Sight.ERROR, "sight-no-row"
    if look.verdict is None:
        return _without_a_verdict(look)
    if look.verdict in SEEN_VERDICTS:
        return (Sight.NOT_REACHED, "sight-canary-accused") if look.accuses else (Sight.SEEN, look.reason)
    if look.verdict is Verdict.NOT_APPLICABLE:
        return Sight.OUT_OF_SCOPE, look.reason
    if look.verdict is Verdict.ERROR:
        return Sight.ERROR, look.reason
    if look.verdict is Verdict.INCONCLUSIVE:
        return (Sight.BLOCKED if look.reach is Reach.BLOCKED else Sight.NOT_REACHED), look.reason
    lacking = _lacking(look, tracked.last_seen) or (unlike(on, tracked.seen_on) if on is not None else "")
    if lacking:
        return Sight.NOT_REACHED, lacking
    if not look.trusted:
        return Sight.NOT_REACHED, "sight-canary-not-green"
    if incomplete:
        return Sight.NOT_REACHED, "sight-night-incomplete"
    return Sight.ABSENT, look.reason


def _without_a_verdict(look: Look) -> tuple[Sight, str]:
    by_reach = {
        Reach.NOT_REACHED: Sight.NOT_REACHED,
        Reach.BLOCKED: Sight.BLOCKED,
        Reach.NOT_RUN: Sight.NOT_RUN,
        Reach.OUT_OF_SCOPE: Sight.OUT_OF_SCOPE,
    }
    return by_reach.get(look.reach, Sight.ERROR), look.reason or "sight-no-verdict"


def _lacking(look: Look, last_seen: Look | None) -> str:
    """Return why tonight's ``clear`` says nothing of what was seen then, empty where it does."""
    if last_seen is None:
        return ""
    if look.account != last_seen.account:
        return "sight-other-account"
    if last_seen.screen is not None and last_seen.screen in look.screens:
        return ""  # the very screen was looked at again
    if last_seen.screens:
        kept = len(last_seen.screens & look.screens) / len(last_seen.screens)
        if kept < MIN_KEPT_RATIO:
            return "sight-app-looks-different"
    # Where the function had a page of its own that is gone, the places around it must have been looked at.
    common = last_seen.places & look.places
    return "" if common or not last_seen.places else "sight-places-not-reached"


def compare(
    before: Mapping[Subject, Tracked],
    last: NightLooks | None,
    tonight: NightLooks,
    *,
    looked_at: Container[Subject] = (),
    calendar: WorkingCalendar | None = None,
) -> Comparison:
    """Return what ``tonight`` adds to what was known ``before`` it.

    ``calendar`` tells days of rest (default: the package's). ``last`` is the night before, for its coverage; every
    known subject that tonight has no row of is an error of the night, never an absence. Where more went absent at once
    than repairs explain, they stay pending until a person has ``looked_at`` them.
    """
    incomplete = _covers_less(last, tonight)
    subjects = sorted({*before, *tonight.looks})
    known = {subject: before.get(subject, Tracked(subject=subject)) for subject in subjects}
    on = {s: _on(tonight.looks.get(s), calendar or WorkingCalendar()) for s in subjects}
    sights = {s: sight_of(tonight.looks.get(s), known[s], incomplete=incomplete, on=on[s]) for s in subjects}
    at_once = _too_many_at_once(known, sights)
    changes, after = [], {}
    for subject in subjects:
        sight, reason = sights[subject]
        look = tonight.looks.get(subject)
        standing, kind = advance(known[subject].standing, sight)
        held = sight is not Sight.SEEN and (subject in at_once or known[subject].held) and subject not in looked_at
        if held and kind in {ChangeKind.FIXED_PENDING, ChangeKind.FIXED}:
            standing, kind, reason = Standing.FIXED_PENDING, ChangeKind.FIXED_PENDING, "sight-held-many-at-once"
        since = (known[subject].held_since or tonight.night) if held else ""
        moved = _after(known[subject], standing, sight, look, tonight.night)
        if sight is Sight.SEEN:
            moved = replace(moved, seen_on=_seen_on(known[subject], on[subject]))
        after[subject] = replace(moved, held=held, held_since=since)
        if kind is not None:
            changes.append(change_of(known[subject], look, kind, (sight, reason), standing))
    held_now = tuple(subject for subject, tracked in after.items() if tracked.held)
    return Comparison(changes=tuple(changes), tracked=after, held=held_now, incomplete=incomplete)


def _on(look: Look | None, calendar: WorkingCalendar) -> Occasion | None:
    return occasion_of(look.began, calendar) if look is not None and look.began is not None else None


def _seen_on(tracked: Tracked, on: Occasion | None) -> frozenset[Occasion]:
    """Return on what occasions a subject that is seen tonight was seen.

    Those before a night that missed it do not count: it may show at other times since.
    """
    kept = tracked.seen_on if tracked.standing is Standing.OPEN else frozenset()
    return kept | ({on} if on is not None else set())


def _after(tracked: Tracked, standing: Standing, sight: Sight, look: Look | None, night: str) -> Tracked:
    if sight is Sight.SEEN:
        return replace(
            tracked,
            standing=standing,
            last_seen=look,
            proofs=(),
            unseen_since="",
            nights_looked=tracked.nights_looked + 1,
            nights_seen=tracked.nights_seen + 1,
        )
    if sight is Sight.ABSENT and look is not None:
        if tracked.last_seen is None:
            return replace(tracked, standing=standing, unseen_since="")
        proofs = (*tracked.proofs, look)[-PROOFS_WANTED:]
        looked = tracked.nights_looked + 1
        return replace(tracked, standing=standing, proofs=proofs, unseen_since="", nights_looked=looked)
    return replace(tracked, standing=standing, unseen_since=tracked.unseen_since or night)


def change_of(
    tracked: Tracked, look: Look | None, kind: ChangeKind, seen: tuple[Sight, str], standing: Standing
) -> Change:
    """Return a change of what was ``tracked`` before it, with what else changed since it was last seen."""
    before = tracked.last_seen
    causes = []
    if before is not None and look is not None and look.verdict is not None:
        if before.app_version and look.app_version not in {"", before.app_version}:
            causes.append("cause-app-version")
        if look.rules_edition != before.rules_edition:
            causes.append("cause-rules-edition")
    if look is not None and not look.trusted:
        causes.append("cause-canary-not-green")
    worse = (
        before is not None
        and look is not None
        and _WEIGHT.get(look.verdict or Verdict.CLEAR, 0) > _WEIGHT.get(before.verdict or Verdict.CLEAR, 0) > 0
    )
    return Change(
        subject=tracked.subject,
        kind=kind,
        sight=seen[0],
        reason=seen[1],
        before=before,
        tonight=look,
        standing=standing,
        causes=tuple(causes),
        worse=worse,
        seen_on=tracked.seen_on,
    )


def _covers_less(last: NightLooks | None, tonight: NightLooks) -> bool:
    if last is None or not last.coverage or not tonight.coverage:
        return False
    return median(tonight.coverage.values()) < median(last.coverage.values()) - MAX_COVERAGE_DROP


def _too_many_at_once(
    known: Mapping[Subject, Tracked], sights: Mapping[Subject, tuple[Sight, str]]
) -> frozenset[Subject]:
    """Return the open subjects that went absent tonight together with more than repairs explain."""
    opened = [s for s, t in known.items() if t.standing is Standing.OPEN]
    gone = [s for s in opened if sights[s][0] is Sight.ABSENT]
    if len(opened) >= MIN_NIGHT_OPEN and len(gone) > MAX_NIGHT_DROP * len(opened):
        return frozenset(gone)
    at_once: set[Subject] = set()
    for package in {s.package for s in gone}:
        of_app = sum(s.package == package for s in opened)
        gone_here = [s for s in gone if s.package == package]
        if of_app >= MIN_APP_OPEN and len(gone_here) > MAX_APP_DROP * of_app:
            at_once |= set(gone_here)
    return frozenset(at_once)


def best_of(attempts: Sequence[Look]) -> Look:
    """Return what a night has of a subject after several attempts: having seen wins, then having looked.

    A later attempt that saw nothing does not undo one that did. Raises ``ValueError`` for no attempt at all.
    """
    if not attempts:
        raise ValueError("no attempt")

    def weight(look: Look) -> tuple[int, int]:
        if look.verdict is None:
            return (0, 0)
        return (2 if look.verdict in SEEN_VERDICTS else 1 if look.verdict is Verdict.CLEAR else 0, _weighed(look))

    return max(attempts, key=weight)


def _weighed(look: Look) -> int:
    return _WEIGHT.get(look.verdict or Verdict.CLEAR, 0)


def why_it_changed(then: Verdict, then_judged_today: Verdict, tonight: Verdict) -> tuple[str, ...]:
    """Return which of two things moved (message keys): the app, the rule, both or neither.

    ``then_judged_today`` is the old evidence under today's rules; where it equals the old verdict, the rule says the
    same as ever and any difference tonight is the app's.
    """
    causes = []
    if then_judged_today != then:
        causes.append("cause-rule-changed")
    if tonight != then_judged_today:
        causes.append("cause-app-changed")
    return tuple(causes)


def migrated(tracked: Iterable[Tracked], renamed: Mapping[RuleId, RuleId]) -> dict[Subject, Tracked]:
    """Return the history under new rule ids: a renamed rule keeps what was known under its old name.

    Where both names have a history, the one that was seen last wins. Raises nothing; unknown names stay.
    """
    moved: dict[Subject, Tracked] = {}
    for item in tracked:
        subject = replace(item.subject, rule=renamed.get(item.subject.rule, item.subject.rule))
        held = moved.get(subject)
        newer = held is None or _night_of(item) > _night_of(held)
        if newer:
            moved[subject] = replace(item, subject=subject)
    return moved


def _night_of(tracked: Tracked) -> str:
    return tracked.last_seen.night if tracked.last_seen is not None else ""
