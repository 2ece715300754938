"""A lesson without a device that stops for questions and for prompts; takes a probe's actions, has its own time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from harness.judge import replay
from harness.model import (
    Action,
    Back,
    Launch,
    Observation,
    ObservationId,
    Outcome,
    ProbeRun,
    RuleId,
    Stop,
    Swipe,
    Tap,
    Wait,
)
from harness.rules import rule_by_id
from harness.rules.corpus import screen

PACKAGE = "cn.example.study"
BAR = (150, 860, 800, 910)
ACTION_S = 0.6


@dataclass(slots=True, kw_only=True)
class Lesson:
    """How the lesson behaves; the defaults are a film of learning that plays to its end."""

    length_s: float = 120.0
    title: str = "第1节 为什么要减负"
    rules: tuple[str, ...] = ()
    # a question
    quiz_at_s: float | None = None
    quiz_covers: bool = False  # the player is not in the hierarchy while it is asked
    quiz_head: str = "随堂测验"
    quiz_note: str = "答题后继续播放"
    quiz_close: str = ""  # "works": 跳过 takes it away; "dead": it does nothing
    quiz_back: str = "leaves"  # or "stays", "closes"
    quiz_outside_closes: bool = False
    quiz_plays_on: bool = False
    quiz_once: bool = False  # not asked again after leaving
    shows_finished: bool = True  # 本节已学完, once the film came to its end
    quiz_at_end: bool = False  # asked when the film is over
    resets: bool = True  # leaving forgets the position
    # a prompt
    idle_s: float | None = None
    prompt: str = "您还在学习吗？"
    prompt_button: str = "继续学习"
    prompt_covers: bool = False
    prompt_stops: bool = True
    prompt_leaves_after_s: float | None = None
    drawn: bool = False  # pixels alone tell of it: texts are read, the bar is a shape, the play button is an icon


@dataclass(slots=True)
class Phone:
    """The lesson in an app with a list before it, and everything that was done to it."""

    page: Lesson
    place: str = "video"
    position_s: float = 2.0
    now_s: float = 100.0
    untouched_s: float = 0.0
    playing: bool = True
    finished: bool = False
    asked: bool = False
    answered: bool = False
    prompted_s: float | None = None
    action_s: float = ACTION_S  # how long anything takes on this device
    seen: list[Observation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def look(self) -> Observation:
        """Return what is on the screen now."""
        observation = screen(self._raw(), index=len(self.seen) + 1, at_s=self.now_s)
        self.seen.append(observation)
        return observation

    def perform(self, action: Action) -> Observation:
        """Do one action, let its time pass and return the screen after it."""
        self.actions.append(action)
        if not isinstance(action, Wait):
            self.untouched_s = 0.0
        if isinstance(action, Tap):
            self._tap(action)
        elif isinstance(action, Swipe) and not (self.asked or self.prompted_s is not None):
            self.position_s = max(0.0, (action.x2_px - BAR[0]) / (BAR[2] - BAR[0]) * self.page.length_s)
        elif isinstance(action, Back):
            self._back()
        for _ in range(round((self.action_s + (action.seconds if isinstance(action, Wait) else 0.0)) * 10)):
            self._tick(0.1)
        return self.look()

    def _tick(self, seconds: float) -> None:
        page = self.page
        self.now_s += seconds
        if self.place != "video":
            return
        self.untouched_s += seconds
        if page.idle_s is not None and self.prompted_s is None and self.playing and self.untouched_s >= page.idle_s:
            self.prompted_s = self.now_s
        leaves_s = page.prompt_leaves_after_s
        if self.prompted_s is not None and leaves_s is not None and self.now_s - self.prompted_s >= leaves_s:
            self.prompted_s, self.untouched_s = None, 0.0
        held = (self.asked and not page.quiz_plays_on) or (self.prompted_s is not None and page.prompt_stops)
        if not self.playing or held or self.position_s >= page.length_s:
            return
        before, self.position_s = self.position_s, min(self.position_s + seconds, page.length_s)
        if page.quiz_at_s is not None and not self.answered and before < page.quiz_at_s <= self.position_s:
            self.asked = True
        self.finished = self.finished or self.position_s >= page.length_s
        if page.quiz_at_end and self.position_s >= page.length_s:
            self.asked = True

    def _tap(self, action: Tap) -> None:
        page = self.page
        if self.place == "list":
            self.place, self.playing = "video", True
            if page.resets:
                self.position_s = 0.0
        elif self.prompted_s is not None:
            if action.label == page.prompt_button:
                self.prompted_s = None
        elif self.asked:
            closed = action.label == "跳过" and page.quiz_close == "works"
            if closed or (not action.label and page.quiz_outside_closes):
                self.asked, self.answered = False, True
        elif action.label in ("播放", "暂停"):
            self.playing = not self.playing

    def _back(self) -> None:
        if self.asked and self.page.quiz_back == "stays":
            return
        if self.asked and self.page.quiz_back == "closes":
            self.asked, self.answered = False, True
            return
        self.answered = self.answered or (self.asked and self.page.quiz_once)
        self.place, self.asked, self.prompted_s = "list", False, None

    def _raw(self) -> dict[str, Any]:
        if self.place == "list":
            nodes = [_text("课程详情", 150), _text(self.page.title, 400, clickable=True), _text("返回首页", 560)]
            return self._shown("list", nodes)
        return self._shown("video", self._nodes())

    def _shown(self, name: str, nodes: list[dict[str, Any]]) -> dict[str, Any]:
        if not self.page.drawn:
            return {"package": PACKAGE, "screen": name, "nodes": nodes}
        read = [{"text": n["text"], "box": n["box"]} for n in nodes if n.get("text") not in (None, "播放", "暂停")]
        bars = [{"kind": "seek", "box": n["box"]} for n in nodes if n.get("class", "").endswith("SeekBar")]
        return {"package": PACKAGE, "screen": name, "opaque": [[0, 72, 1080, 2400]], "read": read, "shapes": bars}

    def _nodes(self) -> list[dict[str, Any]]:
        page = self.page
        covered = (self.asked and page.quiz_covers) or (self.prompted_s is not None and page.prompt_covers)
        nodes = [] if covered else self._player()
        if self.asked:
            nodes += [_text(page.quiz_head, 1000), _text("单选题：哪类功能不得设置？", 1070)]
            nodes += [_text(t, 1140 + 80 * n, clickable=True) for n, t in enumerate(("A. 反馈", "B. 强制功能"))]
            nodes += [_text(page.quiz_note, 1320)] if page.quiz_note else []
            nodes += [_text("跳过", 1400, clickable=True)] if page.quiz_close else []
            nodes += [_text("提交", 1480, clickable=True)]
        if self.prompted_s is not None:
            nodes += [_text(page.prompt, 1600), _text(page.prompt_button, 1700, clickable=True)]
        return nodes

    def _player(self) -> list[dict[str, Any]]:
        now, length = int(self.position_s), int(self.page.length_s)
        clock = f"{now // 60:02d}:{now % 60:02d}/{length // 60:02d}:{length % 60:02d}"
        play = _text("暂停" if self.playing else "播放", 850, clickable=True)
        return [
            {"class": "android.view.TextureView", "id": "video", "box": [0, 240, 1080, 840]},
            {"class": "android.widget.SeekBar", "desc": "播放进度", "box": list(BAR)},
            {**play, "box": [30, 840, 120, 930]},
            {**_text(clock, 850), "box": [820, 850, 1060, 910]},
            _text(self.page.title, 1900),
            *([_text("本节已学完", 2200)] if self.finished and self.page.shows_finished else []),
            *(_text(rule, 1960 + 70 * n) for n, rule in enumerate(self.page.rules)),
        ]


def drive(
    probe: Callable[[Observation], Generator[Action, Observation, Outcome]],
    phone: Any,
    rule: str,
    *,
    most: int = 80,
) -> tuple[Outcome, ProbeRun]:
    """Run a probe against a simulated phone to its end; return its outcome and the record, which says the same."""
    start = phone.look()
    generator = probe(start)
    exchanges: list[tuple[Action, ObservationId]] = []
    try:
        action = next(generator)
        while len(exchanges) < most:
            after = phone.perform(action)
            exchanges.append((action, after.id))
            action = generator.send(after)
    except StopIteration as end:
        outcome: Outcome = end.value
        run = ProbeRun(rule=RuleId(rule), start=start.id, exchanges=tuple(exchanges))
        assert replay(rule_by_id(rule), run, {o.id: o for o in phone.seen}) == outcome
        return outcome, run
    raise AssertionError(f"the probe took more than {most} actions")


@dataclass(slots=True)
class Screens:
    """Screens by name and what leads from one to the next: ``(screen, label or action name) -> screen``."""

    screens: dict[str, dict[str, Any]]
    ways: dict[tuple[str, str], str]
    place: str
    start: str = ""
    now_s: float = 100.0
    seen: list[Observation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def look(self) -> Observation:
        """Return the screen in front."""
        observation = screen(self.screens[self.place], index=len(self.seen) + 1, at_s=self.now_s)
        self.seen.append(observation)
        return observation

    def perform(self, action: Action) -> Observation:
        """Follow the way of an action, where there is one, and return the screen then in front."""
        self.actions.append(action)
        self.now_s += ACTION_S + (action.seconds if isinstance(action, Wait) else 0.0)
        name = action.label if isinstance(action, Tap) else type(action).__name__
        if isinstance(action, Launch):
            self.place = self.ways.get((self.place, "Launch"), self.start or self.place)
        elif not isinstance(action, Stop):
            self.place = self.ways.get((self.place, name), self.place)
        return self.look()


def _text(text: str, top: int, *, clickable: bool = False) -> dict[str, Any]:
    return {"text": text, "box": [100, top, min(1040, 100 + 44 * len(text)), top + 60], "clickable": clickable}
