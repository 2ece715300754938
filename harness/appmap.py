"""The map of what a walk saw of an app: its screens, the ways between them, and every end that nobody went to. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness import safety
from harness.entry import inside
from harness.model import Actor, Back, Observation, ObservationId, ScreenKey, Step, Swipe, Tap, Walk

UNTRIED, CUT, LEFT_APP, FAILED = "map-untried", "map-cut", "map-left-app", "map-failed"  # message keys of ends
LOOP = "map-loop"

_DIGITS = re.compile(r"\d+")
_MENU_LABEL_CHARS = 10  # a longer label is content, of which a walk takes samples
_LOOKS = 3  # of one screen, searched for what could be pressed
_TITLE_TOP, _TITLE_BOTTOM = 0.02, 0.14  # of the screen's height
_NAME_CHARS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEnd:
    """Something on a screen that was not gone to; ``why`` is a message key: a danger class, or one of this module."""

    label: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One screen of the app. ``title`` is what a person would call it, ``observation`` the look that shows it.

    ``presses`` is how far it is from the start, ``None`` where no recorded way leads there.
    """

    screen: ScreenKey
    title: str
    observation: ObservationId
    looks: int
    presses: int | None
    ends: tuple[OpenEnd, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOn:
    """A press that led from one screen to another, with the first step that took it; an empty label is no press."""

    before: ScreenKey
    after: ScreenKey
    label: str
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMap:
    """Screens in the order of discovery, the start first, and the ways in the order in which they were found."""

    places: tuple[Place, ...] = ()
    ways: tuple[WayOn, ...] = ()


def app_map(walk: Walk) -> AppMap:
    """Return the map of a walk; what only a probe passed through is on it like anything else."""
    within = inside(walk)
    looks: dict[ScreenKey, list[Observation]] = {}
    for observation in walk.observations:
        if observation.id in within:
            looks.setdefault(observation.screen, []).append(observation)
    by_id = {o.id: o for o in walk.observations}
    ways = tuple(_ways(walk.steps, by_id, within))
    presses = _presses(next(iter(looks), None), ways)
    ends = _ends(walk, looks, by_id, within)
    places = tuple(
        Place(
            screen=screen,
            title=title_of(seen),
            observation=next((o.id for o in seen if o.png_sha256 is not None), seen[0].id),
            looks=len(seen),
            presses=presses.get(screen),
            ends=tuple(dict.fromkeys(ends.get(screen, ()))),
        )
        for screen, seen in looks.items()
    )
    return AppMap(places=places, ways=ways)


def _ways(
    steps: Sequence[Step], by_id: Mapping[ObservationId, Observation], within: frozenset[ObservationId]
) -> Iterable[WayOn]:
    known: set[tuple[ScreenKey, ScreenKey]] = set()
    for step in steps:
        if step.before not in within or step.after not in within or isinstance(step.action, Back):
            continue
        before, after = by_id[step.before].screen, by_id[step.after].screen
        if before == after or (before, after) in known:
            continue
        known.add((before, after))
        label = step.action.label if isinstance(step.action, Tap) and step.actor is not Actor.POPUP else ""
        yield WayOn(before=before, after=after, label=label, step=step.seq)


def _presses(start: ScreenKey | None, ways: Sequence[WayOn]) -> Mapping[ScreenKey, int]:
    if start is None:
        return {}
    onward: dict[ScreenKey, list[ScreenKey]] = {}
    for way in ways:
        onward.setdefault(way.before, []).append(way.after)
    reached = {start: 0}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        for after in onward.get(at, ()):
            if after not in reached:
                reached[after] = reached[at] + 1
                waiting.append(after)
    return reached


def title_of(seen: Sequence[Observation]) -> str:
    """Return what a person would call the screen: its title, else its first word, else its key."""
    best = max(seen, key=lambda o: bool(o.words))
    height_px = max(1, best.size_px[1])
    words = [word for word in best.words if len(word.norm) > 1]
    head = [
        word
        for word in words
        if _TITLE_TOP <= word.box.centre_px[1] / height_px <= _TITLE_BOTTOM and not word.clickable
    ]
    named = (head or words)[:1]
    return named[0].text[:_NAME_CHARS] if named else str(best.screen)


def _ends(
    walk: Walk,
    looks: Mapping[ScreenKey, Sequence[Observation]],
    by_id: Mapping[ObservationId, Observation],
    within: frozenset[ObservationId],
) -> dict[ScreenKey, list[OpenEnd]]:
    ends: dict[ScreenKey, list[OpenEnd]] = {}
    for refusal in walk.refusals:
        if refusal.observation in within:
            end = OpenEnd(label=refusal.label, why=refusal.danger)
            ends.setdefault(by_id[refusal.observation].screen, []).append(end)
    for step in walk.steps:
        if step.before in within and isinstance(step.action, Tap):
            why = FAILED if step.gap is not None else LEFT_APP if step.after not in within else ""
            if why and step.actor is not Actor.POPUP:
                ends.setdefault(by_id[step.before].screen, []).append(OpenEnd(label=step.action.label, why=why))
    pressed = {_stem(step.action.label) for step in walk.steps if isinstance(step.action, Tap)}
    pressed |= {_stem(refusal.label) for refusal in walk.refusals}
    for screen, seen in looks.items():
        for label in _unpressed(seen, pressed):
            ends.setdefault(screen, []).append(OpenEnd(label=label, why=UNTRIED))
        if _goes_on(screen, walk.steps, by_id):
            ends.setdefault(screen, []).append(OpenEnd(label="", why=CUT))
        if screen in walk.loops:
            ends.setdefault(screen, []).append(OpenEnd(label="", why=LOOP))
    return ends


def _unpressed(seen: Sequence[Observation], pressed: set[str]) -> Iterable[str]:
    """Yield the short labels that could have been pressed and were on no screen; rows of content are samples."""
    kinds = (safety.ControlKind.TAP, safety.ControlKind.TAB)
    told: set[str] = set()
    for observation in seen[:_LOOKS]:
        for control, danger in safety.judged(observation):
            stem = _stem(control.label)
            if control.kind not in kinds or not control.enabled or control.element is None or stem in told | pressed:
                continue
            if 0 < len(control.norm) <= _MENU_LABEL_CHARS and danger is None:
                told.add(stem)
                yield control.label


def _stem(label: str) -> str:
    return _DIGITS.sub("", label)


def _goes_on(screen: ScreenKey, steps: Sequence[Step], by_id: Mapping[ObservationId, Observation]) -> bool:
    """Return whether the last swipe on a screen still brought something new."""
    for step in reversed(steps):
        if not isinstance(step.action, Swipe) or step.before is None or step.after is None:
            continue
        before, after = by_id[step.before], by_id[step.after]
        if before.screen == after.screen == screen:
            return bool({_stem(w.norm) for w in after.words} - {_stem(w.norm) for w in before.words})
    return False
