"""Goes to recorded screens again: a finding's, to look whether what was found is still there, or any other one.

It presses what the recorded walk pressed, found anew on each screen, clears pop-ups like a walk, and says where today's
app goes another way. Drives a device through ``Tour``; everything is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial

from harness.appmap import app_map
from harness.clock import Clock
from harness.explore import Scope
from harness.judge import judge
from harness.model import (
    Action,
    Actor,
    Back,
    Box,
    Finding,
    LongPress,
    Observation,
    ProbeRun,
    Rule,
    Swipe,
    Tap,
    Verdict,
    Wait,
    Walk,
)
from harness.popups import popup
from harness.retrace import (
    Avoided,
    Goal,
    Leg,
    again,
    arrived,
    awaited,
    goals,
    is_content,
    locate,
    named,
    pressed,
    revealing,
    same_place,
    shows_nothing_of,
    way_to,
)
from harness.safety import Control
from harness.tour import End, Tour, Visit
from harness.walk import Walker

_SCROLLS = 5
_WAYS = 3  # different ways tried to one screen
_STANDS: dict[Verdict, int] = {Verdict.FOUND: 2, Verdict.FOUND_EXEMPTION_CLAIMED: 2, Verdict.PRESENT: 1}


class Answer(IntEnum):
    """What a re-test says of one finding; the command's exit status."""

    STILL_SEEN = 0
    NO_LONGER_SEEN = 1
    COULD_NOT_TELL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """Where today's app went another way. ``step`` is the recorded step's number, ``reason`` a message key.

    ``leg`` counts the legs of the way up to there.
    """

    reason: str
    step: int = 0
    leg: int = 0
    expected: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What became of the way to one screen: what was seen there, or where the way was lost."""

    goal: Goal
    seen: Observation | None = None
    lost: Divergence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retest:
    """One finding, tested again. ``reason`` is a message key where ``answer`` could not be told."""

    finding: Finding
    answer: Answer
    now: Verdict
    trips: tuple[Trip, ...]
    reason: str = ""


def to_test(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that say something is there: of nothing there is nothing to see again."""
    return tuple(finding for finding in findings if finding.verdict in _STANDS)


class Retracer:
    """One re-test of one recorded walk on a device. Used once."""

    def __init__(self, walker: Walker, visit: Visit, recorded: Walk, rules: Sequence[Rule], clock: Clock) -> None:
        known = replace(visit, known=len(app_map(recorded).places))
        self._tour = Tour(walker, Scope(package=visit.app.package), rules, clock, known)
        self._recorded = recorded
        self._trips: dict[object, Trip] = {}

    def trips(self, finding: Finding) -> tuple[Trip, ...]:
        """Go to every screen of a finding from the app's start; a screen that several rest on is gone to once."""
        made = []
        for goal in goals(self._recorded, finding):
            key = goal.target.screen
            if key not in self._trips:
                trip = self._trips[key] = self.go(goal)
                if trip.seen is not None:
                    self._look_through(trip.seen)
            made.append(self._trips[key])
        return tuple(made)

    def go(self, goal: Goal) -> Trip:
        """Go the surest way; where today's app goes another, try the ways that avoid what led astray."""
        if goal.legs is None:
            return Trip(goal=goal, lost=Divergence(reason="replay-no-way", expected=named(goal.target)))
        legs: tuple[Leg, ...] | None = goal.legs
        avoided: Avoided = frozenset()
        first: Divergence | None = None
        for _ in range(_WAYS):
            if legs is None:
                break
            gone = self._follow(goal, legs)
            if isinstance(gone, Observation):
                return Trip(goal=goal, seen=gone)
            first = first or gone
            before = legs[: gone.leg]
            if not before:
                break
            blamed = next((leg for leg in reversed(before) if is_content(leg)), before[-1])
            avoided |= {pressed(blamed)}
            legs = way_to(self._recorded, goal.target.id, avoided)
        return Trip(goal=goal, lost=first)

    def _follow(self, goal: Goal, legs: tuple[Leg, ...]) -> Observation | Divergence:
        """Take the legs from the app's start; return what was reached, or where today's app went another way."""
        at = self._tour.start_over("replay-start", partial(awaited, goal))
        step, number = 0, 0
        for leg in legs:
            if not isinstance(at, Observation) or awaited(goal, at):
                break
            number, step = number + 1, leg.step.seq
            gone = self._step(goal, leg, at)
            if isinstance(gone, Divergence):
                return replace(gone, leg=number)
            at = gone
        if isinstance(at, Observation) and not arrived(goal, at):
            at = self._do(goal, Wait(seconds=1.0), "replay-wait")
        if not isinstance(at, Observation):
            reason = at.stopped_by if isinstance(at, End) else "look-failed"
            return Divergence(reason=reason, step=step, leg=number, expected=named(goal.target))
        if not arrived(goal, at):
            reason = "replay-elsewhere" if step else "replay-starts-elsewhere"
            return Divergence(reason=reason, step=step, leg=number, expected=named(goal.target), seen=named(at))
        return at

    def _do(self, goal: Goal, action: Action, why: str) -> Observation | End | None:
        """Take one step and clear away what stands before the app then, unless it is the goal."""
        return self._tour.settle(self._tour.do(action, Actor.EXPLORE, why), partial(awaited, goal))

    def _step(
        self, goal: Goal, leg: Leg, at: Observation, *, once_more: bool = True
    ) -> Observation | End | Divergence | None:
        action = leg.step.action
        if isinstance(action, Swipe):
            return self._swipe_on(goal, leg, action, at)
        if not isinstance(action, (Tap, LongPress)):
            return self._do(goal, Back(), "replay-step")
        first, refused = at, None
        hidden_by = revealing(self._recorded, leg)
        for moved in self._sights(goal, at):
            if not isinstance(moved, Observation) or awaited(goal, moved):
                return moved
            at = moved
            control = locate(leg, at)
            if control is None and hidden_by is not None:
                shown = self._reveal(goal, hidden_by, leg, at)
                if not isinstance(shown, Observation):
                    return shown
                if shown is not at and not isinstance(hidden_by.step.action, Swipe):
                    hidden_by = None  # what unfolds would fold up again
                at, control = shown, locate(leg, shown)
            if control is None:
                continue
            refused = self._tour.refuses(control, at)
            if refused is None:
                return self._press(goal, leg, _aimed(action, control), at, once_more=once_more)
        expected = action.label or named(leg.after)
        if refused is not None:
            seen = refused.label or named(at)
            return Divergence(reason="replay-control-refused", step=leg.step.seq, expected=expected, seen=seen)
        return Divergence(reason="replay-control-missing", step=leg.step.seq, expected=expected, seen=named(first))

    def _press(
        self, goal: Goal, leg: Leg, action: Action, at: Observation, *, once_more: bool
    ) -> Observation | End | Divergence | None:
        """Press; where a pop-up came instead of the page and left nothing else behind, press once more."""
        seen = self._tour.do(action, Actor.EXPLORE, "replay-step")
        moved = self._tour.settle(seen, partial(awaited, goal))
        came_between = seen is not None and popup(seen) is not None
        if once_more and came_between and isinstance(moved, Observation) and moved.screen == at.screen:
            return self._step(goal, leg, moved, once_more=False)
        return moved

    def _sights(self, goal: Goal, at: Observation) -> Iterator[Observation | End | None]:
        """Yield the page as it stands, then scrolled down, and up again from wherever it stood, while it moves."""
        yield at
        for up, most in ((True, _SCROLLS), (False, 2 * _SCROLLS)):
            for _ in range(most):
                box = _scrollable(at)
                if box is None:
                    return
                moved = self._do(goal, _swipe(box, up=up), "replay-scroll")
                yield moved
                if not isinstance(moved, Observation):
                    return
                still = _sight(moved) == _sight(at)
                at = moved
                if still:
                    break

    def _reveal(self, goal: Goal, hidden_by: Leg, leg: Leg, at: Observation) -> Observation | End | None:
        """Do again what brought a control to sight, where that is in sight; return what is seen then."""
        action = hidden_by.step.action
        if isinstance(action, Swipe):
            for _ in range(_SCROLLS):
                swipe = again(action, hidden_by.before, at)
                if swipe is None:
                    return at
                moved = self._do(goal, swipe, "replay-scroll")
                if not isinstance(moved, Observation):
                    return moved
                still = _sight(moved) == _sight(at)
                at = moved
                if still or locate(leg, at) is not None:
                    return at
            return at
        control = locate(hidden_by, at)
        if not isinstance(action, (Tap, LongPress)) or control is None or self._tour.refuses(control, at) is not None:
            return at
        return self._do(goal, _aimed(action, control), "replay-step")

    def _swipe_on(self, goal: Goal, leg: Leg, swipe: Swipe, at: Observation) -> Observation | End | None:
        """Swipe as recorded until the screen that it led to is there, or nothing moves any more."""
        for _ in range(_SCROLLS):
            today = again(swipe, leg.before, at)
            moved = None if today is None else self._do(goal, today, "replay-scroll")
            if today is None or (isinstance(moved, Observation) and _sight(moved) == _sight(at)):
                return at
            if not isinstance(moved, Observation) or awaited(goal, moved) or same_place(leg.after, moved):
                return moved
            at = moved
        return at

    def _look_through(self, at: Observation) -> None:
        """Let the rules probe the screen, and see what lies below the part that is shown."""
        seen = self._tour.probe_here(at)
        for _ in range(_SCROLLS):
            box = None if seen is None or seen.screen != at.screen else _scrollable(seen)
            if seen is None or box is None:
                return
            before = {word.norm for word in seen.words}
            moved = self._tour.settle(self._tour.do(_swipe(box, up=True), Actor.EXPLORE, "replay-scroll"))
            if not isinstance(moved, Observation) or {word.norm for word in moved.words} <= before:
                return
            seen = moved


def retests(walk: Walk, rules: Sequence[Rule], trips: Sequence[tuple[Finding, tuple[Trip, ...]]]) -> tuple[Retest, ...]:
    """Return what the recorded re-test says of each finding. Pure.

    Still seen is what is judged as strongly as before. No longer seen is said only of a finding each of whose screens
    was reached and read, and whose probe, where it rested on one, came to its end.
    """
    judged = {finding.rule: finding for finding in judge(walk, rules).findings}
    by_rule = {rule.id: rule for rule in rules}
    made = []
    for finding, there in trips:
        now = judged[finding.rule]
        runs = [run for run in walk.probe_runs if run.rule == finding.rule]
        reason = _untold(finding, now, there, runs, by_rule[finding.rule])
        if not reason and any(not t.goal.legs and shows_nothing_of(t.goal.target, walk.observations) for t in there):
            reason = "replay-not-reached"
        still = _STANDS.get(now.verdict, 0) >= _STANDS[finding.verdict]
        answer = Answer.STILL_SEEN if still else Answer.COULD_NOT_TELL if reason else Answer.NO_LONGER_SEEN
        reason = reason if answer is Answer.COULD_NOT_TELL else ""
        made.append(Retest(finding=finding, answer=answer, now=now.verdict, trips=there, reason=reason))
    return tuple(made)


def _untold(finding: Finding, now: Finding, trips: Sequence[Trip], runs: Sequence[ProbeRun], rule: Rule) -> str:
    """Return why nothing can be said of a finding that is not seen as before, empty where it is gone."""
    if not trips or any(trip.lost is not None for trip in trips):
        return "replay-not-reached"
    seen = [trip.seen for trip in trips if trip.seen is not None]
    shown = [rule.detect(observation) for observation in seen]
    if any(outcome.verdict is Verdict.INCONCLUSIVE for outcome in shown):
        return "replay-not-read"
    if any(run.cut is not None for run in runs):
        return "replay-probe-cut"
    if finding.measures and not runs and now.verdict in _STANDS:
        return "replay-probe-missing"  # the function is there, and what it does was not tried
    return ""


def exit_status(answers: Sequence[Answer]) -> Answer:
    """Return one answer for several: what could not be told outweighs all, what is gone what is still there."""
    return max(answers, default=Answer.COULD_NOT_TELL)


def _scrollable(seen: Observation) -> Box | None:
    boxes = [element.box for element in seen.elements if element.scrollable and element.box.height_px > 200]
    return max(boxes, key=lambda box: box.area_px, default=None)


def _swipe(box: Box, *, up: bool) -> Swipe:
    x_px = (box.left + box.right) // 2
    high_px, low_px = box.top + box.height_px // 5, box.top + box.height_px * 4 // 5
    first, last = (low_px, high_px) if up else (high_px, low_px)
    return Swipe(x1_px=x_px, y1_px=first, x2_px=x_px, y2_px=last, duration_s=0.4)


def _aimed(press: Tap | LongPress, control: Control) -> Tap | LongPress:
    x_px, y_px = control.box.centre_px
    return replace(press, x_px=x_px, y_px=y_px, label=control.label)


def _sight(seen: Observation) -> tuple[tuple[str, Box], ...]:
    return tuple((word.norm, word.box) for word in seen.words)
