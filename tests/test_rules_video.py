"""The video probe tells a gate from an ordinary player by what it measures, and says so when it could not measure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.messages import LANGUAGES, catalogue
from harness.model import Box, Coverage, Marker, Outcome, ScreenKey, Swipe, Tap, Verdict
from harness.rules import video_watch_gate, wants_probe
from harness.rules.corpus import screen
from harness.rules.film_entry import way_back
from harness.rules.player import counters, read_player, seconds, times_unexplained
from harness.rules.video_words import CREDIT, CREDIT_EARNED, NO_SEEK
from tests.simulated_player import Page, Phone, drive

RULES = ("须看完本节视频方可计入学时。不可拖动进度条", "离开页面停止计时")
GATE = {"clamps": True, "next_locked": True, "rules": RULES}


def _probe(page: Page) -> tuple[Outcome, Phone]:
    phone = Phone(page)
    start = phone.look()
    outcome, _ = drive(video_watch_gate.probe(start), phone, start)
    return outcome, phone


def _positions(outcome: Outcome, note: str) -> list[float | None]:
    return [m.value for m in outcome.measures if m.name == "video-watch-gate-position" and m.note == note]


def test_a_gated_video_is_found_with_positions_before_and_after_the_drag() -> None:
    outcome, phone = _probe(Page(clamps=True, next_locked=True, rules=RULES, counter=True, resets_on_return=True))
    assert outcome.verdict is Verdict.FOUND
    assert {Marker.NO_OPT_OUT, Marker.CREDIT_CONDITION} <= outcome.markers
    assert {"seek-refused", "next-locked", "counting-stops", "progress-lost"} <= outcome.signs
    after = _positions(outcome, "seek-forward")
    assert after
    assert all(value is not None and value < 30 for value in after)
    assert any(isinstance(a, Swipe) and a.label == "进度条" for a in phone.actions)


def test_the_control_run_on_the_finished_video_is_free() -> None:
    outcome, _ = _probe(Page(clamps=True, next_locked=True, rules=RULES))
    assert dict(outcome.data)["control_run"] == "free"
    [control] = _positions(outcome, "control-seek")
    assert control is not None
    assert control > 75


def test_on_a_screen_held_wide_the_next_lesson_is_looked_for_under_the_player() -> None:
    outcome, phone = _probe(Page(clamps=True, next_locked=True, held_wide=True, says_in_passing=True, rules=RULES))
    assert outcome.verdict is Verdict.FOUND
    assert dict(outcome.data)["next_refusal"] == "请先学完本节"
    assert phone.scrolled_px == 0


def test_a_question_leaves_the_control_run_to_another_finished_video() -> None:
    outcome, _ = _probe(Page(clamps=True, next_locked=True, quiz_at_s=36.0, finished_neighbour=True))
    assert dict(outcome.data)["stopped_by"] == "video-watch-gate-stopped-by-quiz"
    assert dict(outcome.data)["control_run"] == "free"


def test_a_gate_without_any_words_is_found_by_what_it_does() -> None:
    outcome, _ = _probe(Page(clamps=True, next_locked=True))
    assert outcome.verdict is Verdict.FOUND
    assert outcome.reason == "video-watch-gate-seek-and-next"


@pytest.mark.parametrize(("speed", "least", "most"), [("works", 1.6, 2.2), ("refused", 0.7, 1.3)])
def test_a_faster_speed_is_asked_for_and_what_it_does_is_measured(speed: str, least: float, most: float) -> None:
    outcome, phone = _probe(Page(clamps=True, next_locked=True, speed=speed))
    assert [a.label for a in phone.actions if isinstance(a, Tap) and a.label.endswith("倍")] == ["1.0倍"]
    before, after = (
        next(m for m in outcome.measures if m.note == note and m.name == "video-watch-gate-position")
        for note in ("speed", "speed-wait")
    )
    assert before.value is not None
    assert after.value is not None
    assert least <= (after.value - before.value) / (after.at_s - before.at_s) <= most
    assert ("speed-forbidden" in outcome.signs) is (speed == "refused")


def test_an_ordinary_player_is_clear() -> None:
    outcome, _ = _probe(Page())
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "video-watch-gate-free-seek")
    assert not outcome.markers


def test_a_player_that_gives_way_half_way_is_not_found() -> None:
    outcome, _ = _probe(Page(lands_half_way=True, next_locked=True, rules=RULES))
    assert outcome.verdict is Verdict.PRESENT


@pytest.mark.parametrize("next_locked", [True, False])
def test_a_bar_that_follows_no_gesture_at_all_accuses_nobody(next_locked: bool) -> None:  # noqa: FBT001
    outcome, _ = _probe(Page(dead_bar=True, next_locked=next_locked))
    assert outcome.verdict in {Verdict.PRESENT, Verdict.INCONCLUSIVE}
    assert "seek-refused" not in outcome.signs


@pytest.mark.parametrize(
    "page",
    [
        Page(last_lesson=True, dead_bar=True, bar_greyed=True),
        Page(last_lesson=True, dead_bar=True, bar_greyed=True, quiz_at_s=40.0),
        Page(last_lesson=True, loads_for_s=1000.0),
    ],
)
def test_the_last_lesson_whose_next_button_is_grey_for_good_locks_nothing(page: Page) -> None:
    outcome, _ = _probe(page)
    assert outcome.verdict in {Verdict.PRESENT, Verdict.INCONCLUSIVE}
    assert "next-locked" not in outcome.signs


def test_a_counter_that_only_follows_a_film_stopped_by_home_is_no_condition() -> None:
    outcome, _ = _probe(Page(dead_bar=True, bar_greyed=True, counter=True, counter_text="已观看"))
    assert outcome.verdict is Verdict.PRESENT
    assert "counting-stops" not in outcome.signs


@pytest.mark.parametrize("says_it_loads", [True, False])
def test_a_film_that_has_to_load_where_it_was_dragged_to_is_waited_for(says_it_loads: bool) -> None:  # noqa: FBT001
    outcome, _ = _probe(Page(loads_for_s=8.0, says_it_loads=says_it_loads))
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "video-watch-gate-free-seek")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reading_of_a_probe_has_words(language: str) -> None:
    pages = (Page(clamps=True, next_locked=True, counter=True, speed="works"), Page(loads_for_s=8.0), Page())
    notes = {m.note for page in pages for m in _probe(page)[0].measures if m.note}
    assert {"seek-forward", "seek-forward-later"} <= notes
    assert sorted(note for note in notes if f"report-note-{note}" not in catalogue(language)) == []


def test_a_film_that_never_loads_has_refused_nothing() -> None:
    outcome, _ = _probe(Page(loads_for_s=1000.0, says_it_loads=True))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "seek-refused" not in outcome.signs


def test_a_film_so_near_its_end_that_no_drag_was_tried_has_refused_none() -> None:
    phone = Phone(Page(dead_bar=True, bar_greyed=True, counter=True), position_s=85.0, watched_s=85.0)
    start = phone.look()
    outcome, _ = drive(video_watch_gate.probe(start), phone, start)
    assert "seek-refused" not in outcome.signs


def test_a_question_ends_the_probe_and_is_never_answered() -> None:
    outcome, phone = _probe(Page(clamps=True, next_locked=True, rules=RULES, counter=True, quiz_at_s=36.0))
    assert outcome.verdict is Verdict.FOUND
    assert dict(outcome.data)["stopped_by"] == "video-watch-gate-stopped-by-quiz"
    assert any(m.why == "video-watch-gate-mark-quiz" for m in outcome.marks)
    labels = [a.label for a in phone.actions if isinstance(a, Tap)]
    assert not [label for label in labels if label.startswith(("A.", "B.")) or "提交" in label]


def test_a_question_before_anything_was_measured_proves_nothing() -> None:
    outcome, _ = _probe(Page(clamps=True, next_locked=True, quiz_at_s=5.0))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "video-watch-gate-stopped-by-quiz")


def test_a_live_stream_is_a_look_alike_and_wants_no_probe() -> None:
    outcome = video_watch_gate.detect(Phone(Page(live=True)).look())
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "video-watch-gate-live")
    assert not wants_probe(outcome)


def test_without_a_readable_position_the_probe_says_that_it_could_not_look() -> None:
    outcome, _ = _probe(Page(shows_position=False, clamps=True, next_locked=True))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "video-watch-gate-no-position")


def test_a_missing_seek_bar_alone_is_not_a_gate() -> None:
    outcome, _ = _probe(Page(has_bar=False))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "video-watch-gate-no-seek-bar")


def test_a_player_that_only_pauses_in_the_background_is_not_a_gate() -> None:
    outcome, _ = _probe(Page(has_bar=False, pauses_away=True))
    assert outcome.verdict is not Verdict.FOUND


def test_a_finished_video_says_nothing_about_unfinished_ones_and_wants_no_probe() -> None:
    phone = Phone(Page(finished=True))
    start = phone.look()
    outcome, _ = drive(video_watch_gate.probe(start), phone, start)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "video-watch-gate-finished-video")
    assert not wants_probe(video_watch_gate.detect(start))


def test_a_paused_video_with_hours_is_set_playing_and_measured() -> None:
    outcome, _ = _probe(Page(starts_paused=True, hours=True, length_s=4000.0, **GATE))  # type: ignore[arg-type]
    assert outcome.verdict is Verdict.FOUND
    assert dict(outcome.data)["stopped_by"] == "video-watch-gate-budget"


def test_a_long_video_stays_within_the_step_limit_of_a_walk() -> None:
    _, phone = _probe(Page(length_s=2700.0, **GATE))  # type: ignore[arg-type]
    assert len(phone.actions) <= 60


def test_times_of_measures_count_from_the_start_of_the_probe() -> None:
    outcome, _ = _probe(Page(**GATE))  # type: ignore[arg-type]
    times = [m.at_s for m in outcome.measures]
    assert times[0] == 0.0
    assert times == sorted(times)
    assert times[-1] > 30


def test_words_on_a_course_page_are_present_and_never_found() -> None:
    outcome = video_watch_gate.detect(screen({"nodes": [{"text": RULES[0], "box": [60, 500, 900, 560]}]}))
    assert outcome.verdict is Verdict.PRESENT
    assert not wants_probe(outcome)


def test_a_free_video_speaks_for_its_make_but_not_against_the_words_on_another_page() -> None:
    phone = Phone(Page())
    start = phone.look()
    free, _ = drive(video_watch_gate.probe(start), phone, start)
    silent, worded = (video_watch_gate.detect(Phone(Page(rules=rules)).look()) for rules in ((), RULES))
    silent, worded = replace(silent, screen=ScreenKey("b")), replace(worded, screen=ScreenKey("c"))
    walked = Coverage(reaches=(), screens=2, steps=2, untried=0, finished=True)
    assert video_watch_gate.conclude([silent, free], walked).verdict is Verdict.CLEAR
    assert video_watch_gate.conclude([worded, free], walked).verdict is Verdict.PRESENT


def test_a_player_wants_a_probe() -> None:
    assert wants_probe(video_watch_gate.detect(Phone(Page()).look()))


@pytest.mark.parametrize(
    ("text", "position", "length"),
    [("00:12/01:30", 12, 90), ("00:12 / 1:01:30", 12, 3690), ("1:00:05/1:30:00", 3605, 5400)],
)
def test_position_and_length_are_read_from_one_text(text: str, position: float, length: float) -> None:
    bar = {"class": "android.widget.SeekBar", "box": [100, 900, 900, 940]}
    player = read_player(screen({"nodes": [bar, {"text": text, "box": [800, 950, 1040, 1000]}]}))
    assert player is not None
    assert player.position is not None
    assert (player.position.value, player.position.length, player.position.unit) == (position, length, "s")


def test_per_cent_of_the_bar_is_a_position_where_no_time_is_shown() -> None:
    bar = {"class": "android.widget.SeekBar", "desc": "已播放 37%", "box": [100, 900, 900, 940]}
    player = read_player(screen({"nodes": [bar]}))
    assert player is not None
    assert player.position is not None
    assert (player.position.value, player.position.unit) == (37.0, "%")


def test_a_bar_that_is_drawn_beside_the_times_is_the_players() -> None:
    times = {"text": "00:02/05:00", "box": [834, 874, 1055, 926]}
    beside = {"kind": "seek", "box": [169, 888, 811, 906]}
    far = {"kind": "seek", "box": [169, 1688, 811, 1706]}
    player = read_player(screen({"read": [times], "shapes": [far, beside]}))
    assert player is not None
    assert player.bar == Box(left=169, top=888, right=811, bottom=906)
    alone = screen({"read": [times], "shapes": [far]})
    assert read_player(alone) is None
    unexplained = times_unexplained(alone)
    assert unexplained is not None
    assert unexplained.text == "00:02/05:00"


def test_two_times_on_a_shift_plan_are_no_player() -> None:
    nodes = [{"text": "09:00", "box": [100, 500, 220, 560]}, {"text": "18:00", "box": [300, 500, 420, 560]}]
    assert read_player(screen({"nodes": nodes})) is None


def test_counters_are_read_from_one_text_and_from_fragments() -> None:
    whole = screen({"nodes": [{"text": "本次已计时 12 秒", "box": [60, 500, 500, 560]}]})
    parts = [("本次已计时", 60, 260), ("12", 268, 310), ("秒", 318, 360)]
    split = screen({"nodes": [{"text": t, "box": [left, 500, right, 560]} for t, left, right in parts]})
    assert [(value, unit) for _, value, unit in counters(whole)] == [(12.0, "s")]
    assert [(value, unit) for _, value, unit in counters(split)] == [(12.0, "s")]


def test_clock_texts_become_seconds() -> None:
    assert [seconds(t) for t in ("00:05", "10:00", "1:00:00")] == [5.0, 600.0, 3600.0]


@pytest.mark.parametrize("text", ["不可拖动进度条", "视频不允许快进和最大化", "请勿快进", "禁止拖动"])
def test_words_against_seeking_are_known(text: str) -> None:
    assert NO_SEEK.search(text)


@pytest.mark.parametrize("text", ["供值守人员自愿观看,可随时拖动、跳过。", "拖动进度条可快进", "不支持4K播放"])
def test_words_that_allow_seeking_are_not_taken_for_a_ban(text: str) -> None:
    assert not NO_SEEK.search(text)


def test_credit_is_a_condition_only_where_it_hangs_on_watching() -> None:
    assert CREDIT.search("须看完本节视频方可计入学时")
    assert not CREDIT.search("示例市委党校·必修·0.5学时")
    assert not CREDIT_EARNED.search("本节已学完")


# --- what is said in passing


def test_a_refusal_said_in_passing_counts_like_one_on_the_page_and_is_kept_as_evidence() -> None:
    outcome, _ = _probe(Page(clamps=True, next_locked=True, says_in_passing=True))
    assert outcome.verdict is Verdict.FOUND
    assert {"seek-refused", "next-locked", "refused-by-toast"} <= outcome.signs
    assert dict(outcome.data)["toast"] == "不可拖动进度条"
    toasts = [m for m in outcome.marks if m.why == "video-watch-gate-mark-toast"]
    assert [m.text for m in toasts] == ["不可拖动进度条", "请先学完本节"]
    assert all(m.box.area_px == 0 for m in toasts)


def test_a_toast_and_a_refused_drag_are_found_only_where_credit_hangs_on_watching() -> None:
    plain = Page(clamps=True, next_button=False, says_in_passing=True)
    with_credit = Page(clamps=True, next_button=False, says_in_passing=True, rules=("看完可得1学时",))
    silent, worded = _probe(plain)[0], _probe(with_credit)[0]
    assert (silent.verdict, worded.verdict) == (Verdict.PRESENT, Verdict.FOUND)


@pytest.mark.parametrize(
    "said", ["请先完成实名认证", "请先登录", "开通会员后解锁全部课程", "可自由拖动进度条", "加载中"]
)
def test_a_toast_that_asks_for_something_else_is_no_refusal(said: str) -> None:
    outcome, _ = _probe(Page(next_locked=True, says_in_passing=True, next_refusal=said))
    assert "refused-by-toast" not in outcome.signs
    assert outcome.verdict is not Verdict.FOUND


def test_the_gate_of_a_risk_that_one_has_to_be_told_of_is_left_to_a_person() -> None:
    rules = ("风险揭示视频", "请完整观看后方可继续")
    outcome, _ = _probe(Page(clamps=True, next_locked=True, rules=rules))
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "video-watch-gate-other-duty")
    assert dict(outcome.data)["duty"] == "风险揭示视频"


def test_the_way_back_is_the_one_open_lesson_as_long_as_the_film_where_its_name_was_not_seen() -> None:
    film = screen({"nodes": [{"text": "减负政策解读", "box": [60, 300, 600, 360]}]})
    lessons = [
        {"text": "减负政策解读", "box": [60, 150, 600, 210]},
        {"text": "第1节 为什么 01:30 未完成", "box": [60, 400, 1000, 460], "clickable": True},
        {"text": "第2节 怎样做 01:30 未解锁", "box": [60, 500, 1000, 560], "clickable": True},
        {"text": "第3节 成效 12:00 未完成", "box": [60, 600, 1000, 660], "clickable": True},
    ]
    entry = way_back(screen({"nodes": lessons}), [film], 90.0)
    assert entry is not None
    assert entry.norm.startswith("第1节")
    open_too = [*lessons, {"text": "第4节 交流 01:30", "box": [60, 700, 1000, 760], "clickable": True}]
    unsure = way_back(screen({"nodes": open_too}), [film], 90.0)
    assert unsure is not None
    assert unsure.norm == "减负政策解读"
