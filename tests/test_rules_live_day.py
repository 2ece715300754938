"""What a probe rests on, on a real wire: a toast is heard once, a day passes for device, page and clock alike."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.errors import ActionRefused
from harness.model import (
    ACTION_REFUSED,
    Action,
    Back,
    DenyPermission,
    Launch,
    NextDay,
    Observation,
    ObservationId,
    Outcome,
    PackageName,
    Tap,
    Verdict,
)
from harness.perceive import observe
from harness.rules import mandatory_check_in
from harness.virtual.server import DeviceHandle, VirtualDevices
from harness.walk import Walker
from tests.test_walk import Kept, ScriptedDevice, TickingClock
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

APP = PackageName("cn.example.day")
_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{margin:0} button,p{display:block;height:60px;width:320px;margin:4px}</style>
<button onclick="android.toast('请先签到')">提示</button><p id="day"></p>
<script>setInterval(() => { day.textContent = '第' + Math.floor(Date.now() / 864e5) + '日' }, 100);</script>"""


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceHandle]:
    folder = tmp_path_factory.mktemp("app")
    manifest = {
        "package": APP,
        "label": "日期",
        "versionName": "1",
        "versionCode": 1,
        "launcher": ".Main",
        "activities": {".Main": "index.html"},
        "permissions": [],
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    (folder / "index.html").write_text(_PAGE, encoding="utf-8")
    with VirtualDevices(apps=[folder]) as devices:
        yield devices.devices[0]


@pytest.fixture(scope="module")
def device(virtual: DeviceHandle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    with adb_server(adb_binaries()[0], tmp_path_factory.mktemp("home")) as server:
        server.connect(virtual.serial)
        limits = Limits(settle_s=0.05)
        adb = ("127.0.0.1", server.port)
        device = AndroidDevice(virtual.serial, adb=adb, clock=SystemClock(), limits=limits)
        device.perform(Launch(package=APP))
        eventually(lambda: "提示" in device.dump().decode())
        yield device
        device.close()


def _look(device: AndroidDevice, number: int) -> Observation:
    return observe(device.capture(), id=ObservationId(f"o{number:04d}"))


def test_a_toast_is_heard_once_and_is_no_word_of_the_screen(device: AndroidDevice) -> None:
    before = _look(device, 1)
    button = next(w for w in before.words if w.norm == "提示")
    device.perform(Tap(x_px=button.box.centre_px[0], y_px=button.box.centre_px[1]))
    heard: list[str] = []

    def listened() -> bool:
        heard.extend(_look(device, 2).toasts)
        return bool(heard)

    eventually(listened)
    after = _look(device, 3)
    assert (before.toasts, heard, after.toasts) == ((), ["请先签到"], ())
    assert "请先签到" not in {w.norm for w in after.words}
    assert not after.gaps


def test_a_day_passes_for_the_device_the_page_and_the_walk(device: AndroidDevice) -> None:
    def shown() -> int:
        texts = [w.norm for w in _look(device, 1).words]
        return next(int(t[1:-1]) for t in texts if t.startswith("第") and t.endswith("日"))

    eventually(lambda: any(w.norm.startswith("第") for w in _look(device, 1).words))
    before, day = _look(device, 4), shown()
    device.perform(NextDay())
    after = _look(device, 5)
    assert before.at.device_wall is not None
    assert after.at.device_wall is not None
    passed = after.at.device_wall - before.at.device_wall
    assert timedelta(hours=24) <= passed < timedelta(hours=24, minutes=2)
    assert 86400 <= after.at.mono_s - before.at.mono_s < 86520
    assert after.at.wall - before.at.wall < timedelta(minutes=2)
    eventually(lambda: shown() == day + 1)


# --- the walker


def _two_questions(_: Observation) -> Generator[Action, Observation, Outcome]:
    yield NextDay()
    yield DenyPermission(package=APP, permission="android.permission.ACCESS_FINE_LOCATION")
    last = yield Back()
    return Outcome(verdict=Verdict.PRESENT, reason="test", observation=last.id, from_probe=True)


def _walker(refused: type[NextDay | DenyPermission | Back]) -> tuple[Walker, Kept]:
    clock = TickingClock()

    def refuse(device: ScriptedDevice, action: Action) -> None:
        if isinstance(action, refused):
            raise ActionRefused("no", serial=device.serial)

    device = ScriptedDevice(screens={"home": ["签到"]}, ways={}, clock=clock, before_action=refuse)
    kept = Kept()
    walker = Walker(device, perceive=lambda f, i: observe(f, id=i), recorder=kept, clock=clock)
    device.perform(Launch(package=APP))
    return walker, kept


def test_a_refused_day_and_a_refused_permission_do_not_cut_the_probe() -> None:
    for refused in (NextDay, DenyPermission):
        walker, kept = _walker(refused)
        rule = replace(mandatory_check_in.RULE, probe=_two_questions)
        _, outcome = walker.probe(rule, walker.look())
        assert outcome is not None
        assert [run.cut for run in kept.probe_runs] == [None]
        assert len(kept.probe_runs[0].exchanges) == 3
        gaps = [step.gap.reason for step in kept.steps if step.gap is not None]
        assert gaps == [ACTION_REFUSED]
        assert walker.jumped_s == (0.0 if refused is NextDay else 86400.0)


def test_any_other_refused_action_cuts_it() -> None:
    walker, kept = _walker(Back)
    _, outcome = walker.probe(replace(mandatory_check_in.RULE, probe=_two_questions), walker.look())
    assert outcome is None
    cut = kept.probe_runs[0].cut
    assert cut is not None
    assert cut.reason == "action-failed"
