"""One account on two devices: the first is thrown out, plays on, or plays on once its notice is closed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.judge import replay
from harness.model import (
    Action,
    Coverage,
    Launch,
    LogIn,
    Marker,
    Observation,
    OnCompanion,
    Outcome,
    Stop,
    Swipe,
    Tap,
    Verdict,
    Wait,
)
from harness.rules import once_in_an_app, single_session_lock, wants_probe
from harness.rules.corpus import screen
from tests.simulated_lesson import ACTION_S, drive

RULE = single_session_lock.RULE
WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
PACKAGE = "cn.example.study"
OF_LEARNING = "您的账号已在其他设备登录，本设备学习已停止计时"
OF_SAFETY = "您的账号已在其他设备登录，如非本人操作请修改密码"
LENGTH_S = 90.0


@dataclass(slots=True, kw_only=True)
class TwoPhones:
    """Two devices before one server; the first plays a lesson that is counted."""

    notice: str = ""  # what the first says after the log-in on the second, empty for nothing
    to_log_in: bool = False  # it shows its log-in page instead, without a word
    closes: bool = False  # the notice can be closed and the lesson plays on
    there: bool = True  # there is a second device
    account: bool = True  # and an account that can log in
    signed_in_already: bool = False
    plays: bool = True
    said: str = "应修学时 50 学时，已学 12 学时"
    first: str = "lesson"
    second: str = "off"
    position_s: float = 40.0
    now_s: float = 100.0
    seen: list[Observation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def look(self, *, companion: bool = False) -> Observation:
        place = self.second if companion else self.first
        nodes = {"lesson": self._lesson(), "log-in": _log_in(), "home": [_text("在线学习首页", 150)], "off": []}
        raw = {"package": PACKAGE, "screen": place, "nodes": nodes.get(place) or self._notice()}
        observation = replace(screen(raw, index=len(self.seen) + 1, at_s=self.now_s), companion=companion)
        self.seen.append(observation)
        return observation

    def perform(self, action: Action) -> Observation:
        self.actions.append(action)
        passed_s = ACTION_S + (action.seconds if isinstance(action, Wait) else 0.0)
        self.now_s += passed_s
        if self.first == "lesson" and self.plays:
            self.position_s = min(LENGTH_S, self.position_s + passed_s)
        if isinstance(action, OnCompanion):
            if self.there:
                self._on_second(action)
            return self.look(companion=self.there)
        if isinstance(action, Swipe):
            self.position_s = 0.0
        elif isinstance(action, Tap) and action.label == "知道了" and self.first == "notice":
            self.first = "lesson" if self.closes else "log-in"
        elif isinstance(action, Stop):
            self.first = "off"
        elif isinstance(action, Launch):
            self.first = "log-in"
        elif isinstance(action, LogIn) and self.account:
            self.first = "home"
        return self.look()

    def _on_second(self, action: OnCompanion) -> None:
        if isinstance(action.action, Stop):
            self.second = "off"
        elif isinstance(action.action, Launch):
            self.second = "home" if self.signed_in_already else "log-in"
        elif isinstance(action.action, LogIn) and self.account:
            self.second = "home"
            self.first = "notice" if self.notice else "log-in" if self.to_log_in else self.first

    def _lesson(self) -> list[dict[str, Any]]:
        clock = f"{int(self.position_s) // 60:02d}:{int(self.position_s) % 60:02d}/01:30"
        return [
            {"class": "android.view.TextureView", "id": "video", "box": [0, 240, 1080, 840]},
            {"class": "android.widget.SeekBar", "desc": "播放进度", "box": [150, 860, 800, 910]},
            {**_text("暂停", 850, clickable=True), "box": [30, 840, 120, 930]},
            {**_text(clock, 850), "box": [820, 850, 1060, 910]},
            _text("第1课 基层减负政策解读", 1900),
            *([_text(self.said, 1980)] if self.said else []),
        ]

    def _notice(self) -> list[dict[str, Any]]:
        return [_text("提示", 900), _text(self.notice, 1000), _text("知道了", 1100, clickable=True)]


def _log_in() -> list[dict[str, Any]]:
    field_ = {"class": "android.widget.EditText", "password": True, "hint": "请输入密码", "box": [100, 600, 980, 700]}
    return [_text("在线学习", 150), field_, _text("登录", 800, clickable=True)]


def _text(text: str, top: int, *, clickable: bool = False) -> dict[str, Any]:
    return {"text": text, "box": [100, top, min(1040, 100 + 44 * len(text)), top + 60], "clickable": clickable}


def _probe(phones: TwoPhones) -> Outcome:
    outcome, run = drive(single_session_lock.probe, phones, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phones.seen}) == outcome
    return outcome


def _measured(outcome: Outcome) -> dict[str, float | None]:
    return {m.name.removeprefix("single-session-lock-"): m.value for m in outcome.measures}


def test_a_lesson_that_a_log_in_elsewhere_breaks_off_is_found_and_the_first_device_logs_in_again() -> None:
    phones = TwoPhones(notice=OF_LEARNING)
    outcome = _probe(phones)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "single-session-lock-thrown-out")
    assert {Marker.GATE, Marker.CREDIT_CONDITION} <= outcome.markers
    assert dict(outcome.data)["thrown_out"] == OF_LEARNING
    assert _measured(outcome) == {"plays-alone": 1.0, "logged-in": 1.0, "plays-on": 0.0, "back-in": 1.0}
    assert (phones.first, phones.second) == ("home", "off")
    shown = {o.id for o in phones.seen if o.companion}
    assert shown & {m.observation for m in outcome.marks}
    assert single_session_lock.conclude([outcome], WALKED).verdict is Verdict.FOUND


@pytest.mark.parametrize("phones", [TwoPhones(notice=OF_SAFETY), TwoPhones(to_log_in=True)], ids=["safety", "log-in"])
def test_a_break_that_says_nothing_of_learning_may_be_account_safety(phones: TwoPhones) -> None:
    outcome = _probe(phones)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "single-session-lock-thrown-out-only")
    assert single_session_lock.conclude([outcome], WALKED).verdict is Verdict.PRESENT
    assert phones.first == "home"


def test_a_break_is_found_where_the_page_itself_says_that_learning_is_for_one_device() -> None:
    phones = TwoPhones(notice=OF_SAFETY, said="同一账号只能在一台设备学习，学时以最后登录的设备为准")
    assert _probe(phones).verdict is Verdict.FOUND


def test_a_lesson_that_plays_on_while_the_account_is_logged_in_elsewhere_is_clear() -> None:
    phones = TwoPhones()
    outcome = _probe(phones)
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "single-session-lock-both-devices")
    assert (phones.first, phones.second) == ("lesson", "off")
    static = single_session_lock.detect(TwoPhones().look())
    assert single_session_lock.conclude([static, outcome], WALKED).verdict is Verdict.CLEAR
    said = single_session_lock.detect(TwoPhones(said="同一账号只能在一台设备学习").look())
    assert single_session_lock.conclude([said, outcome], WALKED).reason == "single-session-lock-not-enforced"


def test_a_notice_that_gives_way_is_left_to_a_person() -> None:
    phones = TwoPhones(notice=OF_LEARNING, closes=True)
    outcome = _probe(phones)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "single-session-lock-thrown-out-gives-way")
    static = single_session_lock.detect(TwoPhones().look())
    assert single_session_lock.conclude([static, outcome], WALKED).verdict is Verdict.PRESENT


def test_without_a_second_device_nothing_was_looked_at_and_nothing_is_clear() -> None:
    phones = TwoPhones(there=False)
    outcome = _probe(phones)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "single-session-lock-no-second-device")
    assert phones.actions == [OnCompanion(action=Stop(package=phones.seen[0].page.package))]  # type: ignore[union-attr]
    static = single_session_lock.detect(TwoPhones().look())
    told = single_session_lock.conclude([static, outcome], WALKED)
    assert (told.verdict, told.reason) == (Verdict.INCONCLUSIVE, "single-session-lock-no-second-device")


@pytest.mark.parametrize(
    "phones",
    [
        TwoPhones(notice=OF_LEARNING, account=False),
        TwoPhones(notice=OF_LEARNING, signed_in_already=True),
        TwoPhones(notice=OF_LEARNING, plays=False),
    ],
    ids=["no-account", "logged-in-before", "does-not-play"],
)
def test_without_a_log_in_that_was_seen_or_a_control_run_the_probe_says_nothing(phones: TwoPhones) -> None:
    outcome = _probe(phones)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "single-session-lock-no-second-log-in")
    assert phones.second == "off"


def test_every_lesson_that_is_counted_asks_for_two_devices_once() -> None:
    counted = single_session_lock.detect(TwoPhones().look())
    assert (counted.verdict, wants_probe(counted), once_in_an_app(counted)) == (Verdict.CLEAR, True, True)
    assert not wants_probe(single_session_lock.detect(TwoPhones(said="").look()))
    assert not wants_probe(single_session_lock.detect(TwoPhones(first="home").look()))
