"""The probe of recorded places on a real wire: the shell's test providers move the page's own geolocation, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.device.android import AndroidDevice
from harness.errors import ActionRefused
from harness.model import MockPlace, RealPlace, Verdict
from harness.rules import trace_location
from tests.live_stories import devices, tell, write_app

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
    root = tmp_path_factory.mktemp("apps")
    pages = {name: _PAGE.format(says=says) for name, says in SAYS.items()}
    folders = [
        write_app(root / name, f"cn.example.{name}", {"Main": page}, permissions=[PLACE])
        for name, page in pages.items()
    ]
    with devices(folders, tmp_path_factory.mktemp("home")) as (device,):
        for name in SAYS:
            device.shell(f"pm grant cn.example.{name} {PLACE}", check=True)
        yield device


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("fenced", Verdict.FOUND, "trace-location-far"),
        ("harmless", Verdict.PRESENT, "trace-location-opens-without"),
        ("giving", Verdict.PRESENT, "trace-location-opens-without"),
    ],
)
def test_a_page_is_judged_by_what_it_says_far_away_and_again_from_the_stored_bundle(
    device: AndroidDevice, tmp_path: Path, name: str, verdict: Verdict, reason: str
) -> None:
    package = f"cn.example.{name}"
    outcome = tell(device, trace_location.RULE, (package, "巡查轨迹"), tmp_path).outcome
    assert (outcome.verdict, outcome.reason) == (verdict, reason)
    assert "trace-location-measure-follows" in [m.name for m in outcome.measures]
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
