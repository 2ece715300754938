"""Tells a probe's story on a virtual device: the probe is run, stored in a bundle, read back, and run again from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.device.pair import Pair
from harness.evidence.bundle import BundleWriter, read_bundle
from harness.evidence.layout import WalkEnd
from harness.judge import replay
from harness.model import Frame, Launch, Observation, ObservationId, Outcome, PackageName, Rule, Tap, Word
from harness.perceive import observe
from harness.rules import wants_probe
from harness.virtual.server import VirtualDevices
from harness.walk import LoggingIn, Walker
from tests.evidence_walks import app, start_of
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

HEAD = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{margin:48px 0 0} h1,p,button{display:block;font-size:18px;line-height:26px;min-height:26px;margin:4px 8px}
button{min-width:96px;height:44px} dialog{top:320px;bottom:auto}</style>"""

# A film without a film: its position goes on with the page's time, which the device is told of.
FILM = """{head}<title>课程学习</title><h1>课程学习</h1><div id="film" style="height:200px;background:#234"></div>
<button id="play" aria-label="暂停">▶</button>
<input type="range" id="seek" min="0" max="{length}" value="0" aria-label="播放进度" style="width:300px;margin:8px">
<p id="time"></p><p>第1节 防汛常识 必修</p>{said}<button id="next" {grey}>下一节</button><dialog id="asks"></dialog>
<script>
const length = {length}, two = (value) => String(Math.floor(value)).padStart(2, "0");
let at = 0, watched = 0, held = false, dragged = false, refusals = 0;
const draw = () => {{
  if (!dragged) seek.value = at;
  time.textContent = `${{two(at / 60)}}:${{two(at % 60)}}/${{two(length / 60)}}:${{two(length % 60)}}`;
}};
const ask = (html) => {{ held = true; asks.innerHTML = html; asks.show(); }};
const goOn = () => {{ held = false; asks.close(); }};
android.lastBack = () => asks.open;
let step = () => {{}};
setInterval(() => {{
  if (!held && at < length) {{ at = Math.min(length, at + 1); watched = Math.max(watched, at); step(); draw(); }}
}}, 1000);
seek.oninput = () => {{ dragged = true; }};
seek.onchange = () => {{ dragged = false; at = Number(seek.value); draw(); }};
next.onclick = () => {{ location.hash = "2"; at = 0; draw(); }};
{script}
draw();
</script>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a probe said, and what it pressed; that its bundle says the same has been seen."""

    outcome: Outcome
    pressed: tuple[str, ...]


def write_app(folder: Path, package: str, pages: Mapping[str, str], permissions: Sequence[str] = ()) -> Path:
    """Write an app whose activities are its pages by name, the first one its launcher; return its folder."""
    manifest = {
        "package": package,
        "label": "示例",
        "versionName": "1",
        "versionCode": 1,
        "launcher": f".{next(iter(pages))}",
        "activities": {f".{name}": f"{name}.html" for name in pages},
        "permissions": [*permissions],
    }
    folder.mkdir()
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@contextmanager
def devices(folders: list[Path], home: Path, *, count: int = 1) -> Iterator[tuple[AndroidDevice, ...]]:
    """Yield embedded devices with the apps, below an adb server of their own."""
    with VirtualDevices(count=count, apps=folders) as virtual, adb_server(adb_binaries()[0], home) as server:
        opened = []
        for handle in virtual.devices:
            server.connect(handle.serial)
            adb = ("127.0.0.1", server.port)
            limits = Limits(settle_s=0.05)
            opened.append(AndroidDevice(handle.serial, adb=adb, clock=SystemClock(), limits=limits))
        yield tuple(opened)
        for device in opened:
            device.close()


def tell(
    device: AndroidDevice | Pair, rule: Rule, at: tuple[str, str], folder: Path, log_in: LoggingIn | None = None
) -> Story:
    """Run the rule's probe where the app shows the text of ``at`` (package or package/activity, text)."""
    (package, _, activity), text = at[0].partition("/"), at[1]
    device.perform(Launch(package=PackageName(package), activity=activity))
    eventually(lambda: word_on(device, text))
    with BundleWriter(folder, start_of(replace(app(), package=PackageName(package))), clock=SystemClock()) as writer:
        walker = Walker(device, perceive=_perceive, recorder=writer, clock=device.clock)
        start = walker.look()
        assert wants_probe(rule.detect(start)), rule.detect(start)
        _, outcome = walker.probe(rule, start, log_in)
        assert outcome is not None, walker.probe_runs
        writer.walk_ended(WalkEnd(ended=start.at, finished=True, untried=0, stopped_by=""))
        stored = read_bundle(writer.path)
    assert not stored.refusals
    again = replay(rule, stored.probe_runs[0], {o.id: o for o in stored.observations})
    assert again == outcome
    pressed = tuple(s.action.label for s in stored.steps if isinstance(s.action, Tap) and s.action.label)
    return Story(outcome=outcome, pressed=pressed)


def word_on(device: AndroidDevice | Pair, text: str) -> Word | None:
    """Return the first word on the screen that holds the text, ``None`` where there is none."""
    seen = observe(device.capture(), id=ObservationId("o0000"))
    return next((word for word in seen.words if text in word.text), None)


def _perceive(frame: Frame, number: ObservationId) -> Observation:
    return observe(frame, id=number)
