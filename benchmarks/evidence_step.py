"""What recording costs beside a step of a real walk on the embedded device: capture, reading of pixels, action."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.evidence_run import Timed
from harness import session
from harness.clock import SystemClock
from harness.demo import DEMO, VirtualSet, virtual_devices
from harness.device.adb_server import private_server
from harness.evidence.bundle import BundleWriter, WalkStart
from harness.evidence.layout import WalkEnd
from harness.explore import Scope
from harness.fleet.filed import read_filed_list
from harness.model import Frame, Moment, Observation, ObservationId
from harness.perceive import observe
from harness.perceive.engines import OCR, ocr_engines
from harness.tour import Tour
from harness.walk import Walker

_WALK_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How long the steps of a walk took, and how much of that its recorder took, in seconds."""

    steps: int
    walked_s: float
    recorded_s: float

    @property
    def ratio(self) -> float:
        """Return what recording adds to steps that are not recorded."""
        return self.recorded_s / (self.walked_s - self.recorded_s)


def measure(steps: int) -> Share:
    """Walk the first demo app for some steps on a device of its own, without probes; return the recorder's share."""
    clock = SystemClock()
    app = read_filed_list(DEMO / "filed_apps.csv").apps[0]
    engines, templates = ocr_engines(OCR[0]), session.icon_templates()

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        return observe(frame, id=id, engines=engines, templates=templates)

    with private_server(clock) as adb, tempfile.TemporaryDirectory() as folder:
        wanted = VirtualSet(apps=(str(DEMO / "apps" / app.package),))
        settings = session.Settings(evidence_dir=Path(folder), adb=adb)
        with virtual_devices(wanted, adb) as serials, session.opened(serials[0], settings) as device:
            begun = WalkStart(
                app=app,
                identity=device.identify(app.package),
                device=device.describe(),
                engines=tuple(engine.name for engine in engines),
                began=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()),
                run="bench",
            )
            with BundleWriter(Path(folder), begun, clock=clock) as writer:
                recorder = Timed(writer, clock)
                walker = Walker(device, perceive=perceive, recorder=recorder, clock=clock)
                began_s = clock.monotonic_s()
                end = Tour(walker, Scope(package=app.package, steps=steps, seconds=_WALK_S), (), clock).run()
                walked_s = clock.monotonic_s() - began_s
                writer.walk_ended(WalkEnd(ended=walker.now(), finished=end.finished, untried=end.untried))
    return Share(steps=recorder.steps, walked_s=walked_s, recorded_s=recorder.taken_s)
