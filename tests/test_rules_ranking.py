"""Points ranking: people or units in order of points, from nodes or from pixels; lists of other things are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.judge import replay
from harness.model import (
    Action,
    Box,
    Coverage,
    Marker,
    Observation,
    Outcome,
    ProbeRun,
    Shape,
    ShapeKind,
    Tap,
    Verdict,
)
from harness.rules import points_ranking as rule
from harness.rules import wants_probe
from harness.rules.corpus import cases_of, screen
from harness.rules.exemptions import claim_near
from harness.rules.leaderboard import Ranked, read_board

WALKED = Coverage(reaches=(), screens=2, steps=2, untried=0, finished=True)
PEOPLE = (("1", "刘建设", "2316"), ("2", "赵文静", "2254"), ("3", "孙立新", "2190"), ("4", "吴晓梅", "2077"))
UNITS = (("1", "市财政局", "412分"), ("2", "市统计局", "405分"), ("3", "市审计局", "391分"))


def _board(
    lines: tuple[tuple[str, ...], ...], *, title: str = "积分排行榜", tabs: tuple[str, ...] = (), more: Any = ()
) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [400, 150, 700, 220]}]
    nodes += [
        {"text": t, "box": [200 + 300 * n, 280, 400 + 300 * n, 340], "clickable": True} for n, t in enumerate(tabs)
    ]
    for number, line in enumerate(lines):
        top = 500 + 130 * number
        for text, left in zip(line, (60, 240, 860), strict=True):
            if text:
                nodes.append({"text": text, "box": [left, top, left + 38 * len(text), top + 60]})
    return {"nodes": [*nodes, *more], "screen": title}


def test_people_in_order_of_points_are_found_with_every_row_marked() -> None:
    outcome = rule.detect(screen(_board(PEOPLE)))
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "points-ranking-board-people")
    assert Marker.COMPARISON in outcome.markers
    rows = [m.text for m in outcome.marks if m.why == "points-ranking-mark-row"]
    assert rows == ["1 刘建设 2316", "2 赵文静 2254", "3 孙立新 2190", "4 吴晓梅 2077"]


def test_units_in_order_of_points_are_found() -> None:
    board = read_board(screen(_board(UNITS)))
    assert board is not None
    assert (board.ranked, board.points, len(board.lines)) == (Ranked.UNITS, True, 3)


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_rows_are_no_leaderboard(count: int) -> None:
    assert read_board(screen(_board(PEOPLE[:count]))) is None


def test_rising_values_are_no_order_by_rank() -> None:
    rising = tuple((rank, name, str(1000 + 100 * n)) for n, (rank, name, _) in enumerate(PEOPLE))
    assert read_board(screen(_board(rising))) is None


def test_masked_names_are_people() -> None:
    masked = (("1", "张*", "98分"), ("2", "李*明", "95分"), ("3", "王**", "90分"))
    board = read_board(screen(_board(masked)))
    assert board is not None
    assert board.ranked is Ranked.PEOPLE


def test_topics_with_values_are_not_people_and_without_a_heading_nothing() -> None:
    topics = (("1", "新生儿出生一件事怎么办", "98"), ("2", "医保异地就医备案", "95"), ("3", "公积金提取新政", "90"))
    assert read_board(screen(_board(topics, title="办事指南"))) is None
    assert rule.detect(screen(_board(topics, title="热搜榜"))).verdict is Verdict.CLEAR


def test_lines_read_whole_from_pixels_are_taken_apart() -> None:
    read = [{"text": "积分排行", "box": [400, 150, 700, 220]}]
    read += [{"text": " ".join(line), "box": [50, 500 + 130 * n, 1030, 560 + 130 * n]} for n, line in enumerate(PEOPLE)]
    board = read_board(screen({"opaque": [[0, 0, 1080, 2400]], "read": read}))
    assert board is not None
    assert [line.name for line in board.lines] == [name for _, name, _ in PEOPLE]


@given(st.lists(st.integers(0, 9999), min_size=3, max_size=8, unique=True), st.integers(40, 110))
def test_any_falling_values_with_names_make_a_board_of_as_many_rows(values: list[int], pitch_px: int) -> None:
    nodes: list[dict[str, Any]] = [{"text": "积分排行榜", "box": [400, 150, 700, 220]}]
    for n, value in enumerate(sorted(values, reverse=True)):
        top = 400 + (pitch_px + 40) * n
        nodes.append({"text": str(n + 1), "box": [60, top, 100, top + 40]})
        nodes.append({"text": "刘建设", "box": [240, top, 360, top + 40]})
        nodes.append({"text": f"{value}分", "box": [1000 - 20 * len(str(value)), top, 1040, top + 40]})
    board = read_board(screen({"nodes": nodes}))
    assert board is not None
    assert len(board.lines) == len(values)


@pytest.mark.parametrize(
    "text", ["我的排名 第12名", "本单位第3名", "我的排名：5", "您当前排名第8名", "全国排名第1024名"]
)
def test_the_own_rank_beside_points_is_found(text: str) -> None:
    nodes = [{"text": "我的积分：268", "box": [100, 400, 500, 460]}, {"text": text, "box": [100, 600, 500, 660]}]
    assert rule.detect(screen({"nodes": nodes})).verdict is Verdict.FOUND


@pytest.mark.parametrize("pair", [("0分/5分",), ("0分", "/5分")])
def test_points_of_a_task_are_points_in_one_node_or_in_two(pair: tuple[str, ...]) -> None:
    nodes = [{"text": t, "box": [700 + 70 * n, 500, 760 + 70 * n, 560]} for n, t in enumerate(pair)]
    outcome = rule.detect(screen({"nodes": nodes}))
    assert outcome.signs == {"points"}
    assert outcome.verdict is Verdict.CLEAR


@pytest.mark.parametrize(
    "text", ["积分落户96分", "信用积分680", "积分商城", "购买得20积分", "驾照记分3分", "积分奖励币5积分"]
)
def test_points_of_other_kinds_are_no_points(text: str) -> None:
    assert not rule.detect(screen({"nodes": [{"text": text, "box": [100, 500, 500, 560]}]})).signs


def test_points_only_and_an_entry_nobody_followed_is_not_found() -> None:
    points = rule.detect(screen({"nodes": [{"text": "我的积分：268", "box": [100, 400, 500, 460]}]}))
    assert rule.conclude([points], WALKED).verdict is Verdict.CLEAR


def test_hours_per_person_are_an_order_but_not_of_points_even_beside_a_points_page() -> None:
    hours = tuple((rank, name, f"{90 - 10 * n}小时") for n, (rank, name, _) in enumerate(PEOPLE))
    ordering = rule.detect(screen(_board(hours, title="学习时长排行")))
    points = rule.detect(screen({"nodes": [{"text": "我的积分：268", "box": [100, 400, 500, 460]}]}, index=2))
    assert rule.conclude([ordering, points], WALKED).verdict is Verdict.PRESENT


def test_the_probe_presses_tabs_only_and_reports_what_it_found_under_them() -> None:
    start = screen(_board(PEOPLE, tabs=("个人排行", "单位排行")))
    assert wants_probe(rule.detect(start))
    generator = rule.probe(start)
    pressed: list[Action] = []
    seen: list[Observation] = [start]
    try:
        action = next(generator)
        while True:
            pressed.append(action)
            hide = ({"text": "隐藏排名", "box": [700, 2000, 900, 2060]},)
            after = screen(_board(UNITS, tabs=("个人排行", "单位排行"), more=hide), index=len(seen) + 1)
            seen.append(after)
            action = generator.send(after)
    except StopIteration as end:
        outcome: Outcome = end.value
    exchanges = tuple((action, after.id) for action, after in zip(pressed, seen[1:], strict=True))
    run = ProbeRun(rule=rule.RULE.id, start=start.id, exchanges=exchanges)
    assert replay(rule.RULE, run, {o.id: o for o in seen}) == outcome
    assert [a.label for a in pressed if isinstance(a, Tap)] == ["个人排行", "单位排行"]
    assert len(pressed) == 2
    assert outcome.verdict is Verdict.FOUND
    assert {"ranked-people", "ranked-units", "opt-out"} <= outcome.signs
    assert {"个人排行", "单位排行"} <= set(rule.RULE.may_press)


def test_a_unit_named_emergency_bureau_claims_no_exemption() -> None:
    lines = (("1", "应急管理局", "412分"), ("2", "消防支队", "405分"), ("3", "市审计局", "391分"))
    assert rule.detect(screen(_board(lines))).verdict is Verdict.FOUND


def test_an_exemption_named_in_the_title_is_recorded_as_a_claim() -> None:
    outcome = rule.detect(screen(_board(UNITS, title="防汛值守积分排行")))
    assert outcome.verdict is Verdict.FOUND_EXEMPTION_CLAIMED
    assert dict(outcome.data)["exemption"] == "值守、防汛"


def test_a_scene_word_far_from_the_subject_is_no_claim() -> None:
    news = screen({"nodes": [{"text": "消防演练圆满举行", "box": [60, 900, 600, 960]}]})
    assert claim_near(news, rule.SUBJECT) is None


def test_units_with_a_rate_and_points_are_ranked_by_the_points_and_told_so() -> None:
    case = next(c for c in cases_of(rule.RULE.id) if c.name == "rate-and-points-columns")
    board = read_board(case.screens[0])
    assert board is not None
    assert [line.value for line in board.lines] == [1982, 1875, 1811]
    assert (board.points, board.by) == (True, "人均积分")
    assert dict(rule.detect(case.screens[0]).data)["by"] == "人均积分"


def test_a_rate_alone_is_no_points_even_under_a_title_that_speaks_of_points() -> None:
    heads = ({"text": "参学率%", "box": [840, 420, 980, 470]},)
    rates = tuple((rank, name, value[:-1]) for rank, name, value in UNITS)
    board = read_board(screen(_board(rates, more=heads)))
    assert board is not None
    assert (board.points, board.by) == (False, "参学率%")


def test_medals_stand_for_ranks_and_a_name_beside_one_may_be_a_single_letter() -> None:
    lines = (("", "程序员", "获得8分"), ("", "A", "获得7分"), ("", "学习者", "获得2分"))
    bare = screen(_board(lines, title="答题排行"))
    medals = tuple(
        Shape(
            kind=ShapeKind.MEDAL,
            box=Box(left=60, top=500 + 130 * row, right=120, bottom=560 + 130 * row),
            match_ratio=1.0,
            method="lattice",
            name=name,
        )
        for row, name in enumerate(("gold", "silver", "bronze"))
    )
    assert read_board(bare) is None
    board = read_board(replace(bare, shapes=medals))
    assert board is not None
    assert [(line.rank, line.name, line.value) for line in board.lines] == [
        (1, "程序员", 8),
        (2, "A", 7),
        (3, "学习者", 2),
    ]
    assert board.points is True
