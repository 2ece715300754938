"""The probe of one course at a time: leave a course that plays, open another, come back to the first. Logs in nowhere.

A second device is another story: a probe has one, and nobody's account is taken over.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import WHETHER, Action, Back, Mark, Measure, Observation, Role, Word
from harness.rules.concluding import ProbeCut
from harness.rules.film_entry import MIN_ENTRY_CHARS
from harness.rules.player import read_player
from harness.rules.session_words import DISMISS, GO, ONE_COURSE, SWITCH
from harness.rules.video_run import tap_on
from harness.rules.watching import (
    Halt,
    Watch,
    act,
    at_end,
    enter_again,
    set_playing,
    to_the_start,
)
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole, with_joined
from harness.wording import normalise

SAME_COLUMN_RATIO: Final = 0.03  # of the screen's width, between the entries of one list


class Name(StrEnum):
    """What was measured; message keys."""

    FIRST_PLAYS = "single-session-lock-first-plays"
    SECOND_PLAYS = "single-session-lock-second-plays"
    FIRST_AGAIN = "single-session-lock-first-again"


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    FIRST = "single-session-lock-mark-first"
    REFUSED = "single-session-lock-mark-refused"
    SECOND = "single-session-lock-mark-second"
    AGAIN = "single-session-lock-mark-again"


@dataclass(slots=True, kw_only=True)
class TwoCourses:
    """What became of two courses in one session: ``None`` is what was not come to."""

    second: str = ""  # the entry that was pressed
    refused: str = ""  # what the app said when it was
    second_plays: bool | None = None
    switched: bool = False  # the second plays after a press of what the refusal itself offers
    first_again: bool | None = None
    marks: list[Mark] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)


def two_courses(start: Observation) -> Generator[Action, Observation, TwoCourses]:
    """Yield the steps of the probe; return what was seen, as far as it came."""
    run, seen = Watch(start=start, now=start), TwoCourses()
    try:
        yield from _look(run, seen)
    except Halt:
        pass
    except ProbeCut:
        if not seen.refused and seen.second_plays is None:
            raise
    return seen


def _look(run: Watch, seen: TwoCourses) -> Generator[Action, Observation, None]:
    # A course that has come to its end is under way no more: another one may be opened then in any app.
    yield from to_the_start(run)
    yield from set_playing(run)
    player = read_player(run.now)
    if player is None or at_end(player):
        return
    _measure(run, seen, Name.FIRST_PLAYS, holds=run.runs)
    _mark(run, seen, app_words(run.now)[-1] if run.now.words else None, Why.FIRST, Role.BEFORE)
    yield from act(run, Back())
    if read_player(run.now) is not None:
        return
    other = _another_course(run)
    if other is None:
        return
    seen.second = other.text
    yield from act(run, tap_on(other))
    seen.refused, word = _refusal(run.now)
    _mark(run, seen, word or _first(run.now), Why.REFUSED if seen.refused else Why.SECOND)
    if not seen.refused:
        seen.second_plays = yield from _plays(run)
        _measure(run, seen, Name.SECOND_PLAYS, holds=seen.second_plays)
        return
    way = next((w for w in whole(app_words(run.now), SWITCH) if w.clickable), None)
    if way is not None:
        yield from act(run, tap_on(way))
        seen.switched = yield from _plays(run)
        _measure(run, seen, Name.SECOND_PLAYS, holds=seen.switched)
        if seen.switched:
            return
    _measure(run, seen, Name.SECOND_PLAYS, holds=False)
    yield from _to_the_first(run, seen)


def _to_the_first(run: Watch, seen: TwoCourses) -> Generator[Action, Observation, None]:
    """Go back to the first course: where it does not play either, the refusal says nothing of two courses."""
    close = next((w for w in whole(app_words(run.now), DISMISS) if w.clickable), None)
    if close is not None:
        yield from act(run, tap_on(close))
    elif read_player(run.now) is not None or _refusal(run.now)[1] is not None:
        yield from act(run, Back())
    yield from enter_again(run)
    seen.first_again = yield from _plays(run)
    _measure(run, seen, Name.FIRST_AGAIN, holds=seen.first_again)
    _mark(run, seen, _first(run.now), Why.AGAIN)


def _plays(run: Watch) -> Generator[Action, Observation, bool]:
    try:
        run.runs = False
        yield from set_playing(run)
    except Halt:
        return False
    return run.runs


def _another_course(run: Watch) -> Word | None:
    """Return an entry beside that of the course just left: in its column of the list, or a second 去学习."""
    words = [w for w in app_words(run.now) if w.enabled]
    known = {w.norm for w in app_words(run.page)} if run.page is not None else set()
    own = max(
        (w for w in words if w.norm in known and len(w.norm) >= MIN_ENTRY_CHARS and w.clickable),
        key=_size,
        default=None,
    )
    if own is None:
        return None
    near_px = SAME_COLUMN_RATIO * run.now.size_px[0]
    others = [
        w
        for w in words
        if w.clickable
        and w.norm not in known
        and len(w.norm) >= MIN_ENTRY_CHARS
        and abs(w.box.left - own.box.left) <= near_px
    ]
    buttons = [w for w in whole(words, GO) if w.clickable and abs(w.box.top - own.box.top) > 2 * own.box.height_px]
    near = sorted(others, key=lambda w: abs(w.box.top - own.box.top))
    return next(iter([*near, *buttons]), None)


def _size(word: Word) -> tuple[int, int]:
    return len(word.norm), -word.box.top


def _refusal(observation: Observation) -> tuple[str, Word | None]:
    """Return what the screen or a toast says against a second course, with the word where it stands."""
    hits = matching(with_joined(app_words(observation)), ONE_COURSE, max_chars=80)
    toast = next((t for t in observation.toasts if ONE_COURSE.search(normalise(t))), "")
    # A rule that stands on every page of the player refuses nothing: a refusal keeps the player away, or is a toast.
    if toast:
        return toast, None
    if hits and read_player(observation) is None:
        return hits[0].text, hits[0]
    return "", None


def _first(observation: Observation) -> Word | None:
    return next(iter(app_words(observation)), None)


def _measure(run: Watch, seen: TwoCourses, name: Name, *, holds: bool) -> None:
    seen.measures.append(
        Measure(at_s=run.at_s(), name=str(name), value=float(holds), unit=WHETHER, observation=run.now.id)
    )


def _mark(run: Watch, seen: TwoCourses, word: Word | None, why: Why, role: Role = Role.AFTER) -> None:
    if word is not None:
        seen.marks.extend(marks_of(run.now, [Sighting(word=word, why=why, sign="two-courses")], role=role))
