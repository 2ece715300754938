"""The probe of a page that asks to follow an account: every way to decline, Back, and in again. Follows nothing."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import WHETHER, Action, Back, Launch, Mark, Measure, Observation, Role, Stop, Tap, Word
from harness.rules.concluding import ProbeCut
from harness.rules.follow_words import AN_ACCOUNT, BARE_LOCK, DECLINE, FOLLOW, INVITES, LOCK, OF_OTHERS
from harness.rules.layout import title_words
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole, with_joined

MAX_DECLINES: Final = 3
MAX_ENTRY_CHARS: Final = 12
MIN_NAMED_CHARS: Final = 4  # of an entry that a sentence names: 首页 and 查询 may stand in any

Steps = Generator[Action, Observation, None]


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    DEMAND = "forced-follow-mark-demand"
    AFTER_DECLINE = "forced-follow-mark-after-decline"
    AFTER_AGAIN = "forced-follow-mark-after-again"


@dataclass(slots=True, kw_only=True)
class FollowRun:
    """What the probe has tried. ``locked`` is ``None`` where the function could not be entered again."""

    start: Observation
    now: Observation
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    locked: bool | None = None
    went_on_by: str = ""  # what was pressed to use the function without following
    cut: bool = False


def demand(observation: Observation) -> Word | None:
    """Return the sentence that locks something until an account is followed, ``None`` where there is none."""
    words = [w for w in with_joined(app_words(observation)) if len(w.norm) <= 60]
    if not any(AN_ACCOUNT.search(w.norm) for w in words):
        return None
    hits = [w for w in matching(words, LOCK, max_chars=60) if not w.clickable or len(w.norm) <= 20]
    hits = [w for w in hits if AN_ACCOUNT.search(w.norm) or BARE_LOCK.fullmatch(w.norm)]
    hits = [w for w in hits if not INVITES.search(w.norm) and not OF_OTHERS.search(w.norm)]
    return hits[0] if hits else None


def try_without(start: Observation) -> Generator[Action, Observation, FollowRun]:
    """Yield each way to decline, Back, and the way in again; return whether the function stayed locked."""
    run = FollowRun(start=start, now=start)
    _mark(run, demand(start), Why.DEMAND, Role.BEFORE)
    try:
        yield from _decline(run)
        if not run.went_on_by:
            yield from _again(run)
    except ProbeCut:
        run.cut = True
    return run


def _decline(run: FollowRun) -> Steps:
    while len(run.tried) < MAX_DECLINES and demand(run.now) is not None:
        found = [w for w in whole(app_words(run.now), DECLINE) if w.clickable and w.enabled and w.norm not in run.tried]
        if not found:
            break
        run.tried.append(found[0].norm)
        yield from _press(run, found[0])
    if run.tried:
        _mark(run, demand(run.now) or _first(run.now), Why.AFTER_DECLINE)
        if demand(run.now) is None and _same_function(run):
            run.went_on_by = run.tried[-1]
            run.locked = False
            _measure(run)


def _again(run: FollowRun) -> Steps:
    """Leave the function and enter it once more: by the entry that has its name, by a restart where it is the app."""
    for _ in range(2):
        if demand(run.now) is None:
            break
        run.now = yield Back()
        run.tried.append("返回")
    page = run.start.page
    if page is not None and (not _in_app(run) or demand(run.now) is not None):
        yield Stop(package=page.package)
        run.now = yield Launch(package=page.package)
        if demand(run.now) is not None:  # nothing of the app is to be had without
            run.locked = True
    if run.locked is None:
        entry = _entry(run)
        if entry is None:
            return
        yield from _press(run, entry)
        run.locked = demand(run.now) is not None
    _mark(run, demand(run.now) or _first(run.now), Why.AFTER_AGAIN)
    _measure(run)


def _entry(run: FollowRun) -> Word | None:
    """Return the entry on the page in front that has the name of the locked page, or is named in its demand."""
    names = {w.norm for w in title_words(run.start) if 2 <= len(w.norm) <= MAX_ENTRY_CHARS and not w.clickable}
    asked = demand(run.start)
    said = asked.norm if asked is not None else ""
    entries = [w for w in app_words(run.now) if w.clickable and 2 <= len(w.norm) <= MAX_ENTRY_CHARS]
    named = next((w for w in entries if w.norm in names), None)
    return named or next((w for w in entries if len(w.norm) >= MIN_NAMED_CHARS and w.norm in said), None)


def _same_function(run: FollowRun) -> bool:
    """Return whether the page in front is the locked one without its lock: in the app, under the same title."""
    names = {w.norm for w in title_words(run.start)}
    return _in_app(run) and any(w.norm in names for w in title_words(run.now)) and _entry(run) is None


def _press(run: FollowRun, word: Word) -> Steps:
    x_px, y_px = word.box.centre_px
    run.now = yield Tap(x_px=x_px, y_px=y_px, label=word.text)


def _in_app(run: FollowRun) -> bool:
    now, start = run.now.page, run.start.page
    return now is None or start is None or now.package == start.package


def _first(observation: Observation) -> Word | None:
    return next((w for w in app_words(observation) if not FOLLOW.fullmatch(w.norm)), None)


def _mark(run: FollowRun, word: Word | None, why: Why, role: Role = Role.AFTER) -> None:
    if word is not None:
        run.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="follow")], role=role))


def _measure(run: FollowRun) -> None:
    at_s = round(run.now.at.mono_s - run.start.at.mono_s, 1)
    name, value = "forced-follow-still-locked", float(bool(run.locked))
    run.measures.append(Measure(at_s=at_s, name=name, value=value, unit=WHETHER, observation=run.now.id))
