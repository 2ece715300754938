"""That an app is demanded and has no number in the list is noted for a person, and never more than noted."""

from __future__ import annotations

import pytest

from harness.model import Coverage, FiledApp, Outcome, PackageName, Verdict
from harness.rules import unfiled_required_use
from harness.rules.corpus import screen

WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
ORDER = "各单位须统一使用“示例通”平台报送信息"


def _of(said: str, *, name: str = "示例通", number: str = "", title: str = "通知公告") -> Outcome:
    nodes = [{"text": t, "box": [60, top, 60 + 42 * len(t), top + 58]} for t, top in ((title, 150), (said, 430))]
    outcome = unfiled_required_use.conclude([unfiled_required_use.detect(screen({"nodes": nodes}))], WALKED)
    app = FiledApp(package=PackageName("cn.example.app"), name=name, filing_number=number)
    return unfiled_required_use.of_row(outcome, app)


def test_a_demanded_app_without_a_number_in_the_list_is_left_to_a_person() -> None:
    outcome = _of(ORDER)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "unfiled-required-use-unfiled")


def test_a_number_in_the_list_ends_the_question() -> None:
    outcome = _of(ORDER, number="示例备20260001号")
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_APPLICABLE, "unfiled-required-use-filed")
    assert not outcome.signs


def test_a_demand_for_another_app_says_nothing_of_this_row() -> None:
    outcome = _of(ORDER, name="掌上考勤")
    assert (outcome.verdict, outcome.reason) == (Verdict.INCONCLUSIVE, "unfiled-required-use-other-app")


@pytest.mark.parametrize(
    "said",
    [
        "请使用本系统前仔细阅读说明",
        "推荐使用手机APP办理，也可到窗口办理",
        "必须使用本人实名手机号登录",
        "一律通过银行转账缴纳，平台不收取现金",
        "各地不得强制使用政务APP",
        "考生必须使用准考证号登录系统查询成绩",
        "本平台统一使用国家标准地址库",
        "商户应当通过企业登记系统办理年报",
    ],
)
def test_how_an_app_is_used_is_no_demand_to_use_it(said: str) -> None:
    outcome = _of(said)
    assert outcome.verdict is Verdict.CLEAR, outcome
