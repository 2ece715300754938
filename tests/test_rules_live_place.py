"""The probe of recorded places on a real wire: the shell's test providers move the page's own geolocation, and back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.errors import ActionRefused
from harness.judge import replay
from harness.model import (
    Action,
    Launch,
    MockPlace,
    Observation,
    ObservationId,
    Outcome,
    PackageName,
    ProbeRun,
    RealPlace,
    Verdict,
)
from harness.perceive import observe
from harness.rules import trace_location, wants_probe
from harness.virtual.server import VirtualDevices
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

PLACE = "android.permission.ACCESS_FINE_LOCATION"
# What the page says to a place: outside of its fence for ever, nothing, or outside the first time only.
SAYS = {
    "fenced": "'您不在巡查范围内，无法打卡'",
    "harmless": "''",
    "giving": "seen++ ? '' : '您不在巡查范围内，无法打卡'",
}
_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{{margin:0}} h1,p{{font-size:18px;height:40px;margin:4px 8px}}</style>
<h1>巡查轨迹</h1><p>巡查里程</p><p id="place">正在获取位置</p><p id="said"></p><p>网格员巡查</p>
<script>
let seen = 0;
const here = (at) => {{
  place.textContent = `当前位置：${{at.coords.latitude.toFixed(4)}}`;
  said.textContent = {says};
}};
const nowhere = (error) => {{ place.textContent = `正在获取位置`; }};
navigator.geolocation.watchPosition(here, nowhere);
</script>"""


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    folders = [_app(tmp_path_factory.mktemp(name), name) for name in SAYS]
    with VirtualDevices(apps=folders) as devices, adb_server(adb_binaries()[0], tmp_path_factory.mktemp("home")) as adb:
        adb.connect(devices.devices[0].serial)
        device = AndroidDevice(
            devices.devices[0].serial,
            adb=("127.0.0.1", adb.port),
            clock=SystemClock(),
            limits=Limits(settle_s=0.05),
        )
        for name in SAYS:
            device.shell(f"pm grant cn.example.{name} {PLACE}", check=True)
        yield device
        device.close()


def _app(folder: Path, name: str) -> Path:
    manifest = {
        "package": f"cn.example.{name}",
        "label": name,
        "versionName": "1",
        "versionCode": 1,
        "launcher": ".Main",
        "activities": {".Main": "index.html"},
        "permissions": [PLACE],
    }
    (folder / "app.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "index.html").write_text(_PAGE.format(says=SAYS[name]), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("fenced", Verdict.FOUND, "trace-location-far"),
        ("harmless", Verdict.PRESENT, "trace-location-opens-without"),
        ("giving", Verdict.PRESENT, "trace-location-opens-without"),
    ],
)
def test_a_page_is_judged_by_what_it_says_far_away_and_again_from_the_record(
    device: AndroidDevice, name: str, verdict: Verdict, reason: str
) -> None:
    package = PackageName(f"cn.example.{name}")
    device.perform(Launch(package=package))
    eventually(lambda: "巡查轨迹" in device.dump().decode())
    seen = [_look(device, 1)]
    assert wants_probe(trace_location.detect(seen[0]))
    outcome, run = _drive(device, seen)
    assert (outcome.verdict, outcome.reason) == (verdict, reason)
    assert "trace-location-measure-follows" in [m.name for m in outcome.measures]
    assert replay(trace_location.RULE, run, {o.id: o for o in seen}) == outcome
    assert f"{PLACE}: granted=true" in device.shell(f"dumpsys package {package}")


def test_without_the_right_to_mock_the_place_nothing_is_mocked(device: AndroidDevice) -> None:
    device.perform(RealPlace())
    with pytest.raises(ActionRefused, match="not a test provider"):
        device.shell("cmd location providers set-test-provider-location gps --location 30,104", check=True)
    assert device.shell("appops get com.android.shell android:mock_location").strip().endswith("default")
    with pytest.raises(ActionRefused, match="is no place"):
        device.perform(MockPlace(latitude_deg=float("nan"), longitude_deg=104.0))
    with pytest.raises(ActionRefused, match="remove the provider"):  # its place would go on being told
        device.shell("cmd location providers set-test-provider-enabled gps false", check=True)
    device.perform(RealPlace())


def _drive(device: AndroidDevice, seen: list[Observation]) -> tuple[Outcome, ProbeRun]:
    generator = trace_location.probe(seen[0])
    exchanges: list[tuple[Action, ObservationId]] = []
    try:
        action = next(generator)
        while True:
            with contextlib.suppress(ActionRefused):  # of a permission that the app never asked for: an answer
                device.perform(action)
            seen.append(_look(device, len(seen) + 1))
            exchanges.append((action, seen[-1].id))
            action = generator.send(seen[-1])
    except StopIteration as end:
        outcome: Outcome = end.value
        run = ProbeRun(rule=trace_location.RULE.id, start=seen[0].id, exchanges=tuple(exchanges))
        return outcome, run


def _look(device: AndroidDevice, number: int) -> Observation:
    return observe(device.capture(), id=ObservationId(f"o{number:04d}"))
