"""The device's clock on pages: dates, timers and really playing videos, against a real Chromium."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import VirtualDeviceError
from harness.virtual.device_clock import SettableClock
from tests.live_screen import HEAD, STUDY, STYLE, LiveScreen, app

DATA = Path(__file__).parent / "data"
TIMERS = """<div id="out"></div><script>
let ticks = 0, order = [];
const begun = Date.now(), perf = performance.now();
setInterval(() => { ticks += 1; }, 1000);
const since = () => Math.round((Date.now() - begun) / 1000);
for (const s of [300, 100, 200]) setTimeout(() => order.push(`${s}@${since()}`), s * 1000);
android.report = () => { document.getElementById('out').textContent = `ticks=${ticks} order=${order} ` +
  `wall=${since()} perf=${Math.round((performance.now() - perf) / 1000)}`; };
document.getElementById('out').onclick = android.report;
document.getElementById('out').textContent = '报告';
</script>"""
PLAYER = """<video id="v" src="%s" preload="auto" playsinline muted style="width:160px;height:90px"></video>
<div id="go">播放</div><div id="out">读数</div><script>
const v = document.getElementById('v'), out = document.getElementById('out');
const heard = {timeupdate: 0, seeking: 0, seeked: 0, ended: 0, pause: 0, play: 0};
for (const name of Object.keys(heard)) v.addEventListener(name, () => { heard[name] += 1; });
let furthest = 0, jumps = 0, quizAt = %s, asked = false;
v.addEventListener('timeupdate', () => {
  if (v.currentTime > furthest + 1.5) jumps += 1;
  furthest = Math.max(furthest, v.currentTime);
  if (quizAt && !asked && v.currentTime >= quizAt) { asked = true; v.pause(); }
});
v.addEventListener('seeking', () => { if (v.currentTime > furthest + 1) v.currentTime = furthest; });
document.getElementById('go').onclick = () => v.play();
const watched = () => {
  let sum = 0;
  for (let i = 0; i < v.played.length; i++) sum += v.played.end(i) - v.played.start(i);
  return sum;
};
out.onclick = () => { out.textContent = JSON.stringify({at: v.currentTime, paused: v.paused, ended: v.ended, jumps,
  watched: watched(), ...heard}); };
document.addEventListener('visibilitychange', () => { if (document.hidden && %s) v.pause(); });
</script>"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveScreen]:
    root = tmp_path_factory.mktemp("study")
    for clip in ("clip-20s.webm", "lesson-45min.webm"):
        shutil.copy(DATA / clip, root / clip)
    pages = {
        "Timers": TIMERS,
        "Clip": PLAYER % ("clip-20s.webm", 0, "false"),
        "Lesson": PLAYER % ("lesson-45min.webm", 0, "false"),
        "Quiz": PLAYER % ("lesson-45min.webm", 61, "true"),
    }
    for name, body in pages.items():
        (root / f"{name}.html").write_text(f"{HEAD}{STYLE}<title>{name}</title>{body}", "utf-8")
    screen = LiveScreen(
        tmp_path_factory.mktemp("device"), [app(STUDY, "学习在线", root, {name: f"{name}.html" for name in pages})]
    )
    yield screen
    screen.close()


@pytest.fixture
def open_page(live: LiveScreen) -> Iterator[LiveScreen]:
    yield live
    live.stop(STUDY)


def _readings(live: LiveScreen) -> dict[str, float]:
    live.tap(live.by_id("out"))
    text = live.find(lambda node: node.resource_id == "out" and node.text.startswith("{")).text
    return {name: float(value) for name, value in json.loads(text).items()}


def _readings_once(live: LiveScreen, name: str) -> dict[str, float]:
    """Wait until the named reading is not zero and return all of them."""
    live.wait_for(lambda: _readings(live)[name])
    return _readings(live)


def _play(live: LiveScreen, activity: str) -> None:
    live.launch(STUDY, f"{STUDY}.{activity}")
    live.tap_text("播放")
    live.wait_for(lambda: _readings(live)["at"] > 0.2)


def test_timers_fire_in_order_at_their_times_while_time_is_advanced(open_page: LiveScreen) -> None:
    open_page.launch(STUDY, f"{STUDY}.Timers")
    open_page.text("报告")
    begun = time.monotonic()
    open_page.advance(2700)
    assert time.monotonic() - begun < 600
    open_page.tap(open_page.by_id("out"))
    report = dict(part.split("=") for part in open_page.find(lambda n: n.text.startswith("ticks=")).text.split(" "))
    assert report["order"] == "100@100,200@200,300@300"
    assert 2690 <= int(report["ticks"]) <= 2760
    assert 2700 <= int(report["wall"]) <= 2760
    assert 2700 <= int(report["perf"]) <= 2760


def test_a_video_plays_in_real_time_without_anyone_touching_the_clock(open_page: LiveScreen) -> None:
    _play(open_page, "Clip")
    first, begun = _readings(open_page)["at"], time.monotonic()
    open_page.wait_for(lambda: _readings(open_page)["at"] > first + 1.0)
    assert time.monotonic() - begun > 0.7


def test_an_advanced_video_plays_on_without_the_page_hearing_of_a_seek(open_page: LiveScreen) -> None:
    _play(open_page, "Lesson")
    before = _readings(open_page)
    open_page.advance(600)
    after = _readings(open_page)
    assert 600 <= after["at"] - before["at"] < 640
    assert after["seeking"] == after["seeked"] == 0
    assert after["jumps"] == 0
    assert after["timeupdate"] - before["timeupdate"] >= 2000
    assert not after["paused"]
    assert 599 <= after["watched"] - before["watched"] < 640
    open_page.wait_for(lambda: _readings(open_page)["at"] > after["at"] + 0.5)  # and goes on really playing


def test_forty_five_minutes_take_seconds_and_reach_the_natural_end(open_page: LiveScreen) -> None:
    _play(open_page, "Lesson")
    begun = time.monotonic()
    open_page.advance(2705)
    assert time.monotonic() - begun < 600
    end = _readings_once(open_page, "ended")
    assert end["ended"] == 1
    assert end["at"] == pytest.approx(2700, abs=3)
    assert end["jumps"] == end["seeking"] == 0


def test_a_page_that_pauses_the_video_for_a_quiz_stops_it_there(open_page: LiveScreen) -> None:
    _play(open_page, "Quiz")
    open_page.advance(300)
    reading = _readings(open_page)
    assert reading["paused"]
    assert 61 <= reading["at"] < 62
    open_page.advance(100)
    assert _readings(open_page)["at"] == pytest.approx(reading["at"], abs=0.1)


def test_a_seek_by_the_page_is_still_heard_as_one(open_page: LiveScreen) -> None:
    _play(open_page, "Lesson")
    open_page.advance(10)
    assert _readings(open_page)["seeking"] == 0
    frames = open_page.do(_seek(open_page, 2000.0))
    assert frames
    reading = _readings_once(open_page, "seeking")
    assert reading["at"] < 60  # the page's own clamp put it back


async def _seek(live: LiveScreen, seconds: float) -> bool:
    desktop = live.screen._desktop
    assert desktop is not None
    await desktop.surface.evaluate(f"document.getElementById('v').currentTime = {seconds}")
    return True


def test_a_hidden_page_decides_itself_what_becomes_of_its_video(open_page: LiveScreen) -> None:
    _play(open_page, "Quiz")
    open_page.key(3)
    before = open_page.front()
    open_page.advance(30)
    open_page.launch(STUDY)
    assert before[0] != STUDY
    reading = _readings(open_page)
    assert reading["paused"]
    assert reading["at"] < 30


def test_a_set_clock_moves_dates_but_no_timers(open_page: LiveScreen) -> None:
    open_page.launch(STUDY, f"{STUDY}.Timers")
    open_page.text("报告")
    open_page.clock.set(open_page.clock.now() + 86_400)
    open_page.do(open_page.screen.clock_changed(0))
    open_page.tap(open_page.by_id("out"))
    report = dict(part.split("=") for part in open_page.find(lambda n: n.text.startswith("ticks=")).text.split(" "))
    assert 86_400 <= int(report["wall"]) < 86_460
    assert int(report["ticks"]) < 60
    assert int(report["perf"]) < 60


def test_a_page_that_starts_later_starts_at_the_devices_time(open_page: LiveScreen) -> None:
    open_page.clock.set(datetime(2031, 5, 6, 1, 2, 3, tzinfo=UTC).timestamp())
    open_page.do(open_page.screen.clock_changed(0))
    open_page.launch(STUDY, f"{STUDY}.Timers")
    open_page.text("报告")
    desktop = open_page.screen._desktop
    assert desktop is not None
    year = open_page.do(
        desktop.surface.evaluate("new Date().getFullYear() + '/' + new Date(0).getFullYear() + '/' + typeof Date()")
    )
    assert year == "2031/1970/string"


def test_the_clock_refuses_to_run_backwards_but_can_be_set_back() -> None:
    clock = SettableClock()
    before = clock.now()
    clock.advance(60)
    assert clock.now() - before == pytest.approx(60, abs=1)
    assert clock.uptime_s() == pytest.approx(60, abs=1)
    with pytest.raises(VirtualDeviceError):
        clock.advance(-1)
    clock.set(before - 1000)
    assert clock.now() == pytest.approx(before - 1000, abs=1)
    assert clock.uptime_s() == pytest.approx(60, abs=1)
