"""The report of a night, one page that opens by double click: changes and gaps first, then dates, then each app.

Text from apps is escaped; pictures are in the page, small, and link to the bundles, which hold the originals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from harness.baseline import Change, ChangeKind, Sight, Standing, Subject, Tracked
from harness.model import FiledApp, Outcome, Rule, RuleId, Verdict
from harness.occasion import OTHER_DAY, OTHER_HOURS, Day, Occasion
from harness.report.html import render
from harness.report.night_pictures import NightPictures, SmallShot
from harness.report.night_views import AppTonight, DeadlineOf, NightFacts, NightMark
from harness.report.phrases import Phrases, stamp
from harness.report.result import rule_name
from harness.report.trend import Trend, trend

# What a reader wants first; what goes on and what nobody could look at have sections of their own.
CHANGED: Final = (
    ChangeKind.NEW,
    ChangeKind.REGRESSED,
    ChangeKind.FIXED,
    ChangeKind.FIXED_PENDING,
    ChangeKind.CLOSED_SCOPE,
)
WORSE: Final = "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPage:
    """What a page is over."""

    facts: NightFacts
    rules: tuple[Rule, ...]
    due: tuple[DeadlineOf, ...]
    made: datetime
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One night of a strip: a kind (its colour and sign), and what to read out or show on pointing at it."""

    kind: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedRow:
    """A finding in words, with its last nights. ``said`` is tonight's sentence, ``then`` the last sight's."""

    app: str
    package: str
    unit: str
    anchor: str
    rule: str
    word: str
    kind: str
    verdict: str
    verdict_word: str
    said: str
    then: str
    last_seen: str
    href: str
    cells: tuple[Cell, ...]
    intermittent: str = ""
    before: SmallShot | None = None
    tonight: SmallShot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """An app's rules that nobody could look at for one reason."""

    app: str
    anchor: str
    why: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """One date that is due."""

    name: str
    case: str
    since: str
    length: str
    due: str
    strict: str
    left: str
    late: bool
    apps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRow:
    """One app of the list: who, what became of it, its findings."""

    name: str
    package: str
    unit: str
    filing: str
    anchor: str
    progress: str
    progress_word: str
    reached: int
    expected: int
    attempts: tuple[str, ...]
    href: str
    findings: tuple[FollowedRow, ...]


def night_page(page: NightPage, pictures: NightPictures, phrases: Phrases | None = None) -> bytes:
    """Return the page of a night."""
    words = _Words(page, pictures, phrases or Phrases())
    facts = page.facts
    groups = [(kind, tuple(words.changed(c) for c in of)) for kind, of in grouped(facts.changes).items()]
    open_gaps = [c for c in facts.changes if c.kind is ChangeKind.UNSEEN and c.standing in _WATCHED]
    return render(
        "night.html",
        words.phrases,
        night=facts,
        made=stamp(page.made),
        began=_stamped(facts.began),
        ended=_stamped(facts.ended),
        tiles=words.tiles(),
        groups=groups,
        open_gaps=[words.followed(c.subject, c) for c in open_gaps],
        gaps=words.gaps(),
        devices=words.devices(),
        drift=words.drift(),
        across=words.across(),
        problems=facts.problems,
        due=[words.due(one) for one in page.due],
        trends=words.trends(),
        apps=words.apps(),
        off_list=words.off_list(),
        held=sum(tracked.held for tracked in facts.tracked.values()),
    )


def grouped(changes: Sequence[Change]) -> dict[str, tuple[Change, ...]]:
    """Return what changed by its kind, in reading order, kinds without any left out."""
    groups: dict[str, tuple[Change, ...]] = {}
    for kind in (ChangeKind.NEW, ChangeKind.REGRESSED, WORSE, *CHANGED[2:]):
        of_kind = tuple(
            c for c in changes if (c.worse and c.kind is ChangeKind.PERSISTING if kind == WORSE else c.kind == kind)
        )
        if of_kind:
            groups[str(kind)] = of_kind
    return groups


def why(change: Change, phrases: Phrases) -> str:
    """Return in words what the night saw, or why it did not, and what else changed."""
    look = change.tonight
    verdict = look.verdict if look is not None and look.verdict is not None else Verdict.INCONCLUSIVE
    data = look.data if look is not None and look.reason == change.reason else ()
    said = phrases.statement(Outcome(verdict=verdict, reason=change.reason, data=data))
    if change.reason in (OTHER_HOURS, OTHER_DAY):
        said += phrases.say("night-seen-on", times=_times(change.seen_on, phrases))
    return "；".join((said, *(phrases.say(cause) for cause in change.causes)))


def _times(occasions: Collection[Occasion], phrases: Phrases) -> str:
    """Return kinds of days with their hours in words."""
    hours: dict[str, list[str]] = {}
    for occasion in sorted(occasions, key=lambda o: (o.day is not Day.WORKED, o.day, o.hour)):
        hours.setdefault(occasion.day, []).append(str(occasion.hour))
    return "，".join(phrases.say(f"night-hours-{day}", hours="、".join(of_day)) for day, of_day in hours.items())


def cell_of(mark: NightMark) -> str:
    """Return the kind of a strip's cell: what the night saw, or that it could not look."""
    if mark.kind is ChangeKind.UNSEEN:
        return "blocked" if mark.sight is Sight.BLOCKED else "unseen"
    if mark.sight is Sight.SEEN:
        return "seen"
    return {
        Standing.NONE: "clear",
        Standing.OPEN: "seen",
        Standing.FIXED_PENDING: "pending",
        Standing.FIXED: "fixed",
        Standing.CLOSED_SCOPE: "closed",
    }[mark.standing]


_WATCHED: Final = frozenset({Standing.OPEN, Standing.FIXED_PENDING})
_ORDER: Final = (Standing.OPEN, Standing.FIXED_PENDING, Standing.FIXED, Standing.CLOSED_SCOPE)


class _Words:
    """Turns what the ledger knows into rows of words."""

    def __init__(self, page: NightPage, pictures: NightPictures, phrases: Phrases) -> None:
        self.phrases = phrases
        self._page = page
        self._pictures = pictures
        self._rules = {rule.id: rule for rule in page.rules}
        self._listed = {(a.app.package, a.app.entry): a.app for a in page.facts.apps}
        self._known = {**self._listed, **{(a.package, a.entry): a for a in page.facts.off_list}}
        self._begun = {counts.night: counts.began for counts in page.facts.trend}
        self._changes = {change.subject: change for change in page.facts.changes}

    def tiles(self) -> list[tuple[str, int]]:
        facts, say = self._page.facts, self.phrases.say
        kinds = {kind: len(of) for kind, of in grouped(facts.changes).items()}
        standing = [t.standing for t in facts.tracked.values()]
        done = sum(a.progress == "done" for a in facts.apps)
        return [
            (say("night-tile-apps", all=len(facts.apps)), done),
            (say("night-tile-not-done"), len(facts.apps) - done),
            *(
                (say(f"night-kind-{kind}"), kinds.get(kind, 0))
                for kind in (ChangeKind.NEW, ChangeKind.REGRESSED, WORSE)
            ),
            *((say(f"night-kind-{kind}"), kinds.get(kind, 0)) for kind in CHANGED[2:]),
            (say("night-tile-open"), standing.count(Standing.OPEN)),
            (say("night-tile-open-unseen"), self._unseen()),
        ]

    def _unseen(self) -> int:
        changes = self._page.facts.changes
        return sum(c.kind is ChangeKind.UNSEEN and c.standing in _WATCHED for c in changes)

    def changed(self, change: Change) -> FollowedRow:
        """Return a change with its pictures."""
        row = self.followed(change.subject, change)
        if change.kind is ChangeKind.CLOSED_SCOPE:
            return row
        before = None if change.before is None else self._pictures.seen_before(change)
        return replace(row, before=before, tonight=self._pictures.tonight(change))

    def followed(self, subject: Subject, change: Change | None) -> FollowedRow:
        """Return a finding with its last nights, and what tonight said of it."""
        facts, say = self._page.facts, self.phrases.say
        tracked = facts.tracked.get(subject, Tracked(subject=subject))
        app = self._app(subject)
        last = tracked.last_seen
        look = change.tonight if change is not None and change.tonight is not None else last
        verdict = last.verdict if last is not None and last.verdict is not None else Verdict.INCONCLUSIVE
        counts = {"seen": tracked.nights_seen, "looked": tracked.nights_looked}
        return FollowedRow(
            app=app.name if app else subject.package,
            package=subject.package,
            unit=app.sponsor_unit if app else "",
            anchor=self._anchor(subject),
            rule=self._rule(subject.rule),
            word=say(f"standing-{tracked.standing}"),
            kind=tracked.standing,
            verdict=verdict,
            verdict_word=say(f"report-verdict-{verdict}"),
            said=why(change, self.phrases) if change is not None else "",
            then=self._then(tracked),
            last_seen=self._date(last.night) if last is not None else "",
            href=self._pictures.page_of(look, subject.rule),
            cells=tuple(self._cell(mark) for mark in facts.history.get(subject, ())),
            intermittent=say("night-intermittent", **counts) if tracked.intermittent else "",
        )

    def _then(self, tracked: Tracked) -> str:
        last = tracked.last_seen
        if last is None or last.verdict is None:
            return ""
        return self.phrases.statement(Outcome(verdict=last.verdict, reason=last.reason, data=last.data))

    def _cell(self, mark: NightMark) -> Cell:
        kind, say = cell_of(mark), self.phrases.say
        told = f"{self._date(mark.night)} {say(f'night-cell-{kind}')}"
        if kind in {"unseen", "blocked"} and mark.reason:
            unseen = Outcome(verdict=Verdict.INCONCLUSIVE, reason=mark.reason, data=mark.data)
            told += f"：{self.phrases.statement(unseen)}"
        return Cell(kind=kind, told=told)

    def gaps(self) -> list[GapRow]:
        """Return by app and reason which rules could not be looked at: nothing of the matrix vanishes."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for change in self._page.facts.changes:
            if change.kind is ChangeKind.UNSEEN:
                app = self._app(change.subject)
                key = (self._anchor(change.subject), app.name if app else change.subject.package, self._gap(change))
                found.setdefault(key, []).append(self._rule(change.subject.rule))
        return [GapRow(app=app, anchor=a, why=told, rules=tuple(rules)) for (a, app, told), rules in found.items()]

    def _gap(self, change: Change) -> str:
        sight = self.phrases.say(f"night-sight-{change.sight}")
        return f"{sight}：{why(change, self.phrases)}"

    def devices(self) -> list[str]:
        """Return a line for each thing that kept a device's results from counting, or a device from working."""
        say, lines = self.phrases.say, []
        for one in self._page.facts.devices:
            for moment, reason, detail in one.canaries:
                if reason:
                    told = "，".join(value for _, value in detail)
                    lines.append(f"{one.device}（{say(f'night-canary-{moment}')}）：{say(reason)}（{told}）")
            if one.quarantined:
                lines.append(f"{one.device}：{say(one.quarantined)} {one.detail}".rstrip())
        return lines

    def drift(self) -> list[str]:
        """Return a line for each app that is not what was filed or known."""
        say, lines = self.phrases.say, []
        for one in self._page.facts.drift:
            app = self._known.get((one.package, one.entry))
            name = f"{app.name} {one.package}" if app else one.package
            known = f"（{say('drift-known')}）" if one.known else ""
            lines.append(f"{name} {say(f'drift-{one.kind}')}{known}：{one.was or '—'} → {one.now or '—'}")
        return lines

    def across(self) -> list[str]:
        """Return a line for each thing that only several apps together show."""
        say = self.phrases.say
        return [f"{say(f'across-{kind}')}：{self.phrases.statement(found)}" for kind, found in self._page.facts.across]

    def due(self, one: DeadlineOf) -> DueRow:
        deadline, say, today = one.deadline, self.phrases.say, self._page.today
        late = deadline.overdue_days(today)
        left = say(deadline.reason) if deadline.reason else ""
        if deadline.rolled is not None:
            days = (deadline.rolled - today).days
            left = say("deadline-overdue", days=late) if late else say("night-days-left", days=days)
        unit = say(f"deadline-unit-{deadline.period.unit}")
        return DueRow(
            name=f"{deadline.period.id} {say(f'deadline-{deadline.period.id}')}",
            case=one.case,
            since=deadline.trigger_date.isoformat(),
            length=f"{deadline.length} {unit}" if deadline.length is not None else "",
            due=deadline.rolled.isoformat() if deadline.rolled is not None else "",
            strict=deadline.strict.isoformat() if deadline.strict not in {None, deadline.rolled} else "",
            left=left,
            late=bool(late) or deadline.rolled is None,
            apps=one.apps,
        )

    def trends(self) -> list[Trend]:
        """Return the curves of the last nights: findings that stand, what nights brought, how much was looked at."""
        say, nights = self.phrases.say, self._page.facts.trend
        labels = [self._date(n.night)[5:] for n in nights]

        def kinds(*wanted: str) -> list[float | None]:
            return [float(sum(n.kinds.get(kind, 0) for kind in wanted)) for n in nights]

        def standing(wanted: Standing) -> list[float | None]:
            return [float(n.standings.get(wanted, 0)) for n in nights]

        coverage = [None if n.coverage_ratio is None else 100 * n.coverage_ratio for n in nights]
        undone = [float(n.apps.get("failed", 0) + n.apps.get("not_run", 0)) for n in nights]
        return [
            trend(
                say("night-trend-standing"),
                labels,
                [
                    (say("standing-open"), "red", standing(Standing.OPEN)),
                    (say("standing-fixed_pending"), "amber", standing(Standing.FIXED_PENDING)),
                    (say("standing-fixed"), "green", standing(Standing.FIXED)),
                ],
            ),
            trend(
                say("night-trend-changes"),
                labels,
                [
                    (say("night-trend-new"), "red", kinds(ChangeKind.NEW, ChangeKind.REGRESSED)),
                    (say("night-kind-fixed"), "green", kinds(ChangeKind.FIXED)),
                ],
            ),
            trend(say("night-trend-coverage"), labels, [(say("night-places"), "blue", coverage)], percent=True),
            trend(say("night-trend-undone"), labels, [(say("night-tile-not-done"), "grey", undone)]),
        ]

    def apps(self) -> list[AppRow]:
        by_app = self._by_app()
        return [
            self._app_row(told, by_app.get((told.app.package, told.app.entry), ())) for told in self._page.facts.apps
        ]

    def off_list(self) -> list[FollowedRow]:
        """Return the findings of apps that are no longer on the list."""
        gone = {app: rows for app, rows in self._by_app().items() if app not in self._listed}
        return [
            self.followed(tracked.subject, self._changes.get(tracked.subject))
            for rows in gone.values()
            for tracked in rows
        ]

    def _by_app(self) -> Mapping[tuple[str, str], Sequence[Tracked]]:
        by_app: dict[tuple[str, str], list[Tracked]] = {}
        ranked = sorted(self._page.facts.tracked.values(), key=lambda t: (_ORDER.index(t.standing), t.subject))
        for tracked in ranked:
            by_app.setdefault((tracked.subject.package, tracked.subject.entry), []).append(tracked)
        return by_app

    def _app_row(self, told: AppTonight, followed: Sequence[Tracked]) -> AppRow:
        app, say = told.app, self.phrases.say
        word = say(f"night-progress-{told.progress}")
        bundles = [attempt.bundle for attempt in told.attempts if attempt.bundle]
        return AppRow(
            name=app.name,
            package=app.package if not app.entry else f"{app.package} {app.entry}",
            unit=" · ".join(unit for unit in dict.fromkeys((app.sponsor_unit, app.user_unit)) if unit),
            filing=app.filing_number or say("night-no-filing"),
            anchor=_anchor(app.package, app.entry),
            progress=told.progress,
            progress_word=f"{word}：{say(told.reason)}" if told.reason else word,
            reached=told.reached,
            expected=told.expected,
            attempts=tuple(
                self._attempt(a.device, a.outcome, a.reason, _minutes(a.began, a.ended)) for a in told.attempts
            ),
            href=self._pictures.bundle_page(bundles[-1]) if bundles else "",
            findings=tuple(self.followed(t.subject, self._changes.get(t.subject)) for t in followed),
        )

    def _attempt(self, device: str, outcome: str, reason: str, took: str) -> str:
        said = [device, self.phrases.say(f"night-attempt-{outcome}"), took, self.phrases.say(reason) if reason else ""]
        return " · ".join(part for part in said if part)

    def _app(self, subject: Subject) -> FiledApp | None:
        return self._known.get((subject.package, subject.entry))

    def _anchor(self, subject: Subject) -> str:
        return (
            _anchor(subject.package, subject.entry) if (subject.package, subject.entry) in self._listed else "off-list"
        )

    def _rule(self, rule: RuleId) -> str:
        return rule_name(rule, self._rules.get(rule), self.phrases)

    def _date(self, night: str) -> str:
        began = self._begun.get(night, "")
        return _stamped(began)[:10] if began else night


def _anchor(package: str, entry: str) -> str:
    return f"app-{package}-{entry}" if entry else f"app-{package}"


def _stamped(written: str) -> str:
    return stamp(datetime.fromisoformat(written)) if written else ""


def _minutes(began: str, ended: str) -> str:
    if not began or not ended:
        return ""
    seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    return f"{seconds / 60:.1f} min"
