"""The probe of one log-in at a time: a lesson plays, the same test account logs in on a second device, what then?

Control run: the second device stands before its log-in, and the lesson plays on. Undo: the app on the second device is
ended, and where the first was thrown out, the account logs in there again; nobody is logged out. Without a second
device, or an account with a flow, nothing was looked at, and the probe says so.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import (
    WHETHER,
    Action,
    Launch,
    LogIn,
    Mark,
    Measure,
    Observation,
    OnCompanion,
    PackageName,
    Role,
    Stop,
    Wait,
    Word,
)
from harness.rules.concluding import ProbeCut
from harness.rules.player import read_player
from harness.rules.session_words import DISMISS, KICKED, RESUME
from harness.rules.video_run import tap_on
from harness.rules.watching import LOOK_S, Halt, Watch, act, at_end, set_playing, to_the_start
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole, with_joined
from harness.wording import normalise

WAITS_S: Final = (LOOK_S, 20.0)  # until the first device may have noticed; pages ask their server every few seconds
_LOG_IN: Final = re.compile(r"(?:立即|账号|密码|短信|验证码|手机号?)?登[录陆]|本机号码一键登[录陆]")
_AGREE: Final = re.compile(r"(?:我)?(?:已阅读并)?同意(?:并继续)?")
_DISAGREE: Final = re.compile(r"不同意(?:并退出)?|暂不(?:同意|使用)|拒绝|退出应用")


class Name(StrEnum):
    """What was measured; message keys."""

    PLAYS_ALONE = "single-session-lock-plays-alone"
    LOGGED_IN = "single-session-lock-logged-in"
    PLAYS_ON = "single-session-lock-plays-on"
    BACK_IN = "single-session-lock-back-in"


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    ALONE = "single-session-lock-mark-alone"
    LOGGED_IN = "single-session-lock-mark-logged-in"
    THROWN_OUT = "single-session-lock-mark-thrown-out"
    PLAYS_ON = "single-session-lock-mark-plays-on"


@dataclass(slots=True, kw_only=True)
class TwoDevices:
    """What became of one account on two devices: ``None`` is what was not come to."""

    companion: bool = False  # there is a second device
    plays_alone: bool | None = None
    logged_in: bool | None = None
    thrown_out: str = ""  # what the first device says, or its log-in page's button
    plays_on: bool | None = None
    back_in: bool | None = None
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


def two_devices(start: Observation) -> Generator[Action, Observation, TwoDevices]:
    """Yield the steps of the probe; return what was seen, as far as it came."""
    run, seen = Watch(start=start, now=start), TwoDevices()
    if start.page is None:
        return seen
    package = start.page.package
    try:
        with contextlib.suppress(Halt):
            yield from _look(run, seen, package)
        if seen.companion:
            yield from _undo(run, seen, package)
    except ProbeCut:
        if seen.plays_on is None:
            raise
    return seen


def _look(run: Watch, seen: TwoDevices, package: PackageName) -> Generator[Action, Observation, None]:
    yield from act(run, OnCompanion(action=Stop(package=package)))
    if not run.now.companion:
        return
    seen.companion = True
    yield from act(run, OnCompanion(action=Launch(package=package)))
    if _before_log_in(run.now) is None:
        return  # somebody is logged in there already: what this launch did nobody could tell
    yield from act(run, Wait(seconds=LOOK_S))
    yield from to_the_start(run)
    seen.plays_alone = yield from _plays(run)
    _measure(run, seen, Name.PLAYS_ALONE, holds=seen.plays_alone)
    _mark(run, seen, _first(run.now), Why.ALONE, Role.BEFORE)
    if not seen.plays_alone:
        return
    yield from act(run, OnCompanion(action=LogIn()))
    seen.logged_in = _is_logged_in(run.now)
    _measure(run, seen, Name.LOGGED_IN, holds=seen.logged_in)
    _mark(run, seen, _first(run.now), Why.LOGGED_IN)
    if seen.logged_in:
        yield from _first_again(run, seen)


def _first_again(run: Watch, seen: TwoDevices) -> Generator[Action, Observation, None]:
    """Look at the first device until it says something; press on where it offers that, and see whether it plays."""
    for seconds in WAITS_S:
        yield from act(run, Wait(seconds=seconds))
        seen.thrown_out, word = _thrown_out(run.now)
        if seen.thrown_out:
            _mark(run, seen, word or _first(run.now), Why.THROWN_OUT)
            break
    if seen.thrown_out:
        words = [w for w in app_words(run.now) if w.clickable]
        way = next(iter([*whole(words, RESUME), *whole(words, DISMISS)]), None)
        if way is not None:
            yield from act(run, tap_on(way))
    player = read_player(run.now)
    if player is not None and at_end(player):
        return
    seen.plays_on = yield from _plays(run)
    _measure(run, seen, Name.PLAYS_ON, holds=seen.plays_on)
    if seen.plays_on:
        _mark(run, seen, _first(run.now), Why.PLAYS_ON)


def _undo(run: Watch, seen: TwoDevices, package: PackageName) -> Generator[Action, Observation, None]:
    """End the app on the second device; log in on the first again where it was thrown out. Spends no budget."""
    run.now = yield OnCompanion(action=Stop(package=package))
    run.now = yield Wait(seconds=0.0)
    if not seen.thrown_out and _before_log_in(run.now) is None:
        return
    run.now = yield Stop(package=package)
    run.now = yield Launch(package=package)
    if _before_log_in(run.now) is not None:
        run.now = yield LogIn()
    seen.back_in = _before_log_in(run.now) is None
    _measure(run, seen, Name.BACK_IN, holds=seen.back_in)


def _plays(run: Watch) -> Generator[Action, Observation, bool]:
    run.runs = False
    try:
        yield from set_playing(run)
    except Halt:
        return False
    return run.runs


def _thrown_out(observation: Observation) -> tuple[str, Word | None]:
    """Return what the screen or a toast says of a log-in elsewhere, with the word where it stands; empty for nothing.

    A log-in page in the lesson's place says it too, without words.
    """
    toast = next((t for t in observation.toasts if KICKED.search(normalise(t))), "")
    if toast:
        return toast, None
    hits = matching(with_joined(app_words(observation)), KICKED, max_chars=80)
    word = hits[0] if hits else None
    if word is None and read_player(observation) is None:
        word = _before_log_in(observation)
    return ("", None) if word is None else (word.text, word)


def _before_log_in(observation: Observation) -> Word | None:
    """Return the word of a log-in page, or of the notice that comes before one; ``None`` where neither is shown."""
    words = app_words(observation)
    asks = whole(words, _LOG_IN)
    if asks and (any(e.password for e in observation.elements) or any("密码" in w.norm for w in words)):
        return asks[-1]
    agree = whole(words, _AGREE)
    return agree[0] if agree and whole(words, _DISAGREE) else None


def _is_logged_in(companion: Observation) -> bool:
    return companion.companion and _before_log_in(companion) is None


def _first(observation: Observation) -> Word | None:
    return next(iter(app_words(observation)), None)


def _measure(run: Watch, seen: TwoDevices, name: Name, *, holds: bool) -> None:
    seen.measures.append(
        Measure(at_s=run.at_s(), name=str(name), value=float(holds), unit=WHETHER, observation=run.now.id)
    )


def _mark(run: Watch, seen: TwoDevices, word: Word | None, why: Why, role: Role = Role.AFTER) -> None:
    if word is not None:
        seen.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="two-devices")], role=role))
