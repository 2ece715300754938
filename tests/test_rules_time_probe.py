"""The probe of time online tells a count of use from a clock and from a figure that stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge import replay
from harness.messages import LANGUAGES, catalogue
from harness.model import Channel as Heard
from harness.model import Coverage, Gap, Home, Launch, Marker, Outcome, ProbeRun, Verdict, Wait
from harness.rules import online_duration_stat, wants_probe
from harness.rules.corpus import screen
from harness.rules.durations import account_durations, seconds_of
from tests.simulated_time import TimePage, TimePhone, drive

QUOTA = ("在线时长每月不少于20小时，未达标的予以通报",)
WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)


def _probe(page: TimePage, *, phase_s: float = 30.0) -> tuple[Outcome, TimePhone, ProbeRun]:
    phone = TimePhone(page, counted_s=67500.0 + phase_s, shown_s=67500.0 + phase_s)
    start = phone.look()
    assert wants_probe(online_duration_stat.detect(start))
    outcome, run = drive(online_duration_stat.probe(start), phone, start)
    return outcome, phone, run


@pytest.mark.parametrize("page", [TimePage(says=QUOTA), TimePage(says=QUOTA, in_seconds=True)])
def test_time_that_grows_in_front_and_stands_while_away_is_found_with_a_quota(page: TimePage) -> None:
    outcome, phone, _ = _probe(page)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "online-duration-stat-measured")
    assert {Marker.CREDIT_CONDITION, Marker.QUOTA} <= outcome.markers
    told = dict(outcome.data)
    assert told["front_grown_s"] in (60, 61)
    assert told["away_grown_s"] in (0, 1, 2)
    assert [m.note for m in outcome.measures] == ["start", "duration-front", "duration-away"]
    assert [type(a) for a in phone.actions] == [Wait, Home, Wait, Launch]


def test_a_figure_that_is_only_brought_up_to_date_on_coming_back_is_found_by_its_sum() -> None:
    outcome, _, _ = _probe(TimePage(says=QUOTA, in_seconds=True, only_on_return=True))
    assert outcome.verdict is Verdict.FOUND
    assert dict(outcome.data)["front_grown_s"] == 0


@pytest.mark.parametrize("phase_s", range(0, 60, 7))
def test_minutes_are_never_taken_for_a_count_of_use_where_a_clock_runs_on(phase_s: int) -> None:
    clock, _, _ = _probe(TimePage(says=QUOTA, grows_away=True), phase_s=phase_s)
    assert (clock.verdict, clock.reason) == (Verdict.PRESENT, "online-duration-stat-grows-always")
    counted, _, _ = _probe(TimePage(says=QUOTA), phase_s=phase_s)
    assert counted.verdict in {Verdict.FOUND, Verdict.PRESENT}


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (TimePage(says=QUOTA, grows_away=True, in_seconds=True), "online-duration-stat-grows-always"),
        (TimePage(says=QUOTA, grows_in_front=False), "online-duration-stat-not-grown"),
        (TimePage(says=QUOTA, grows_in_front=False, grows_away=True), "online-duration-stat-unproven"),
        (TimePage(says=QUOTA, gives_way_after_s=20.0, in_seconds=True), "online-duration-stat-unproven"),
        (
            TimePage(says=QUOTA, gives_way_after_s=20.0, in_seconds=True, only_on_return=True),
            "online-duration-stat-unproven",
        ),
        (TimePage(says=QUOTA, grows_in_front=False, grows_away=True, in_seconds=True), "online-duration-stat-unproven"),
        (TimePage(says=QUOTA, jumps_on_return=True), "online-duration-stat-unproven"),
        (TimePage(), "online-duration-stat-grows-only"),
        (TimePage(says=("在线时长仅供参考，不纳入考核",)), "online-duration-stat-grows-only"),
    ],
)
def test_what_is_no_proof_is_left_to_a_person(page: TimePage, reason: str) -> None:
    outcome, _, _ = _probe(page)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, reason)


def test_a_figure_that_cannot_be_read_again_is_inconclusive() -> None:
    outcome, _, _ = _probe(TimePage(says=QUOTA, starts_at_home=True))
    assert outcome.verdict is Verdict.INCONCLUSIVE


def test_of_two_figures_that_grow_the_one_people_are_held_to_is_told() -> None:
    both = ("累计学习18小时45分", "学习时长每年不少于50小时，未达标的予以通报")
    phone = TimePhone(TimePage(says=both))
    start = phone.look()
    outcome, _ = drive(online_duration_stat.probe(start), phone, start)
    assert outcome.verdict is Verdict.PRESENT  # only the time online grew, people are held to the other
    assert {"grows-in-front-online", "stood-still-study"} <= outcome.signs


def test_a_quota_of_another_kind_of_time_does_not_join_with_the_one_that_grows() -> None:
    outcome, _, _ = _probe(TimePage(says=("学习时长每年不少于50小时，未达标的予以通报",)))
    assert outcome.verdict is Verdict.PRESENT


@pytest.mark.parametrize("page", [TimePage(coarse=True, says=QUOTA), TimePage(title="会议统计", label="会议时长")])
def test_no_probe_is_asked_for_where_nothing_can_be_seen_growing(page: TimePage) -> None:
    assert not wants_probe(online_duration_stat.detect(TimePhone(page).look()))


def test_a_run_is_judged_again_from_its_record_with_the_same_outcome() -> None:
    outcome, phone, run = _probe(TimePage(says=QUOTA))
    again = replay(online_duration_stat.RULE, run, {o.id: o for o in phone.seen})
    assert again == outcome


def test_a_run_cut_short_is_never_more_than_present() -> None:
    _, phone, run = _probe(TimePage(says=QUOTA))
    seen = {o.id: o for o in phone.seen}
    for length, verdict in ((0, Verdict.INCONCLUSIVE), (1, Verdict.PRESENT), (3, Verdict.PRESENT)):
        cut = replace(run, exchanges=run.exchanges[:length], cut=Gap(channel=Heard.PAGE, reason="device-lost"))
        outcome = replay(online_duration_stat.RULE, cut, seen)
        if verdict is Verdict.PRESENT:
            assert outcome.verdict in {Verdict.PRESENT, Verdict.INCONCLUSIVE}
        else:
            assert outcome.verdict is verdict
        assert not any("grows" in sign for sign in outcome.signs)


def test_growth_on_one_screen_and_quota_on_another_join() -> None:
    grown, phone, _ = _probe(TimePage())
    notice = TimePhone(TimePage(title="通知公告", label="本月安排共", says=QUOTA)).look()
    joined = online_duration_stat.conclude([grown, online_duration_stat.detect(notice)], WALKED)
    assert joined.verdict is Verdict.FOUND
    assert joined.from_probe
    assert phone.seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_finds_the_data_its_text_asks_for(language: str) -> None:
    for page in (TimePage(says=QUOTA), TimePage(says=QUOTA, grows_away=True), TimePage(grows_in_front=False)):
        outcome, _, _ = _probe(page)
        fields = {part.split("}")[0] for part in catalogue(language)[outcome.reason].split("{")[1:]}
        assert fields <= {name for name, _ in outcome.data}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1860分钟", (111600.0, 60.0)),
        ("12小时30分", (45000.0, 60.0)),
        ("1:02:03", (3723.0, 1.0)),
        ("3.5小时", (12600.0, 360.0)),
        ("2天3小时", (183600.0, 3600.0)),
        ("45:00", None),
        ("5个工作日", None),
        ("12分钟192分钟", None),
        ("12", None),
    ],
)
def test_spelt_times_are_read_with_their_smallest_step(text: str, seconds: tuple[float, float] | None) -> None:
    assert seconds_of(text) == seconds


def test_figures_that_stand_side_by_side_are_read_one_by_one() -> None:
    figures = (("12", "今日学习(分钟)"), ("192", "本周(分钟)"), ("1860", "累计(分钟)"))
    nodes = [_node("学习时长统计", 400, 150)]
    for number, (value, label) in enumerate(figures):
        nodes += [_node(value, 100 + 340 * number, 320), _node(label, 60 + 340 * number, 390)]
    read = account_durations(screen({"nodes": nodes}))
    assert read[0].text.startswith("今日学习")
    assert {d.value_s for d in read} <= {720.0, 11520.0, 111600.0}


def _node(text: str, left: int, top: int) -> dict[str, Any]:
    return {"text": text, "box": [left, top, left + 30 * len(text), top + 60]}
