"""Looks again at every press of stored walks: was anything dangerous pressed that its rule does not declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness import popups, safety
from harness.evidence.bundle import open_bundle
from harness.model import Actor, LongPress, Observation, OnCompanion, Step, Tap, Walk
from harness.rules import rule_by_id

_PROBE = "probe:"


def print_presses(bundles: Iterable[Path]) -> None:
    """Print how many presses the walks hold, how many were refused, and each that should have been."""
    pressed = refused = 0
    wrong: list[str] = []
    for bundle in bundles:
        with open_bundle(bundle) as stored:
            walk = stored.walk
        refused += len(walk.refusals)
        pressed += sum(1 for _ in _presses(walk))
        wrong += undeclared(walk)
    print(f"presses: {pressed}; refused before they were made: {refused}; dangerous and not declared: {len(wrong)}")
    for line in wrong:
        print(f"  {line}")
    print()


def undeclared(walk: Walk) -> list[str]:
    """Return every press of a walk on something dangerous that nothing declared, as text for a person."""
    return [
        f"{walk.app.package} step {step.seq}: {said}"
        for step, observation in _presses(walk)
        for said in _against(step, observation)
    ]


def _presses(walk: Walk) -> Iterator[tuple[Step, Observation]]:
    by_id = {o.id: o for o in walk.observations}
    for step in walk.steps:
        inner = step.action.action if isinstance(step.action, OnCompanion) else step.action
        # A flow follows what the app's own file says; it is looked at when that is written.
        if isinstance(inner, Tap | LongPress) and step.before in by_id and step.actor is not Actor.FLOW:
            yield step, by_id[step.before]


def _against(step: Step, observation: Observation) -> Iterator[str]:
    """Yield what stands below the press and is dangerous, but for what the probe's rule declares."""
    inner = step.action.action if isinstance(step.action, OnCompanion) else step.action
    assert isinstance(inner, Tap | LongPress)
    cleared = popups.popup(observation) if step.actor is Actor.POPUP else None
    if cleared is not None and inner in cleared.ways:
        return  # an agreement that stands before everything is the one thing that may be consented to
    declared: frozenset[str] = frozenset()
    if step.actor is Actor.PROBE:
        rule = rule_by_id(step.why.removeprefix(_PROBE))
        declared = frozenset((*rule.may_press, *rule.may_press_demo))
    for control in safety.controls(observation):
        if control.box.holds(inner.x_px, inner.y_px) and control.norm not in declared:
            danger = safety.danger_of(control, observation)
            if danger is not None:
                yield f"{step.actor} pressed {control.label!r} ({danger})"
