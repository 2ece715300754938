"""What several apps ask alike is told of them together, with the evidence of each, and never called a repetition."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from lxml import html

from harness.across import judge_across
from harness.evidence import codec
from harness.evidence.layout import AcrossFacts, JudgedFacts
from harness.evidence.schemas import document
from harness.model import (
    AcrossFinding,
    Actor,
    AppIdentity,
    Channel,
    DeviceInfo,
    FiledApp,
    Gap,
    Moment,
    Observation,
    PackageName,
    Step,
    Tap,
    Verdict,
    Walk,
)
from harness.report.across_view import across_views
from harness.report.html import render_run
from harness.report.phrases import Phrases
from harness.report.shots import Gallery, Links
from harness.report.views import RunResult
from harness.rules import ACROSS_RULES, ALL_RULES, duplicate_form_cross_app, duplicate_function_one_sponsor
from harness.rules.corpus import screen

BEGAN = Moment(wall=datetime(2026, 1, 25, 8, 0, tzinfo=UTC), mono_s=0.0)
HOUSEHOLD = ("户主姓名", "家庭人口数", "劳动力人数", "耕地面积（亩）", "年人均收入（元）", "医保参保情况")
GENERIC = ("姓名", "联系电话", "身份证号码", "住址", "填报日期", "备注", "所属乡镇")


def _form(title: str, fields: Sequence[str], *, index: int = 1, **more: Any) -> Observation:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [540 - 21 * len(title), 150, 540 + 21 * len(title), 208]}]
    for n, label in enumerate(fields):
        top = 430 + 110 * n
        nodes.append({"text": label, "box": [60, top, 60 + 42 * len(label), top + 58]})
        nodes.append({"class": "android.widget.EditText", "hint": "请输入", "box": [460, top - 8, 1020, top + 66]})
    raw = {"package": "", "screen": title, "nodes": nodes, "png_sha256": f"png-{title}", **more}
    return screen(raw, index=index)


def _walk(app: str, *screens: Observation, **more: Any) -> Walk:
    package = PackageName(f"cn.example.{app}")
    row: dict[str, Any] = {"package": package, "name": app, "level": "县级", **more.pop("row", {})}
    walk = Walk(
        app=FiledApp(**row),
        identity=AppIdentity(package=package),
        device=DeviceInfo(serial="test"),
        engines=(),
        observations=tuple(replace(o, page=None) for o in screens),
        steps=(),
        refusals=(),
        probe_runs=(),
        began=BEGAN,
        ended=replace(BEGAN, wall=BEGAN.wall + timedelta(seconds=60), mono_s=60.0),
        finished=True,
        untried=0,
    )
    return replace(walk, **more)


def _across(*walks: Walk) -> tuple[AcrossFinding, ...]:
    return judge_across(walks, [duplicate_form_cross_app.RULE])


CIVIL = _walk("民政", _form("农户信息采集", HOUSEHOLD))
FARMS = _walk("农业", _form("农户台账填报", ("户主", "家庭总人口", "劳动力", "耕地面积", "人均收入（元）", "主要作物")))
CITIZENS = _walk("便民", _form("低保申请", HOUSEHOLD))
OTHERS = _walk("应急", _form("隐患排查上报", ("隐患名称", "隐患等级", "整改期限", "隐患来源", "整改措施")))


def test_two_forms_that_ask_the_same_are_told_of_side_by_side() -> None:
    (finding,) = _across(CIVIL, FARMS)
    assert (finding.verdict, finding.reason) == (Verdict.PRESENT, "duplicate-form-cross-app-overlap")
    assert [(s.package, s.subject) for s in finding.shares] == [
        ("cn.example.民政", "农户信息采集"),
        ("cn.example.农业", "农户台账填报"),
    ]
    assert dict(finding.data)["count"] == 5
    assert [e.png_sha256 for e in finding.shares[1].evidence] == ["png-农户台账填报"] * 5
    said = Phrases().statement(finding)
    assert said.endswith("字段重合，不等于重复填报")
    assert "违规" not in said


def test_three_apps_give_a_finding_for_each_two_with_an_identity_of_its_own() -> None:
    third = _walk("乡村振兴", _form("防返贫监测走访", HOUSEHOLD))
    findings = _across(CIVIL, FARMS, third)
    assert [f.verdict for f in findings] == [Verdict.PRESENT] * 3
    assert len({f.fingerprint for f in findings}) == 3
    again = {f.fingerprint for f in _across(third, FARMS, CIVIL)}
    assert again == {f.fingerprint for f in findings}


@pytest.mark.parametrize(
    "other",
    [
        CITIZENS,
        OTHERS,
        _walk("值班", _form("值班日报", GENERIC)),
        _walk("四项", _form("农户走访", HOUSEHOLD[:4])),
        _walk("大表", _form("农户普查采集", (*HOUSEHOLD[:5], *(f"指标{n}" for n in "甲乙丙丁戊己庚辛壬癸")))),
    ],
    ids=lambda w: str(w.app.name),
)
def test_other_matters_citizens_forms_and_too_few_fields_are_no_overlap(other: Walk) -> None:
    (finding,) = _across(CIVIL, other)
    assert (finding.verdict, finding.reason) == (Verdict.CLEAR, "duplicate-form-cross-app-not-seen")
    assert not finding.shares


def test_what_every_form_asks_makes_no_overlap_however_much_of_it_there_is() -> None:
    (finding,) = _across(_walk("甲", _form("值班日报", GENERIC)), _walk("乙", _form("信息报送", GENERIC)))
    assert finding.verdict is Verdict.CLEAR


@pytest.mark.parametrize(
    "cut",
    [
        {"finished": False, "stopped_by": "steps-spent"},
        {"untried": 3},
        {"observations": (_form("农户台账", (), gaps=[{"channel": "hierarchy", "reason": "dump-failed"}]),)},
    ],
)
def test_an_app_that_was_not_looked_at_to_the_end_keeps_the_rest_from_being_clear(cut: dict[str, Any]) -> None:
    half = replace(OTHERS, **cut)
    (finding,) = _across(CIVIL, half)
    assert (finding.verdict, finding.reason) == (Verdict.INCONCLUSIVE, "duplicate-form-cross-app-not-looked")
    assert dict(finding.data)["names"] == "应急"
    found, rest = _across(CIVIL, replace(FARMS, finished=False))
    assert (found.verdict, rest.verdict) == (Verdict.PRESENT, Verdict.INCONCLUSIVE)


def test_one_app_alone_or_two_walks_of_it_have_nothing_to_be_compared_with() -> None:
    (finding,) = _across(CIVIL, replace(CIVIL, finished=False))
    assert finding.verdict is Verdict.NOT_APPLICABLE


def test_two_apps_with_several_forms_alike_are_told_of_once_by_those_that_have_most_in_common() -> None:
    both = _walk("民政", _form("农户情况月报", HOUSEHOLD[:5]), _form("农户信息采集", HOUSEHOLD, index=2))
    third = _walk("乡村振兴", _form("防返贫监测走访", HOUSEHOLD))
    (finding,) = _across(both, third)
    assert (dict(finding.data)["form"], dict(finding.data)["pairs"]) == ("农户信息采集", 2)


def test_a_form_that_fills_several_screens_is_one_form() -> None:
    first, second = _form("农户信息采集", HOUSEHOLD[:3]), _form("农户信息采集", HOUSEHOLD[3:], index=2)
    (finding,) = _across(_walk("民政", first, second), FARMS)
    assert dict(finding.data)["count"] == 5


def test_apps_of_different_levels_are_told_of_as_such_and_one_sponsor_too() -> None:
    province = replace(CIVIL.app, level="省级", sponsor_unit="甲厅")
    (finding,) = _across(replace(CIVIL, app=province), FARMS)
    assert (finding.verdict, finding.reason) == (Verdict.PRESENT, "duplicate-form-cross-app-other-level")
    same = [replace(w, app=replace(w.app, sponsor_unit="甲局")) for w in (CIVIL, FARMS)]
    assert dict(_across(*same)[0].data)["same_sponsor"] == "甲局"


def test_what_stands_across_apps_is_no_rule_of_one_app_and_has_a_schema() -> None:
    assert not {r.id for r in ACROSS_RULES} & {r.id for r in ALL_RULES}
    facts = JudgedFacts(apps=(), across=_across(CIVIL, FARMS))
    jsonschema.validate(json.loads(codec.dump_page(facts)), document("judged", JudgedFacts))


def test_a_screen_that_could_not_be_read_is_a_gap_of_its_app() -> None:
    gap = Gap(channel=Channel.HIERARCHY, reason="dump-failed")
    blind = replace(OTHERS.observations[0], gaps=(gap,), words=(), elements=())
    assert _across(CIVIL, replace(OTHERS, observations=(blind,)))[0].verdict is Verdict.INCONCLUSIVE


def test_the_first_page_of_a_report_tells_it_apart_with_the_pictures_of_each_app() -> None:
    found, phrases = _across(CIVIL, FARMS), Phrases()
    links = Links(original=lambda digest: f"shots/{digest}", small=lambda _: None)
    seen = {str(w.app.package): (f"EB-{w.app.name}", Gallery(w, links, phrases)) for w in (CIVIL, FARMS)}
    views = across_views(found, ACROSS_RULES, seen, phrases)
    raw = render_run(RunResult(made=BEGAN.wall, rules=(), apps=(), across=views), phrases)
    page = html.document_fromstring(raw, parser=html.HTMLParser(encoding="utf-8"))
    assert isinstance(page, html.HtmlElement)
    told = page.get_element_by_id("across")
    assert [a.get("id") for a in told.iter("article")] == [found[0].id]
    assert found[0].fingerprint in told.text_content()
    assert "字段重合，不等于重复填报" in told.text_content()
    assert {unquote(str(a.get("href"))) for a in told.iter("a")} == {
        "EB-民政/index.html",
        "EB-民政/shots/png-农户信息采集",
        "EB-农业/index.html",
        "EB-农业/shots/png-农户台账填报",
    }
    facts = AcrossFacts(across=found)
    jsonschema.validate(json.loads(codec.dump_page(facts)), document("across", AcrossFacts))


# --- functions of one sponsor

HALL = ("社保查询", "公积金查询", "办事预约", "办件进度", "证照申领")


def _hall(app: str, functions: Sequence[str], sponsor: str = "示例市数据局", **more: Any) -> Walk:
    """Return a walk that pressed each function on the first page and came to a page of its own."""
    rows = [{"text": name, "box": [60, 400 + 110 * n, 400, 460 + 110 * n]} for n, name in enumerate(functions)]
    home = screen({"package": "", "screen": "home", "nodes": rows, "png_sha256": f"png-{app}"}, index=1)
    seen, steps = [home], []
    for n, name in enumerate(functions):
        page = screen(
            {"package": "", "screen": name, "nodes": [{"text": name, "box": [400, 150, 700, 210]}]}, index=n + 2
        )
        tap = Tap(x_px=230, y_px=430 + 110 * n, label=name)
        steps.append(
            Step(
                seq=n + 1,
                actor=Actor.EXPLORE,
                action=tap,
                why="try",
                before=home.id,
                after=page.id,
                began=BEGAN,
                ended=BEGAN,
            )
        )
        seen.append(page)
    row = {"sponsor_unit": sponsor, **more.pop("row", {})}
    return replace(_walk(app, *seen, row=row), steps=tuple(steps), **more)


def _of_sponsors(*walks: Walk) -> tuple[AcrossFinding, ...]:
    rule = duplicate_function_one_sponsor.RULE
    told = judge_across(walks, [rule])
    assert judge_across([rule.part(walk) for walk in walks], [rule]) == told
    return told


def test_two_apps_of_one_sponsor_with_the_same_entries_are_told_of_with_where_they_stand() -> None:
    (finding,) = _of_sponsors(_hall("甲通", HALL), _hall("乙通", (*HALL[:4], "政策问答", "首页", "我的")))
    assert (finding.verdict, finding.reason) == (Verdict.PRESENT, "duplicate-function-one-sponsor-overlap")
    assert (dict(finding.data)["count"], dict(finding.data)["ratio"]) == (4, 0.67)
    assert [(e.text, e.png_sha256, e.step) for e in finding.shares[0].evidence][-1][:2] == ("社保查询", "png-甲通")
    said = Phrases().statement(finding)
    assert said.endswith("功能重合，不等于重复建设")
    assert "违规" not in said


def test_what_the_filing_names_counts_as_a_function_without_a_place() -> None:
    filed = _hall("乙通", HALL[:1], row={"filed_functions": HALL[:4]})
    (finding,) = _of_sponsors(_hall("甲通", HALL), filed)
    assert finding.verdict is Verdict.PRESENT
    assert [len(share.evidence) for share in finding.shares] == [4, 1]


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (_hall("乙通", HALL, sponsor="示例市民政局"), Verdict.NOT_APPLICABLE),
        (_hall("乙通", HALL, sponsor=""), Verdict.INCONCLUSIVE),
        (_hall("乙通", HALL[:3]), Verdict.CLEAR),
        (_hall("乙通", (*HALL[:4], "防汛值守", "隐患上报", "灾情速报", "物资调拨")), Verdict.CLEAR),
        (_hall("乙通", ("首页", "我的", "消息", "设置", "意见反馈", "关于我们")), Verdict.CLEAR),
        (_hall("乙通", HALL[:3], finished=False), Verdict.INCONCLUSIVE),
    ],
    ids=["another sponsor", "no sponsor", "too few", "too little", "what every app has", "not looked at"],
)
def test_other_sponsors_few_functions_and_what_every_app_has_are_no_overlap(other: Walk, verdict: Verdict) -> None:
    (finding,) = _of_sponsors(_hall("甲通", HALL), other)
    assert finding.verdict is verdict


def test_a_press_that_leads_nowhere_or_out_of_the_app_is_no_function() -> None:
    nowhere = _hall("乙通", HALL)
    nowhere = replace(nowhere, steps=tuple(replace(step, after=step.before) for step in nowhere.steps))
    (finding,) = _of_sponsors(_hall("甲通", HALL), nowhere)
    assert finding.verdict is Verdict.CLEAR
