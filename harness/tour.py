"""One walk through one app: start it, clear away what stands before it, look everywhere, probe where rules ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness import popups, safety
from harness.clock import Clock
from harness.explore import Explorer, Move, Scope
from harness.model import (
    Action,
    Actor,
    Back,
    Datum,
    Launch,
    Observation,
    Rule,
    RuleId,
    ScreenKey,
    Stop,
    Verdict,
)
from harness.rules import lets_a_day_pass, wants_probe
from harness.rules.concluding import KIND
from harness.walk import Walker


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a walk ended. ``stopped_by`` is a message key, empty when nothing was left to try."""

    finished: bool
    untried: int
    cut_pages: int = 0
    stopped_by: str = ""


class Tour:
    """One walk through one app: start it, look everywhere within the scope, probe where rules ask."""

    def __init__(self, walker: Walker, scope: Scope, rules: Sequence[Rule], clock: Clock) -> None:
        self._walker = walker
        self._scope = scope
        self._rules = tuple(rule for rule in rules if rule.probe is not None)
        self._clock = clock
        self._explorer = Explorer(scope)
        self._probed: dict[tuple[RuleId, ScreenKey], int] = {}
        self._settled: set[tuple[RuleId, ScreenKey]] = set()
        self._found: set[tuple[RuleId, Datum]] = set()  # makes of player that were caught: one of them is enough
        self._day_asked: set[RuleId] = set()  # a day that passes does not come back: once in an app is enough
        self._failures = 0
        self._popups = 0
        self._away = 0
        self._last: Observation | None = None
        self._ways_tried: dict[tuple[popups.PopupKind, ScreenKey], int] = {}

    @property
    def screens(self) -> tuple[ScreenKey, ...]:
        """Screens of the app in the order of discovery, without what stood before them."""
        return self._explorer.screens

    def run(self) -> End:
        """Walk until nothing is left, the scope is spent, or the way is blocked."""
        end_s = self._clock.monotonic_s() + self._scope.seconds
        package = self._scope.package
        self._walker.act(Stop(package=package), actor=Actor.START, why="start-clean")
        observation = self._do(Launch(package=package), Actor.START, "start")
        while True:
            if len(self._walker.steps) >= self._scope.steps:
                return self._end("steps-spent")
            if self._clock.monotonic_s() - self._walker.jumped_s >= end_s:
                return self._end("time-spent")
            if self._failures >= self._walker.manners.failures_in_a_row:
                return self._end("device-lost")
            if observation is None:
                self._explorer.lost()
                observation = self._do(Launch(package=package), Actor.RECOVER, "look-again")
                continue
            hindered = self._hindrance(observation)
            if isinstance(hindered, End):
                return hindered
            if hindered:
                observation = self._last
                continue
            targets = self._targets(observation)
            self._explorer.saw(observation, targets)
            if self._probe(observation):
                observation = self._last
                continue
            move = self._explorer.next(observation, targets)
            if move is None:
                # Something seen and never tried is something not looked at, whatever the reason.
                if self._explorer.untried:
                    return self._end("scope-spent")
                return End(finished=True, untried=0, cut_pages=self._explorer.cut_pages)
            if isinstance(move.action, Launch):
                # A running app is only brought to front by a launch: to be at its start it has to be stopped.
                self._walker.act(Stop(package=package), actor=Actor.EXPLORE, why=move.why)
            observation = self._do(move.action, Actor.EXPLORE, self._why(move, observation))

    def _why(self, move: Move, observation: Observation) -> str:
        """Return why a move is made; a Back from a screen that shows nothing says what kept it from showing more."""
        if isinstance(move.action, Back):
            if self._walker.still_loading:
                return "leave-loading"
            if any(gap.reason == "black-frame" for gap in observation.gaps):
                return "leave-black"
        return move.why

    def _do(self, action: Action, actor: Actor, why: str) -> Observation | None:
        step = self._walker.act(action, actor=actor, why=why)
        self._failures = 0 if step.gap is None else self._failures + 1
        if step.gap is not None:
            self._explorer.failed()
        self._last = self._walker.seen(step)
        return self._last

    def _end(self, stopped_by: str) -> End:
        explorer = self._explorer
        return End(finished=False, untried=explorer.untried, cut_pages=explorer.cut_pages, stopped_by=stopped_by)

    def _hindrance(self, observation: Observation) -> bool | End:
        """Clear away what stands before the app; true when a step was taken, ``End`` when there is no way on."""
        popup = popups.popup(observation)
        if popup is not None:
            if popup.kind is popups.PopupKind.LOGIN and len(self._explorer.screens) <= 1:
                return self._end("blocked-login")
            self._popups += 1
            tried = self._ways_tried.get((popup.kind, observation.screen), 0)
            if tried >= len(popup.ways) or self._popups > self._walker.manners.popups_in_a_row:
                return self._end(f"blocked-{popup.kind}")
            self._explorer.interrupted()
            after = self._do(popup.ways[tried], Actor.POPUP, f"popup-{popup.kind}")
            if after is not None and not self._came_through(observation, after):
                # Declining closed the app or changed nothing: next time the next way, which binds a little more.
                self._ways_tried[popup.kind, observation.screen] = tried + 1
            return True
        self._popups = 0
        if observation.page is None or observation.page.package == self._scope.package:
            if self._away:
                self._explorer.lost()
            self._away = 0
            return False
        self._away += 1
        if self._away > self._walker.manners.away_in_a_row:
            return self._end("left-app")
        # What led here is forgotten only once the app is back: if it died of it, the press is taken back.
        if self._away == 1:
            self._do(Back(), Actor.RECOVER, "return-to-app")
        else:
            self._do(Launch(package=self._scope.package), Actor.RECOVER, "return-to-app")
        return True

    def _came_through(self, before: Observation, after: Observation) -> bool:
        """Return whether a pop-up is gone and the app is still in front."""
        left = before.page is not None and after.page is not None and after.page.package != self._scope.package
        return after.screen != before.screen and not left

    def _targets(self, observation: Observation) -> list[safety.Control]:
        allowed = []
        pressable = (safety.ControlKind.TAP, safety.ControlKind.TAB)
        for control in safety.controls(observation):
            if control.kind not in pressable or not control.enabled:
                continue
            danger = safety.danger_of(control, observation)
            if danger is None:
                allowed.append(control)
            else:
                self._walker.refuse(observation, control, danger)
        return allowed

    def _probe(self, observation: Observation) -> bool:
        """Run the first probe that a rule asks for on this screen; return whether one ran."""
        for rule in self._rules:
            here = (rule.id, observation.screen)
            if here in self._settled or self._probed.get(here, 0) >= self._walker.manners.probes_per_screen:
                continue
            total = sum(count for (rule_id, _), count in self._probed.items() if rule_id == rule.id)
            shown = rule.detect(observation)
            if total >= self._walker.manners.probes_per_rule or not wants_probe(shown):
                continue
            kind = dict(shown.data).get(KIND)
            if kind is not None and (rule.id, kind) in self._found:
                continue
            if lets_a_day_pass(shown):
                if rule.id in self._day_asked:
                    continue
                self._day_asked.add(rule.id)
            self._probed[here] = self._probed.get(here, 0) + 1
            self._explorer.lost()
            first = self._walker.looks
            self._last, outcome = self._walker.probe(rule, observation)
            if outcome is not None and outcome.verdict is not Verdict.INCONCLUSIVE:
                # What the probe passed through is the same function in another state: paused, at the end, asked again.
                newest = self._walker.observations
                passed = {seen.screen for seen in newest[max(0, len(newest) - self._walker.looks + first) :]}
                self._settled.update((rule.id, screen) for screen in (observation.screen, *passed))
            if outcome is not None and outcome.verdict is Verdict.FOUND and kind is not None:
                self._found.add((rule.id, kind))
            return True
        return False
