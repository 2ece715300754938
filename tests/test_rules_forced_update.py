"""An update that cannot be declined is a note and never held against an app; one that can be declined is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from harness.model import Severity, Verdict
from harness.rules import forced_update
from harness.rules.corpus import WALKED, screen

RULE = forced_update.RULE


def _page(lines: Sequence[str]) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        text, top = line.lstrip("*"), 420 + 110 * number
        box = [60, top, min(1070, 60 + 44 * len(text)), top + 60]
        nodes.append({"text": text, "box": box, "clickable": line.startswith("*")})
    return {"screen": "s", "nodes": nodes}


PROMPT = ("发现新版本 V3.3.0", "更新内容：优化体验", "*立即更新")


def test_a_prompt_that_stopped_the_walk_says_so_and_stays_a_note() -> None:
    seen = RULE.detect(screen(_page(PROMPT)))
    stopped = replace(WALKED, finished=False, stopped_by="blocked-update")
    outcomes = [RULE.conclude([seen], coverage) for coverage in (WALKED, stopped)]
    assert [(o.verdict, o.reason) for o in outcomes] == [
        (Verdict.PRESENT, "forced-update-no-decline"),
        (Verdict.PRESENT, "forced-update-blocked"),
    ]
    assert RULE.severity is Severity.S4


@pytest.mark.parametrize(
    "way_out", ["以后再说", "取消", "暂不更新", "忽略此版本", "×", "跳过", "下次再说", "稍后提醒我"]
)
def test_a_word_that_declines_makes_it_no_forced_update(way_out: str) -> None:
    outcome = RULE.conclude([RULE.detect(screen(_page((*PROMPT, f"*{way_out}"))))], WALKED)
    assert outcome.verdict is Verdict.CLEAR


def test_another_app_is_told_also_where_it_can_be_put_off() -> None:
    page = _page(("本平台已迁移至“示例办”APP，请下载安装后使用", "*立即下载", "*取消"))
    outcome = RULE.conclude([RULE.detect(screen(page))], WALKED)
    assert (outcome.verdict, outcome.reason) == (Verdict.PRESENT, "forced-update-another-app")


@pytest.mark.parametrize(
    "lines",
    [
        ("*检查更新", "*清除缓存", "*关于", "版本更新"),
        ("已是最新版本", "*检查更新"),
        ("考勤", "*更新打卡", "18:00"),
        ("数据更新时间 2026-03-02", "*刷新"),
        ("*某政务APP强制更新引热议", "*更多"),
        ("会员升级", "*立即升级", "白银会员"),
        ("职称升级办理", "*升级条件"),
        ("系统升级公告", "3月5日22时至24时系统升级"),
        ("软件更新", "*立即更新", "*用户协议", "*隐私政策", "*联系我们"),
    ],
)
def test_settings_data_and_other_upgrades_are_none(lines: tuple[str, ...]) -> None:
    assert RULE.conclude([RULE.detect(screen(_page(lines)))], WALKED).verdict is Verdict.CLEAR
