"""A second course is opened while a first is under way: refused, played, or played once the app is told to switch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.judge import replay
from harness.model import Action, Back, Coverage, Marker, Observation, Outcome, Swipe, Tap, Verdict, Wait
from harness.rules import single_session_lock, wants_probe
from harness.rules.corpus import screen
from tests.simulated_lesson import ACTION_S, drive

RULE = single_session_lock.RULE
WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
FIRST, SECOND = "第1课 基层减负政策解读", "第2课 公文写作规范"
LENGTH_S = 90.0
RULES_SAID = "同一时间只能学习一门课程，其他课程不计学时"
REFUSAL = "您有一门课程正在学习，请先结束正在学习的课程"


@dataclass(slots=True, kw_only=True)
class TwoLessons:
    """An app with a list of two courses; ``refuses`` keeps the second away while the first is under way."""

    refuses: bool = True
    by_toast: bool = False
    dismiss: str = "知道了"
    switch_works: bool | None = None  # the refusal offers to switch, and that it does
    second_in_list: bool = True
    back_leaves: bool = True
    seeks: bool = True
    all_broken: bool = False  # after the refusal nothing plays any more
    said: str = RULES_SAID
    place: str = "first"
    position_s: float = 5.0
    now_s: float = 100.0
    toast: str = ""
    seen: list[Observation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def look(self) -> Observation:
        observation = screen(self._raw(), index=len(self.seen) + 1, at_s=self.now_s)
        self.seen.append(observation)
        return observation

    def perform(self, action: Action) -> Observation:
        self.actions.append(action)
        self.toast = ""
        if isinstance(action, Back) and self.back_leaves:
            self.place = "list"
        elif isinstance(action, Tap):
            self._tap(action.label)
        passed_s = ACTION_S + (action.seconds if isinstance(action, Wait) else 0.0)
        self.now_s += passed_s
        broken = self.all_broken and len([a for a in self.actions if isinstance(a, Back)]) > 0
        if isinstance(action, Swipe):
            self.position_s = 0.0 if self.seeks else self.position_s
        elif self.place in ("first", "second") and not broken:
            self.position_s = min(LENGTH_S, self.position_s + passed_s)
        if self.position_s >= LENGTH_S:
            self.refuses = False  # the first course is under way no more
        return self.look()

    def _tap(self, label: str) -> None:
        if self.place == "dialog" and label == self.dismiss:
            self.place = "list"
        elif self.place == "dialog" and label == "切换学习":
            self.place = "second" if self.switch_works else "dialog"
        elif self.place == "list" and label == FIRST:
            self.place = "first"
        elif self.place == "list" and label == SECOND:
            if self.refuses and self.by_toast:
                self.toast = REFUSAL
            else:
                self.place = "dialog" if self.refuses else "second"

    def _raw(self) -> dict[str, Any]:
        if self.place in ("first", "second"):
            nodes = self._player(FIRST if self.place == "first" else SECOND)
        elif self.place == "dialog":
            nodes = [_text("提示", 900), _text(REFUSAL, 1000), _text(self.dismiss, 1100, clickable=True)]
            nodes += [_text("切换学习", 1200, clickable=True)] if self.switch_works is not None else []
        else:
            nodes = [_text("课程列表", 150), _text(FIRST, 400, clickable=True), _text("应修学时 50", 700)]
            nodes += [_text(SECOND, 520, clickable=True)] if self.second_in_list else []
        toasts = [self.toast] if self.toast else []
        return {"package": "cn.example.study", "screen": self.place, "nodes": nodes, "toasts": toasts}

    def _player(self, title: str) -> list[dict[str, Any]]:
        clock = f"{int(self.position_s) // 60:02d}:{int(self.position_s) % 60:02d}/01:30"
        return [
            {"class": "android.view.TextureView", "id": "video", "box": [0, 240, 1080, 840]},
            {"class": "android.widget.SeekBar", "desc": "播放进度", "box": [150, 860, 800, 910]},
            {**_text("暂停", 850, clickable=True), "box": [30, 840, 120, 930]},
            {**_text(clock, 850), "box": [820, 850, 1060, 910]},
            _text(title, 1900),
            *([_text(self.said, 1980)] if self.said else []),
        ]


def _text(text: str, top: int, *, clickable: bool = False) -> dict[str, Any]:
    return {"text": text, "box": [100, top, min(1040, 100 + 44 * len(text)), top + 60], "clickable": clickable}


def _probe(phone: TwoLessons) -> Outcome:
    outcome, run = drive(single_session_lock.probe, phone, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phone.seen}) == outcome
    return outcome


@pytest.mark.parametrize("by_toast", [False, True])
def test_a_second_course_that_is_refused_while_the_first_plays_on_is_found(*, by_toast: bool) -> None:
    phone = TwoLessons(by_toast=by_toast)
    outcome = _probe(phone)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "single-session-lock-refused")
    assert {Marker.GATE, Marker.CREDIT_CONDITION} <= outcome.markers
    assert dict(outcome.data)["refused"] == REFUSAL
    assert [(m.name, m.value) for m in outcome.measures] == [
        ("single-session-lock-first-plays", 1.0),
        ("single-session-lock-second-plays", 0.0),
        ("single-session-lock-first-again", 1.0),
    ]
    assert phone.place == "first"


def test_two_courses_that_both_play_refute_what_the_page_says() -> None:
    phone = TwoLessons(refuses=False)
    outcome = _probe(phone)
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "single-session-lock-both-play")
    static = single_session_lock.detect(TwoLessons().look())
    assert static.verdict is Verdict.FOUND
    told = single_session_lock.conclude([static, outcome], WALKED)
    assert (told.verdict, told.reason) == (Verdict.PRESENT, "single-session-lock-not-enforced")


def test_a_refusal_that_gives_way_to_a_switch_is_left_to_a_person() -> None:
    outcome = _probe(TwoLessons(switch_works=True))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "single-session-lock-gives-way")
    assert single_session_lock.conclude([outcome], WALKED).verdict is Verdict.PRESENT


def test_a_course_at_its_end_is_begun_again_before_another_is_opened() -> None:
    assert _probe(TwoLessons(position_s=87.0)).verdict is Verdict.FOUND


def test_a_course_that_ends_meanwhile_is_not_under_way_and_refutes_nothing() -> None:
    assert _probe(TwoLessons(position_s=87.0, seeks=False)).verdict is Verdict.INCONCLUSIVE


def test_a_dialog_with_nothing_but_yes_is_closed_by_back() -> None:
    phone = TwoLessons(dismiss="确定")
    assert _probe(phone).verdict is Verdict.FOUND
    assert "确定" not in [a.label for a in phone.actions if isinstance(a, Tap)]


def test_a_switch_that_does_nothing_is_no_way_on() -> None:
    assert _probe(TwoLessons(switch_works=False)).verdict is Verdict.FOUND


@pytest.mark.parametrize(
    "phone",
    [TwoLessons(second_in_list=False), TwoLessons(back_leaves=False), TwoLessons(all_broken=True)],
    ids=["no-second", "cannot-leave", "nothing-plays"],
)
def test_without_a_second_course_or_a_control_run_the_probe_says_nothing(phone: TwoLessons) -> None:
    outcome = _probe(phone)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "single-session-lock-no-second")


def test_a_probe_is_wanted_only_where_a_player_speaks_of_a_limit() -> None:
    assert wants_probe(single_session_lock.detect(TwoLessons().look()))
    assert not wants_probe(single_session_lock.detect(TwoLessons(said="").look()))
    assert not wants_probe(single_session_lock.detect(TwoLessons(place="list").look()))


def test_what_nobody_may_press_is_not_pressed() -> None:
    phone = TwoLessons()
    _probe(phone)
    assert {a.label for a in phone.actions if isinstance(a, Tap)} <= {FIRST, SECOND, *RULE.may_press}
