"""One walk through one app: start it, clear away what stands before it, look everywhere, probe where rules ask."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness import popups, safety
from harness.clock import Clock
from harness.discretion import Discretion
from harness.entry import NOT_REACHED, Whereabouts, way_in
from harness.errors import FlowLost
from harness.explore import Explorer, Move, Scope
from harness.login import Flow, follow, login_page
from harness.model import (
    Action,
    Actor,
    Back,
    Datum,
    EntryKind,
    FiledApp,
    Launch,
    Observation,
    Rule,
    RuleId,
    ScreenKey,
    Stop,
    Tap,
    Verdict,
    Wait,
)
from harness.rules import once_in_an_app, wants_probe
from harness.rules.concluding import KIND
from harness.walk import Walker

DEVICE_LOST: Final = "device-lost"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a walk ended. ``stopped_by`` is a message key, empty when nothing was left to try."""

    finished: bool
    untried: int
    cut_pages: int = 0
    loops: tuple[ScreenKey, ...] = ()
    stopped_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to get past a log-in page: the flow, and whose texts it has typed without their being recorded."""

    flow: Flow
    discretion: Discretion


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Whom a tour visits, and as whom. ``known`` counts the screens that an earlier walk saw of it."""

    app: FiledApp
    login: Login | None = None
    known: int = 0


Awaited = Callable[[Observation], bool]


def _nothing(_: Observation) -> bool:
    return False


class Tour:
    """One walk through one app: start it, look everywhere within the scope, probe where rules ask."""

    def __init__(
        self, walker: Walker, scope: Scope, rules: Sequence[Rule], clock: Clock, visit: Visit | None = None
    ) -> None:
        """Make a tour of what is visited; without that, of the whole package of the scope, without an account."""
        self._walker = walker
        self._app = visit.app if visit is not None else FiledApp(package=scope.package, name="")
        self._account = visit.login if visit is not None else None
        self._login = self._account  # until somebody has tried
        self._known = visit.known if visit is not None else 0
        self._was_inside = False  # whether a screen of the app's own was come to on a way that is no walk
        self._wall = ""  # what kept the walk from what lies behind a log-in: a message key
        self._whereabouts = Whereabouts(self._app)
        self._followed = 0  # steps of the walk that are known to ``_whereabouts``
        self._inside = False  # whether what was seen last is inside the app
        self._backed = False  # whether the last step was Back
        self._scope = scope
        self._rules = tuple(rule for rule in rules if rule.probe is not None)
        self._clock = clock
        self._explorer = Explorer(scope)
        self._probed: dict[tuple[RuleId, ScreenKey], int] = {}
        self._settled: set[tuple[RuleId, ScreenKey]] = set()
        self._found: set[tuple[RuleId, Datum]] = set()  # makes of player that were caught: one of them is enough
        self._asked_once: set[RuleId] = set()  # a day that passed, or a log-in elsewhere, is not asked for again
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
        observation = self.enter("start", first=True)
        rechecked = False
        while True:
            if isinstance(observation, End):
                return observation
            if len(self._walker.steps) >= self._scope.steps:
                return self._end("steps-spent")
            if self._clock.monotonic_s() - self._walker.jumped_s >= end_s:
                return self._end("time-spent")
            if self._failures >= self._walker.manners.failures_in_a_row:
                return self._end(DEVICE_LOST)
            if observation is None:
                self._explorer.lost()
                observation = self._again("look-again")
                continue
            if self._walker.is_stale and not rechecked:
                rechecked, observation = True, self.do(Wait(seconds=0.0), Actor.EXPLORE, "look-again")
                continue
            rechecked = False
            hindered = self._hindrance(observation)
            if isinstance(hindered, End):
                return hindered
            if hindered:
                observation = self._last
                continue
            if login_page(observation) and self._pass_wall(observation):
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
                if self._wall or self._explorer.untried:
                    return self._end(self._wall or "scope-spent")
                return replace(self._end(""), finished=True)
            if isinstance(move.action, Launch):
                observation = self._restart(move.why)
            else:
                observation = self.do(move.action, Actor.EXPLORE, self._why(move, observation))

    def _why(self, move: Move, observation: Observation) -> str:
        """Return why a move is made; a Back from a screen that shows nothing, or late, says what kept it from that."""
        if isinstance(move.action, Back):
            if self._walker.still_loading:
                return "leave-loading"
            if any(gap.reason == "black-frame" for gap in observation.gaps):
                return "leave-black"
            if self._walker.is_frozen:
                return "leave-frozen"
        return move.why

    def enter(self, why: str, *, first: bool = False, awaited: Awaited = _nothing) -> Observation | End | None:
        """Go the way into the app from its start; return what is there, ``None`` where the device could not be seen.

        Returns ``End`` where there is no way in. What stands before it is cleared away like anywhere else, unless it is
        ``awaited``.
        """
        self.do(Stop(package=self._app.package), Actor.START, "start-clean" if first else why)
        way = way_in(self._app, why)
        action, reason = next(way)
        while True:
            observation = self.do(action, Actor.START, reason)
            while observation is not None and self._is_part and popups.popup(observation) is not None:
                if self._inside and awaited(observation):
                    return observation
                hindered = self._hindrance(observation)
                if isinstance(hindered, End):
                    return hindered
                observation = self._last
            if observation is None:
                return None
            try:
                action, reason = way.send(observation)
            except StopIteration as end:
                failed = end.value or (NOT_REACHED if self._is_part and not self._inside else "")
                return self._end(failed) if failed else observation
            if isinstance(action, Tap) and self._met(action.x_px, action.y_px, observation) is not None:
                return self._end(NOT_REACHED)  # a name that reads like an order is never pressed: it takes a link

    @property
    def _is_part(self) -> bool:
        """Whether the app is a part of another one: then being at its start takes more than a launch."""
        return self._app.entry_kind is not EntryKind.APP

    def start_over(self, why: str, awaited: Awaited) -> Observation | End | None:
        """Go the way in again for another goal; pop-ups may be declined anew. What is ``awaited`` ends it, as below."""
        self._ways_tried.clear()
        return self.settle(self.enter(why, awaited=awaited), awaited)

    def settle(self, seen: Observation | End | None, awaited: Awaited = _nothing) -> Observation | End | None:
        """Return the app's own screen once what stands before it was cleared away, ``End`` where there is no way on.

        What is ``awaited`` is returned as soon as it is seen: it may be what stands before the app.
        """
        while isinstance(seen, Observation) and not (self._inside and awaited(seen)):
            hindered = self._hindrance(seen)
            if isinstance(hindered, End):
                return hindered
            if not hindered and not (login_page(seen) and self._pass_wall(seen)):
                self._was_inside = True
                return seen
            seen = self._last
        return seen

    def probe_here(self, observation: Observation) -> Observation | None:
        """Return what is seen after every probe that the rules ask for on this screen has run."""
        seen: Observation | None = observation
        while seen is not None and seen.screen == observation.screen and self._probe(seen):
            seen = self._last
        return seen

    def refuses(self, control: safety.Control, observation: Observation) -> safety.Control | None:
        """Return what a press of a control would meet and must not; that it was not pressed is recorded."""
        danger = safety.danger_of(control, observation)
        if danger is not None:
            self._walker.refuse(observation, control, danger)
            return control
        return self._met(*control.box.centre_px, observation)

    def _met(self, x_px: int, y_px: int, observation: Observation) -> safety.Control | None:
        met = safety.danger_at(x_px, y_px, observation)
        if met is None:
            return None
        self._walker.refuse(observation, *met)
        return met[0]

    def _restart(self, why: str) -> Observation | End | None:
        """Start the app again. A running one is only brought to front by a launch: it has to be stopped before."""
        if self._is_part:
            return self.enter(why)
        self.do(Stop(package=self._app.package), Actor.EXPLORE, why)
        return self.do(Launch(package=self._app.package), Actor.EXPLORE, why)

    def _again(self, why: str) -> Observation | End | None:
        """Bring the app back to front after it was lost."""
        if self._is_part:
            return self.enter(why)
        return self.do(Launch(package=self._app.package), Actor.RECOVER, why)

    def do(self, action: Action, actor: Actor, why: str) -> Observation | None:
        """Take one step; return what was seen after it, ``None`` where that could not be."""
        step = self._walker.act(action, actor=actor, why=why)
        self._failures = 0 if step.gap is None else self._failures + 1
        if step.gap is not None:
            self._explorer.failed(deadly=step.gap.reason == "app-died")
        self._backed = isinstance(action, Back)
        self._last = self._walker.seen(step)
        self._follow()
        return self._last

    def _follow(self) -> None:
        """Learn from the steps since the last time whether the walk is still inside the app."""
        fresh = self._walker.steps[self._followed :]
        seen = (
            {observation.id: observation for observation in self._walker.observations[-len(fresh) :]} if fresh else {}
        )
        for step in fresh:
            if step.after is not None:
                self._inside = self._whereabouts.after(step, seen[step.after])
        self._followed = len(self._walker.steps)

    def _end(self, stopped_by: str) -> End:
        explorer = self._explorer
        return End(
            finished=False,
            untried=explorer.untried,
            cut_pages=explorer.cut_pages,
            loops=explorer.loops,
            stopped_by=stopped_by,
        )

    def _hindrance(self, observation: Observation) -> bool | End:
        """Clear away what stands before the app; true when a step was taken, ``End`` when there is no way on."""
        popup = popups.popup(observation)
        if popup is not None:
            if popup.kind is popups.PopupKind.LOGIN:
                if self._pass_wall(observation):
                    return True
                if len(self._explorer.screens) + self._known <= 1:
                    return self._end(self._wall)
            self._popups += 1
            tried = self._ways_tried.get((popup.kind, observation.screen), 0)
            ways = popup.ways if self._is_at_home(observation) else popup.declining
            if tried >= len(ways) or self._popups > self._walker.manners.popups_in_a_row:
                return self._end(f"blocked-{popup.kind}")
            self._explorer.interrupted(hides=popup.kind is popups.PopupKind.PERMISSION)
            after = self.do(ways[tried], Actor.POPUP, f"popup-{popup.kind}")
            if after is not None and not self._came_through(observation, after):
                # Declining closed the app or changed nothing: next time the next way, which binds a little more.
                self._ways_tried[popup.kind, observation.screen] = tried + 1
            return True
        self._popups = 0
        if self._inside:
            if self._away:
                self._explorer.lost()
            self._away = 0
            return False
        self._away += 1
        if self._away > self._walker.manners.away_in_a_row:
            return self._end("left-app" if self._explorer.screens or self._was_inside else "blocked-launch")
        # What led here is forgotten only once the app is back: if it died of it, the press is taken back.
        if self._away == 1 and not (self._backed and self._is_part):
            self.do(Back(), Actor.RECOVER, "return-to-app")
        elif isinstance(again := self._again("return-to-app"), End):
            return again
        return True

    def _is_at_home(self, observation: Observation) -> bool:
        """Return whether a page is of the package that is visited: nothing is agreed to in a browser or a store."""
        return observation.page is None or observation.page.package == self._app.package

    def _pass_wall(self, observation: Observation) -> bool:
        """Log in where there is an account and nobody has tried; return whether a step was taken.

        Where it is false the page is one like others: what can be seen before the wall is seen, and the wall is told.
        """
        login, self._login = self._login, None
        if login is None:
            self._wall = self._wall or "blocked-login"
            return False
        self._explorer.lost()
        with login.discretion.filling():
            self._follow_flow(login, observation, lambda action: self.do(action, Actor.FLOW, "log-in"))
        after = self.do(Wait(seconds=1.0), Actor.FLOW, "log-in-done")
        if after is None or login_page(after):
            self._wall = "blocked-login-failed"
        return True

    def _follow_flow(self, login: Login, observation: Observation, do: Callable[[Action], Observation | None]) -> None:
        try:
            follow(login.flow, observation, do)
        except FlowLost as lost:
            _log.warning("a log-in flow lost its way", extra={"package": self._app.package, "looked_for": str(lost)})

    def _log_in_for_probe(self, observation: Observation, do: Callable[[Action], Observation | None]) -> None:
        """Pass a log-in page that a probe stands before, on whichever device, once what covers it is cleared away."""
        login = self._account
        for _ in range(self._walker.manners.popups_in_a_row):
            popup = popups.popup(observation)
            if login is None or popup is None or popup.kind is popups.PopupKind.LOGIN or not popup.ways:
                break
            seen = do(popup.ways[0])
            if seen is None:
                return
            observation = seen
        if login is not None and login_page(observation):
            with login.discretion.filling():
                self._follow_flow(login, observation, do)

    def _came_through(self, before: Observation, after: Observation) -> bool:
        """Return whether a pop-up is gone and the app is still in front."""
        left = before.page is not None and after.page is not None and after.page.package != self._app.package
        gone = after.screen != before.screen or popups.popup(after) is None
        return gone and not left

    def _targets(self, observation: Observation) -> list[safety.Control]:
        allowed = []
        pressable = (safety.ControlKind.TAP, safety.ControlKind.TAB)
        for control, danger in safety.judged(observation):
            if control.kind not in pressable or not control.enabled:
                continue
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
            if once_in_an_app(shown):
                if rule.id in self._asked_once:
                    continue
                self._asked_once.add(rule.id)
            self._probed[here] = self._probed.get(here, 0) + 1
            self._explorer.lost()
            first = self._walker.looks
            self._last, outcome = self._walker.probe(rule, observation, self._log_in_for_probe)
            self._follow()
            if self._last is not None and self._last.companion:
                self.do(Wait(seconds=0.0), Actor.RECOVER, "first-device")
            if outcome is not None and outcome.verdict is not Verdict.INCONCLUSIVE:
                # What the probe passed through is the same function in another state: paused, at the end, asked again.
                newest = self._walker.observations
                passed = {seen.screen for seen in newest[max(0, len(newest) - self._walker.looks + first) :]}
                self._settled.update((rule.id, screen) for screen in (observation.screen, *passed))
            if outcome is not None and outcome.verdict is Verdict.FOUND and kind is not None:
                self._found.add((rule.id, kind))
            return True
        return False
