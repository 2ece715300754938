"""What a check-in probe has seen so far, and the few steps its parts share. Performs nothing, presses no check-in."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final

from harness.model import WHETHER, Action, Box, Launch, Mark, Measure, Observation, Role, Stop, Tap, Wait, Word
from harness.rules.check_in_signs import WallReason, Why, is_control
from harness.rules.wording import Sighting, app_words, marks_of, whole, with_joined

SETTLE_S: Final = 3.0
MAX_QUESTIONS: Final = 2  # permission dialogs declined after one start

_ALLOW: Final = re.compile(
    r"(?:始终|总是|仅?在?使用(?:该应用|此应用|应用|期间)?(?:时|中|期间)?)?允许\S{0,6}|仅限?这一次|allow", re.IGNORECASE
)
_DECLINE: Final = re.compile(r"(?:拒绝|不允许|禁止)(?:且不再询问|并不再询问)?|deny|don.t allow", re.IGNORECASE)

Steps = Generator[Action, Observation, None]


@dataclass(slots=True, kw_only=True)
class CheckInRun:
    """What one probe has measured; lives inside one generator and is read when it ends."""

    start: Observation
    now: Observation
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    signs: set[str] = field(default_factory=set)
    said: list[Observation] = field(default_factory=list)  # screens of a record, which carry signs of their own
    wall: WallReason | None = None
    conclusive: bool = True
    refused_back: bool = False  # the screen was still in the way after Back
    toast: str = ""  # what the app said when Back was pressed
    demand: str = ""  # what it said without the place
    missing_before: int | None = None
    missing_after: int | None = None
    day_mark: str = ""  # how the record marks the day that passed

    @property
    def stands(self) -> bool:
        """Whether the screen was in the way again after all that was tried."""
        return self.wall is WallReason.CAME_BACK


def act(run: CheckInRun, action: Action) -> Steps:
    """Yield one action and keep what was seen after it."""
    run.now = yield action


def relaunch(run: CheckInRun) -> Steps:
    """Yield a stop and a start; declines what the system asks then, and waits once for a page that is not there yet."""
    page = run.start.page
    if page is None:
        return
    yield from act(run, Stop(package=page.package))
    yield from act(run, Launch(package=page.package))
    for _ in range(MAX_QUESTIONS):
        decline = _declines(run.now)
        if decline is None:
            break
        yield from act(run, tap_on(decline))
    if not controls_on(run.now):
        yield from act(run, Wait(seconds=SETTLE_S))


def in_app(run: CheckInRun) -> bool:
    """Return whether the app of the probe is in front, as far as the device says."""
    now, start = run.now.page, run.start.page
    return now is None or start is None or now.package == start.package


def controls_on(observation: Observation) -> tuple[Word, ...]:
    """Return the controls by which the account holder would check in."""
    return tuple(w for w in with_joined(app_words(observation)) if is_control(w))


def measure(run: CheckInRun, name: str, value: float, *, unit: str = "") -> None:
    """Record one reading of the screen in front."""
    at_s = round(run.now.at.mono_s - run.start.at.mono_s, 1)
    run.measures.append(Measure(at_s=at_s, name=name, value=value, unit=unit, observation=run.now.id))


def measure_whether(run: CheckInRun, name: str, holds: bool) -> None:  # noqa: FBT001
    """Record whether something holds on the screen in front."""
    measure(run, name, float(holds), unit=WHETHER)


def mark(run: CheckInRun, word: Word | None, why: Why, *, role: Role = Role.AFTER) -> None:
    """Record a word of the screen in front as evidence."""
    if word is not None:
        run.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="check-in")], role=role))


def mark_said(run: CheckInRun, text: str, why: Why) -> None:
    """Record what the app said in passing; a toast has no place on the screen, so its box is empty."""
    nowhere = Box(left=0, top=0, right=0, bottom=0)
    run.marks.append(Mark(observation=run.now.id, box=nowhere, text=text, why=why, role=Role.AFTER))


def tap_on(word: Word) -> Tap:
    """Return the press of a word's middle."""
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)


def _declines(observation: Observation) -> Word | None:
    """Return the word that says no to a permission the system asks for, ``None`` where it asks for none."""
    words = app_words(observation)
    decline = whole([w for w in words if w.clickable], _DECLINE)
    return decline[0] if decline and whole(words, _ALLOW) else None
