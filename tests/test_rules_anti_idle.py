"""The probe of presence prompts leaves a lesson alone, finds time that stands, never says that somebody is there."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge import replay
from harness.model import Coverage, Marker, Outcome, Tap, Verdict, Wait
from harness.rules import anti_idle_proof, video_quiz_interrupt, wants_probe
from harness.rules.corpus import screen
from tests.simulated_lesson import Lesson, Phone, drive

RULE = anti_idle_proof.RULE
WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
LONG = 900.0


def _probe(page: Lesson) -> tuple[Outcome, Phone]:
    phone = Phone(page)
    outcome, run = drive(anti_idle_proof.probe, phone, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phone.seen}) == outcome
    return outcome, phone


def _pressed(phone: Phone) -> list[str]:
    return [a.label for a in phone.actions if isinstance(a, Tap)]


@pytest.mark.parametrize("covers", [False, True])
def test_a_prompt_that_comes_by_itself_and_stops_the_film_is_found(covers: bool) -> None:  # noqa: FBT001
    outcome, phone = _probe(Lesson(length_s=LONG, idle_s=120.0, prompt_covers=covers))
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "anti-idle-proof-time-stands")
    assert Marker.CREDIT_CONDITION in outcome.markers
    data = dict(outcome.data)
    assert data["said"] == "您还在学习吗？"
    assert int(data["waited"]) >= 120
    assert data["resumed"] == "yes"
    assert _pressed(phone) == ["继续学习"]


@pytest.mark.parametrize("covers", [False, True])
def test_a_prompt_over_a_drawn_lesson_is_found_as_well(covers: bool) -> None:  # noqa: FBT001
    outcome, phone = _probe(Lesson(length_s=LONG, idle_s=120.0, prompt_covers=covers, drawn=True))
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "anti-idle-proof-time-stands")
    assert _pressed(phone) == ["继续学习"]


def test_the_next_lessons_button_below_a_prompt_does_not_hide_it() -> None:
    page = _dialog("您还在学习吗？", "继续学习")
    page["nodes"].append({"text": "下一节", "box": [20, 1390, 90, 1450], "clickable": True})
    assert "prompt" in anti_idle_proof.detect(screen(page)).signs


def test_a_look_at_what_covers_a_film_does_not_settle_the_film() -> None:
    phone = Phone(Lesson(quiz_at_s=5.0, quiz_covers=True, drawn=True))
    phone.look()
    phone.perform(Wait(seconds=6.0))
    film, covered = (anti_idle_proof.detect(o) for o in phone.seen)
    assert (film.verdict, covered.verdict, film.screen == covered.screen) == (
        Verdict.INCONCLUSIVE,
        Verdict.CLEAR,
        True,
    )
    assert anti_idle_proof.conclude([film, covered], WALKED).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("idle_s", [60.0, 75.0, 90.0, 105.0, 120.0])
def test_a_slow_device_does_not_make_a_film_that_stood_look_as_if_it_ran(idle_s: float) -> None:
    phone = Phone(Lesson(length_s=LONG, idle_s=idle_s, prompt_covers=True), action_s=15.0)
    outcome, _ = drive(anti_idle_proof.probe, phone, RULE.id)
    assert outcome.verdict is Verdict.FOUND


def test_the_control_run_shows_that_the_film_goes_on_after_the_press() -> None:
    outcome, _ = _probe(Lesson(length_s=LONG, idle_s=120.0))
    assert any(m.why == "anti-idle-proof-mark-resumed" for m in outcome.marks)
    notes = [m.note for m in outcome.measures]
    assert notes.index("prompt") < notes.index("prompt-waited") < notes.index("prompt-waited-twice")


@pytest.mark.parametrize("button", ["我还在", "确定"])
def test_a_button_that_says_somebody_is_there_is_never_pressed(button: str) -> None:
    outcome, phone = _probe(Lesson(length_s=LONG, idle_s=120.0, prompt_button=button))
    assert _pressed(phone) == []
    assert outcome.verdict is Verdict.FOUND  # the film stood in sight, by itself
    covered, phone = _probe(Lesson(length_s=LONG, idle_s=120.0, prompt_button=button, prompt_covers=True))
    assert _pressed(phone) == []
    assert covered.verdict is Verdict.PRESENT


@pytest.mark.parametrize("button", ["开始核验", "继续学习"])
def test_a_face_is_never_shown(button: str) -> None:
    page = Lesson(length_s=LONG, idle_s=120.0, prompt="请进行人脸核验", prompt_button=button, prompt_covers=True)
    outcome, phone = _probe(page)
    assert outcome.verdict is Verdict.PRESENT
    assert _pressed(phone) == []


@pytest.mark.parametrize(
    "page",
    [
        Lesson(length_s=LONG, idle_s=120.0, prompt_stops=False),
        Lesson(length_s=LONG, idle_s=120.0, prompt_leaves_after_s=15.0),
    ],
)
def test_a_prompt_that_stops_nothing_or_gives_way_is_clear(page: Lesson) -> None:
    outcome, _ = _probe(page)
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "anti-idle-proof-harmless")
    assert not outcome.markers


def test_a_film_left_alone_to_its_end_is_clear_whoever_left_it_alone() -> None:
    outcome, _ = _probe(Lesson())
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "anti-idle-proof-ran-to-end")
    phone = Phone(Lesson())
    drive(video_quiz_interrupt.probe, phone, video_quiz_interrupt.RULE.id)
    looks = [anti_idle_proof.detect(o) for o in phone.seen]
    assert looks[0].verdict is Verdict.INCONCLUSIVE
    assert not wants_probe(looks[0])
    assert anti_idle_proof.conclude(looks, WALKED).verdict is Verdict.CLEAR


def test_a_question_that_comes_with_the_prompt_leaves_open_which_of_them_stops_the_film() -> None:
    outcome, _ = _probe(Lesson(length_s=LONG, idle_s=60.0, prompt_stops=False, quiz_at_s=80.0))
    assert outcome.verdict is not Verdict.FOUND


def test_another_prompt_after_one_that_went_by_itself_is_not_the_same() -> None:
    outcome, _ = _probe(Lesson(length_s=LONG, idle_s=30.0, prompt_covers=True, prompt_leaves_after_s=70.0))
    assert outcome.verdict is not Verdict.FOUND


def test_a_question_ends_the_probe_and_is_never_answered() -> None:
    outcome, phone = _probe(Lesson(length_s=LONG, quiz_at_s=60.0))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "watching-stopped-by-question")
    assert _pressed(phone) == []


def test_a_page_that_names_its_interval_is_left_alone_a_minute_longer() -> None:
    page = Lesson(length_s=2700.0, idle_s=780.0, rules=("每隔13分钟弹出防挂机验证，不点击停止计时",))
    outcome, phone = _probe(page)
    assert outcome.verdict is Verdict.FOUND
    assert len(phone.actions) <= 60
    shown = anti_idle_proof.detect(Phone(page).look())
    assert (shown.verdict, wants_probe(shown)) == (Verdict.PRESENT, True)


@pytest.mark.parametrize("covers", [False, True])
def test_a_prompt_met_at_the_start_is_found_only_when_it_comes_again_by_itself(covers: bool) -> None:  # noqa: FBT001
    for again, verdict in ((True, Verdict.FOUND), (False, Verdict.PRESENT)):
        phone = Phone(Lesson(length_s=LONG, idle_s=100.0, prompt_covers=covers))
        phone._tick(101.0)
        start = phone.look()
        assert wants_probe(anti_idle_proof.detect(start))
        phone.page.idle_s = 100.0 if again else None
        outcome, _ = drive(anti_idle_proof.probe, phone, RULE.id)
        assert outcome.verdict is verdict


def test_a_lesson_that_another_law_asks_for_is_left_to_a_person() -> None:
    outcome, _ = _probe(Lesson(length_s=LONG, idle_s=120.0, rules=("学法减分学习",)))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "anti-idle-proof-other-duty")


def test_the_prompt_of_a_film_that_is_no_learning_is_not_found() -> None:
    outcome, _ = _probe(
        Lesson(length_s=LONG, idle_s=120.0, title="城市风光", prompt="您还在看吗？", prompt_button="继续")
    )
    assert outcome.verdict is Verdict.PRESENT


def _dialog(*texts: str) -> dict[str, Any]:
    film = {"class": "android.widget.SeekBar", "desc": "播放进度", "box": [150, 860, 800, 910]}
    clock = {"text": "00:12/10:30", "box": [820, 850, 1060, 910]}
    said: list[dict[str, Any]] = []
    for n, text in enumerate(texts):
        said.append({"text": text, "box": [100, 1300 + 90 * n, 100 + 30 * len(text), 1360 + 90 * n]})
    said[-1]["clickable"] = True
    return {"nodes": [film, clock, {"text": "第1节 课程学习", "box": [60, 1000, 600, 1060]}, *said]}


@pytest.mark.parametrize(
    ("text", "button"),
    [
        ("登录已过期，长时间未操作，请重新登录", "确定"),
        ("上次学到 05:10，是否继续学习", "继续学习"),
        ("正在使用移动网络，是否继续播放", "继续播放"),
        ("网络不佳，点击继续播放", "继续播放"),
        ("检测到您切换到后台，是否继续学习", "继续学习"),
        ("本节已学完，是否继续学习下一节", "继续学习"),
        ("视频加载失败，点击继续播放", "继续播放"),
        ("试看结束，是否继续观看", "继续"),
        ("为保障账号安全请完成刷脸登录", "确定"),
    ],
)
def test_a_dialog_that_asks_for_something_else_is_no_prompt(text: str, button: str) -> None:
    assert "prompt" not in anti_idle_proof.detect(screen(_dialog(text, button))).signs
