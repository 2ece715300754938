"""Lets a page of learning run untouched and reads it: what the probes of questions and of presence prompts share.

Performs nothing; every reading becomes a ``Measure``. Positions as in ``player``: seconds, or per cent of the length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import Action, Box, Mark, Measure, Observation, Role, Swipe, Tap, Wait, Word
from harness.rules.film_entry import way_back
from harness.rules.player import Player, Position, counters, presence_prompt, question, read_player
from harness.rules.video_run import gesture_to, moved, tap_on
from harness.rules.video_words import RESUME_DIALOG
from harness.rules.wording import Sighting, app_words, marks_of, whole

MAX_STEPS: Final = 70
MAX_TIME_S: Final = 1500.0
LOOK_S: Final = 4.0
SLICE_S: Final = (5.0, 60.0)  # least and most of one untouched wait
NEAR_START_RATIO: Final = 0.1  # of the length: what was played before does not matter below this
END_S: Final = 2.0
UNTOUCHED_S: Final = 4.0  # between two looks: no press takes so long, so one only waited

# Films of learning; a film of news without any of these words is still a film, but nothing hangs on it.
LEARNING: Final = re.compile(
    r"课程|课件|学时|学分|学习|必修|选修|培训|网课|微课|党课|教学|随堂|弹题|测验|第\d+[节课章讲]|(?:上|下)一[节课章讲]"
)

OTHER_QUESTION: Final = re.compile(
    r"问卷|满意度|评价|打分|评分|投票|调查|征集|课后(?:练习|测[验试]|作业|习题)|章节(?:练习|测[验试])|(?:结业|期末|正式)考试|模拟|每日一题"
)

Steps = Generator[Action, Observation, None]


class Stopped(StrEnum):
    """Why a probe ended before it knew; message keys."""

    NO_POSITION = "watching-no-position"
    NOT_PLAYING = "watching-not-playing"
    BUDGET = "watching-budget"
    LOST = "watching-player-lost"
    QUESTION = "watching-stopped-by-question"
    PRESENCE = "watching-stopped-by-presence"


class Name(StrEnum):
    """What was measured; message keys."""

    POSITION = "watching-position"
    COUNTER = "watching-counter"


class Ran(StrEnum):
    """How an untouched stretch ended."""

    INTERRUPTED = "interrupted"
    ENDED = "ended"
    LIMIT = "limit"


class Halt(Exception):
    """The probe cannot or may not go on."""

    def __init__(self, reason: Stopped) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class Watch:
    """What one probe has seen so far; lives inside one generator and is read when it ends."""

    start: Observation
    now: Observation
    steps: int = 0
    measures: list[Measure] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    page: Observation | None = None  # the last look at the player, which a dialog may cover since
    last: Position | None = None  # where it stood then
    last_at_s: float = 0.0
    runs: bool = False  # it moved on during the last wait before this look
    stopped: Stopped | None = None
    cut: bool = False

    def at_s(self) -> float:
        """Return the seconds since the probe began, by the walk's clock."""
        return round(self.now.at.mono_s - self.start.at.mono_s, 1)


def act(run: Watch, action: Action) -> Steps:
    """Yield one action within the budget and keep what was seen after it."""
    if run.steps >= MAX_STEPS or run.at_s() >= MAX_TIME_S:
        raise Halt(Stopped.BUDGET)
    run.steps += 1
    run.now = yield action


def read(run: Watch, note: str) -> Position | None:
    """Record and return the position on the screen now, ``None`` where none can be read."""
    player = read_player(run.now)
    position = player.position if player is not None else None
    if player is not None and asked(run.now) is None:
        run.page = run.now
    if position is not None:
        run.last, run.last_at_s = position, run.at_s()
    _record(run, Name.POSITION, position.value if position else None, position.unit if position else "", note)
    for _, value, unit in counters(run.now):
        _record(run, Name.COUNTER, value, unit, note)
    return position


def _record(run: Watch, name: Name, value: float | None, unit: str, note: str) -> None:
    run.measures.append(
        Measure(at_s=run.at_s(), name=str(name), value=value, unit=unit, observation=run.now.id, note=note)
    )


def mark(run: Watch, word: Word | None, why: str, role: Role = Role.AFTER) -> None:
    """Keep a word of the screen in front as evidence."""
    if word is not None:
        run.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="watching")], role=role))


def prompt_on(observation: Observation) -> Word | None:
    """Return the word that asks whether somebody is there; asking where to go on from is another question."""
    prompt = presence_prompt(observation)
    if prompt is None or whole(app_words(observation), RESUME_DIALOG):
        return None
    return prompt


def asked(observation: Observation) -> Word | None:
    """Return the word that heads a question to be answered; a survey or a test after the lesson is none."""
    head = question(observation)
    if head is None or any(OTHER_QUESTION.search(w.norm) for w in app_words(observation) if len(w.norm) <= 24):
        return None
    return head


def set_playing(run: Watch) -> Steps:
    """Bring the video to play; raises ``Halt`` where no position can be read or it does not move."""
    player = read_player(run.now)
    if player is None:
        raise Halt(Stopped.LOST)
    if player.position is None and player.surface is not None:
        x_px, y_px = player.surface.centre_px
        yield from act(run, Tap(x_px=x_px, y_px=y_px, label=""))
    before = read(run, "start")
    if before is None:
        raise Halt(Stopped.NO_POSITION)
    for _ in range(2):
        began_s = run.at_s()
        yield from act(run, Wait(seconds=LOOK_S))
        if asked(run.now) or prompt_on(run.now):
            return
        after = read(run, "play")
        if after is not None and moved(before.value, after, run.at_s() - began_s):
            run.runs = True
            return
        yield from _press_play(run)
        before = read(run, "press-play") or before
    raise Halt(Stopped.NOT_PLAYING)


def to_the_start(run: Watch) -> Steps:
    """Drag back to the start where much of the film is behind: what was not watched was not looked at."""
    player = read_player(run.now)
    if player is None or player.position is None or player.bar is None:
        return
    if player.position.value <= NEAR_START_RATIO * player.position.length:
        return
    gesture = gesture_to(player, player.position, 0.0, by_tap=False)
    assert isinstance(gesture, Swipe)
    yield from act(run, gesture)
    read(run, "to-the-start")


def _press_play(run: Watch) -> Steps:
    player = read_player(run.now)
    if player is None:
        raise Halt(Stopped.LOST)
    if player.play is not None:
        yield from act(run, tap_on(player.play))
    elif player.surface is not None:
        x_px, y_px = player.surface.centre_px
        yield from act(run, Tap(x_px=x_px, y_px=y_px, label=""))


def run_on(
    run: Watch, until: Callable[[Observation], object], *, limit_s: float, past: float | None = None
) -> Generator[Action, Observation, Ran]:
    """Wait in slices until ``until`` holds, the film ends, stands past ``past``, or ``limit_s`` has gone by."""
    end_s, stood = run.at_s() + limit_s, 0
    while True:
        position = read(run, "play")
        player = read_player(run.now)
        if position is None or player is None:
            raise Halt(Stopped.LOST)
        if at_end(player):
            return Ran.ENDED
        if past is not None and position.value > past:
            return Ran.LIMIT
        if run.at_s() >= end_s:
            return Ran.LIMIT
        before, began_s = position.value, run.at_s()
        yield from act(run, Wait(seconds=_slice_s(position, end_s - began_s)))
        if until(run.now):
            return Ran.INTERRUPTED
        after = read_player(run.now)
        if after is None or after.position is None:
            raise Halt(Stopped.LOST)
        if at_end(after):
            continue
        run.runs = moved(before, after.position, run.at_s() - began_s)
        stood = 0 if run.runs else stood + 1
        if stood == 1:
            yield from _press_play(run)
        if stood > 2:
            raise Halt(Stopped.NOT_PLAYING)


def at_end(player: Player) -> bool:
    """Return whether the film has come to its end."""
    position = player.position
    return player.ended is not None or (position is not None and position.value >= position.length - END_S)


def before_the_end(run: Watch) -> bool:
    """Return whether the film surely had not come to its end when it was interrupted: what comes after is no stop."""
    if run.last is None:
        return False
    player = read_player(run.now)
    if player is not None and player.position is not None:
        return not at_end(player)
    went = run.at_s() - run.last_at_s if run.last.unit == "s" else 0.0
    return run.last.value + went < run.last.length - END_S


def _slice_s(position: Position, left_s: float) -> float:
    least, most = SLICE_S
    if position.unit != "s":
        return round(min(most / 2, max(left_s, 1.0)), 1)
    rest_s = position.length - position.value
    return round(max(1.0, min(max(position.length / 8, least), most, rest_s + 1, max(left_s, 1.0))), 1)


def enter_again(run: Watch) -> Steps:
    """Press what leads back to the film just left; raises ``Halt`` where nothing does."""
    left = [run.page] if run.page is not None else []
    entry = way_back(run.now, left, run.last.length if run.last is not None and run.last.unit == "s" else None)
    if entry is None:
        raise Halt(Stopped.LOST)
    yield from act(run, tap_on(entry))
    resume = whole(app_words(run.now), RESUME_DIALOG)
    if resume:
        yield from act(run, tap_on(resume[0]))
    if read_player(run.now) is None and asked(run.now) is None:
        yield from act(run, Wait(seconds=LOOK_S))


def free_point(observation: Observation, dialog: Box) -> tuple[int, int] | None:
    """Return a point beside a dialog where nothing can be pressed, ``None`` where there is no room."""
    width_px, height_px = observation.size_px
    x_px = width_px // 2
    pressable = [
        e.box
        for e in observation.elements
        if (e.clickable or e.checkable) and e.box.area_px < 0.5 * width_px * height_px
    ]
    for y_px in ((round(0.12 * height_px) + dialog.top) // 2, (dialog.bottom + height_px) // 2):
        room = y_px < dialog.top - 40 or dialog.bottom + 40 < y_px < 0.96 * height_px
        if room and not any(box.holds(x_px, y_px) for box in pressable):
            return x_px, y_px
    return None
