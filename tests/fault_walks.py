"""Walks through a small app on several devices, a random fault before each step, and what became of each fault."""

from __future__ import annotations

import json
import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.clock import SystemClock
from harness.device.android import AndroidDevice
from harness.device.link import Limits
from harness.errors import DeviceError, VirtualDeviceError
from harness.evidence.bundle import BundleWriter, WalkStart, read_bundle
from harness.evidence.layout import WalkEnd
from harness.evidence.verify import Soundness, verify
from harness.explore import Scope
from harness.judge import judge
from harness.model import (
    FiledApp,
    Frame,
    Moment,
    Observation,
    ObservationId,
    PackageName,
    ProbeRun,
    Refusal,
    Step,
    Verdict,
)
from harness.perceive import observe
from harness.rules import ALL_RULES
from harness.tour import Tour
from harness.virtual.faults import Fault, Where
from harness.virtual.server import DeviceHandle, VirtualDevices
from harness.walk import Manners, Walker
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, eventually

PACKAGE = PackageName("cn.example.faulty")
_LINKS = {"办事指南": "guide", "空气质量": "air", "开放场所": "places", "公交线路": "bus", "停水通知": "water"}
_HEAD = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{margin:0;font:18px sans-serif} a,p,h1{display:block;margin:12px;min-height:40px}</style>"""
_LIMITS = Limits(dump_s=8.0, input_s=8.0, shell_s=8.0, screenshot_s=10.0, settle_s=0.1, poll_s=0.1)
# Lengths of faults in seconds: what hangs does so beyond its deadline, what is gone comes back before its end.
_LENGTHS = {Fault.HANG_SERVICE: 12.0, Fault.HANG_SHELL: 12.0, Fault.SLOW_DUMP: 12.0, Fault.OFFLINE: 1.0}
_JUMP_S = 3600.0


def write_app(folder: Path) -> Path:
    """Write an app of six pages in which there is nothing to find, and return its folder."""
    pages = {"index": "<h1>便民服务</h1>" + "".join(f'<a href="{to}.html">{text}</a>' for text, to in _LINKS.items())}
    for text, to in _LINKS.items():
        pages[to] = f"<h1>{text}</h1><p>{text}的说明文字，每天更新一次。</p><p>咨询请到服务大厅。</p>"
    manifest = {
        "package": PACKAGE,
        "label": "便民",
        "versionName": "1.0",
        "versionCode": 1,
        "launcher": ".IndexActivity",
        "activities": {f".{name.title()}Activity": f"{name}.html" for name in pages},
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(_HEAD + page, encoding="utf-8")
    return folder


@dataclass(slots=True)
class Kept:
    """A recorder that keeps everything in memory."""

    steps: list[Step] = field(default_factory=list)
    probe_runs: list[ProbeRun] = field(default_factory=list)

    def observation(self, observation: Observation, frame: Frame) -> None:
        pass

    def step(self, step: Step) -> None:
        self.steps.append(step)

    def refusal(self, refusal: Refusal) -> None:
        pass

    def probe_run(self, run: ProbeRun) -> None:
        self.probe_runs.append(run)


@dataclass(slots=True, kw_only=True)
class Told:
    """What became of the faults: a gap in the step log or a look, nothing that anybody would see, or not come to."""

    armed: int = 0
    recorded: int = 0
    absorbed: int = 0
    unshown: int = 0
    walks: int = 0
    steps: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)

    def add(self, other: Told) -> None:
        for name in ("armed", "recorded", "absorbed", "unshown", "walks", "steps"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for reason, count in other.by_reason.items():
            self.by_reason[reason] = self.by_reason.get(reason, 0) + count


@dataclass(slots=True, kw_only=True)
class Harm:
    """A recorder that writes to the bundle, and arms the next random fault after each step."""

    writer: BundleWriter
    virtual: DeviceHandle
    chance: random.Random
    most: int
    written: list[Step] = field(default_factory=list)
    looks: list[Observation] = field(default_factory=list)
    told: Told = field(default_factory=lambda: Told(walks=1))
    _pending: bool = False
    _loses_its_step: bool = False

    def observation(self, observation: Observation, frame: Frame) -> None:
        self.writer.observation(observation, frame)
        self.looks.append(observation)

    def step(self, step: Step) -> None:
        self.writer.step(step)
        self.written.append(step)
        self.told.steps += 1
        self.account(step)
        self.looks.clear()
        if self.told.armed < self.most:
            self.arm()

    def account(self, step: Step) -> None:
        """Say what became of the fault that was armed before this step."""
        if not self._pending:
            return
        self._pending = False
        gaps = {gap.reason for look in self.looks for gap in look.gaps} | ({step.gap.reason} if step.gap else set())
        for reason in gaps:
            self.told.by_reason[reason] = self.told.by_reason.get(reason, 0) + 1
        shown = not self.virtual.faults()
        self.virtual.clear_faults()
        # Nobody knows whether this action took effect, so no step may read as if it had.
        assert step.gap is not None or not (shown and self._loses_its_step), step
        if gaps:
            self.told.recorded += 1
        elif shown:
            self.told.absorbed += 1
        else:
            self.told.unshown += 1

    def arm(self) -> None:
        fault = self.chance.choice(list(Fault))
        place = self.chance.choice(("", f"@{Where.DUMP}", f"@{Where.PICTURE}", f"@{Where.INPUT}"))
        length_s = self.chance.choice((-_JUMP_S, _JUMP_S)) if fault is Fault.CLOCK_JUMP else _LENGTHS.get(fault, 0.0)
        self.told.armed += 1
        self._pending = True
        self._loses_its_step = (fault, place) == (Fault.DROP_MID_REQUEST, f"@{Where.INPUT}")
        self.virtual.fault(f"{fault}{place}", length_s)

    def refusal(self, refusal: Refusal) -> None:
        self.writer.refusal(refusal)

    def probe_run(self, run: ProbeRun) -> None:
        self.writer.probe_run(run)

    def end(self) -> None:
        """Account for a fault that no step followed."""
        if self._pending:
            self._pending = False
            self.told.unshown += 1
        self.virtual.clear_faults()


def faults_over_walks(folder: Path, *, seed: int, faults: int, devices: int) -> Told:
    """Walk until ``faults`` random faults were armed, on several devices; each walk is held to its promises."""
    told, problems, lock = Told(), list[BaseException](), threading.Lock()
    (folder / "app").mkdir()
    app = write_app(folder / "app")
    with VirtualDevices(apps=[app], count=devices) as virtual, adb_server(BUNDLED_ADB, folder / "home") as adb:

        def walk_on(number: int, handle: DeviceHandle, most: int) -> None:
            chance = random.Random(seed * 1000 + number)
            done = 0
            try:
                while done < most:
                    part = one_walk(adb, handle, folder / f"d{number}", chance, most - done)
                    done += part.armed
                    with lock:
                        told.add(part)
            except BaseException as error:  # noqa: BLE001 - told by the test, not by a thread that nobody hears
                problems.append(error)

        shares = [faults // devices + (number < faults % devices) for number in range(devices)]
        threads = [
            threading.Thread(target=walk_on, args=(number, handle, shares[number]))
            for number, handle in enumerate(virtual.devices)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if problems:
        raise problems[0]
    return told


def one_walk(adb: AdbServer, virtual: DeviceHandle, folder: Path, chance: random.Random, most: int) -> Told:
    """Walk the app once with at most ``most`` faults; raise ``AssertionError`` where a promise was broken."""
    device = _opened(adb, virtual)
    clock = device.clock
    start = WalkStart(
        app=FiledApp(package=PACKAGE, name="便民"),
        identity=device.identify(PACKAGE),
        device=device.describe(),
        engines=(),
        began=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()),
        run=f"20260101T000000Z-{chance.randrange(1 << 32):08x}",
    )

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        return observe(frame, id=id, engines=())

    with BundleWriter(folder, start, clock=clock) as writer:
        harm = Harm(writer=writer, virtual=virtual, chance=chance, most=most)
        walker = Walker(device, perceive=perceive, recorder=harm, clock=clock, manners=Manners(settle_s=0.1))
        end = Tour(walker, Scope(package=PACKAGE, steps=40, seconds=100_000), ALL_RULES, clock).run()
        harm.end()
        writer.walk_ended(
            WalkEnd(
                ended=walker.now(),
                finished=end.finished,
                untried=end.untried,
                cut_pages=end.cut_pages,
                stopped_by=end.stopped_by,
            )
        )
        judgement = judge(read_bundle(writer.path), ALL_RULES)
        bundle = writer.finish(judgement)
    device.close()
    assert verify(bundle).soundness is Soundness.SOUND
    walk = read_bundle(bundle)
    assert walk.steps == tuple(harm.written)
    assert [step.seq for step in walk.steps] == list(range(1, len(walk.steps) + 1))
    assert all(step.after is not None or step.gap is not None for step in walk.steps)
    assert walk.finished or walk.stopped_by
    lost = [step for step in walk.steps if step.gap is not None and step.gap.reason != "action-refused"]
    if lost or not walk.finished:
        assert Verdict.CLEAR not in {finding.verdict for finding in judgement.findings}
    assert Verdict.FOUND not in {f.verdict for f in judgement.findings if not f.rule.startswith("missing-")}
    return harm.told


def _opened(adb: AdbServer, virtual: DeviceHandle) -> AndroidDevice:
    """Return the adapter of a device that is back from its last fault."""
    virtual.clear_faults()
    made: list[AndroidDevice] = []

    def reached() -> bool:
        with suppress(DeviceError, VirtualDeviceError):
            adb.connect(virtual.serial)
            made.append(AndroidDevice(virtual.serial, adb=("127.0.0.1", adb.port), clock=SystemClock(), limits=_LIMITS))
        return bool(made)

    eventually(reached)
    return made[0]
