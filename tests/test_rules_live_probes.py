"""On a real wire the probes of selling, following and complaining press what they may and leave the page as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.device.android import AndroidDevice
from harness.model import Verdict
from harness.rules import commercial_activity, forced_follow, missing_complaint_channel
from tests.live_stories import devices, tell, word_on

APPS = Path(__file__).resolve().parent.parent / "scenarios" / "demo" / "apps"
MALL, FOLLOW, VOLUNTEER = (f"cn.gov.demo.{name}" for name in ("mall", "follow", "volunteer"))


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    with devices([APPS / name for name in (MALL, FOLLOW, VOLUNTEER)], tmp_path_factory.mktemp("home")) as (device,):
        yield device


def test_goods_lead_to_a_checkout_that_is_left_untouched(device: AndroidDevice, tmp_path: Path) -> None:
    said = tell(device, commercial_activity.RULE, (f"{MALL}/{MALL}.GoodsActivity", "立即购买"), tmp_path)
    assert (said.outcome.verdict, said.outcome.reason) == (Verdict.FOUND, "commercial-activity-checkout")
    assert said.pressed == ("立即购买",)
    assert word_on(device, "立即购买")


def test_wages_stay_locked_until_an_account_is_followed(device: AndroidDevice, tmp_path: Path) -> None:
    said = tell(device, forced_follow.RULE, (f"{FOLLOW}/{FOLLOW}.SalaryActivity", "去关注"), tmp_path)
    assert (said.outcome.verdict, said.outcome.reason) == (Verdict.FOUND, "forced-follow-locked")
    assert said.pressed == ("暂不关注", "工资查询")


def test_the_form_and_the_answers_are_opened_and_nothing_is_sent(device: AndroidDevice, tmp_path: Path) -> None:
    said = tell(device, missing_complaint_channel.RULE, (f"{VOLUNTEER}/{VOLUNTEER}.MineActivity", "投诉建议"), tmp_path)
    assert {"form", "tracking", "review"} <= said.outcome.signs
    assert said.pressed == ("投诉建议", "我的反馈")
    assert word_on(device, "投诉建议")
