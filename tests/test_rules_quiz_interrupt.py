"""The probe of questions in films tells one that blocks from one that lets by, and never answers."""

from __future__ import annotations

import pytest

from harness.judge import replay
from harness.model import Coverage, Marker, Outcome, Swipe, Tap, Verdict, Wait
from harness.rules import video_quiz_interrupt, wants_probe
from tests.simulated_lesson import Lesson, Phone, drive

RULE = video_quiz_interrupt.RULE
WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)


def _probe(page: Lesson, **more: float) -> tuple[Outcome, Phone]:
    phone = Phone(page, **more)  # type: ignore[arg-type]
    outcome, run = drive(video_quiz_interrupt.probe, phone, RULE.id)
    assert replay(RULE, run, {o.id: o for o in phone.seen}) == outcome
    return outcome, phone


def test_a_film_that_stops_for_a_question_one_cannot_pass_is_found() -> None:
    outcome, phone = _probe(Lesson(quiz_at_s=48.0, quiz_back="stays"))
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "video-quiz-interrupt-stands-still")
    assert {Marker.GATE, Marker.NO_OPT_OUT} <= outcome.markers
    standing = [m.value for m in outcome.measures if m.note in ("question", "question-waited") and m.unit == "s"]
    assert len(standing) == 2
    assert standing[0] == standing[1]
    pressed = [a.label for a in phone.actions if isinstance(a, Tap)]
    assert not [label for label in pressed if label.startswith(("A.", "B.")) or label == "提交"]


@pytest.mark.parametrize("close", ["", "dead"])
def test_leaving_and_coming_in_again_is_no_way_past(close: str) -> None:
    outcome, _ = _probe(Lesson(quiz_at_s=48.0, quiz_close=close))
    assert outcome.verdict is Verdict.FOUND
    assert any(m.why == "video-quiz-interrupt-mark-again" for m in outcome.marks)


def test_a_question_that_covers_the_player_is_found_by_what_it_says_and_by_coming_again() -> None:
    outcome, _ = _probe(Lesson(quiz_at_s=48.0, quiz_covers=True))
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "video-quiz-interrupt-comes-again")
    assert dict(outcome.data)["said"] == "答题后继续播放"


def test_a_question_over_a_drawn_lesson_is_found_however_the_first_look_at_it_came_about() -> None:
    page = Lesson(quiz_at_s=48.0, quiz_covers=True, drawn=True)
    phone = Phone(page, position_s=47.0)
    phone._tick(2.0)
    at_the_question, _ = drive(video_quiz_interrupt.probe, phone, RULE.id)
    # The film was never seen: nothing leads back to it, so a later look at it is to be tried again.
    assert (at_the_question.verdict, at_the_question.reason) == (Verdict.INCONCLUSIVE, "watching-player-lost")
    whole, _ = _probe(page)
    assert (whole.verdict, whole.reason) == (Verdict.FOUND, "video-quiz-interrupt-comes-again")
    looks = [video_quiz_interrupt.detect(phone.seen[0]), at_the_question, whole]
    assert video_quiz_interrupt.conclude(looks, WALKED).verdict is Verdict.FOUND


def test_a_question_that_hid_its_film_is_settled_by_a_run_in_which_it_gave_way() -> None:
    page = Lesson(quiz_at_s=48.0, quiz_covers=True, quiz_close="works", drawn=True)
    phone = Phone(page, position_s=47.0)
    phone._tick(2.0)
    look = video_quiz_interrupt.detect(phone.look())
    gave_way, _ = _probe(page)
    assert (look.verdict, gave_way.verdict) == (Verdict.PRESENT, Verdict.CLEAR)
    assert video_quiz_interrupt.conclude([look, gave_way], WALKED).verdict is Verdict.CLEAR


def test_a_covered_player_and_a_question_that_says_nothing_are_left_to_a_person() -> None:
    outcome, _ = _probe(Lesson(quiz_at_s=48.0, quiz_covers=True, quiz_note=""))
    assert outcome.verdict is Verdict.PRESENT


@pytest.mark.parametrize(
    "page",
    [
        Lesson(quiz_at_s=48.0, quiz_close="works"),
        Lesson(quiz_at_s=48.0, quiz_back="closes"),
        Lesson(quiz_at_s=48.0, quiz_outside_closes=True),
        Lesson(quiz_at_s=48.0, quiz_plays_on=True),
        Lesson(quiz_at_s=48.0, quiz_plays_on=True, quiz_covers=True),
        Lesson(quiz_at_s=48.0, quiz_once=True, resets=False),
        Lesson(quiz_at_s=48.0, quiz_covers=True, quiz_close="works"),
    ],
)
def test_a_question_one_can_pass_without_an_answer_is_clear(page: Lesson) -> None:
    outcome, _ = _probe(page)
    assert outcome.verdict is Verdict.CLEAR
    assert not outcome.markers


def test_a_film_without_a_question_is_clear_once_it_ran_from_start_to_end() -> None:
    outcome, phone = _probe(Lesson())
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "video-quiz-interrupt-ran-to-end")
    late, _ = _probe(Lesson(), position_s=90.0)
    assert late.verdict is Verdict.CLEAR  # dragged back to its start first
    static = [video_quiz_interrupt.detect(o) for o in phone.seen]
    assert video_quiz_interrupt.conclude(static, WALKED).verdict is Verdict.CLEAR


def test_looks_of_another_probe_that_skipped_part_of_the_film_leave_it_open() -> None:
    phone = Phone(Lesson())
    phone.look()
    to_nine_tenths = Swipe(x1_px=160, y1_px=880, x2_px=735, y2_px=880)
    seen = [phone.perform(action) for action in (Wait(seconds=8), to_nine_tenths, Wait(seconds=15))]
    static = [video_quiz_interrupt.detect(o) for o in (phone.seen[0], *seen)]
    assert video_quiz_interrupt.conclude(static, WALKED).verdict is Verdict.INCONCLUSIVE


def test_a_film_too_long_to_be_watched_is_inconclusive_and_within_the_step_limit() -> None:
    outcome, phone = _probe(Lesson(length_s=2700.0))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "watching-budget")
    assert len(phone.actions) <= 60
    news, phone = _probe(Lesson(length_s=2700.0, title="市长调研重点项目"))
    assert news.verdict is Verdict.INCONCLUSIVE
    assert len(phone.actions) <= 2


def test_a_prompt_for_presence_ends_the_probe_untouched() -> None:
    outcome, phone = _probe(Lesson(idle_s=30.0))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "watching-stopped-by-presence")
    assert not [a for a in phone.actions if isinstance(a, Tap)]


@pytest.mark.parametrize("head", ["课程满意度评价 单选题", "问卷调查 单选题", "课后练习 单选题"])
def test_a_survey_or_a_test_after_the_lesson_is_no_question_of_the_film(head: str) -> None:
    outcome, _ = _probe(Lesson(quiz_at_s=48.0, quiz_head=head, quiz_note=""))
    assert outcome.verdict is not Verdict.FOUND
    assert "question" not in outcome.signs


@pytest.mark.parametrize("covers", [False, True])
def test_a_question_after_the_film_interrupts_nothing(covers: bool) -> None:  # noqa: FBT001
    outcome, _ = _probe(Lesson(quiz_at_end=True, quiz_covers=covers, quiz_back="stays"))
    assert outcome.verdict is (Verdict.PRESENT if covers else Verdict.CLEAR)


def test_a_question_that_may_have_come_after_the_film_is_not_found_however_often_it_comes() -> None:
    outcome, _ = _probe(Lesson(quiz_at_end=True, quiz_covers=True, shows_finished=False))
    assert outcome.verdict is not Verdict.FOUND


def test_a_prompt_beside_the_question_leaves_open_which_of_them_stops_the_film() -> None:
    outcome, phone = _probe(Lesson(quiz_at_s=48.0, quiz_back="stays", quiz_plays_on=True, idle_s=60.0))
    assert (outcome.verdict, dict(outcome.data)["stopped_by"]) == (
        Verdict.PRESENT,
        "watching-stopped-by-presence",
    )
    assert not [a for a in phone.actions if isinstance(a, Tap)]


def test_questions_of_a_lesson_that_another_law_asks_for_are_left_to_a_person() -> None:
    outcome, _ = _probe(Lesson(quiz_at_s=48.0, quiz_back="stays", rules=("学法减分学习",)))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "video-quiz-interrupt-other-duty")


def test_a_question_on_screen_wants_a_probe_and_is_never_found_by_itself() -> None:
    phone = Phone(Lesson(quiz_at_s=3.0))
    phone._tick(2.0)
    shown = video_quiz_interrupt.detect(phone.look())
    assert (shown.verdict, wants_probe(shown)) == (Verdict.PRESENT, True)


def test_a_question_met_at_the_start_of_the_probe_is_at_most_present() -> None:
    phone = Phone(Lesson(quiz_at_s=3.0, quiz_back="stays"))
    phone._tick(2.0)
    outcome, _ = drive(video_quiz_interrupt.probe, phone, RULE.id)
    assert outcome.verdict is Verdict.PRESENT
