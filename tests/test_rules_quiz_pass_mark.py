"""A pass mark is found only with score, duty and appraisal; its probe leaves the questions without an answer."""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge import replay
from harness.model import Back, Coverage, Marker, Outcome, Tap, Verdict
from harness.rules import quiz_pass_mark, wants_probe
from harness.rules.corpus import screen
from tests.simulated_lesson import Screens, drive

RULE = quiz_pass_mark.RULE
WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
NAMED = ("应知应会测试", "合格线：90分", "我的成绩：82分", "未通过")
FORCED = "未通过的须重新答题直至合格，成绩纳入年度考核"


def _screen(*lines: str, name: str = "exam") -> dict[str, Any]:
    nodes = [
        {
            "text": line.lstrip("*"),
            "box": [60, 200 + 110 * n, min(1060, 60 + 42 * len(line)), 260 + 110 * n],
            "clickable": line.startswith("*"),
        }
        for n, line in enumerate(lines)
    ]
    return {"package": "cn.example.exam", "screen": name, "nodes": nodes}


def _judge(*screens: dict[str, Any]) -> Outcome:
    return RULE.conclude([RULE.detect(screen(s, index=n)) for n, s in enumerate(screens, 1)], WALKED)


QUESTIONS = _screen("应知应会测试", "单选题：下列哪项正确", "*A. 一", "*B. 二", "*下一题", name="questions")
RESULT = _screen(*NAMED, "*重新答题", FORCED, name="result")
LIST = _screen("在线考试", "应知应会测试 进行中", name="list")
ASKS = _screen("确定要退出答题？退出后作答历史将不会保存", "*退出", "*继续答题", name="asks")


def _probe(start: str, ways: dict[tuple[str, str], str]) -> tuple[Outcome, Screens]:
    phone = Screens(
        screens={"questions": QUESTIONS, "result": RESULT, "list": LIST, "asks": ASKS}, ways=ways, place=start
    )
    outcome, run = drive(quiz_pass_mark.probe, phone, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phone.seen}) == outcome
    return outcome, phone


def test_line_score_duty_and_appraisal_are_found() -> None:
    outcome = _judge(RESULT)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "quiz-pass-mark-repeated")
    assert {Marker.QUOTA, Marker.CONSEQUENCE} <= outcome.markers


@pytest.mark.parametrize("missing", range(4))
def test_without_line_score_duty_or_appraisal_nothing_is_found(missing: int) -> None:
    parts = ["合格线：90分", "我的成绩：82分", "未通过的须重新答题直至合格", "成绩纳入年度考核"]
    left = [part for n, part in enumerate(parts) if n != missing]
    outcome = _judge(_screen("应知应会测试", *left))
    # The appraisal of an examination is a duty by itself (M3): without the words of repeating it still is one.
    assert (outcome.verdict is Verdict.FOUND) is (missing == 2)
    assert _judge(_screen("应知应会测试", *parts)).verdict is Verdict.FOUND


def test_a_score_on_another_page_than_the_line_does_not_join() -> None:
    line, score = _screen("应知应会测试", "合格线：90分", FORCED), _screen("我的", "考试成绩：82分", name="mine")
    assert _judge(line, score).verdict is Verdict.PRESENT


def test_a_notice_of_the_app_about_the_examination_joins_and_news_of_others_do_not() -> None:
    exam = _screen(*NAMED)
    notice = _screen("通知", "全体人员参加在线考试，不合格的予以通报", name="notice")
    news = _screen("要闻", "某县考试不合格的予以通报被指形式主义", name="news")
    assert _judge(exam, notice).verdict is Verdict.FOUND
    assert _judge(exam, news).verdict is Verdict.PRESENT


def test_a_statute_is_recorded_as_claimed() -> None:
    outcome = _judge(_screen("执法资格考试", "合格线：60分", "我的成绩：58分", "不合格的须补考", "结果纳入年度考核"))
    assert outcome.verdict is Verdict.FOUND_EXEMPTION_CLAIMED
    assert "执法资格" in str(dict(outcome.data)["exemption"])


def test_questions_that_can_be_left_are_clear() -> None:
    outcome, phone = _probe("questions", {("questions", "Back"): "list"})
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "quiz-pass-mark-left")
    assert phone.actions == [Back()]


def test_where_the_app_asks_before_leaving_the_probe_stays_as_it_was() -> None:
    outcome, phone = _probe("questions", {("questions", "Back"): "asks", ("asks", "继续答题"): "questions"})
    assert outcome.verdict is Verdict.CLEAR
    assert phone.place == "questions"
    assert [a.label for a in phone.actions if isinstance(a, Tap)] == ["继续答题"]


def test_questions_that_swallow_back_twice_are_a_gate_and_no_more_than_present() -> None:
    outcome, phone = _probe("questions", {})
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "quiz-pass-mark-not-left")
    assert Marker.GATE in outcome.markers
    assert phone.actions == [Back(), Back()]


def test_a_failed_result_is_probed_and_keeps_what_the_page_says() -> None:
    assert wants_probe(quiz_pass_mark.detect(screen(RESULT)))
    left, _ = _probe("result", {("result", "Back"): "list"})
    stays, _ = _probe("result", {})
    assert (left.verdict, Marker.GATE in left.markers) == (Verdict.FOUND, False)
    assert (stays.verdict, Marker.GATE in stays.markers) == (Verdict.FOUND, True)


def test_no_option_and_no_button_of_an_examination_in_a_filed_app_is_ever_pressed() -> None:
    for ways in ({}, {("questions", "Back"): "asks"}, {("questions", "Back"): "list"}):
        _, phone = _probe("questions", ways)
        assert {a.label for a in phone.actions if isinstance(a, Tap)} <= {"继续答题"}


def _made_up(raw: dict[str, Any]) -> dict[str, Any]:
    return {**raw, "package": "cn.gov.demo.exam"}


ANSWER = {
    ("questions", "B. 二"): "chosen",
    ("chosen", "下一题"): "last",
    ("last", "B. 乙"): "done",
    ("done", "交卷"): "sure",
}
LAST = _screen("应知应会测试", "单选题：表格由谁填", "*A. 甲", "*B. 乙", "*交卷", name="last")
CHOSEN = _screen("应知应会测试", "单选题：下列哪项正确", "*A. 一", "*B. 二", "*下一题", name="chosen")
DONE = _screen("应知应会测试", "单选题：表格由谁填", "*A. 甲", "*B. 乙", "*交卷", name="done")
SURE = _screen("确定要交卷吗", "*取消", "*确定", name="sure")
FAILED = _screen("应知应会测试", "合格线：90分", "本次得分：0分", "未通过", "*重新答题", name="failed")


def _answers(ways: dict[tuple[str, str], str], result: dict[str, Any] = FAILED) -> tuple[Outcome, Screens]:
    shown = {"questions": QUESTIONS, "chosen": CHOSEN, "last": LAST, "done": DONE, "sure": SURE, "failed": result}
    shown = {name: _made_up(raw) for name, raw in {**shown, "list": LIST}.items()}
    phone = Screens(screens=shown, ways={**ANSWER, ("sure", "确定"): "failed", **ways}, place="questions")
    return drive(quiz_pass_mark.probe, phone, RULE.id)[0], phone


def test_wrong_answers_in_a_made_up_app_show_that_nothing_but_again_is_offered() -> None:
    outcome, phone = _answers({})
    assert [a.label for a in phone.actions if isinstance(a, Tap)] == ["B. 二", "下一题", "B. 乙", "交卷", "确定"]
    assert {"forced-repeat", "not-left"} <= outcome.signs
    assert [(m.name, m.value) for m in outcome.measures] == [
        ("quiz-pass-mark-failed", 1.0),
        ("quiz-pass-mark-still-there", 1.0),
    ]
    notice = quiz_pass_mark.detect(screen(_screen("通知", "全体人员参加在线考试，成绩纳入年度考核", name="notice")))
    assert RULE.conclude([outcome, notice], WALKED).verdict is Verdict.FOUND
    assert RULE.conclude([outcome], WALKED).verdict is Verdict.PRESENT


@pytest.mark.parametrize("result", [FAILED, _screen(*NAMED, "*重新答题", "*返回首页", name="failed")])
def test_a_failed_result_that_can_be_left_forces_nobody_to_repeat(result: dict[str, Any]) -> None:
    outcome, _ = _answers({("failed", "Back"): "list"}, result)
    assert outcome.verdict is Verdict.PRESENT
    assert "forced-repeat" not in outcome.signs


def test_a_quiz_that_anybody_passes_shows_nothing_by_wrong_answers() -> None:
    passed = _screen("趣味问答", "答题完成，感谢参与", "*返回首页", name="failed")
    outcome, _ = _answers({("failed", "Back"): "list"}, passed)
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "quiz-pass-mark-left")


def test_a_filed_app_is_never_answered() -> None:
    _, phone = _probe("questions", {**ANSWER, ("questions", "Back"): "list"})
    assert phone.actions == [Back()]
