"""What a video probe measures and how it reads it: the record of one run, its readings, and the sums made of them."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import Action, Box, Mark, Measure, Observation, Role, Swipe, Tap, Word
from harness.rules.player import Player, Position, counters, presence_prompt, question, read_player
from harness.rules.video_words import FREE_WILL, LOADING, OTHER_DEMAND, REFUSED, RESUME_DIALOG
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole
from harness.wording import normalise

MAX_STEPS: Final = 80
MAX_TIME_S: Final = 3600.0
AWAY_S: Final = 30.0
SEEK_SETTLE_S: Final = 2.0
LOOK_S: Final = 4.0
TARGET_RATIO: Final = 0.9
SHORT_S: Final = 60.0  # below this length a seek to 90 % may run into the end while one looks
SHORT_TARGET_RATIO: Final = 0.75
TOLERANCE_RATIO: Final = 0.06
BACK_TO_RATIO: Final = 0.4  # of where it stands: far enough to be seen, not so far that nothing is left to lose
BACK_FROM_S: Final = 9.0  # play at least so far before seeking backward can show anything
MAX_ENTRY_CHARS: Final = 60
MAX_BACK: Final = 3  # screens to go back in search of a finished video

Steps = Generator[Action, Observation, None]


class Seek(StrEnum):
    """What became of one try to move the position; the value is the note of its measure."""

    FREE = "seek-free"
    REFUSED = "seek-refused"
    PARTLY = "seek-partly"
    UNREADABLE = "seek-unreadable"


class Stopped(StrEnum):
    """Why the probe ended before its last step; message keys."""

    QUIZ = "video-watch-gate-stopped-by-quiz"
    PRESENCE = "video-watch-gate-stopped-by-presence"
    NO_POSITION = "video-watch-gate-no-position"
    NOT_PLAYING = "video-watch-gate-not-playing"
    BUDGET = "video-watch-gate-budget"
    LOST = "video-watch-gate-player-lost"


class Name(StrEnum):
    """What was measured; message keys."""

    POSITION = "video-watch-gate-position"
    COUNTER = "video-watch-gate-counter"
    LENGTH = "video-watch-gate-length"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    POSITION = "video-watch-gate-mark-position"
    AFTER_SEEK = "video-watch-gate-mark-after-seek"
    REFUSAL = "video-watch-gate-mark-refusal"
    NEXT_LOCKED = "video-watch-gate-mark-next-locked"
    NEXT_OPEN = "video-watch-gate-mark-next-open"
    AFTER_HOME = "video-watch-gate-mark-after-home"
    AFTER_RETURN = "video-watch-gate-mark-after-return"
    TOAST = "video-watch-gate-mark-toast"
    QUIZ = "video-watch-gate-mark-quiz"
    PRESENCE = "video-watch-gate-mark-presence"
    ENDED = "video-watch-gate-mark-ended"
    CREDIT = "video-watch-gate-mark-credit"
    CONTROL_RUN = "video-watch-gate-mark-control-run"


class ProbeEnd(Exception):
    """The probe cannot or may not go on."""

    def __init__(self, reason: Stopped) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class Run:
    """What one probe has measured so far; lives inside one generator and is read when it ends."""

    start: Observation
    now: Observation
    below: Observation | None = None  # what stands under a player that fills its page
    steps: int = 0
    stopped: Stopped | None = None
    measures: list[Measure] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    plays: bool = False
    finished_before: bool = False
    forward: Seek | None = None
    forward_from: float | None = None
    forward_target: float | None = None
    forward_after: float | None = None
    bar_seen: bool = False
    bar_disabled: bool = False
    speed_seen: bool = False
    speed_ratio: float | None = None  # seconds of video per second, after a faster speed was asked for
    speed_refused: bool = False
    backward: Seek | None = None
    undone: bool = False
    cut: bool = False  # the record of the run ends before the probe did
    refusal: str = ""  # what the page said after a seek
    toast: str = ""  # what the app said in passing after a seek or 下一节
    next_refusal: str = ""  # what the page said after 下一节
    next_seen: bool = False
    next_disabled: bool = False
    next_refused: bool = False
    next_open: bool = False
    next_opened_at_end: bool = False
    home_counter_stopped: bool = False
    counts_credit: bool = False  # the counter counts learning time, not merely where the film stands
    home_position_stopped: bool = False
    home_lost: bool = False
    reentry_reset: bool | None = None
    ended: bool = False
    credit: bool = False
    control_free: bool | None = None

    def at_s(self) -> float:
        """Return the seconds since the probe began, by the walk's clock."""
        return round(self.now.at.mono_s - self.start.at.mono_s, 1)


def act(run: Run, action: Action) -> Steps:
    if run.steps >= MAX_STEPS or run.at_s() >= MAX_TIME_S:
        raise ProbeEnd(Stopped.BUDGET)
    run.steps += 1
    run.now = yield action
    watch_for_interruptions(run)


def watch_for_interruptions(run: Run) -> None:
    quiz = question(run.now)
    if quiz is not None:
        mark(run, quiz, Why.QUIZ)
        raise ProbeEnd(Stopped.QUIZ)
    prompt = presence_prompt(run.now)
    if prompt is not None and not whole(app_words(run.now), RESUME_DIALOG):
        mark(run, prompt, Why.PRESENCE)
        raise ProbeEnd(Stopped.PRESENCE)


def player_on(run: Run) -> Player:
    player = read_player(run.now)
    if player is None:
        raise ProbeEnd(Stopped.LOST)
    return player


def read_position(run: Run, note: str) -> Position | None:
    """Record and return the position on the screen now, ``None`` where none can be read."""
    player = read_player(run.now)
    position = player.position if player else None
    run.measures.append(
        Measure(
            at_s=run.at_s(),
            name=str(Name.POSITION),
            value=position.value if position else None,
            unit=position.unit if position else "",
            observation=run.now.id,
            note=note,
        )
    )
    run.measures.extend(
        Measure(at_s=run.at_s(), name=str(Name.COUNTER), value=value, unit=unit, observation=run.now.id, note=note)
        for _, value, unit in counters(run.now)
    )
    return position


def mark(run: Run, word: Word | None, why: Why, role: Role = Role.AFTER) -> None:
    if word is not None:
        run.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="video")], role=role))


def tap_on(word: Word) -> Tap:
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)


def seek_target(position: Position) -> float:
    ratio = TARGET_RATIO if position.unit == "%" or position.length >= SHORT_S else SHORT_TARGET_RATIO
    return ratio * position.length


def gesture_to(player: Player, position: Position, target: float, *, by_tap: bool) -> Action:
    """Return the gesture that asks for ``target``; taps land a little short of it, to differ from the drag."""
    bar = player.bar
    assert bar is not None
    _, y_px = bar.centre_px
    x_to = bar.left + round(bar.width_px * target / position.length)
    if by_tap:
        return Tap(x_px=max(bar.left + 1, x_to - bar.width_px // 50), y_px=y_px, label="进度条")
    x_from = bar.left + round(bar.width_px * min(position.value / position.length, 1.0))
    x_from = min(max(x_from, bar.left + 2), bar.right - 2)
    return Swipe(x1_px=x_from, y1_px=y_px, x2_px=x_to, y2_px=y_px, duration_s=0.8, label="进度条")


def judge_seek(before: Position, target: float, after: Position | None, elapsed_s: float) -> Seek:
    if after is None:
        return Seek.UNREADABLE
    if abs(after.length - before.length) > 1:
        # Another video came up: the player let itself be moved to the end.
        return Seek.FREE
    slack = TOLERANCE_RATIO * before.length
    if after.value >= target - slack:
        return Seek.FREE
    played = elapsed_s if before.unit == "s" else slack
    if after.value <= before.value + played + max(slack / 2, 2.0):
        return Seek.REFUSED
    return Seek.PARTLY


def near(value: float, target: float, length: float) -> bool:
    return abs(value - target) <= TOLERANCE_RATIO * length


def same_video(before: Position, after: Position) -> bool:
    return abs(before.length - after.length) <= 1 and after.value >= before.value - 2


def stalled(observation: Observation, before: Position, after: Position | None) -> bool:
    """Return whether the film may be waiting for data: then it has neither followed a seek nor refused one."""
    loads = matching(app_words(observation), LOADING, max_chars=16)
    return after is None or bool(loads) or abs(after.value - before.value) < 0.5


def first_counter(observation: Observation) -> tuple[Word, float, str] | None:
    found = counters(observation)
    in_seconds = [c for c in found if c[2] == "s"]
    return next(iter((*in_seconds, *found)), None)


def moved(before: float, after: Position, elapsed_s: float) -> bool:
    expected = elapsed_s if after.unit == "s" else elapsed_s * 100 / max(after.length, 1.0) / 60
    return after.value - before >= min(max(0.3 * expected, 0.5), 1.0) or after.value - before >= 1.0


def first_whole(observation: Observation, pattern: re.Pattern[str]) -> Word | None:
    hits = whole(app_words(observation), pattern)
    return hits[0] if hits else None


def first_containing(observation: Observation, pattern: re.Pattern[str]) -> Word | None:
    hits = matching(app_words(observation), pattern, max_chars=40)
    return hits[0] if hits else None


def said_by(observation: Observation) -> frozenset[str]:
    """Return what the screen says, digits left out: a counter that goes on says nothing new."""
    return frozenset(without_digits(w) for w in app_words(observation))


def new_refusals(observation: Observation, before: frozenset[str]) -> list[Word]:
    """Return the words of refusal that were not on the screen before."""
    refusals = matching(app_words(observation), REFUSED, max_chars=40)
    return [w for w in refusals if without_digits(w) not in before and not OTHER_DEMAND.search(w.norm)]


def refusing_toast(observation: Observation) -> str:
    """Return what the app said in passing to refuse the step, empty where it said nothing of the kind."""
    return next((t for t in observation.toasts if _refuses(normalise(t))), "")


def hear(run: Run, seen: Observation) -> str:
    """Keep and return what the app said in passing to refuse the last step, empty where it did not."""
    told = refusing_toast(seen)
    if told:
        run.toast = run.toast or told
        mark_toast(run, seen, told)
    return told


def _refuses(text: str) -> bool:
    return bool(REFUSED.search(text)) and not OTHER_DEMAND.search(text) and not FREE_WILL.search(text)


def mark_toast(run: Run, observation: Observation, text: str) -> None:
    """Keep a toast as evidence; it has no place on the screen, so its box is empty."""
    nowhere = Box(left=0, top=0, right=0, bottom=0)
    run.marks.append(Mark(observation=observation.id, box=nowhere, text=text, why=Why.TOAST, role=Role.AFTER))


def without_digits(word: Word) -> str:
    """Return the text of a word without its digits."""
    return re.sub(r"\d+", "", word.norm)
