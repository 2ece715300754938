"""A video page without a device: takes a probe's actions, gives the screens a phone would show; has its own time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from harness.judge import replay
from harness.model import (
    Action,
    Back,
    Home,
    Launch,
    Observation,
    Outcome,
    ProbeRun,
    RuleId,
    Swipe,
    Tap,
    Wait,
)
from harness.rules import rule_by_id
from harness.rules.corpus import screen

PACKAGE = "cn.example.study"
BAR = (150, 860, 800, 910)
WIDE_PX = 960  # the height of a screen held wide
UNDER_PX = 900  # how far it scrolls
ACTION_S = 0.6  # what one step costs beside the waiting it asks for


@dataclass(slots=True, kw_only=True)
class Page:
    """How a page behaves; the defaults are an ordinary player that plays on and lets itself be moved."""

    length_s: float = 90.0
    clamps: bool = False
    dead_bar: bool = False  # the bar follows no gesture at all, neither forward nor back
    lands_half_way: bool = False
    next_locked: bool = False
    next_button: bool = True
    pauses_away: bool = True
    resets_on_return: bool = False
    quiz_at_s: float | None = None
    live: bool = False
    starts_paused: bool = False
    shows_position: bool = True
    has_bar: bool = True
    finished: bool = False
    hours: bool = False
    rules: tuple[str, ...] = ()
    counter: bool = False
    asks_on_leaving: bool = False
    finished_neighbour: bool = False
    says_in_passing: bool = False  # refusals are toasts, which no hierarchy holds
    next_refusal: str = "请先学完本节"
    last_lesson: bool = False  # 下一节 is grey and stays so, at the end too
    bar_greyed: bool = False  # the bar only shows where the film stands
    counter_text: str = "本次已计时"
    loads_for_s: float = 0.0  # after a drag forward the film stands where it was until the data are there
    says_it_loads: bool = False
    held_wide: bool = False  # the player fills the screen; title and 下一节 stand under it
    speed: str = ""  # "works": the button makes it run twice as fast; "refused": it says no


@dataclass(slots=True)
class Phone:
    """The page in an app with a list in front of it, and everything that was done to it."""

    page: Page
    place: str = "video"
    position_s: float = 3.0
    watched_s: float = 3.0
    counted_s: float = 3.0
    playing: bool = True
    lesson: int = 1
    rate: float = 1.0
    now_s: float = 100.0
    toast: str = ""
    quiz: bool = False
    scrolled_px: int = 0
    done: bool = False
    loading: tuple[float, float] | None = None  # until when, and where the film goes on then
    seen: list[Observation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.playing = not self.page.starts_paused
        self.done = self.page.finished

    def look(self) -> Observation:
        """Return what is on the screen now."""
        observation = screen(self._raw(), index=len(self.seen) + 1, at_s=self.now_s)
        self.seen.append(observation)
        return observation

    def perform(self, action: Action) -> Observation:
        """Do one action, let its time pass and return the screen after it."""
        self.actions.append(action)
        self.toast = ""
        if isinstance(action, Tap):
            self._tap(action.x_px, action.y_px + self.scrolled_px)
        elif isinstance(action, Swipe) and action.x1_px == action.x2_px:
            self.scrolled_px = UNDER_PX if action.y2_px < action.y1_px else 0
        elif isinstance(action, Swipe):
            self._seek(action.x2_px)
        elif isinstance(action, Back):
            self._back()
        elif isinstance(action, Home):
            self.place = "home"
        elif isinstance(action, Launch):
            self.place = "video" if self.place == "home" else self.place
            self.playing = self.playing and not self.page.pauses_away
        self._pass(ACTION_S + (action.seconds if isinstance(action, Wait) else 0.0))
        return self.look()

    # what the page does

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds
        if self.loading is not None and self.now_s >= self.loading[0]:
            self.position_s, self.loading, self.playing = self.loading[1], None, True
            return
        away = self.place != "video"
        if not self.playing or self.quiz or (away and self.page.pauses_away):
            return
        seconds *= self.rate
        free = self.page.length_s - self.position_s
        limit = self.page.quiz_at_s
        if limit is not None and self.position_s < limit <= self.position_s + seconds:
            seconds, self.quiz = limit - self.position_s, True
        self.position_s += min(seconds, free)
        self.counted_s += min(seconds, free)
        self.watched_s = max(self.watched_s, self.position_s)
        if self.position_s >= self.page.length_s:
            self.done, self.playing = True, False

    def _seek(self, x_px: int) -> None:
        if self.quiz or self.page.dead_bar or not self.page.has_bar or self.page.live:
            return
        asked = (x_px - BAR[0]) / (BAR[2] - BAR[0]) * self.page.length_s
        asked = min(max(asked, 0.0), self.page.length_s)
        if self.page.loads_for_s and asked > self.position_s + 5:
            self.loading, self.playing = (self.now_s + self.page.loads_for_s, asked), False
        elif self.page.lands_half_way and asked > self.position_s:
            self.position_s += (asked - self.position_s) / 2
        elif self.page.clamps and not self.done and asked > self.watched_s + 1:
            self.position_s, self.toast = self.watched_s, "不可拖动进度条"
        else:
            self.position_s = asked
            self.playing = True

    def _tap(self, x_px: int, y_px: int) -> None:
        if self.place == "list":
            self.place = "video"
            if self.page.finished_neighbour and y_px >= 560:
                self.done, self.quiz = True, False
            if self.page.resets_on_return:
                self.position_s = self.watched_s = 0.0
            self.playing = True
        elif y_px in range(BAR[1], BAR[3]) and x_px >= BAR[0]:
            self._seek(x_px)
        elif y_px >= 1380 and self.page.next_button and self.place == "video":
            if self.page.last_lesson:
                return
            if self.page.next_locked and not self.done:
                self.toast = self.page.next_refusal
            else:
                self.lesson += 1
                self.position_s = self.watched_s = 0.0
        elif y_px < 240 and self.page.speed:
            if self.page.speed == "works":
                self.rate = 3.0 - self.rate
            else:
                self.toast = "不支持倍速播放"
        elif y_px < 1000:
            self.playing = not self.playing

    def _back(self) -> None:
        if self.place == "list":
            self.place = "home"
        if self.place == "video" and not self.page.asks_on_leaving:
            self.place = "list"
            self.playing = self.quiz = False

    # what the page shows

    def _raw(self) -> dict[str, Any]:
        if self.place == "home":
            nodes = [_text("学习", (100, 400, 200, 460))]
            return {"package": "com.android.launcher3", "screen": "launcher", "nodes": nodes}
        if self.place == "list":
            nodes = [
                _text("课程详情", (400, 150, 700, 220)),
                _text(f"第{self.lesson}节 为什么要减负", (60, 400, 600, 460), clickable=True),
                _text("公文写作", (60, 560, 600, 620), clickable=True),
            ]
            if self.page.finished_neighbour:
                nodes.append(_text("已完成", (900, 560, 1000, 620)))
            return {"package": PACKAGE, "screen": "list", "nodes": nodes}
        toasts = [self.toast] if self.toast and self.page.says_in_passing else []
        if self.page.held_wide:
            return {**self._held_wide(), "toasts": toasts}
        return {"package": PACKAGE, "screen": "video", "nodes": self._video_nodes(), "toasts": toasts}

    def _held_wide(self) -> dict[str, Any]:
        shown = [{"class": "android.webkit.WebView", "box": [0, 0, 1080, WIDE_PX], "scrollable": True}]
        for node in self._video_nodes():
            left, top, right, bottom = node["box"]
            moved = [left, top - self.scrolled_px, right, bottom - self.scrolled_px]
            if moved[1] >= 0 and moved[3] <= WIDE_PX:
                shown.append({**node, "box": moved})
        return {"package": PACKAGE, "screen": "video", "size": [1080, WIDE_PX], "nodes": shown}

    def _video_nodes(self) -> list[dict[str, Any]]:
        page = self.page
        nodes = [_text("课程学习", (400, 150, 700, 220))]
        nodes.append({"class": "android.view.TextureView", "id": "video", "box": [0, 240, 1080, 840]})
        if page.live:
            return [*nodes, _text("直播中", (60, 260, 200, 320))]
        nodes.append(_text("暂停" if self.playing else "播放", (30, 840, 120, 930), clickable=True))
        if page.has_bar:
            nodes.append(
                {
                    "class": "android.widget.SeekBar",
                    "desc": "播放进度",
                    "box": list(BAR),
                    "enabled": not page.bar_greyed,
                }
            )
        if page.speed:
            nodes.append(_text(f"{self.rate:.1f}倍", (900, 150, 1060, 220), clickable=True))
        if page.shows_position:
            nodes.append(_text(f"{self._clock(self.position_s)}/{self._clock(page.length_s)}", (820, 850, 1060, 910)))
        nodes.append(_text(f"第{self.lesson}节 为什么要减负", (60, 1000, 600, 1060)))
        if page.counter:
            nodes.append(_text(f"{page.counter_text}{int(self.counted_s)}秒", (60, 1070, 600, 1120)))
        if self.done:
            nodes.append(_text("本节已学完", (60, 1130, 400, 1180)))
        nodes += [_text(rule, (60, 1190 + 60 * n, 1000, 1240 + 60 * n)) for n, rule in enumerate(page.rules)]
        if page.next_button:
            locked = page.last_lesson or (page.next_locked and not self.done)
            nodes.append(_text("下一节", (80, 1400, 1000, 1480), clickable=True, enabled=not locked))
        if self.loading is not None and page.says_it_loads:
            nodes.append(_text("缓冲中", (400, 500, 600, 560)))
        if self.quiz:
            nodes += [
                _text("随堂测验", (300, 700, 700, 760)),
                _text("A. 意见反馈", (200, 900, 800, 960), clickable=True),
                _text("B. 强制使用功能", (200, 1000, 800, 1060), clickable=True),
            ]
        if self.toast and not self.page.says_in_passing:
            nodes.append(_text(self.toast, (300, 2000, 780, 2060)))
        return nodes

    def _clock(self, seconds: float) -> str:
        whole = int(seconds)
        if self.page.hours:
            return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
        return f"{whole // 60:02d}:{whole % 60:02d}"


def drive(
    generator: Generator[Action, Observation, Outcome], phone: Phone, start: Observation
) -> tuple[Outcome, ProbeRun]:
    """Run a probe against the phone to its end; return its outcome and the record, which says the same."""
    exchanges = []
    try:
        action = next(generator)
        while True:
            after = phone.perform(action)
            exchanges.append((action, after.id))
            action = generator.send(after)
    except StopIteration as end:
        run = ProbeRun(rule=RuleId("video-watch-gate"), start=start.id, exchanges=tuple(exchanges))
        outcome: Outcome = end.value
        assert replay(rule_by_id(run.rule), run, {o.id: o for o in phone.seen}) == outcome
        return outcome, run


def _text(
    text: str, box: tuple[int, int, int, int], *, clickable: bool = False, enabled: bool = True
) -> dict[str, Any]:
    return {"text": text, "box": list(box), "clickable": clickable, "enabled": enabled}
