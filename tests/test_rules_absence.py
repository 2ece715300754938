"""What an app lacks is said only after a whole look at where it would stand; its names are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from harness.judge import replay
from harness.model import (
    Back,
    CheckpointId,
    CheckpointReach,
    Coverage,
    Outcome,
    Reach,
    Rule,
    Tap,
    Type,
    Verdict,
)
from harness.report.phrases import Phrases
from harness.rules import (
    missing_complaint_channel,
    missing_sponsor_filing_number,
    sub_county_developer,
    wants_probe,
)
from harness.rules.corpus import WALKED, screen
from tests.simulated_lesson import Screens, drive

CHANNEL = missing_complaint_channel.RULE
SHOWN = missing_sponsor_filing_number.RULE
BELOW = sub_county_developer.RULE
PLACES = ("home", "mine", "settings", "about", "help")


def _reached(**other: Reach) -> Coverage:
    reaches = [CheckpointReach(checkpoint=CheckpointId(p), reach=other.get(p, Reach.REACHED)) for p in PLACES]
    return replace(WALKED, reaches=tuple(reaches))


def _page(title: str, lines: Sequence[str], name: str = "s", **more: Any) -> dict[str, Any]:
    """Return a page; ``*`` marks what can be pressed, ``#`` a field."""
    nodes: list[dict[str, Any]] = [{"text": title, "box": [440, 150, 440 + 44 * len(title), 220]}]
    for number, line in enumerate(lines):
        text, top = line.lstrip("*#"), 420 + 110 * number
        node = {"text": text, "box": [60, top, min(1070, 60 + 44 * len(text)), top + 60], "clickable": line[0] in "*#"}
        nodes.append(node | ({"class": "android.widget.EditText"} if line[0] == "#" else {}))
    return {"package": "cn.example.portal", "screen": name, "nodes": nodes, "day": 300, **more}


def _judge(law: Rule, *pages: dict[str, Any], coverage: Coverage | None = None) -> Outcome:
    seen = [law.detect(screen(p, index=n)) for n, p in enumerate(pages, 1)]
    return law.conclude(seen, _reached() if coverage is None else coverage)


HOME = _page("示例政务", ("*办事指南", "*我的"), "home")
MINE = _page("我的", ("*我的收藏", "*设置"), "mine")
ABOUT = _page("关于", ("示例政务 V1.0", "客服电话：12345"), "about")


def test_an_app_seen_whole_without_a_channel_is_found_to_lack_one_and_its_places_are_the_evidence() -> None:
    outcome = _judge(CHANNEL, HOME, MINE, ABOUT)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "missing-complaint-channel-absent")
    assert "5 处" in Phrases().statement(outcome)


@pytest.mark.parametrize("place", ["mine", "settings", "about", "help"])
@pytest.mark.parametrize("law", [CHANNEL, SHOWN], ids=lambda r: str(r.id))
def test_a_place_that_was_not_reached_leaves_it_open(law: Rule, place: str) -> None:
    outcome = _judge(law, HOME, MINE, ABOUT, coverage=_reached(**{place: Reach.NOT_REACHED}))
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "coverage-checkpoint-open")


@pytest.mark.parametrize("law", [CHANNEL, SHOWN], ids=lambda r: str(r.id))
@pytest.mark.parametrize(
    "coverage",
    [
        replace(_reached(), finished=False, stopped_by="time-spent"),
        replace(_reached(), untried=2),
        _reached(
            mine=Reach.OUT_OF_SCOPE, settings=Reach.OUT_OF_SCOPE, about=Reach.OUT_OF_SCOPE, help=Reach.OUT_OF_SCOPE
        ),
        _reached(home=Reach.ERROR),
    ],
    ids=["unfinished", "untried", "no such place", "no home"],
)
def test_absence_is_not_claimed_without_the_look_that_proves_it(law: Rule, coverage: Coverage) -> None:
    assert _judge(law, HOME, MINE, ABOUT, coverage=coverage).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("law", [CHANNEL, SHOWN], ids=lambda r: str(r.id))
@pytest.mark.parametrize(
    "page",
    [
        _page("帮助", ("加载失败，点击重试",), "help"),
        _page("我的", ("*点击登录", "*设置"), "mine2"),
        _page("更多", ("某处",), "more", opaque=[[0, 300, 1080, 2300]]),
        _page("更多", ("某处",), "more", moving=True),
    ],
    ids=["not loaded", "signed out", "not read", "moving"],
)
def test_a_page_that_could_not_be_looked_at_leaves_it_open(law: Rule, page: dict[str, Any]) -> None:
    assert _judge(law, HOME, MINE, ABOUT, page).verdict is Verdict.INCONCLUSIVE


def test_a_page_nobody_saw_the_end_of_leaves_the_rest_to_a_person() -> None:
    cut = replace(_reached(), cut_pages=1)
    assert _judge(CHANNEL, HOME, MINE, ABOUT, coverage=cut).verdict is Verdict.PRESENT
    assert _judge(SHOWN, HOME, MINE, ABOUT, coverage=cut).verdict is Verdict.PRESENT


@pytest.mark.parametrize(
    "entry",
    [
        "投诉举报",
        "局长信箱",
        "客服",
        "在线客服",
        "留言",
        "吐槽",
        "问题与建议",
        "客服与帮助",
        "服务监督",
        "纪检监察举报",
        "提交建议",
        "智能问答",
        "公众留言",
        "领导留言板",
        "投诉与评价",
        "诉求直通",
        "民声",
        "随手拍",
        "意见征集",
        "我的诉求",
        "一键投诉",
        "我有话说",
        "写信",
        "咨询",
        "消费投诉",
        "建言献策",
        "网上信访",
        "政民互动",
        "接诉即办",
        "好差评",
    ],
)
def test_an_entry_that_may_take_complaints_under_another_name_is_left_to_a_person(entry: str) -> None:
    outcome = _judge(CHANNEL, HOME, _page("我的", (f"*{entry}", "*设置"), "mine"), ABOUT)
    assert (outcome.verdict, dict(outcome.data)["said"]) == (Verdict.PRESENT, entry)


@pytest.mark.parametrize(
    "entry",
    [
        "意见反馈",
        "我要投诉",
        "帮助与反馈",
        "意见箱",
        "反馈中心",
        "反馈与帮助",
        "投诉与建议",
        "意见与建议",
        "投诉",
        "反馈",
        "我要反馈",
        "用户反馈",
        "产品建议反馈",
        "咨询投诉建议",
    ],
)
def test_an_entry_that_was_not_opened_is_neither_missing_nor_proven(entry: str) -> None:
    outcome = _judge(CHANNEL, HOME, _page("我的", (f"*{entry}", "*设置"), "mine"), ABOUT)
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "missing-complaint-channel-not-opened")


@pytest.mark.parametrize("entry", ["12345热线", "客服电话", "联系我们", "应用评分", "常见问题"])
def test_a_number_to_call_or_a_rating_is_no_channel(entry: str) -> None:
    assert _judge(CHANNEL, HOME, _page("我的", (f"*{entry}", "*设置"), "mine"), ABOUT).verdict is Verdict.FOUND


@pytest.mark.parametrize("asked", ["被投诉单位", "商家名称", "用人单位名称", "商品金额", "企业名称", "违法线索"])
def test_a_form_against_a_shop_or_an_employer_is_no_channel_about_the_app(asked: str) -> None:
    form = _page("我要投诉", (asked, "#请填写投诉内容", "*提交"), "form")
    assert _judge(CHANNEL, HOME, MINE, ABOUT, form).verdict is not Verdict.CLEAR


def test_the_three_qualities_are_told_apart_and_unknown_is_not_no() -> None:
    form = _page("意见反馈", ("#请描述您的意见", "*提交", "*我的反馈"), "form")
    track = _page("我的反馈", ("画面不清晰 已回复",), "track")
    qualities = ("accepts", "tracks", "reviews")
    whole = dict(_judge(CHANNEL, HOME, form, track).data)
    part = dict(_judge(CHANNEL, form, coverage=_reached(help=Reach.NOT_REACHED)).data)
    assert [whole[q] for q in qualities] == ["quality-yes", "quality-yes", "quality-no"]
    assert [part[q] for q in qualities] == ["quality-yes", "quality-yes", "quality-unknown"]
    assert "回访评价 未知" in Phrases().statement(_judge(CHANNEL, form, coverage=_reached(help=Reach.NOT_REACHED)))


SCREENS = {
    "mine": _page("我的", ("*投诉建议", "*设置"), "mine"),
    "form": _page("投诉建议", ("#请描述您的意见", "*提交", "*我的反馈"), "form"),
    "track": _page("我的反馈", ("画面不清晰 已回复", "去评价"), "track"),
    "empty": _page("投诉建议", ("功能建设中，敬请期待",), "empty"),
    "phone": _page("投诉建议", ("如有意见请拨打 0571-12345678",), "phone"),
    "coming": _page("投诉建议", ("加载失败，点击重试",), "coming"),
}


def _probe(ways: dict[tuple[str, str], str]) -> tuple[Outcome, Screens]:
    phone = Screens(screens=SCREENS, ways=ways, place="mine", start="mine")
    outcome, run = drive(missing_complaint_channel.probe, phone, CHANNEL.id)
    assert replay(CHANNEL, run, {o.id: o for o in phone.seen}) == outcome
    assert all(isinstance(a, Tap | Back) for a in phone.actions)
    assert not any(isinstance(a, Type) or (isinstance(a, Tap) and "提交" in a.label) for a in phone.actions)
    return outcome, phone


def test_the_form_and_what_became_of_complaints_are_opened_and_left_again() -> None:
    back = {("track", "Back"): "form", ("form", "Back"): "mine"}
    outcome, phone = _probe({("mine", "投诉建议"): "form", ("form", "我的反馈"): "track", **back})
    assert [a.label if isinstance(a, Tap) else "Back" for a in phone.actions] == [
        "投诉建议",
        "我的反馈",
        "Back",
        "Back",
    ]
    assert phone.place == "mine"
    said = dict(CHANNEL.conclude([outcome], _reached()).data)
    assert (said["accepts"], said["tracks"], said["reviews"]) == ("quality-yes", "quality-yes", "quality-yes")


@pytest.mark.parametrize("behind", ["empty", "phone"])
def test_an_entry_with_nothing_to_hand_in_behind_it_is_dead(behind: str) -> None:
    outcome, _ = _probe({("mine", "投诉建议"): behind, (behind, "Back"): "mine"})
    told = CHANNEL.conclude([outcome], _reached())
    assert (told.verdict, told.reason) == (Verdict.FOUND, "missing-complaint-channel-dead")
    unfinished = replace(_reached(), finished=False, stopped_by="time-spent")
    assert CHANNEL.conclude([outcome], unfinished).verdict is Verdict.PRESENT


@pytest.mark.parametrize("ways", [{}, {("mine", "投诉建议"): "coming", ("coming", "Back"): "mine"}])
def test_an_entry_that_opens_nothing_tonight_proves_nothing(ways: dict[tuple[str, str], str]) -> None:
    outcome, _ = _probe(ways)
    assert CHANNEL.conclude([outcome], _reached()).verdict is Verdict.INCONCLUSIVE


def test_an_entry_wants_its_form_opened_and_the_form_does_not() -> None:
    wanted = [wants_probe(CHANNEL.detect(screen(SCREENS[name]))) for name in ("mine", "form", "empty")]
    assert wanted == [True, False, False]


# --- who runs the app, and its number


@pytest.mark.parametrize(
    "lines",
    [
        ("主办单位：示例市数据局", "备案编号：示例备0001号"),
        ("主办：示例市数据局", "备案编号：0001"),
        ("主办单位：示例市数据局 备案编号：示例备0001号",),
        ("版权所有 示例市数据局 主办单位 示例市数据局 备案编号 示例备0001号",),
        ("本应用由示例市数据局主办", "政务应用程序备案编号：示例备0001号"),
        ("使用单位：示例市公安局", "备案号：示例0001（政务应用程序）"),
        ("主办（使用）单位：示例市数据局", "备案编号:", "国政备字〔2026〕1号"),
    ],
)
def test_sponsor_and_number_are_read_however_they_are_written(lines: tuple[str, ...]) -> None:
    outcome = _judge(SHOWN, HOME, _page("关于", lines, "about"))
    assert (outcome.verdict, outcome.reason) == (Verdict.CLEAR, "missing-sponsor-filing-number-there")


@pytest.mark.parametrize(
    "lines",
    [
        ("主办单位：示例市数据局", "备案信息：示例备0001号"),
        ("主办单位：示例市数据局", "政务备案：粤政备2026-0001"),
        ("Copyright©2026示例市数据局", "备案编号：A1B2"),
        ("主管单位：示例市教育局", "备案编号：A1B2"),
        ("主办单位：示例市人民医院",),
        ("主办单位：示例大学",),
    ],
)
def test_what_may_be_a_number_a_sponsor_or_outside_the_filing_is_left_to_a_person(lines: tuple[str, ...]) -> None:
    assert _judge(SHOWN, HOME, _page("关于", lines, "about")).verdict is Verdict.PRESENT


@pytest.mark.parametrize(
    "number",
    [
        "京ICP备2026000001号-3A",
        "备案号：粤ICP备2026000001号",
        "京公网安备11010102000001号",
        "备案编号：待补充",
        "网信算备110000000001号",
    ],
)
def test_the_number_of_another_register_is_no_filing_number(number: str) -> None:
    outcome = _judge(SHOWN, HOME, _page("关于", ("主办单位：示例市数据局", number), "about"))
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "missing-sponsor-filing-number-no-number")


def test_an_empty_label_is_not_filled_by_the_label_below_it() -> None:
    page = _page("关于", ("主办单位", "备案编号", "技术支持", "示例科技"), "about")
    outcome = _judge(SHOWN, HOME, page)
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "missing-sponsor-filing-number-neither")


def test_before_the_day_by_which_apps_had_to_be_filed_nothing_is_held_against_one() -> None:
    for day, verdict in ((182, Verdict.PRESENT), (183, Verdict.PRESENT), (184, Verdict.FOUND)):
        pages = ({**page, "day": day} for page in (HOME, ABOUT))
        assert _judge(SHOWN, *pages).verdict is verdict


@pytest.mark.parametrize(
    "unit",
    [
        "示例市城乡规划局",
        "乡镇企业服务中心",
        "国家税务总局示例县税务局",
        "示例经济开发区管委会",
        "古镇旅游发展公司",
        "乡城县人民政府",
        "镇海区人民政府",
        "新乡市数据局",
        "镇江市民政局",
        "民政局社区建设科",
        "江西省萍乡市人民政府",
        "示例县农村社区建设办公室",
        "示例市乡村振兴局",
        "示例村镇银行",
        "示例市社区服务中心",
        "示例县社区矫正管理局",
    ],
)
def test_a_unit_of_the_county_or_above_is_not_below_it_by_its_name(unit: str) -> None:
    assert _judge(BELOW, _page("关于", ("版本 1.0", f"主办单位：{unit}"), "about")).verdict is Verdict.CLEAR


def test_a_unit_below_the_county_is_never_more_than_a_question() -> None:
    for unit in [
        "示例县示例镇人民政府",
        "示例街道办事处",
        "示例村村民委员会",
        "示例社区居民委员会",
        "中共示例镇委员会",
    ]:
        assert _judge(BELOW, _page("关于", ("版本 1.0", f"主办单位：{unit}"), "about")).verdict is Verdict.PRESENT
