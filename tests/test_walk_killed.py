"""What a walk keeps when the uiautomator2 server, the adb connection or the browser is killed in the middle of it.

Real walks over a real adb server; the bundle is the real one. The rules see an app in which there is nothing to find:
undisturbed it is clear, so a clear verdict after a broken step would be a claim about what was not looked at.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.device.android import AndroidDevice, Limits
from harness.evidence.bundle import BundleWriter, WalkStart, read_bundle
from harness.evidence.layout import WalkEnd
from harness.evidence.verify import Soundness, verify
from harness.explore import Scope
from harness.judge import judge
from harness.model import (
    FiledApp,
    Frame,
    Judgement,
    Moment,
    Observation,
    ObservationId,
    PackageName,
    ProbeRun,
    Refusal,
    Step,
    Verdict,
    Walk,
)
from harness.perceive import observe
from harness.rules import ALL_RULES
from harness.tour import Tour
from harness.virtual.server import DeviceHandle, VirtualDevices
from harness.walk import Manners, Walker
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server

PACKAGE = PackageName("cn.example.walked")
LINKS = {"办事指南": "guide", "空气质量": "air", "开放场所": "places", "公交线路": "bus", "停水通知": "water"}
_HEAD = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{margin:0;font:18px sans-serif} a,p,h1{display:block;margin:12px;min-height:40px}</style>"""


def write_app(folder: Path) -> Path:
    pages = {"index": "<h1>便民服务</h1>" + "".join(f'<a href="{to}.html">{text}</a>' for text, to in LINKS.items())}
    for text, to in LINKS.items():
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


@dataclass(slots=True, kw_only=True)
class Disturber:
    """A recorder that writes everything to the bundle and does harm after given steps."""

    writer: BundleWriter
    harm: Mapping[int, Callable[[], object]]
    written: list[Step] = field(default_factory=list)
    stored_at_harm: dict[int, tuple[Step, ...]] = field(default_factory=dict)

    def observation(self, observation: Observation, frame: Frame) -> None:
        self.writer.observation(observation, frame)

    def step(self, step: Step) -> None:
        self.writer.step(step)
        self.written.append(step)
        do = self.harm.get(step.seq)
        if do is not None:
            # What is read here is on the disk already: the walk has not ended.
            self.stored_at_harm[step.seq] = read_bundle(self.writer.path).steps
            do()

    def refusal(self, refusal: Refusal) -> None:
        self.writer.refusal(refusal)

    def probe_run(self, run: ProbeRun) -> None:
        self.writer.probe_run(run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One disturbed walk as it was stored."""

    walk: Walk
    judgement: Judgement
    disturber: Disturber

    @property
    def broken(self) -> tuple[Step, ...]:
        return tuple(step for step in self.walk.steps if step.gap is not None)

    @property
    def verdicts(self) -> set[Verdict]:
        """What is said of functions that may be there; the app has no page on which a missing one would be missed."""
        return {f.verdict for f in self.judgement.findings if not f.rule.startswith("missing-")}


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceHandle]:
    with VirtualDevices(apps=[write_app(tmp_path_factory.mktemp("app"))]) as devices:
        yield devices.devices[0]


@pytest.fixture
def adb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path / "home") as server:
        for name in ("ADB_MDNS", "ADB_USB", "ADB_EMU"):
            monkeypatch.setenv(name, "0")  # for the server that the adapter starts
        monkeypatch.setenv("ADBUTILS_ADB_PATH", str(BUNDLED_ADB))
        try:
            yield server
        finally:
            server.run("kill-server")  # one that took its place


def walk_through(
    adb: AdbServer,
    virtual: DeviceHandle,
    folder: Path,
    harm: Mapping[int, Callable[[], object]],
    *,
    return_s: float = 30.0,
) -> Walked:
    """Walk the app, do harm after the given steps, and return what the bundle holds."""
    virtual.clear_faults()
    adb.connect(virtual.serial)
    limits = Limits(return_s=return_s, settle_s=0.1)
    device = AndroidDevice(virtual.serial, adb=("127.0.0.1", adb.port), clock=SystemClock(), limits=limits)
    clock = device.clock
    start = WalkStart(
        app=FiledApp(package=PACKAGE, name="便民"),
        identity=device.identify(PACKAGE),
        device=device.describe(),
        engines=(),
        began=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()),
        run="20260101T000000Z-kill",
    )

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        return observe(frame, id=id, engines=())

    with BundleWriter(folder / "bundles", start, clock=clock) as writer:
        disturber = Disturber(writer=writer, harm=harm)
        walker = Walker(device, perceive=perceive, recorder=disturber, clock=clock, manners=Manners(settle_s=0.15))
        end = Tour(walker, Scope(package=PACKAGE, steps=60, seconds=600), ALL_RULES, clock).run()
        writer.walk_ended(
            WalkEnd(
                ended=walker.now(),
                finished=end.finished,
                untried=end.untried,
                cut_pages=end.cut_pages,
                loops=end.loops,
                stopped_by=end.stopped_by,
            )
        )
        judgement = judge(read_bundle(writer.path), ALL_RULES)
        bundle = writer.finish(judgement)
    device.close()
    assert verify(bundle).soundness is Soundness.SOUND
    walk = read_bundle(bundle)
    assert walk.finished or walk.stopped_by
    assert walk.steps == tuple(disturber.written)
    assert set(disturber.stored_at_harm) == set(harm), "the walk ended before the harm was done"
    for seq, stored in disturber.stored_at_harm.items():
        assert stored == walk.steps[:seq]
    return Walked(walk=walk, judgement=judgement, disturber=disturber)


def told(walk: Walk) -> str:
    """Return the trail, one step a line, for a failure's message."""
    pages = {o.id: f"{o.page.package}/{o.page.activity.rpartition('.')[2]}" for o in walk.observations if o.page}
    steps = [(s.seq, s.actor, s.why, s.action, pages.get(s.after) if s.after else None, s.gap) for s in walk.steps]
    return "\n".join(" ".join(map(str, step)) for step in steps)


def pages_seen(walk: Walk) -> set[str]:
    return {o.page.activity.rpartition(".")[2] for o in walk.observations if o.page and o.page.package == PACKAGE}


ALL_PAGES = {"IndexActivity", *(f"{to.title()}Activity" for to in LINKS.values())}


def test_an_undisturbed_walk_sees_every_page_and_is_clear(
    adb: AdbServer, virtual: DeviceHandle, tmp_path: Path
) -> None:
    walked = walk_through(adb, virtual, tmp_path, {})
    assert pages_seen(walked.walk) == ALL_PAGES
    assert walked.walk.finished
    assert walked.broken == ()
    assert walked.verdicts == {Verdict.CLEAR}


@pytest.mark.slow
def test_a_killed_uiautomator2_server_loses_no_step_and_clears_nothing(
    adb: AdbServer, virtual: DeviceHandle, tmp_path: Path
) -> None:
    walked = walk_through(
        adb, virtual, tmp_path, {3: virtual.kill_automator, 5: lambda: virtual.fault("drop_mid_request")}
    )
    assert len(walked.broken) == 1  # killed at rest it comes back by itself, killed at work the tap is in doubt
    assert walked.broken[0].gap is not None
    assert walked.broken[0].after is not None  # and the walk saw where it was
    assert Verdict.CLEAR not in walked.verdicts
    assert len(walked.walk.steps) > walked.broken[0].seq


@pytest.mark.slow
def test_a_broken_adb_connection_loses_no_step_and_clears_nothing(
    adb: AdbServer, virtual: DeviceHandle, tmp_path: Path
) -> None:
    timers = []

    def vanish() -> None:
        virtual.go_offline()
        timers.append(threading.Timer(1.0, virtual.come_back))
        timers[0].start()

    def end_server() -> None:
        assert adb.run("kill-server").returncode == 0

    walked = walk_through(adb, virtual, tmp_path, {3: vanish, 6: end_server})
    timers[0].join()
    assert {step.gap.reason for step in walked.broken if step.gap} == {"device-unreachable"}
    assert Verdict.CLEAR not in walked.verdicts
    assert len(walked.walk.steps) > walked.broken[-1].seq
    assert pages_seen(walked.walk) == ALL_PAGES


@pytest.mark.slow
def test_a_killed_browser_loses_no_step_and_clears_nothing(
    adb: AdbServer, virtual: DeviceHandle, tmp_path: Path
) -> None:
    walked = walk_through(adb, virtual, tmp_path, {4: virtual.kill_browser})
    assert [step.gap.reason for step in walked.broken if step.gap] == ["app-died"], told(walked.walk)
    assert Verdict.CLEAR not in walked.verdicts
    assert pages_seen(walked.walk) == ALL_PAGES  # what was pressed in vain was pressed again
    assert walked.walk.finished


def test_a_device_that_stays_away_ends_the_walk_by_name(adb: AdbServer, virtual: DeviceHandle, tmp_path: Path) -> None:
    try:
        walked = walk_through(adb, virtual, tmp_path, {4: virtual.go_offline}, return_s=0.0)
    finally:
        virtual.come_back()
    assert (walked.walk.finished, walked.walk.stopped_by) == (False, "device-lost")
    assert [step.after for step in walked.walk.steps[4:]] == [None] * Manners().failures_in_a_row
    assert walked.verdicts == {Verdict.INCONCLUSIVE}
