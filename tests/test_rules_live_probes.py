"""On a real wire the probes of selling, following and complaining press what they may and leave the page as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.judge import replay
from harness.model import Frame, Launch, Observation, ObservationId, Outcome, PackageName, Rule, Tap, Verdict
from harness.perceive import observe
from harness.rules import commercial_activity, forced_follow, missing_complaint_channel
from harness.virtual.server import VirtualDevices
from harness.walk import Walker
from tests.test_walk import Kept
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

APPS = Path(__file__).resolve().parent.parent / "scenarios" / "demo" / "apps"
MALL, FOLLOW, VOLUNTEER = (f"cn.gov.demo.{name}" for name in ("mall", "follow", "volunteer"))
At = Callable[[str, str, str], Walker]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    folders = [APPS / package for package in (MALL, FOLLOW, VOLUNTEER)]
    with VirtualDevices(apps=folders) as devices, adb_server(adb_binaries()[0], tmp_path_factory.mktemp("h")) as server:
        serial = devices.devices[0].serial
        server.connect(serial)
        adb = ("127.0.0.1", server.port)
        opened = AndroidDevice(serial, adb=adb, clock=SystemClock(), limits=Limits(settle_s=0.05))
        yield opened
        opened.close()


def _perceive(frame: Frame, number: ObservationId) -> Observation:
    return observe(frame, id=number, engines=())


@pytest.fixture
def at(device: AndroidDevice) -> At:
    """Give a function (package, activity, a word of its page) -> a walker that stands there."""

    def stand(package: str, activity: str, word: str) -> Walker:
        device.perform(Launch(package=PackageName(package), activity=f"{package}.{activity}"))
        eventually(lambda: word in device.dump().decode())
        walker = Walker(device, perceive=_perceive, recorder=Kept(), clock=SystemClock())
        walker.look()
        return walker

    return stand


def _told_again(rule: Rule, walker: Walker) -> Outcome:
    return replay(rule, walker.probe_runs[0], {o.id: o for o in walker.observations})


def _pressed(walker: Walker) -> list[str]:
    return [step.action.label for step in walker.steps if isinstance(step.action, Tap)]


def test_goods_lead_to_a_checkout_that_is_left_untouched(at: At) -> None:
    walker = at(MALL, "GoodsActivity", "立即购买")
    last, outcome = walker.probe(commercial_activity.RULE, walker.observations[0])
    assert outcome is not None
    assert _told_again(commercial_activity.RULE, walker) == outcome
    assert last is not None
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "commercial-activity-checkout")
    assert (_pressed(walker), last.screen, walker.refusals) == (["立即购买"], walker.observations[0].screen, ())


def test_wages_stay_locked_until_an_account_is_followed(at: At) -> None:
    walker = at(FOLLOW, "SalaryActivity", "去关注")
    _, outcome = walker.probe(forced_follow.RULE, walker.observations[0])
    assert outcome is not None
    assert _told_again(forced_follow.RULE, walker) == outcome
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "forced-follow-locked")
    assert (_pressed(walker), walker.refusals) == (["暂不关注", "工资查询"], ())


def test_the_form_and_the_answers_are_opened_and_nothing_is_sent(at: At) -> None:
    walker = at(VOLUNTEER, "MineActivity", "投诉建议")
    last, outcome = walker.probe(missing_complaint_channel.RULE, walker.observations[0])
    assert outcome is not None
    assert _told_again(missing_complaint_channel.RULE, walker) == outcome
    assert last is not None
    assert {"form", "tracking", "review"} <= outcome.signs
    assert (_pressed(walker), last.screen) == (["投诉建议", "我的反馈"], walker.observations[0].screen)
