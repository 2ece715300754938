"""The probe of a page that asks for an app: every way to decline, Back included, then a restart. Installs nothing."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import WHETHER, Action, Back, Launch, Mark, Measure, Observation, Role, Stop, Tap, Wait, Word
from harness.rules.concluding import ProbeCut
from harness.rules.install_words import AN_APP, DECLINE, GET_IT, OF_OTHERS, ON_WITHOUT, OTHER_THING, WALL
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole, with_joined

MAX_DECLINES: Final = 4
MAX_OTHER_CONTROLS: Final = 3
SETTLE_S: Final = 3.0

Steps = Generator[Action, Observation, None]


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    DEMAND = "forced-install-mark-demand"
    AFTER_DECLINE = "forced-install-mark-after-decline"
    AFTER_BACK = "forced-install-mark-after-back"
    AFTER_RESTART = "forced-install-mark-after-restart"


@dataclass(slots=True, kw_only=True)
class WallRun:
    """What the probe has tried: ``None`` is what was not come to."""

    start: Observation
    now: Observation
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    declined: list[str] = field(default_factory=list)
    passed_by: str = ""  # what was pressed to go on without installing
    went_elsewhere: bool = False  # a decline left the page, to another one of the app
    back_refused: bool | None = None
    after_restart: bool | None = None
    cut: bool = False


def demand(observation: Observation) -> Word | None:
    """Return the sentence that asks for an app before one may go on, ``None`` where there is none."""
    words = [w for w in with_joined(app_words(observation)) if not w.clickable and len(w.norm) <= 60]
    if not any(AN_APP.search(w.norm) for w in app_words(observation)):
        return None
    # One line may say that another thing is wanted; a demand for that is a demand for something else.
    if any(OTHER_THING.search(w.norm) for w in words if WALL.search(w.norm)):
        return None
    hits = [w for w in matching(words, WALL, max_chars=60) if not OF_OTHERS.search(w.norm)]
    return hits[0] if hits else None


def stands_in_the_way(observation: Observation) -> bool:
    """Return whether the page asks for an app, offers it, and leaves hardly anything else to press."""
    if demand(observation) is None:
        return False
    pressable = [w for w in app_words(observation) if w.clickable]
    others = [w for w in pressable if not GET_IT.fullmatch(w.norm) and not DECLINE.fullmatch(w.norm)]
    return any(GET_IT.fullmatch(w.norm) for w in pressable) and len(others) <= MAX_OTHER_CONTROLS


def try_to_decline(start: Observation) -> Generator[Action, Observation, WallRun]:
    """Yield a press of each way to decline, Back, and a restart; return what became of the page."""
    run = WallRun(start=start, now=start)
    _mark(run, demand(start), Why.DEMAND, Role.BEFORE)
    try:
        yield from _decline(run)
        if not run.passed_by and not run.went_elsewhere:
            yield from _go_back(run)
    except ProbeCut:
        run.cut = True
    return run


def _decline(run: WallRun) -> Steps:
    while len(run.declined) < MAX_DECLINES:
        found = [w for w in whole(app_words(run.now), DECLINE) if w.clickable and w.enabled]
        way = next((w for w in found if w.norm not in run.declined), None)
        if way is None:
            return
        run.declined.append(way.norm)
        behind = _behind(run.start)
        yield from _press(run, way)
        if _still(run):
            continue
        _mark(run, _first(run.now), Why.AFTER_DECLINE)
        shown = {w.norm for w in app_words(run.now)}
        # The task is reached when the word promises it, or when what lay behind the dialog is in front now.
        on = bool(ON_WITHOUT.fullmatch(way.norm)) or (bool(behind) and len(behind & shown) >= 0.8 * len(behind))
        if _in_app(run) and on:
            run.passed_by = way.text
        elif _in_app(run):
            run.went_elsewhere = True
        else:
            yield from _restart(run)
        return


def _go_back(run: WallRun) -> Steps:
    if run.after_restart is not None:
        return
    yield from _act(run, Back())
    run.back_refused = _still(run)
    _measure(run, "forced-install-still-after-back", holds=run.back_refused)
    _mark(run, demand(run.now) or _first(run.now), Why.AFTER_BACK)
    if not run.back_refused and _in_app(run) and run.now.words:
        behind = _behind(run.start)
        shown = {w.norm for w in app_words(run.now)}
        if behind and len(behind & shown) >= 0.8 * len(behind):
            run.passed_by = "返回"
        else:
            run.went_elsewhere = True
        return
    yield from _restart(run)


def _restart(run: WallRun) -> Steps:
    page = run.start.page
    if page is None:
        return
    yield from _act(run, Stop(package=page.package))
    yield from _act(run, Launch(package=page.package))
    if not _still(run):
        yield from _act(run, Wait(seconds=SETTLE_S))
    if run.now.words and _in_app(run):
        run.after_restart = _still(run)
        _measure(run, "forced-install-still-after-restart", holds=run.after_restart)
        _mark(run, demand(run.now) or _first(run.now), Why.AFTER_RESTART)


def _act(run: WallRun, action: Action) -> Steps:
    run.now = yield action


def _press(run: WallRun, word: Word) -> Steps:
    x_px, y_px = word.box.centre_px
    yield from _act(run, Tap(x_px=x_px, y_px=y_px, label=word.text))


def _still(run: WallRun) -> bool:
    return demand(run.now) is not None


def _in_app(run: WallRun) -> bool:
    now, start = run.now.page, run.start.page
    return now is None or start is None or now.package == start.package


def _behind(observation: Observation) -> set[str]:
    """Return the words that are not of the demand itself: what a dialog lies over; empty for a page of its own."""
    asked = demand(observation)
    own = [w for w in app_words(observation) if GET_IT.fullmatch(w.norm) or DECLINE.fullmatch(w.norm)]
    if asked is None:
        return set()
    box = asked.box
    for word in own:
        box = box.around(word.box)
    outside = {w.norm for w in app_words(observation) if not box.holds(*w.box.centre_px) and len(w.norm) >= 2}
    return outside if len(outside) >= 4 else set()


def _first(observation: Observation) -> Word | None:
    return next(iter(app_words(observation)), None)


def _mark(run: WallRun, word: Word | None, why: Why, role: Role = Role.AFTER) -> None:
    if word is not None:
        run.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="install")], role=role))


def _measure(run: WallRun, name: str, *, holds: bool) -> None:
    at_s = round(run.now.at.mono_s - run.start.at.mono_s, 1)
    run.measures.append(Measure(at_s=at_s, name=name, value=float(holds), unit=WHETHER, observation=run.now.id))
