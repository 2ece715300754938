"""The walker and the tour on a scripted device: the walking is real, the phone is a list of frames."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from harness.errors import DeviceUnreachable, ServerDied
from harness.explore import Scope
from harness.model import (
    DEMO_PACKAGES,
    Action,
    Actor,
    Back,
    Box,
    DeviceInfo,
    Frame,
    Home,
    Launch,
    Moment,
    Observation,
    ObservationId,
    Outcome,
    PackageName,
    Page,
    ProbeRun,
    Refusal,
    Rule,
    Shape,
    ShapeKind,
    Step,
    Stop,
    Tap,
    Verdict,
    Wait,
)
from harness.perceive import observe
from harness.perceive.pictures import png_size_px
from harness.rules import ALL_RULES
from harness.rules.concluding import KIND, PROBE_WANTED
from harness.tour import Tour
from harness.walk import Walker
from tests.picture_drawing import drawn_page

PACKAGE = PackageName("cn.example.app")


@dataclass
class TickingClock:
    """A clock that only sleeping moves."""

    at_s: float = 0.0

    def wall(self) -> datetime:
        return datetime(2026, 3, 3, tzinfo=UTC) + timedelta(seconds=self.at_s)

    def monotonic_s(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.at_s += seconds


@dataclass
class ScriptedDevice:
    """A phone whose screens are lists of button labels; ``ways`` says where a label leads."""

    screens: dict[str, list[str]]
    ways: dict[str, str]
    clock: TickingClock
    serial: str = "scripted"
    here: str = "launcher"
    history: list[str] = field(default_factory=list)
    done: list[Action] = field(default_factory=list)
    fatal: list[str] = field(default_factory=list)  # the app dies of a press on these, once each
    process: int = 100
    runs: bool = False
    before_capture: Callable[[ScriptedDevice], None] | None = None
    before_action: Callable[[ScriptedDevice, Action], None] | None = None

    def capture(self) -> Frame:
        if self.before_capture is not None:
            self.before_capture(self)
        moment = Moment(wall=self.clock.wall(), mono_s=self.clock.monotonic_s())
        package = "com.android.launcher3" if self.here == "launcher" else PACKAGE
        labels = self.screens.get(self.here, [])
        return Frame(
            size_px=(1080, 2400),
            png=None,
            xml=_xml(self.here, labels, package),
            page=Page(package=PackageName(package), activity=f"{package}.{self.here}"),
            process=self.process if package == PACKAGE else 1,
            began=moment,
            ended=moment,
        )

    def perform(self, action: Action) -> None:
        if self.before_action is not None:
            self.before_action(self, action)
        self.done.append(action)
        match action:
            case Launch():
                self.here, self.history = "home", []
                self.process += not self.runs
                self.runs = True
            case Stop():
                self.here, self.runs = "launcher", False
            case Home():
                self.here = "launcher"
            case Back():
                self.here = self.history.pop() if self.history else "launcher"
            case Tap():
                label = self.screens[self.here][(action.y_px - 200) // 200]
                target = self.ways.get(label)
                if label in self.fatal:
                    self.fatal.remove(label)
                    self.here, self.runs, self.history = "launcher", False, []
                elif target is not None:
                    self.history.append(self.here)
                    self.here = target
            case Wait():
                self.clock.sleep(action.seconds)
            case _:
                pass

    def describe(self) -> DeviceInfo:
        return DeviceInfo(serial=self.serial)

    def close(self) -> None:
        self.here = "launcher"


def _xml(screen: str, labels: list[str], package: str) -> bytes:
    rows = "".join(
        f'<node index="{n}" text="{label}" resource-id="{screen}{n}" class="android.widget.Button" package="{package}" '
        f'content-desc="" clickable="true" enabled="true" bounds="[40,{200 + 200 * n}][1040,{340 + 200 * n}]" />'
        for n, label in enumerate(labels)
    )
    return (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation=\"0\">"
        f'<node index="0" text="" resource-id="" class="android.widget.FrameLayout.{screen}" package="{package}" '
        f'clickable="false" enabled="true" bounds="[0,0][1080,2400]">{rows}</node></hierarchy>'
    ).encode()


@dataclass
class Kept:
    """A recorder in memory."""

    observations: list[Observation] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    probe_runs: list[ProbeRun] = field(default_factory=list)

    def observation(self, observation: Observation, frame: Frame) -> None:
        self.observations.append(observation)

    def step(self, step: Step) -> None:
        self.steps.append(step)

    def refusal(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)

    def probe_run(self, run: ProbeRun) -> None:
        self.probe_runs.append(run)


SCREENS = {
    "home": ["新闻", "我的", "立即签到"],
    "news": ["文章"],
    "mine": ["设置", "退出登录"],
    "settings": ["关于"],
    "about": [],
}
WAYS = {"新闻": "news", "我的": "mine", "设置": "settings", "关于": "about"}


def made(screens: dict[str, list[str]] = SCREENS) -> tuple[ScriptedDevice, Walker, Kept, TickingClock]:
    clock = TickingClock()
    device = ScriptedDevice(screens=screens, ways=WAYS, clock=clock)
    kept = Kept()

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        return observe(frame, id=id, engines=())

    return device, Walker(device, perceive=perceive, recorder=kept, clock=clock), kept, clock


def tour(walker: Walker, clock: TickingClock, rules: tuple[Rule, ...] = (), steps: int = 80) -> Tour:
    return Tour(walker, Scope(package=PACKAGE, steps=steps), rules, clock)


def test_a_whole_app_is_walked_and_every_step_and_sight_is_recorded() -> None:
    device, walker, kept, clock = made()
    end = tour(walker, clock).run()
    assert end.finished
    seen = {o.page.activity.rpartition(".")[2] for o in kept.observations if o.page}
    assert {"home", "news", "mine", "settings", "about"} <= seen
    assert [step.seq for step in kept.steps] == list(range(1, len(kept.steps) + 1))
    assert len(device.done) == len(kept.steps)


@pytest.mark.parametrize("kind", [ShapeKind.SPINNER, ShapeKind.SKELETON])
def test_a_page_that_only_draws_that_it_waits_is_looked_at_again(kind: ShapeKind) -> None:
    clock, kept = TickingClock(), Kept()
    device = ScriptedDevice(screens={"launcher": []}, ways={}, clock=clock)
    device.before_capture = lambda shown: shown.screens["launcher"].append(f"第{len(shown.screens['launcher'])}项")
    drawn = Shape(kind=kind, box=Box(left=500, top=1100, right=580, bottom=1180), match_ratio=0.9, method="test")
    looks: list[ObservationId] = []

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        looks.append(id)
        seen = observe(frame, id=id, engines=())
        return dataclasses.replace(seen, shapes=(drawn,)) if len(looks) < 4 else seen

    seen = Walker(device, perceive=perceive, recorder=kept, clock=clock).look()
    assert looks == ["o0001"] * 4
    assert kept.observations == [seen]
    assert seen.shapes == ()


@dataclass
class DrawnDevice(ScriptedDevice):
    """A phone that shows one drawn page after another, the last for good; the hierarchy knows nothing of them."""

    pages: list[bytes] = field(default_factory=list)
    captures: int = 0

    def capture(self) -> Frame:
        png = self.pages[min(self.captures, len(self.pages) - 1)]
        self.captures += 1
        return dataclasses.replace(super().capture(), png=png, xml=None, size_px=png_size_px(png), toasts=self._said())

    def _said(self) -> tuple[str, ...]:
        return (f"提示{self.captures}",) if self.captures < 3 else ()


def looked_at(*pages: bytes) -> tuple[DrawnDevice, Walker, Kept, list[Frame]]:
    """Return a walker that has looked once, what it recorded, and the frames that were perceived."""
    clock, kept = TickingClock(), Kept()
    device = DrawnDevice(screens={}, ways={}, clock=clock, pages=list(pages))
    frames: list[Frame] = []

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        frames.append(frame)
        return observe(frame, id=id, engines=())

    walker = Walker(device, perceive=perceive, recorder=kept, clock=clock)
    walker.look()
    return device, walker, kept, frames


def test_a_drawn_page_that_fades_in_is_kept_as_it_is_at_rest_with_all_that_was_said_meanwhile() -> None:
    done = drawn_page()
    device, walker, kept, frames = looked_at(drawn_page(shade=0.2), drawn_page(shade=0.6), done, done)
    assert [seen.png_sha256 for seen in kept.observations] == [hashlib.sha256(done).hexdigest()]
    assert kept.observations[0].toasts == ("提示1", "提示2")
    assert not kept.observations[0].moving
    assert (device.captures, len(frames)) == (4, 3)
    walker.look()
    assert device.captures == 5


def test_a_page_in_which_a_video_plays_is_at_rest_and_soon_known_again() -> None:
    films = [drawn_page(film=number) for number in range(9)]
    device, walker, kept, _ = looked_at(*films)
    assert device.captures == 3
    walker.look()
    assert device.captures == 4
    assert [seen.moving for seen in kept.observations] == [False, False]


def test_a_drawn_page_that_never_rests_is_looked_at_and_said_to_move() -> None:
    device, walker, kept, _ = looked_at(*(drawn_page(down_px=50 * number) for number in range(12)))
    assert device.captures == 1 + walker.manners.rest_tries
    assert kept.observations[0].moving


def test_nothing_is_waited_for_where_the_hierarchy_knows_all() -> None:
    device, walker, kept, _ = made()
    captures: list[str] = []
    device.before_capture = lambda shown: captures.append(shown.here)
    device.perform(Launch(package=PACKAGE))
    walker.look()
    assert captures == ["home"]
    assert not kept.observations[0].moving


def test_what_must_not_be_pressed_is_refused_once_and_recorded() -> None:
    device, walker, kept, clock = made()
    tour(walker, clock).run()
    assert {refusal.label for refusal in kept.refusals} == {"立即签到", "退出登录"}
    pressed = {action.label for action in device.done if isinstance(action, Tap)}
    assert pressed
    assert not pressed & {"立即签到", "退出登录"}


def test_a_step_that_fails_is_recorded_with_its_gap_and_the_walk_goes_on() -> None:
    device, walker, kept, clock = made()
    failed: list[Action] = []

    def fail_once(_: ScriptedDevice, action: Action) -> None:
        if isinstance(action, Tap) and not failed:
            failed.append(action)
            raise ServerDied("the server is gone", serial="scripted")

    device.before_action = fail_once
    end = tour(walker, clock).run()
    broken = [step for step in kept.steps if step.gap is not None]
    assert [step.action for step in broken] == failed
    assert end.finished
    assert len(kept.steps) > len(broken) + 3


def test_an_app_that_dies_of_a_press_and_leaves_the_launcher_in_front_is_a_gap_and_pressed_once_more() -> None:
    device, walker, kept, clock = made()
    device.fatal = ["设置"]
    end = tour(walker, clock).run()
    assert end.finished
    assert [step.gap.reason for step in kept.steps if step.gap is not None] == ["app-died"]
    pressed = [action.label for action in device.done if isinstance(action, Tap)]
    assert pressed.count("设置") == 2
    assert "about" in {o.page.activity.rpartition(".")[2] for o in kept.observations if o.page}


def test_an_app_that_is_only_left_and_comes_back_as_it_was_is_no_gap() -> None:
    device, walker, kept, clock = made()
    device.ways = {**WAYS, "文章": "launcher"}
    assert tour(walker, clock).run().finished
    assert "launcher" in {o.page.activity.rpartition(".")[2] for o in kept.observations[1:] if o.page}
    assert [step for step in kept.steps if step.gap is not None] == []


def test_a_device_that_stays_away_ends_the_walk_with_a_named_reason_and_keeps_what_was_gathered() -> None:
    device, walker, kept, clock = made()
    looks = 0

    def vanish(_: ScriptedDevice) -> None:
        nonlocal looks
        looks += 1
        if looks > 4:
            raise DeviceUnreachable("device offline", serial="scripted")

    device.before_capture = vanish
    end = tour(walker, clock).run()
    assert (end.finished, end.stopped_by) == (False, "device-lost")
    assert len(kept.observations) == 4
    assert kept.steps[-1].gap is not None


def test_the_budget_of_steps_ends_the_walk_and_says_so() -> None:
    _, walker, kept, clock = made()
    end = tour(walker, clock, steps=5).run()
    assert (end.finished, end.stopped_by) == (False, "steps-spent")
    assert len(kept.steps) == 5


def test_what_was_seen_and_never_tried_is_said_and_leaves_the_walk_unfinished() -> None:
    many = [f"功能{chr(0x4E00 + n)}" for n in range(8)]
    _, walker, _, clock = made({"home": many})
    scope = Scope(package=PACKAGE, taps_per_screen=3)
    end = Tour(walker, scope, (), clock).run()
    assert (end.finished, end.stopped_by, end.untried) == (False, "scope-spent", 5)


@pytest.mark.parametrize(("seen", "stopped_by"), [(2, "left-app"), (0, "blocked-launch")])
def test_an_app_that_leaves_for_another_is_brought_back_and_a_hopeless_one_is_named(seen: int, stopped_by: str) -> None:
    device, walker, kept, clock = made()
    looks = iter(range(1000))

    def throw_out(scripted: ScriptedDevice) -> None:
        if next(looks) > seen:
            scripted.here = "launcher"

    device.before_capture = throw_out
    end = tour(walker, clock).run()
    assert end.stopped_by == stopped_by
    assert any(step.actor is Actor.RECOVER for step in kept.steps)


def probing_rule(actions: list[Action]) -> Rule:
    """Return a rule whose probe does these actions on the home screen."""
    base = next(rule for rule in ALL_RULES if rule.id == "mandatory-check-in")

    def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
        for action in actions:
            observation = yield action
        return Outcome(verdict=Verdict.PRESENT, reason="test", observation=observation.id)

    return dataclasses.replace(base, probe=probe)


def test_a_probe_is_driven_step_by_step_and_recorded_with_what_it_saw() -> None:
    _, walker, kept, _ = made()
    walker.act(Launch(package=PACKAGE), actor=Actor.START, why="start")
    start = walker.observations[-1]
    walker.probe(probing_rule([Wait(seconds=2), Back()]), start)
    (run,) = kept.probe_runs
    assert run.start == start.id
    assert [action for action, _ in run.exchanges] == [Wait(seconds=2), Back()]
    assert run.cut is None


def test_a_probe_that_gave_an_answer_is_not_run_again_on_the_same_screen() -> None:
    _, walker, kept, clock = made()
    tour(walker, clock, rules=(probing_rule([Wait(seconds=1)]),)).run()
    starts = [next(o.screen for o in kept.observations if o.id == run.start) for run in kept.probe_runs]
    assert starts
    assert len(starts) == len(set(starts))


@pytest.mark.parametrize(("verdict", "once"), [(Verdict.FOUND, True), (Verdict.CLEAR, False)])
def test_a_make_of_player_that_was_caught_is_not_probed_again_on_its_other_screens(
    verdict: Verdict,
    once: bool,  # noqa: FBT001
) -> None:
    _, walker, kept, clock = made()
    data = ((PROBE_WANTED, "film"), (KIND, "one make"))

    def detect(observation: Observation) -> Outcome:
        return Outcome(verdict=Verdict.INCONCLUSIVE, reason="test", data=data, observation=observation.id)

    def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
        yield Wait(seconds=1)
        return Outcome(verdict=verdict, reason="test", observation=observation.id)

    rule = dataclasses.replace(probing_rule([]), detect=detect, probe=probe)
    tour(walker, clock, rules=(rule,)).run()
    assert kept.probe_runs
    assert (len(kept.probe_runs) == 1) is once


def test_a_probe_may_not_press_what_safety_forbids() -> None:
    device, walker, kept, _ = made()
    walker.act(Launch(package=PACKAGE), actor=Actor.START, why="start")
    walker.probe(probing_rule([Tap(x_px=500, y_px=650, label="立即签到")]), walker.observations[-1])
    (run,) = kept.probe_runs
    assert run.cut is not None
    assert run.cut.reason == "probe-refused"
    assert not [action for action in device.done if isinstance(action, Tap)]


def test_what_a_probe_may_press_in_made_up_apps_it_may_press_in_no_other() -> None:
    device, walker, kept, _ = made()
    walker.act(Launch(package=PACKAGE), actor=Actor.START, why="start")
    rule = probing_rule([Tap(x_px=500, y_px=650, label="立即签到")])
    assert not PACKAGE.startswith(DEMO_PACKAGES)
    walker.probe(dataclasses.replace(rule, may_press_demo=("立即签到",)), walker.observations[-1])
    assert [run.cut.reason for run in kept.probe_runs if run.cut is not None] == ["probe-refused"]
    assert not [action for action in device.done if isinstance(action, Tap)]


def test_a_probe_without_an_end_is_cut() -> None:
    _, walker, kept, _ = made()
    walker.act(Launch(package=PACKAGE), actor=Actor.START, why="start")
    walker.probe(probing_rule([Wait(seconds=1)] * 1000), walker.observations[-1])
    (run,) = kept.probe_runs
    assert run.cut is not None
    assert run.cut.reason == "probe-budget"


@pytest.mark.parametrize("error", [ServerDied, DeviceUnreachable])
def test_a_probe_cut_by_the_device_says_so(error: type[ServerDied | DeviceUnreachable]) -> None:
    device, walker, kept, _ = made()
    walker.act(Launch(package=PACKAGE), actor=Actor.START, why="start")

    def fail(_: ScriptedDevice, action: Action) -> None:
        raise error("gone", serial="scripted")

    device.before_action = fail
    walker.probe(probing_rule([Wait(seconds=1)]), walker.observations[-1])
    (run,) = kept.probe_runs
    assert run.cut is not None
    assert run.exchanges == ()


def test_a_screen_that_comes_late_is_waited_for_and_not_taken_for_a_press_in_vain() -> None:
    device, walker, kept, clock = made()
    tour(walker, clock, steps=2).run()
    device.runs, device.here = True, "home"
    walker.look()
    late: list[float] = []

    def not_yet(phone: ScriptedDevice) -> None:
        """Show the old screen until more than the first settling has passed."""
        if phone.here == "mine" and not late:
            late.append(clock.at_s)
            phone.here = "home"
        elif late and phone.here == "home":
            phone.here = "mine"

    device.before_capture = not_yet
    step = walker.act(Tap(x_px=500, y_px=450, label="我的"), actor=Actor.EXPLORE, why="explore-new")
    after = walker.seen(step)
    assert late
    assert after is not None
    assert after.page is not None
    assert after.page.activity.endswith(".mine")
    assert kept.observations[-1] == after


def test_what_a_walker_remembers_does_not_grow_with_the_walk() -> None:
    device, walker, kept, _ = made()
    device.perform(Launch(package=PACKAGE))
    for _ in range(250):
        walker.look()
    assert len(kept.observations) == walker.looks == 250
    assert len({o.id for o in kept.observations}) == 250
    assert walker.observations == tuple(kept.observations[-100:])


def test_a_page_that_does_not_stop_loading_is_left_and_that_is_said() -> None:
    screens = {"home": ["新闻", "政务"], "news": ["加载中"]}
    _, walker, kept, clock = made(screens)
    assert tour(walker, clock).run().finished
    assert next(step.why for step in kept.steps if isinstance(step.action, Back)) == "leave-loading"


def test_a_page_that_does_not_answer_for_long_is_left_and_that_is_said() -> None:
    device, walker, kept, clock = made({"home": ["新闻", "政务"], "news": ["立即签到"]})
    frozen: list[str] = []

    def freeze(phone: ScriptedDevice) -> None:
        if phone.here == "news" and not frozen:
            frozen.append(phone.here)
            clock.sleep(11.0)

    device.before_capture = freeze
    assert tour(walker, clock).run().finished
    whys = [step.why for step in kept.steps if isinstance(step.action, Back)]
    assert frozen
    assert whys.count("leave-frozen") == 1


def test_what_took_long_to_read_is_looked_at_once_more_before_anything_is_pressed() -> None:
    device, walker, kept, clock = made({**SCREENS, "home": ["新闻", "我的"], "late": ["我的"]})
    slow = walker._perceive

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        if device.here == "home" and len(kept.observations) <= 3:
            clock.sleep(2.0)
            device.here = "late"  # something else came up meanwhile
        return slow(frame, id)

    walker._perceive = perceive
    tour(walker, clock, steps=4).run()
    whys = [step.why for step in kept.steps]
    assert whys[:4] == ["start-clean", "start", "look-again", "explore-new"]
    assert [step.action.label for step in kept.steps if isinstance(step.action, Tap)] == ["我的"]


def test_nothing_is_agreed_to_in_another_app() -> None:
    labels = ["请阅读《隐私政策》", "隐私政策", "同意"]
    device, walker, kept, clock = made({**SCREENS, "launcher": labels})
    device.ways = {**WAYS, "新闻": "launcher"}
    tour(walker, clock, steps=30).run()
    assert not [step for step in kept.steps if isinstance(step.action, Tap) and step.action.label == "同意"]
    assert [step for step in kept.steps if step.why == "popup-privacy"]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (["当前版本已停用，请更新后使用", "立即更新"], "blocked-update"),
        (["请阅读《隐私政策》", "隐私政策", "不同意并退出", "同意"], "blocked-privacy"),
    ],
)
def test_a_wall_that_cannot_be_declined_is_blocked_with_its_reason_and_every_try_is_a_recorded_step(
    labels: list[str], reason: str
) -> None:
    _, walker, kept, clock = made({**SCREENS, "home": labels})
    end = tour(walker, clock).run()
    assert (end.finished, end.stopped_by) == (False, reason)
    tries = [step for step in kept.steps if step.actor is Actor.POPUP]
    assert tries
    assert all(step.before is not None and step.after is not None for step in tries)
    assert not {"立即更新"} & {step.action.label for step in kept.steps if isinstance(step.action, Tap)}
