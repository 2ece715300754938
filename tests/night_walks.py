"""Walks a made-up app without a device, as a night's walking command: what the app shows tonight is told in a file.

``python -m tests.night_walks LIST FOLDER WORLD``: LIST holds one app, WORLD is a JSON of what each package does.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from harness.evidence.bundle import BundleWriter, WalkStart, open_bundle
from harness.evidence.layout import WalkEnd
from harness.fleet.filed import read_filed_list
from harness.judge import judge
from harness.model import (
    Action,
    Actor,
    AppIdentity,
    Back,
    DeviceInfo,
    FiledApp,
    Launch,
    Moment,
    ObservationId,
    ScreenKey,
    Step,
)
from harness.report.html import bundle_pages
from harness.rules import ALL_RULES, rules_edition
from harness.rules.corpus import screen
from tests.evidence_walks import Drawn, TickingClock, frame_of, row

HOME = Drawn(title="首页", activity="MainActivity", rows=(row("首页", 320), row("我的", 480)))
PLAIN = {"screen": "home", "nodes": [{"text": "首页", "box": [0, 200, 200, 260]}]}


def main() -> None:
    """Leave a whole bundle of the app, or do what the world says: die, hang, leave nothing."""
    listed, folder, world = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    (app,) = read_filed_list(listed).apps
    does: dict[str, Any] = json.loads(world.read_text(encoding="utf-8")).get(app.package, {})
    with (world.parent / "walked.txt").open("a+", encoding="utf-8") as told:
        told.seek(0)
        if "first" in does and app.package not in told.read().split():
            does = does["first"]
        told.write(f"{app.package}\n")
    if does.get("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    if does.get("hangs"):
        signal.pause()
    if not does.get("leaves_nothing"):
        record(app, folder, does)


def record(app: FiledApp, folder: Path, does: dict[str, Any]) -> Path:
    """Record one look at each screen that the app shows, judge and close the bundle as a walk does; return it."""
    clock = TickingClock()
    later = timedelta(hours=does.get("hours_later", 0))
    at = Moment(wall=clock.wall() + later, mono_s=clock.monotonic_s())
    start = WalkStart(
        app=app,
        identity=AppIdentity(package=app.package, version_name=does.get("version", "1.0"), version_code="1"),
        device=DeviceInfo(serial="recorded", model="recorded", android_release="11", size_px=(1080, 2400)),
        engines=(),
        began=at,
        run="r",
        rules=rules_edition(),
    )
    with BundleWriter(folder / "r", start, clock=clock) as writer:
        for number, shown in enumerate(does.get("screens", [PLAIN]), 1):
            frame = frame_of(HOME, at)
            seen = replace(
                screen({**shown, "package": app.package}, index=number),
                id=ObservationId(f"o{number:04d}"),
                screen=ScreenKey(shown.get("screen", f"s{number}")),
                at=at,
                png_sha256=hashlib.sha256(frame.png or b"").hexdigest(),
                xml_sha256=hashlib.sha256(frame.xml or b"").hexdigest(),
            )
            writer.observation(seen, frame)
            first: Action = Launch(package=app.package)
            writer.step(
                Step(
                    seq=number,
                    actor=Actor.START if number == 1 else Actor.EXPLORE,
                    action=first if number == 1 else Back(),
                    why="start" if number == 1 else "try",
                    before=None if number == 1 else ObservationId(f"o{number - 1:04d}"),
                    after=seen.id,
                    began=at,
                    ended=at,
                )
            )
        stopped = does.get("stopped", "")
        writer.walk_ended(WalkEnd(ended=at, finished=not stopped, untried=0, stopped_by=stopped))
        with open_bundle(writer.path) as stored:
            judgement = judge(stored.walk, ALL_RULES)
            pages = bundle_pages(stored, judgement, ALL_RULES)
        return writer.finish(judgement, pages)


if __name__ == "__main__":
    main()
