"""The probe of time online on a real wire: pages that count use, that run on like a clock, that stop half-way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.judge import replay
from harness.model import (
    Action,
    Launch,
    Observation,
    ObservationId,
    Outcome,
    PackageName,
    ProbeRun,
    Verdict,
)
from harness.perceive import observe
from harness.rules import online_duration_stat, wants_probe
from harness.virtual.server import VirtualDevices
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

COUNTS = {
    "counts": "document.visibilityState === 'visible'",
    "clock": "true",
    "stops": "document.visibilityState === 'visible' && s < 67530 + 15",
}
_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{{margin:0}} h1,p{{font-size:18px;height:40px;margin:4px 8px}}</style>
<h1>在线时长统计</h1><p>在线时长 <span id="t"></span></p><p>在线时长每月不少于20小时，未达标的予以通报。</p>
<script>
let s = 67530;
const two = (value) => String(value).padStart(2, "0");
const show = () => {{ t.textContent = `${{Math.floor(s / 3600)}}:${{two(Math.floor(s / 60) % 60)}}:${{two(s % 60)}}` }};
show();
setInterval(() => {{ if ({counts}) {{ s += 1; show() }} }}, 1000);
</script>"""


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    folders = [_app(tmp_path_factory.mktemp(name), name) for name in COUNTS]
    home = tmp_path_factory.mktemp("home")
    with VirtualDevices(apps=folders) as devices, adb_server(adb_binaries()[0], home) as server:
        serial = devices.devices[0].serial
        server.connect(serial)
        device = AndroidDevice(
            serial, adb=("127.0.0.1", server.port), clock=SystemClock(), limits=Limits(settle_s=0.05)
        )
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
        "permissions": [],
    }
    (folder / "app.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "index.html").write_text(_PAGE.format(counts=COUNTS[name]), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("counts", Verdict.FOUND, "online-duration-stat-measured"),
        ("clock", Verdict.PRESENT, "online-duration-stat-grows-always"),
        ("stops", Verdict.PRESENT, "online-duration-stat-unproven"),
    ],
)
def test_a_page_is_judged_by_what_its_time_does_and_again_from_the_record(
    device: AndroidDevice, name: str, verdict: Verdict, reason: str
) -> None:
    device.perform(Launch(package=PackageName(f"cn.example.{name}")))
    eventually(lambda: "在线时长统计" in device.dump().decode())
    seen = [_look(device, 1)]
    assert wants_probe(online_duration_stat.detect(seen[0]))
    outcome, run = _drive(device, seen)
    assert (outcome.verdict, outcome.reason) == (verdict, reason)
    assert replay(online_duration_stat.RULE, run, {o.id: o for o in seen}) == outcome


def _drive(device: AndroidDevice, seen: list[Observation]) -> tuple[Outcome, ProbeRun]:
    generator = online_duration_stat.probe(seen[0])
    exchanges: list[tuple[Action, ObservationId]] = []
    try:
        action = next(generator)
        while True:
            device.perform(action)
            seen.append(_look(device, len(seen) + 1))
            exchanges.append((action, seen[-1].id))
            action = generator.send(seen[-1])
    except StopIteration as end:
        outcome: Outcome = end.value
        run = ProbeRun(rule=online_duration_stat.RULE.id, start=seen[0].id, exchanges=tuple(exchanges))
        return outcome, run


def _look(device: AndroidDevice, number: int) -> Observation:
    return observe(device.capture(), id=ObservationId(f"o{number:04d}"))
