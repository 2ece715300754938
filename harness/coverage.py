"""Tells what of a rule's checkpoints a walk reached, and what became of the others. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.discretion import WITHHELD_FORM
from harness.entry import inside
from harness.login import login_page
from harness.model import (
    ACTION_REFUSED,
    Actor,
    Channel,
    Checkpoint,
    CheckpointReach,
    Coverage,
    Observation,
    ObservationId,
    Reach,
    Rule,
    Tap,
    Wait,
    Walk,
    Word,
)
from harness.perceive.screens import titles_of
from harness.popups import popup
from harness.wording import normalise

_BLOCKING: Final = ("login", "captcha", "face", "update", "emulator", "maintenance", "blocked")


def coverage_of(walk: Walk, rule: Rule) -> Coverage:
    """Return what of the rule's checkpoints was reached in this walk, and what was left."""
    seen = of_the_app(walk)
    gaps = dict.fromkeys(g for o in seen for g in o.gaps if g.channel in rule.needs)
    # A device that would not take a step has answered; only what was lost keeps a place from being seen.
    gaps |= dict.fromkeys(s.gap for s in walk.steps if s.gap is not None and s.gap.reason != ACTION_REFUSED)
    return Coverage(
        reaches=tuple(_reach(walk, seen, checkpoint) for checkpoint in rule.checkpoints),
        screens=len({o.screen for o in seen}),
        steps=len(walk.steps),
        untried=walk.untried,
        cut_pages=walk.cut_pages,
        finished=walk.finished,
        stopped_by=walk.stopped_by,
        gaps=tuple(gaps),
    )


def of_the_app(walk: Walk) -> tuple[Observation, ...]:
    """Return the observations in which the app itself was in front; an unknown foreground counts as the app.

    What was withheld of a log-in page is no look lost where the same page was kept before it was filled in, or after.
    """
    shown = inside(walk)
    kept = {o.page for o in walk.observations if not _is_withheld(o)}
    return tuple(o for o in walk.observations if o.id in shown and not (_is_withheld(o) and o.page in kept))


def _is_withheld(observation: Observation) -> bool:
    return any(gap.reason == WITHHELD_FORM for gap in observation.gaps)


def _reach(walk: Walk, seen: Sequence[Observation], checkpoint: Checkpoint) -> CheckpointReach:
    words = set(checkpoint.words)
    for observation in seen:
        if not observation.words:
            continue
        if not words or _shows(observation, checkpoint):
            return CheckpointReach(checkpoint=checkpoint.id, reach=Reach.REACHED, observation=observation.id)
    followed, dead = _followed(walk, seen, checkpoint)
    if followed is not None:
        return CheckpointReach(checkpoint=checkpoint.id, reach=Reach.REACHED, observation=followed)
    entries = set(checkpoint.entries) - dead
    refused = next((r for r in walk.refusals if r.label in entries), None)
    if refused is not None:
        return CheckpointReach(
            checkpoint=checkpoint.id,
            reach=Reach.BLOCKED,
            reason=refused.danger,
            observation=refused.observation,
        )
    if any(part in walk.stopped_by for part in _BLOCKING):
        return CheckpointReach(checkpoint=checkpoint.id, reach=Reach.BLOCKED, reason=walk.stopped_by)
    entry = next((o.id for o in seen if any(w.norm in entries and _may_lead_on(w) for w in o.words)), None)
    if entry is not None:
        return CheckpointReach(
            checkpoint=checkpoint.id,
            reach=Reach.NOT_REACHED,
            reason=walk.stopped_by or "reach-entry-not-followed",
            observation=entry,
        )
    if not walk.finished or not seen:
        return CheckpointReach(
            checkpoint=checkpoint.id, reach=Reach.NOT_REACHED, reason=walk.stopped_by or "reach-walk-unfinished"
        )
    if not words:
        # Any page with words is the start of an app: where none had any, nothing was there to be read.
        return CheckpointReach(checkpoint=checkpoint.id, reach=Reach.NOT_REACHED, reason="reach-no-words")
    return CheckpointReach(checkpoint=checkpoint.id, reach=Reach.OUT_OF_SCOPE, reason="reach-no-entry")


def _shows(observation: Observation, checkpoint: Checkpoint) -> bool:
    """Return whether a screen has a word of the checkpoint that is not merely the entry to it: 排行榜 on a tile."""
    titles = titles_of(observation)
    shown = (word for word in observation.words if word.norm in checkpoint.words)
    return any(
        word.norm not in checkpoint.entries
        or not _may_lead_on(word)
        or word.norm in titles
        or _is_chosen(word, observation)
        for word in shown
    )


def _is_chosen(word: Word, observation: Observation) -> bool:
    """Return whether a word is the tab that is chosen: what it leads to is on screen."""
    at = word.elements[0] if word.elements else None
    while at is not None:
        if observation.elements[at].selected:
            return True
        at = observation.elements[at].parent
    return False


def _followed(
    walk: Walk, seen: Sequence[Observation], checkpoint: Checkpoint
) -> tuple[ObservationId | None, frozenset[str]]:
    """Return the screen that an entry led to, whatever words it has, and the entries that led nowhere.

    A page titled as another way of the page pressed is none: the press landed elsewhere. Nor is a pop-up, which may
    stand before a page or instead of it, nor a page that asks to log in.
    """
    readable = {o.id: o for o in seen if o.words}
    dead = set()
    for number, step in enumerate(walk.steps):
        if not isinstance(step.action, Tap) or step.after not in readable or step.before not in readable:
            continue
        label = normalise(step.action.label)
        if label not in checkpoint.entries:
            continue
        before, behind = readable[step.before], _behind_popups(walk, number)
        after = readable.get(behind) if behind is not None else None
        if after is None or _stands_before(after):
            continue
        if before.screen == after.screen:
            if after.id == step.after:
                dead.add(label)
        elif not _astray(before, after, checkpoint.entries):
            return after.id, frozenset()
    return None, frozenset(dead)


def _behind_popups(walk: Walk, number: int) -> ObservationId | None:
    """Return what was seen once the pop-ups that a step met were cleared away."""
    last = walk.steps[number]
    for step in walk.steps[number + 1 :]:
        if step.actor is not Actor.POPUP and not isinstance(step.action, Wait):  # a second look presses nothing
            break
        last = step
    return last.after


def _stands_before(observation: Observation) -> bool:
    return popup(observation) is not None or login_page(observation)


def _astray(before: Observation, after: Observation, entries: Sequence[str]) -> bool:
    titles = titles_of(after) - titles_of(before)
    others = {word.norm for word in before.words if _may_lead_on(word)} - set(entries)
    return bool(titles) and titles <= others


def _may_lead_on(word: Word) -> bool:
    """Return whether a word can be a way to somewhere; of text read from pixels alone one cannot tell."""
    return word.clickable or Channel.HIERARCHY not in word.channels
