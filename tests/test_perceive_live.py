"""Pages that are nothing but pixels, on a real wire: what plays in them leaves them at rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.model import Actor, Frame, Launch, Observation, ObservationId, PackageName, ShapeKind
from harness.perceive import load_templates, observe
from harness.virtual.server import VirtualDevices
from harness.walk import Walker
from tests.picture_drawing import TEMPLATES
from tests.test_walk import Kept
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

APP = PackageName("cn.example.drawn")
ICONS = ("trophy", "crown", "medal", "calendar-check", "lock", "play", "coin")
_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{{margin:0}} canvas{{display:block}}</style><canvas></canvas><script>
const board = document.querySelector("canvas"), pen = board.getContext("2d"), sharp = devicePixelRatio;
[board.width, board.height] = [innerWidth * sharp, innerHeight * sharp];
board.style.width = innerWidth + "px";
pen.fillStyle = "#fff6e8"; pen.fillRect(0, 0, board.width, board.height);
pen.fillStyle = "#b0461e";
{paths}.forEach((path, at) => {{
  pen.setTransform(sharp, 0, 0, sharp, (24 + 96 * (at % 3)) * sharp, (80 + 110 * Math.floor(at / 3)) * sharp);
  pen.fill(new Path2D(path), "evenodd");
}});
setInterval(() => {{
  pen.setTransform(1, 0, 0, 1, 0, 0);
  for (let at = 0; at < 8; at++) {{
    pen.fillStyle = `hsl(210 60% ${{30 + Math.floor(6 * Math.random()) * 9}}%)`;
    pen.fillRect(at * board.width / 8, board.height * 0.7, board.width / 8 + 1, board.height * 0.2);
  }}
}}, 40);
</script>"""


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AndroidDevice]:
    folder = tmp_path_factory.mktemp("app")
    manifest = {
        "package": APP,
        "label": "图",
        "versionName": "1",
        "versionCode": 1,
        "launcher": ".Main",
        "activities": {".Main": "index.html"},
        "permissions": [],
    }
    (folder / "app.json").write_text(json.dumps(manifest), encoding="utf-8")
    drawings = {path.stem: path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.svg")}
    paths = json.dumps([" ".join(re.findall(r' d="([^"]+)"', drawings[name])) for name in ICONS])
    (folder / "index.html").write_text(_PAGE.format(paths=paths), encoding="utf-8")
    home = tmp_path_factory.mktemp("home")
    with VirtualDevices(apps=[folder]) as devices, adb_server(adb_binaries()[0], home) as server:
        serial = devices.devices[0].serial
        server.connect(serial)
        device = AndroidDevice(
            serial, adb=("127.0.0.1", server.port), clock=SystemClock(), limits=Limits(settle_s=0.05)
        )
        yield device
        device.close()


def test_a_page_that_is_one_picture_with_a_film_in_it_is_at_rest_and_shows_the_icons_of_the_rules(
    device: AndroidDevice,
) -> None:
    templates = load_templates(TEMPLATES)

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        return observe(frame, id=id, templates=templates)

    walker = Walker(device, perceive=perceive, recorder=Kept(), clock=device.clock)
    walker.act(Launch(package=APP), actor=Actor.EXPLORE, why="test")
    eventually(lambda: bool(walker.look().shapes))
    seen = walker.observations[-1]
    icons = [shape for shape in seen.shapes if shape.kind is ShapeKind.ICON]
    assert [icon.name for icon in sorted(icons, key=lambda i: (i.box.top // 200, i.box.left))] == list(ICONS)
    assert not seen.moving
