"""The probes of pictures and of places on a real wire, through the walker that holds them to what they may press."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.judge import replay
from harness.model import Frame, Launch, Observation, ObservationId, Outcome, PackageName, Rule, Tap, Verdict
from harness.perceive import observe
from harness.rules import photo_step_lock, trace_location, wants_probe
from harness.virtual.server import VirtualDevices
from harness.walk import Walker
from tests.test_walk import Kept
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

DEMO, FILED = PackageName("cn.gov.demo.steps"), PackageName("cn.example.steps")
_HEAD = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{margin:0} h1,p,button{display:block;font-size:18px;height:44px;width:320px;margin:4px 8px}</style>"""
_STEP = f"""{_HEAD}<h1>现场检查</h1><p>第1步 安全出口</p><p>*现场照片</p><p id="count">0/1</p>
<button onclick="dummy.hidden = false">拍照上传</button><button id="dummy" hidden>示例图片</button>
<button id="drop" hidden>移除照片</button><button id="next" disabled>下一步</button>
<a href="track.html">巡查轨迹</a>
<script>
const draw = (has) => {{ count.textContent = has ? '1/1' : '0/1'; next.disabled = !has; drop.hidden = !has }};
dummy.onclick = () => {{ dummy.hidden = true; draw(true) }};
drop.onclick = () => draw(false);
</script>"""
_TRACK = f"""{_HEAD}<h1>巡查轨迹</h1><p>本次巡查</p><p>巡查里程</p><p id="place"></p><button id="go">开始巡查</button>
<script>
go.onclick = async () => {{
  const may = await android.requestPermission('android.permission.ACCESS_FINE_LOCATION');
  if (!may) android.toast('未开启定位权限，无法开始巡查');
}};
</script>"""


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    folders = [_app(tmp_path_factory.mktemp(p), PackageName(p)) for p in (DEMO, FILED)]
    home = tmp_path_factory.mktemp("home")
    with VirtualDevices(apps=folders) as devices, adb_server(adb_binaries()[0], home) as server:
        serial = devices.devices[0].serial
        server.connect(serial)
        adb = ("127.0.0.1", server.port)
        device = AndroidDevice(serial, adb=adb, clock=SystemClock(), limits=Limits(settle_s=0.05))
        yield device
        device.close()


def _app(folder: Path, package: PackageName) -> Path:
    manifest = {
        "package": package,
        "label": "检查",
        "versionName": "1",
        "versionCode": 1,
        "launcher": ".Step",
        "activities": {".Step": "step.html", ".Track": "track.html"},
        "permissions": ["android.permission.ACCESS_FINE_LOCATION"],
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    (folder / "step.html").write_text(_STEP, encoding="utf-8")
    (folder / "track.html").write_text(_TRACK, encoding="utf-8")
    return folder


def _perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
    return observe(frame, id=id)


def _probed(device: AndroidDevice, rule: Rule, package: PackageName, activity: str, shown: str) -> tuple[Outcome, Kept]:
    kept = Kept()
    walker = Walker(device, perceive=_perceive, recorder=kept, clock=device.clock)
    device.perform(Launch(package=package, activity=f"{package}{activity}"))
    eventually(lambda: shown in device.dump().decode())
    start = walker.look()
    assert wants_probe(rule.detect(start))
    _, outcome = walker.probe(rule, start)
    assert outcome is not None, kept.probe_runs
    assert replay(rule, kept.probe_runs[0], {o.id: o for o in kept.observations}) == outcome
    return outcome, kept


@pytest.mark.parametrize(("package", "verdict"), [(DEMO, Verdict.FOUND), (FILED, Verdict.PRESENT)])
def test_a_made_up_picture_opens_the_step_of_a_made_up_app_and_is_chosen_in_no_other(
    device: AndroidDevice, package: PackageName, verdict: Verdict
) -> None:
    outcome, kept = _probed(device, photo_step_lock.RULE, package, ".Step", "现场照片")
    assert (outcome.verdict, kept.refusals) == (verdict, [])
    assert "0/1" in device.dump().decode()


def test_a_refusal_without_the_place_is_heard_after_the_permission_was_denied(device: AndroidDevice) -> None:
    outcome, kept = _probed(device, trace_location.RULE, DEMO, ".Track", "本次巡查")
    assert (outcome.verdict, outcome.reason) == (Verdict.FOUND, "trace-location-refused")
    pressed = [step.action.label for step in kept.steps if isinstance(step.action, Tap)]
    assert pressed == ["巡查轨迹", "开始巡查"]
