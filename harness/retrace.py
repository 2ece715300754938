"""The way to a screen as a recorded walk knows it, and each of its controls on the screen of today. Pure.

Content changes: a control is found by its words, its id or its place among its like, never by coordinates. Where none
is what was meant, nothing is pressed.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness import safety
from harness.entry import inside
from harness.login import login_page
from harness.model import (
    Actor,
    Back,
    Element,
    Finding,
    LongPress,
    Observation,
    ObservationId,
    Role,
    ScreenKey,
    Step,
    Swipe,
    Tap,
    Walk,
)
from harness.popups import popup
from harness.safety import Control, ControlKind
from harness.wording import normalise

_DIGITS = re.compile(r"\d+")
_MENU_LABEL_CHARS = 10  # a longer one is content, which another takes the place of tomorrow
_CONTENT_COST = 4  # presses of a menu that one press of content is worth
_NEAR_RATIO = 0.3  # of the screen's height: how far content may have moved and still have the place of what was there
_SAME_SHAPE_PX = 24
_SHAPES = 20  # sizes told apart, as parts of the screen's
_TITLE_TOP, _TITLE_BOTTOM = 0.02, 0.14  # of the screen's height
_ALIKE_RATIO = 0.5
_LEAST_ALIKE_RATIO = 0.3  # of a page that is known by its key alone
_BY_ITSELF = (Actor.POPUP, Actor.FLOW, Actor.START, Actor.RECOVER)  # done again as needed, not step by step
_PRESSING = (Tap, LongPress, Swipe, Back)  # what else led on came with time, and may again


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One recorded press or swipe of the way, with the screens that it led from and to."""

    step: Step
    before: Observation
    after: Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A screen to be reached again, and the way there; ``legs`` is ``None`` where the record knows none.

    ``others`` are the record's other screens where that very screen is wanted, be it a pop-up; ``None`` for the page of
    a finding, which is that page without the function, too.
    """

    target: Observation
    legs: tuple[Leg, ...] | None
    others: frozenset[ScreenKey] | None = None


def goals(walk: Walk, finding: Finding) -> tuple[Goal, ...]:
    """Return the screens that a finding rests on, each once, in the order of capture; for a probe, where it began."""
    by_id = {o.id: o for o in walk.observations}
    began = {seen: run.start for run in walk.probe_runs if run.rule == finding.rule for _, seen in run.exchanges}
    refs = [ref for ref in finding.evidence if ref.role is not Role.CONTEXT] or list(finding.evidence)
    targets = dict.fromkeys(began.get(ref.observation, ref.observation) for ref in refs)
    screens: dict[ScreenKey, Observation] = {}
    for target in sorted(targets, key=list(by_id).index):
        screens.setdefault(by_id[target].screen, by_id[target])
    return tuple(Goal(target=target, legs=way_to(walk, target.id)) for target in screens.values())


def very_screen(walk: Walk, target: Observation) -> Goal:
    """Return one recorded screen as what is to be reached, whatever was found on it."""
    others = frozenset(o.screen for o in walk.observations) - {target.screen}
    return Goal(target=target, legs=way_to(walk, target.id), others=others)


Avoided = frozenset[tuple[ScreenKey, str]]  # steps that led elsewhere today, as ``pressed`` tells them


def way_to(walk: Walk, target: ObservationId, avoided: Avoided = frozenset()) -> tuple[Leg, ...] | None:
    """Return the steps of the surest recorded way from the app's start, ``None`` where there is none.

    Names of a menu are surer than rows of content, then the shorter way is. Pop-ups, log-ins and starts are no part of
    it: they are dealt with as they come. Nor is a swipe that stays on its screen: what it brings to sight is scrolled
    to when it is looked for. Back and the steps of probes are taken only where nothing else leads there.
    """
    by_id = {o.id: o for o in walk.observations}
    within = inside(walk)
    start = next((o for o in walk.observations if o.id in within), None)
    if start is None or target not in by_id:
        return None
    goal = by_id[target].screen
    led = [one for one in _led(walk, by_id, within) if pressed(one) not in avoided]
    plain = [one for one in led if one.step.actor is not Actor.PROBE and not isinstance(one.step.action, Back)]
    came = next((n for n, s in enumerate(walk.steps) if s.after == start.id), None)
    starts = tuple(by_id[seen].screen for seen in _behind(walk.steps, came, start.id) if seen in within)
    for legs in (plain, led):
        way = _surest(_edges(legs), starts, goal)
        if way is not None:
            return way
    return None


def pressed(leg: Leg) -> tuple[ScreenKey, str]:
    """Return where a leg was taken and what it pressed, or what else it did."""
    action = leg.step.action
    return leg.before.screen, getattr(action, "label", "") or type(action).__name__


def is_content(leg: Leg) -> bool:
    """Return whether what was pressed is a row of content, which may be gone or lead elsewhere another day."""
    return len(normalise(getattr(leg.step.action, "label", ""))) > _MENU_LABEL_CHARS


_Edges = dict[ScreenKey, list[Leg]]


def _led(walk: Walk, by_id: Mapping[ObservationId, Observation], within: frozenset[ObservationId]) -> Iterable[Leg]:
    """Yield every step that led from one screen of the app to another, to a pop-up, and to what was behind that.

    What stood before a page is no place on the way: the same pop-up stands before any page, and leads to that one.
    """
    for number, step in enumerate(walk.steps):
        if step.actor in _BY_ITSELF or step.before not in within or step.after not in within or step.gap is not None:
            continue
        if isinstance(step.action, Swipe) and step.actor is Actor.PROBE:  # it may have moved a film
            continue
        assert step.before is not None
        assert step.after is not None
        before = by_id[step.before]
        for after in _behind(walk.steps, number, step.after):
            if after in within and by_id[after].screen != before.screen:
                yield Leg(step=step, before=before, after=by_id[after])


def _behind(steps: Sequence[Step], number: int | None, seen: ObservationId) -> tuple[ObservationId, ...]:
    """Return what was seen after the step of that number, and behind each thing that stood before the app then."""
    shown = [seen]
    for step in steps[number + 1 :] if number is not None else ():
        if step.actor not in _BY_ITSELF:
            break
        if step.after is not None:  # a look that was lost hides what came of it, not what came then
            shown.append(step.after)
    return tuple(dict.fromkeys(shown))


def _edges(led: Iterable[Leg]) -> _Edges:
    edges: _Edges = {}
    for one in led:
        edges.setdefault(one.before.screen, []).append(one)
    return edges


def _surest(edges: _Edges, starts: tuple[ScreenKey, ...], goal: ScreenKey) -> tuple[Leg, ...] | None:
    """Return the legs of the cheapest way, ``None`` where there is none; of equal ones the one recorded first."""
    count = itertools.count()
    waiting: list[tuple[int, int, ScreenKey, tuple[Leg, ...]]] = [(0, next(count), start, ()) for start in starts]
    reached: set[ScreenKey] = set()
    while waiting:
        cost, _, at, legs = heapq.heappop(waiting)
        if at == goal:
            return legs
        if at in reached:
            continue
        reached.add(at)
        for leg in edges.get(at, ()):
            pressing = isinstance(leg.step.action, _PRESSING)
            more = _CONTENT_COST if is_content(leg) else 1 if pressing else 0
            heapq.heappush(waiting, (cost + more, next(count), leg.after.screen, (*legs, leg) if pressing else legs))
    return None


# --- today's screen


def locate(leg: Leg, seen: Observation) -> Control | None:
    """Return today's control for the one that was pressed, ``None`` where none is surely it.

    Whether it may be pressed is another question.
    """
    if not isinstance(leg.step.action, (Tap, LongPress)):
        return None
    point = leg.step.action.x_px, leg.step.action.y_px
    there = [control for control in safety.controls(leg.before) if control.box.holds(*point)]
    meant = min(there, key=lambda control: control.box.area_px, default=None)
    label = _DIGITS.sub("#", meant.norm if meant is not None else leg.step.action.label)
    today = [c for c in safety.controls(seen) if c.kind in (ControlKind.TAP, ControlKind.TAB) and c.enabled]
    found = _by_words(today, label, meant)
    if found is None and meant is not None:
        found = _by_id(today, meant, leg.before, seen) or _by_place(today, meant, seen)
    return found


def revealing(walk: Walk, leg: Leg) -> Leg | None:
    """Return the last step on a screen that brought to sight what was pressed there: a moved strip, a tab.

    ``None`` where at most scrolling down did.
    """
    by_id = {o.id: o for o in walk.observations}
    for step in reversed(walk.steps[: leg.step.seq - 1]):
        action = step.action
        if step.actor is Actor.PROBE or step.before is None or step.after is None:
            continue
        if not isinstance(action, (Tap, LongPress)) and not (isinstance(action, Swipe) and _is_sideways(action)):
            continue
        before, after = by_id[step.before], by_id[step.after]
        if not before.screen == after.screen == leg.before.screen:
            continue
        if locate(leg, before) is None and locate(leg, after) is not None:
            return Leg(step=step, before=before, after=after)
    return None


def _is_sideways(swipe: Swipe) -> bool:
    return abs(swipe.x1_px - swipe.x2_px) > abs(swipe.y1_px - swipe.y2_px)


def again(swipe: Swipe, before: Observation, seen: Observation) -> Swipe | None:
    """Return a recorded swipe for today's screen: within what it moved then, ``None`` where that is not in sight.

    Where the record does not tell what it moved, it is the same swipe at the size of today's screen.
    """
    across, down = seen.size_px[0] / before.size_px[0], seen.size_px[1] / before.size_px[1]
    x1_px, y1_px = round(swipe.x1_px * across), round(swipe.y1_px * down)
    x2_px, y2_px = round(swipe.x2_px * across), round(swipe.y2_px * down)
    moved = _moved(swipe, before)
    if moved is not None:
        like = [e for e in seen.elements if e.scrollable and _shape(e, seen) == _shape(moved, before)]
        if not like:
            return None
        middle_px = moved.box.centre_px[1] * down
        there = min(like, key=lambda element: abs(element.box.centre_px[1] - middle_px))
        by_px = there.box.centre_px[1] - round(middle_px)
        y1_px, y2_px = y1_px + by_px, y2_px + by_px
    return replace(swipe, x1_px=x1_px, y1_px=y1_px, x2_px=x2_px, y2_px=y2_px)


def _moved(swipe: Swipe, before: Observation) -> Element | None:
    """Return the smallest thing that scrolls and held the whole swipe."""
    ends = ((swipe.x1_px, swipe.y1_px), (swipe.x2_px, swipe.y2_px))
    there = [e for e in before.elements if e.scrollable and all(e.box.holds(*end) for end in ends)]
    return min(there, key=lambda element: element.box.area_px, default=None)


def _shape(element: Element, observation: Observation) -> tuple[str, str, int, int]:
    width_px, height_px = observation.size_px
    box = element.box
    return (
        element.class_name,
        element.resource_id,
        round(_SHAPES * box.width_px / width_px),
        round(_SHAPES * box.height_px / height_px),
    )


def _by_words(today: list[Control], label: str, meant: Control | None) -> Control | None:
    same = [control for control in today if label and _DIGITS.sub("#", control.norm) == label]
    if not same:
        return None
    return same[0] if meant is None else min(same, key=lambda control: _apart_px(control, meant))


def _by_id(today: list[Control], meant: Control, before: Observation, seen: Observation) -> Control | None:
    """Return the one control with the id of what was meant; an id that several have says nothing."""
    name = _id(meant, before)
    same = [control for control in today if name and _id(control, seen) == name]
    was_one = sum(_id(control, before) == name for control in safety.controls(before)) == 1
    return same[0] if len(same) == 1 and was_one else None


def _id(control: Control, observation: Observation) -> str:
    return "" if control.element is None else observation.elements[control.element].resource_id


def _by_place(today: list[Control], meant: Control, seen: Observation) -> Control | None:
    """Return the control that has the place of a row of content; a short label is a name, and missing is missing."""
    if len(meant.norm) <= _MENU_LABEL_CHARS:
        return None
    like = [
        control
        for control in today
        if len(control.norm) > _MENU_LABEL_CHARS
        and abs(control.box.left - meant.box.left) <= _SAME_SHAPE_PX
        and abs(control.box.width_px - meant.box.width_px) <= _SAME_SHAPE_PX
        and _apart_px(control, meant) <= _NEAR_RATIO * seen.size_px[1]
    ]
    return min(like, key=lambda control: _apart_px(control, meant), default=None)


def _apart_px(one: Control, other: Control) -> int:
    return sum(abs(a - b) for a, b in zip(one.box.centre_px, other.box.centre_px, strict=True))


def same_place(recorded: Observation, seen: Observation) -> bool:
    """Return whether today's screen is the recorded one: by its key, or by its activity and its title or short labels.

    A screen from which a function was taken away is still that screen.
    """
    if seen.screen == recorded.screen:
        return True
    if seen.page is None or recorded.page is None or seen.page != recorded.page:
        return False
    if _titles(recorded) & _titles(seen):
        return True
    labels, now = _labels(recorded), _labels(seen)
    return bool(labels) and len(labels & now) >= _ALIKE_RATIO * len(labels)


def arrived(goal: Goal, seen: Observation) -> bool:
    """Return whether today's screen is the one to be reached.

    Where that very screen is wanted, a page that the record knows as another one is not it, and a page that no press
    led to has to show something of it.
    """
    target = goal.target
    if goal.others is None:
        return same_place(target, seen)
    if _in_the_way(target) != _in_the_way(seen) or not same_place(target, seen):
        return False
    if seen.screen == target.screen:
        return bool(goal.legs) or not shows_nothing_of(target, [seen])
    return seen.screen not in goal.others


def awaited(goal: Goal, seen: Observation) -> bool:
    """Return whether what stands before the app is what was to be reached."""
    return goal.others is not None and bool(_in_the_way(seen)) and arrived(goal, seen)


def _in_the_way(observation: Observation) -> str:
    met = popup(observation)
    return met.kind if met is not None else "login" if login_page(observation) else ""


def shows_nothing_of(recorded: Observation, seen: Iterable[Observation]) -> bool:
    """Return whether a page of the same key shows next to nothing of the recorded one's short labels.

    Pages of a web view under one and the same title share a key: whoever went nowhere to come there may be elsewhere.
    """
    labels = _labels(recorded)
    now = {label for observation in seen if observation.screen == recorded.screen for label in _labels(observation)}
    return len(labels & now) < _LEAST_ALIKE_RATIO * len(labels)


def _titles(observation: Observation) -> set[str]:
    """Return what stands at the head of a page and cannot be pressed."""
    height_px = observation.size_px[1]
    head = [word for word in observation.words if _TITLE_TOP <= word.box.centre_px[1] / height_px <= _TITLE_BOTTOM]
    return {word.norm for word in head if not word.clickable and 1 < len(word.norm) <= _MENU_LABEL_CHARS}


def _labels(observation: Observation) -> set[str]:
    norms = (_DIGITS.sub("", word.norm) for word in observation.words if len(word.norm) <= _MENU_LABEL_CHARS)
    return {norm for norm in norms if len(norm) > 1}


def named(observation: Observation, most: int = 4) -> str:
    """Return a screen as a person would name it: its first words, or its key where it has none."""
    words = [word.text for word in observation.words if len(word.norm) > 1][:most]
    return "、".join(words) or str(observation.screen)
