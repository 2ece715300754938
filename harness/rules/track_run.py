"""The probe of recorded places: denies the permission, starts again and looks what the page says then.

A track is started in made-up apps of the demo only, where it is nobody's record; there it is ended again. Nothing is
granted: an app that asks again is told no again. At the end it holds again what it held before.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import (
    DEMO_PACKAGES,
    WHETHER,
    Action,
    Box,
    DenyPermission,
    Launch,
    Mark,
    Measure,
    Observation,
    RestorePermission,
    Role,
    Stop,
    Tap,
    Wait,
    Word,
)
from harness.rules.concluding import ProbeCut
from harness.rules.forms import title_of
from harness.rules.track_words import ALLOW, DECLINE, OF_OTHERS, REFUSED, START, TRACK
from harness.rules.wording import Sighting, app_words, marks_of, matching, read_from_pixels_only, whole

PERMISSIONS: Final = ("android.permission.ACCESS_FINE_LOCATION", "android.permission.ACCESS_COARSE_LOCATION")
SETTLE_S: Final = 2.0
MAX_QUESTIONS: Final = 3
MAY_PRESS: Final = ("拒绝", "不允许", "禁止", "暂不", "取消")
MAY_PRESS_DEMO: Final = (
    "开始巡查", "开始巡护", "开始巡河", "开始巡林", "开始巡田", "开始记录", "结束巡查", "结束记录", "停止记录",
)  # fmt: skip

Steps = Generator[Action, Observation, None]


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    DENIED = "trace-location-mark-denied"
    STARTED = "trace-location-mark-started"


class Name(StrEnum):
    """What the probe measures; message keys."""

    OPENS = "trace-location-measure-opens"
    REFUSED = "trace-location-measure-refused"


@dataclass(slots=True, kw_only=True)
class TrackRun:
    """What the probe has seen: ``None`` is what was not come to."""

    start: Observation
    now: Observation
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    came_back: bool | None = None  # the page of the track was reached again, without the permission
    refusal: str = ""
    cut: bool = False


def refusals(observation: Observation) -> tuple[Word, ...]:
    """Return what the screen says of work that does not go on without the place, toasts included."""
    nowhere = Box(left=0, top=0, right=0, bottom=0)
    said = [t for t in observation.toasts if REFUSED.search(t)]
    toasts = [Word(text=t, norm=t, box=nowhere, channels=frozenset()) for t in said]
    shown = [w for w in matching(app_words(observation), REFUSED, max_chars=60) if not OF_OTHERS.search(w.norm)]
    return (*toasts, *(w for w in shown if not w.clickable))


def deny_the_place(start: Observation) -> Generator[Action, Observation, TrackRun]:
    """Yield the denial, a restart and the way back to the page; return what it says then."""
    run = TrackRun(start=start, now=start)
    try:
        yield from _denied(run)
        if run.came_back and not run.refusal and _is_demo(start):
            yield from _start_a_track(run)
        if start.page is not None:
            for permission in PERMISSIONS:
                yield from _act(run, RestorePermission(package=start.page.package, permission=permission))
    except ProbeCut:
        run.cut = True
    return run


def _denied(run: TrackRun) -> Steps:
    page = run.start.page
    if page is None:
        return
    for permission in PERMISSIONS:
        yield from _act(run, DenyPermission(package=page.package, permission=permission))
    yield from _act(run, Stop(package=page.package))
    yield from _act(run, Launch(package=page.package))
    yield from _say_no(run)
    if not run.now.words:
        yield from _act(run, Wait(seconds=SETTLE_S))
    if not _at_the_track(run):
        way = _way_back(run)
        if way is not None:
            yield from _act(run, _tap(way))
            yield from _say_no(run)
    run.came_back = _at_the_track(run)
    _measure(run, Name.OPENS, holds=run.came_back)
    _read(run, Why.DENIED)


def _start_a_track(run: TrackRun) -> Steps:
    begin = next((w for w in whole(app_words(run.now), START) if _can_be_pressed(w)), None)
    if begin is None:
        return
    yield from _act(run, _tap(begin))
    yield from _say_no(run)
    _read(run, Why.STARTED)
    finish = next((w for w in app_words(run.now) if _can_be_pressed(w) and w.norm.startswith(("结束", "停止"))), None)
    if finish is not None and finish.norm in MAY_PRESS_DEMO:
        yield from _act(run, _tap(finish))


def _read(run: TrackRun, why: Why) -> None:
    said = refusals(run.now)
    if said:
        run.refusal = said[0].text
        sighting = Sighting(word=said[0], why=why, sign="track")
        run.marks.extend(marks_of(run.now, [sighting], role=Role.AFTER))
    _measure(run, Name.REFUSED, holds=bool(said))


def _say_no(run: TrackRun) -> Steps:
    for _ in range(MAX_QUESTIONS):
        words = app_words(run.now)
        decline = whole([w for w in words if w.clickable], DECLINE)
        if not decline or not whole(words, ALLOW):
            return
        yield from _act(run, _tap(decline[0]))


def _way_back(run: TrackRun) -> Word | None:
    """Return the entry that leads to the page again: of its title, else of a track."""
    title = title_of(run.start)
    entries = [w for w in app_words(run.now) if _can_be_pressed(w)]
    named = [w for w in entries if w.norm == title]
    return next(iter(named or whole(entries, TRACK)), None)


def _at_the_track(run: TrackRun) -> bool:
    page, start = run.now.page, run.start.page
    if page is not None and start is not None and page.package != start.package:
        return False
    if run.now.screen == run.start.screen:
        return True
    title = title_of(run.start)
    return bool(title) and title_of(run.now) == title


def _can_be_pressed(word: Word) -> bool:
    """Return whether a press may be tried; of text in pixels nobody says what is a button."""
    return word.enabled and (word.clickable or read_from_pixels_only(word))


def _is_demo(observation: Observation) -> bool:
    return observation.page is not None and observation.page.package.startswith(DEMO_PACKAGES)


def _act(run: TrackRun, action: Action) -> Steps:
    run.now = yield action


def _tap(word: Word) -> Tap:
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)


def _measure(run: TrackRun, name: Name, *, holds: bool) -> None:
    at_s = round(run.now.at.mono_s - run.start.at.mono_s, 1)
    run.measures.append(Measure(at_s=at_s, name=name, value=float(holds), unit=WHETHER, observation=run.now.id))
