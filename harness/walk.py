"""The walker: performs actions on a device, records every step and refusal, drives probes.

Nothing else touches a device during a walk. A step that failed is recorded with its gap; the walk goes on when the
device can be looked at again and ends with a named reason when it cannot.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness import safety
from harness.clock import Clock
from harness.errors import ActionRefused, DeviceError, DeviceTimeout, DeviceUnreachable
from harness.model import (
    ACTION_REFUSED,
    DEMO_PACKAGES,
    WAITING_SHAPES,
    Action,
    Actor,
    Back,
    Channel,
    DenyPermission,
    Device,
    Frame,
    Gap,
    Home,
    Launch,
    LogIn,
    LongPress,
    MockPlace,
    Moment,
    NextDay,
    Observation,
    ObservationId,
    OnCompanion,
    OneDevice,
    Outcome,
    PackageName,
    ProbeRun,
    RealPlace,
    Recents,
    Recorder,
    Refusal,
    RestorePermission,
    Rule,
    ScreenKey,
    Step,
    Stop,
    Tap,
    Wait,
)
from harness.perceive import at_rest

_log = logging.getLogger(__name__)

Perceive = Callable[[Frame, ObservationId], Observation]
LoggingIn = Callable[[Observation, Callable[[Action], Observation | None]], None]

# Steps after which an app may rightly be another process; a refused privacy notice ends many an app, too.
_MAY_END_APPS = (Stop, Back, Home, Recents, DenyPermission)
# Not every device lets its clock be moved, not every app asks for a permission: a no is an answer, not a lost step.
_MAY_BE_REFUSED = (NextDay, DenyPermission, RestorePermission, MockPlace, RealPlace, LogIn, OnCompanion)
# What changes the screen, as a rule at once.
_CHANGE_THE_SCREEN = (Tap, Back, Launch)
_DAY_S = 86400.0
_LOGGED_IN_S = 1.0
_REMEMBERED = 100
_FEW_WORDS = 4  # a title, a clock, an arrow and what says that the page is coming
# Whole short texts of a page that is not there yet.
_LOADING = ("加载中", "正在加载", "请稍候", "请稍后", "努力加载中", "Loading")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How patient the walker is. Times in seconds."""

    settle_s: float = 0.2  # a page that comes later than that is waited for once more
    late_s: float = 0.3
    loading_s: float = 0.4
    loading_tries: int = 8
    rest_tries: int = 4
    stale_s: float = 1.5  # nothing is pressed by what was seen longer ago: something may have come up since
    frozen_s: float = 8.0  # five of Android's patience, and what a slow machine takes itself
    failures_in_a_row: int = 4
    popups_in_a_row: int = 6
    away_in_a_row: int = 4
    probes_per_screen: int = 2
    probes_per_rule: int = 6
    probe_actions: int = 80


class Walker:
    """Hands and eyes of one walk, and its trail. Used by one thread."""

    def __init__(
        self,
        device: Device,
        *,
        perceive: Perceive,
        recorder: Recorder,
        clock: Clock,
        manners: Manners | None = None,
    ) -> None:
        self._device = device
        self._perceive = perceive
        self._recorder = recorder
        self._clock = clock
        self.manners = manners or Manners()
        self._observations: deque[Observation] = deque(maxlen=_REMEMBERED)  # the bundle has them all
        self.looks = 0
        self.still_loading = False  # the last look waited in vain
        self.slowest_s = 0.0  # how long the last look waited at most for one answer
        self._steps: list[Step] = []
        self._processes: dict[PackageName, int] = {}  # of apps seen in front, as long as they may not end
        self._front: Frame | None = None
        self._pictures: list[tuple[ScreenKey, bytes]] = []  # the last two of the last look
        self._refused: dict[tuple[ScreenKey, str], Refusal] = {}
        self._probe_runs: list[ProbeRun] = []
        self._days = 0

    @property
    def jumped_s(self) -> float:
        """How far the device's clock was moved on by whole days; nobody spent that time."""
        return _DAY_S * self._days

    @property
    def observations(self) -> tuple[Observation, ...]:
        """The newest observations, more than one probe makes; a walk's memory does not grow with its length."""
        return tuple(self._observations)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(self._refused.values())

    @property
    def probe_runs(self) -> tuple[ProbeRun, ...]:
        return tuple(self._probe_runs)

    def now(self) -> Moment:
        return Moment(wall=self._clock.wall(), mono_s=self._clock.monotonic_s())

    def look(self, *, anew: bool = False) -> Observation:
        """Return what is on the screen once it stands still and has loaded. Raises ``DeviceError``.

        What only pixels show is at rest although a video or a carousel plays in it; where it does not come to rest,
        the observation says that it moves. With ``anew`` something is expected to have changed: a screen that is as
        it was is looked at once more, later.
        """
        self.slowest_s = 0.0
        frame = self._capture()
        if anew and self._front is not None and (frame.png, frame.xml) == (self._front.png, self._front.xml):
            self._clock.sleep(self.manners.late_s)
            said = frame.toasts
            frame = self._capture()
            frame = replace(frame, toasts=(*said, *frame.toasts))
        observation = self._perceive(frame, ObservationId(f"o{self.looks + 1:04d}"))
        # Nothing was done between the pictures of one look; those of the look before must be of the same screen.
        seen = [png for screen, png in self._pictures if screen == observation.screen]
        seen += [frame.png] if frame.png is not None else []
        loading, moving = self.manners.loading_tries, self.manners.rest_tries
        while True:
            resting = _rests(observation, seen)
            if loading and _is_loading(observation):
                loading -= 1
            elif moving and not resting:
                moving -= 1
            else:
                break
            self._clock.sleep(self.manners.loading_s)
            newer = self._capture()
            newer = replace(newer, toasts=(*frame.toasts, *newer.toasts))
            seen += [newer.png] if newer.png is not None else []
            if replace(newer, began=frame.began, ended=frame.ended) != frame:  # else what was seen still stands
                frame, observation = newer, self._perceive(newer, observation.id)
        if not resting:
            _log.info("the screen does not come to rest", extra={"screen": observation.screen})
            frame, observation = replace(frame, moving=True), replace(observation, moving=True)
        self.still_loading = _is_loading(observation)
        if self.is_frozen:
            _log.warning(
                "no answer for long", extra={"screen": observation.screen, "seconds": round(self.slowest_s, 1)}
            )
        self._recorder.observation(observation, frame)
        self._observations.append(observation)
        self.looks += 1
        self._front = frame
        self._pictures = [(observation.screen, png) for png in seen[-2:]]
        return observation

    def _capture(self) -> Frame:
        began_s = self._clock.monotonic_s()
        frame = self._device.capture()
        self.slowest_s = max(self.slowest_s, self._clock.monotonic_s() - began_s)
        return frame

    @property
    def is_stale(self) -> bool:
        """Whether what was seen last may not be there any more: it took long to read."""
        age_s = self._clock.monotonic_s() - self._front.ended.mono_s if self._front is not None else 0.0
        return age_s >= self.manners.stale_s

    @property
    def is_frozen(self) -> bool:
        """Whether the last look got no answer for so long that Android would ask whether to close the app."""
        return self.slowest_s >= self.manners.frozen_s

    def act(self, action: Action, *, actor: Actor, why: str) -> Step:
        """Perform one action and look; return the recorded step, with a gap where either failed."""
        began = self.now()
        seen = self._last_seen(companion=isinstance(action, OnCompanion))
        before = seen.id if seen is not None else None
        after: ObservationId | None = None
        gap: Gap | None = None
        try:
            self._device.perform(action)
        except ActionRefused as error:
            gap = _gap(error, ACTION_REFUSED if isinstance(action, _MAY_BE_REFUSED) else "action-failed")
        except DeviceError as error:
            gap = _gap(error, "action-failed")
        else:
            self._days += isinstance(action, NextDay)
        try:
            self._clock.sleep(self.manners.settle_s)
            self._forget_ended(action, actor)
            after = self.look(anew=isinstance(_inner(action), _CHANGE_THE_SCREEN)).id
            died = self._death()
            gap = gap or died
        except DeviceError as error:
            gap = gap or _gap(error, "look-failed")
        step = Step(
            seq=len(self._steps) + 1,
            actor=actor,
            action=action,
            why=why,
            before=before,
            after=after,
            began=began,
            ended=self.now(),
            gap=gap,
        )
        self._recorder.step(step)
        self._steps.append(step)
        return step

    def _forget_ended(self, action: Action, actor: Actor) -> None:
        """Forget the processes of apps that the action may rightly have ended.

        Back ends what it was pressed in and nothing else: an app that died and left the launcher in front is still
        asked for when it comes back.
        """
        front = self._front.page if self._front is not None else None
        if isinstance(action, Back) and actor is not Actor.POPUP:
            if front is not None:  # where it is not known, nothing is forgotten: a death too many costs only a clear
                self._processes.pop(front.package, None)
        elif isinstance(action, _MAY_END_APPS) or actor is Actor.POPUP:
            self._processes.clear()

    def _death(self) -> Gap | None:
        """Return the gap of a step during which the app in front began anew, ``None`` where it is as it was.

        What was pressed may then have met the launcher instead of the app, and proves nothing.
        """
        front = self._front
        if front is None or front.companion or front.page is None or front.process is None:
            return None
        package, process = front.page.package, front.process
        before = self._processes.get(package, process)
        self._processes[package] = process
        if before == process:
            return None
        return Gap(channel=Channel.PAGE, reason="app-died", detail=f"{package}: process {before}, then {process}")

    def _last_seen(self, *, companion: bool) -> Observation | None:
        """Return what was seen last on one of the two devices, ``None`` where nothing was, or long ago."""
        return next((o for o in reversed(self._observations) if o.companion == companion), None)

    def seen(self, step: Step) -> Observation | None:
        """Return the observation after a step, ``None`` where there is none."""
        return self._observations[-1] if step.after is not None else None

    def refuse(self, observation: Observation, control: safety.Control, danger: str) -> None:
        """Record once per screen that a control was not pressed."""
        key = (observation.screen, control.norm)
        if key in self._refused:
            return
        refusal = Refusal(
            seq=len(self._refused) + 1,
            observation=observation.id,
            label=control.label,
            box=control.box,
            danger=danger,
        )
        self._refused[key] = refusal
        self._recorder.refusal(refusal)

    def probe(
        self, rule: Rule, observation: Observation, log_in: LoggingIn | None = None
    ) -> tuple[Observation | None, Outcome | None]:
        """Run a rule's probe from this screen; return the last observation and what the probe says.

        The observation is ``None`` where the device was lost, the outcome where the probe was cut. ``log_in`` passes a
        log-in page by the steps of an account's flow; the probe sees only what is there after them.
        """
        if rule.probe is None:
            raise ValueError(f"{rule.id} has no probe")
        generator = rule.probe(observation)
        exchanges: list[tuple[Action, ObservationId]] = []
        current: Observation | None = observation
        cut: Gap | None = None
        outcome: Outcome | None = None
        try:
            action = next(generator)
            while True:
                if len(exchanges) >= self.manners.probe_actions:
                    cut = Gap(channel=Channel.PAGE, reason="probe-budget")
                    break
                refused = self._forbidden(rule, action)
                if refused is not None:
                    cut = refused
                    break
                if log_in is not None and isinstance(_inner(action), LogIn):
                    step = self._log_in(action, log_in)
                else:
                    step = self.act(action, actor=Actor.PROBE, why=f"probe:{rule.id}")
                current = self.seen(step)
                if current is None or (step.gap is not None and step.gap.reason != ACTION_REFUSED):
                    cut = step.gap or Gap(channel=Channel.PAGE, reason="look-failed")
                    break
                exchanges.append((action, current.id))
                action = generator.send(current)
        except StopIteration as end:
            outcome = end.value
        finally:
            generator.close()
        if cut is not None and any(isinstance(action, MockPlace) for action, _ in exchanges):
            self.act(RealPlace(), actor=Actor.RECOVER, why="real-place")  # what comes after is no probe any more
        run = ProbeRun(rule=rule.id, start=observation.id, exchanges=tuple(exchanges), cut=cut)
        self._recorder.probe_run(run)
        self._probe_runs.append(run)
        return current, outcome

    def _log_in(self, action: Action, log_in: LoggingIn) -> Step:
        """Let an account's flow pass the log-in page on the device that the action is for; return the last step."""
        on_companion = isinstance(action, OnCompanion)

        def wrapped(inner: Action) -> Action:
            return OnCompanion(action=inner) if on_companion and not isinstance(inner, OnCompanion) else inner

        def do(inner: Action) -> Observation | None:
            return self.seen(self.act(wrapped(inner), actor=Actor.FLOW, why="log-in"))

        page = self._last_seen(companion=on_companion)
        if page is not None:
            log_in(page, do)
        return self.act(wrapped(Wait(seconds=_LOGGED_IN_S)), actor=Actor.FLOW, why="log-in-done")

    def _forbidden(self, rule: Rule, action: Action) -> Gap | None:
        """Return why a probe must not do this, ``None`` where it may."""
        observation = self._last_seen(companion=isinstance(action, OnCompanion))
        action = _inner(action)
        if not isinstance(action, (Tap, LongPress)) or observation is None:
            return None
        allowed = {*rule.may_press, *(rule.may_press_demo if _is_demo(observation) else ())}
        for control in safety.controls(observation):
            if not control.box.holds(action.x_px, action.y_px) or control.norm in allowed:
                continue
            danger = safety.danger_of(control, observation)
            if danger is not None:
                self.refuse(observation, control, danger)
                return Gap(channel=Channel.PAGE, reason="probe-refused", detail=f"{control.label} ({danger})")
        return None


def _inner(action: Action) -> OneDevice:
    return action.action if isinstance(action, OnCompanion) else action


def _is_demo(observation: Observation) -> bool:
    return observation.page is not None and observation.page.package.startswith(DEMO_PACKAGES)


def _is_loading(observation: Observation) -> bool:
    if any(shape.kind in WAITING_SHAPES for shape in observation.shapes):
        return True
    texts = [word.norm for word in observation.words]
    return len(texts) <= _FEW_WORDS and any(text.startswith(_LOADING) for text in texts)


def _rests(observation: Observation, pngs: Sequence[bytes]) -> bool:
    """Return whether there is nothing to wait for: no region that pixels alone show, or one that has come to rest."""
    unseen = any(gap.channel is Channel.PICTURE for gap in observation.gaps)
    return unseen or not observation.opaque or at_rest(pngs, observation.opaque)


def _gap(error: DeviceError, reason: str) -> Gap:
    if isinstance(error, DeviceTimeout):
        reason = "device-timeout"
    elif isinstance(error, DeviceUnreachable):
        reason = "device-unreachable"
    return Gap(channel=Channel.PAGE, reason=reason, detail=str(error))
