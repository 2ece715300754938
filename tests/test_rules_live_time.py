"""The probe of time online on a real wire: pages that count use, that run on like a clock, that stop half-way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.device.android import AndroidDevice
from harness.model import Verdict
from harness.rules import online_duration_stat
from tests.live_stories import devices, tell, write_app

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
    root = tmp_path_factory.mktemp("apps")
    pages = {name: _PAGE.format(counts=counts) for name, counts in COUNTS.items()}
    folders = [write_app(root / name, f"cn.example.{name}", {"Main": page}) for name, page in pages.items()]
    with devices(folders, tmp_path_factory.mktemp("home")) as (device,):
        yield device


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("counts", Verdict.FOUND, "online-duration-stat-measured"),
        ("clock", Verdict.PRESENT, "online-duration-stat-grows-always"),
        ("stops", Verdict.PRESENT, "online-duration-stat-unproven"),
    ],
)
def test_a_page_is_judged_by_what_its_time_does_and_again_from_the_stored_bundle(
    device: AndroidDevice, tmp_path: Path, name: str, verdict: Verdict, reason: str
) -> None:
    said = tell(device, online_duration_stat.RULE, (f"cn.example.{name}", "在线时长统计"), tmp_path)
    assert (said.outcome.verdict, said.outcome.reason) == (verdict, reason)
