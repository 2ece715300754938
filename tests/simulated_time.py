"""A page that shows time kept for an account, without a device: takes a probe's actions, has its own clock."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from harness.model import Action, Home, Launch, Observation, Outcome, ProbeRun, RuleId, Wait
from harness.rules.corpus import screen

PACKAGE = "cn.example.study"
STEP_S = 0.6  # what one step costs beside the waiting it asks for


@dataclass(slots=True, kw_only=True)
class TimePage:
    """How the page counts; the defaults are a figure in minutes that grows while the app is in front."""

    label: str = "在线时长"
    title: str = "在线时长统计"
    says: tuple[str, ...] = ()
    in_seconds: bool = False
    grows_in_front: bool = True
    grows_away: bool = False
    only_on_return: bool = False  # the page asks for the figure again when it comes to front, not while it stands
    jumps_on_return: bool = False
    starts_at_home: bool = False  # coming back begins at another page
    coarse: bool = False
    gives_way_after_s: float | None = None  # counting stops for good


@dataclass(slots=True)
class TimePhone:
    """The page in an app, and everything that was done to it."""

    page: TimePage
    counted_s: float = 67530.0
    shown_s: float = 67530.0
    now_s: float = 100.0
    began_s: float = 100.0
    away: bool = False
    lost: bool = False
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
        self._pass(STEP_S + (action.seconds if isinstance(action, Wait) else 0.0))
        if isinstance(action, Home):
            self.away = True
        elif isinstance(action, Launch):
            self.away = False
            self.lost = self.page.starts_at_home
            self.counted_s += 7200.0 if self.page.jumps_on_return else 0.0
            self.shown_s = self.counted_s
        return self.look()

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds
        stop = self.page.gives_way_after_s
        if stop is not None:
            seconds = max(0.0, min(seconds, stop - (self.now_s - seconds - self.began_s)))
        if self.page.grows_away if self.away else self.page.grows_in_front:
            self.counted_s += seconds
        if not self.away and not self.page.only_on_return:
            self.shown_s = self.counted_s

    def _raw(self) -> dict[str, Any]:
        if self.away:
            return {"package": "com.android.launcher3", "screen": "launcher", "nodes": [_text("学习", 300)]}
        if self.lost:
            return {"package": PACKAGE, "screen": "home", "nodes": [_text("首页", 150), _text("通知公告", 300)]}
        nodes = [_text(self.page.title, 150), _text(f"{self.page.label}{self._figure()}", 400)]
        nodes += [_text(line, 520 + 100 * n) for n, line in enumerate(self.page.says)]
        return {"package": PACKAGE, "screen": "time", "nodes": nodes}

    def _figure(self) -> str:
        whole = int(self.shown_s)
        if self.page.in_seconds:
            return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
        return f"{whole // 3600}小时" if self.page.coarse else f"{whole // 60}分钟"


def drive(
    generator: Generator[Action, Observation, Outcome], phone: TimePhone, start: Observation
) -> tuple[Outcome, ProbeRun]:
    """Run a probe against the phone to its end; return its outcome and the record of the run."""
    exchanges = []
    try:
        action = next(generator)
        while True:
            after = phone.perform(action)
            exchanges.append((action, after.id))
            action = generator.send(after)
    except StopIteration as end:
        run = ProbeRun(rule=RuleId("online-duration-stat"), start=start.id, exchanges=tuple(exchanges))
        outcome: Outcome = end.value
        return outcome, run


def _text(text: str, top: int) -> dict[str, Any]:
    return {"text": text, "box": [60, top, 60 + 40 * len(text), top + 60]}
