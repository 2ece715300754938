"""Embedded devices for the command line, and the demo: the main job over made-up apps on a device of its own."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import session
from harness.across import judge_across
from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.errors import BadInput, VirtualDeviceError
from harness.evidence.bundle import read_bundle
from harness.evidence.seal import Sealing
from harness.fleet.filed import read_filed_list
from harness.messages import text
from harness.model import AcrossFinding, FiledApp, Finding, Verdict
from harness.rules import ACROSS_RULES

if TYPE_CHECKING:
    from harness.virtual.personality import Personality

DEMO = Path(__file__).resolve().parent.parent / "scenarios" / "demo"
# What is walked unless more is asked for: what the main job is about, in the time of a coffee.
SHORT = ("cn.gov.demo.study", "cn.gov.demo.attendance", "cn.gov.demo.service", "cn.gov.demo.flood")
# A feature that a truth does not name is not there; not to have seen the whole app is no mistake.
UNNAMED = (Verdict.CLEAR, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE)
# A busy machine takes longer for the same steps, pages of pixels alone take more of them; what is found must not depend
# on either.
_WALK_S, _WALK_STEPS = 3600.0, 300
SKINS = ("text", "opaque")
_OPAQUE = '<meta name="android-hierarchy" content="opaque">'


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualSet:
    """Which embedded devices to start. ``apps`` are folders, files or URLs; ``size`` is ``WxH`` in pixels.

    ``like`` is the device that they are like, by name; empty sizes and densities are that device's own.
    """

    apps: tuple[str, ...] = ()
    count: int = 1
    faults: tuple[str, ...] = ()
    like: str = ""
    size: str = ""
    density_dpi: int = 0
    data_dir: Path | None = None


@contextlib.contextmanager
def virtual_devices(wanted: VirtualSet, adb: tuple[str, int]) -> Iterator[tuple[str, ...]]:
    """Start embedded devices, connect them to the adb server, yield their serials; they end with the block."""
    from harness.virtual.server import VirtualDevices

    kind = _personality(wanted)
    _refuse_unknown_faults(wanted.faults)
    _refuse_missing_apps(wanted.apps)
    with VirtualDevices(count=wanted.count, apps=wanted.apps, personality=kind, data_dir=wanted.data_dir) as devices:
        serials = devices.connect(adb)  # before the faults: connecting asks the device something
        for device in devices.devices:
            for fault in wanted.faults:
                device.fault(fault)
        yield serials


def _personality(wanted: VirtualSet) -> Personality:
    """Return the kind of device that is wanted, with another panel where one is. Raises ``BadInput``."""
    from harness.virtual.personality import PERSONALITIES, Personality

    if wanted.like and wanted.like not in PERSONALITIES:
        mend = f"write one of {', '.join(PERSONALITIES)}"
        raise BadInput(source="--like", place=wanted.like, problem="no such device is known", mend=mend)
    kind = PERSONALITIES[wanted.like] if wanted.like else Personality()
    if not wanted.size and not wanted.density_dpi:
        return kind
    own = kind.quirks.override or kind.display
    found = re.fullmatch(r"(\d{2,5})[xX*](\d{2,5})", wanted.size or f"{own.width_px}x{own.height_px}")
    if not found:
        raise BadInput(source="--size", place=wanted.size, problem="is not WxH", mend="write 1080x2400")
    width, height = int(found[1]), int(found[2])
    panel = replace(own, width_px=width, height_px=height, density_dpi=wanted.density_dpi or _density(width))
    return replace(kind, display=panel, quirks=replace(kind.quirks, override=None))


def _refuse_unknown_faults(names: Sequence[str]) -> None:
    """Raise ``BadInput`` that says what exists, before a browser is started."""
    from harness.virtual.faults import Fault, Where, read_fault

    unknown = []
    for name in names:
        try:
            read_fault(name)
        except VirtualDeviceError:
            unknown.append(name)
    if unknown:
        mend = f"write NAME, NAME=SECONDS or NAME@PLACE; faults: {', '.join(Fault)}; places: {', '.join(Where)}"
        raise BadInput(source="--fault", place=", ".join(unknown), problem="no such fault", mend=mend)


def _refuse_missing_apps(apps: Sequence[str]) -> None:
    """Raise ``BadInput`` for an app that is no address and not on the disk."""
    for app in apps:
        if "://" not in app and not Path(app).exists():
            mend = "give a folder with app.json and web files, an archive of one, or an http address"
            raise BadInput(source="--app", place=app, problem="is not there", mend=mend)


def _density(width_px: int) -> int:
    """Return the density at which a panel is 360 dp wide, as phones are."""
    return max(120, width_px * 160 // 360)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoChoice:
    """Which demo apps to walk: ``packages``, else ``every`` row of the list, else ``SHORT``; and in which skin."""

    packages: tuple[str, ...] = ()
    every: bool = False
    skin: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRow:
    """One finding of the demo beside what the app's truth says."""

    app: FiledApp
    finding: Finding
    expected: str
    as_expected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demo found, and where it can be read."""

    rows: tuple[DemoRow, ...]
    across: tuple[AcrossFinding, ...]  # what the apps show together; empty where one alone was walked
    bundles: tuple[Path, ...]
    report: Path


def run_demo(
    evidence_dir: Path,
    choice: DemoChoice,
    *,
    tell: Callable[[str], None],
    keep: Callable[[], None] | None = None,
    sealing: Sealing | None = None,
) -> DemoResult:
    """Run the main job over the demo apps on an embedded device of its own; ``keep`` is called before it ends.

    The truths are read after the walks, and only to compare. In the skin ``opaque`` every page is one WebView node
    without text, as in an H5 shell that hides its nodes: what is found there was read from pixels.
    """
    apps = _chosen(choice)
    clock = SystemClock()
    with private_server(clock) as adb, _dressed(choice.skin) as folder:
        settings = session.Settings(
            evidence_dir=evidence_dir.absolute(), adb=adb, sealing=sealing, steps=_WALK_STEPS, seconds=_WALK_S
        )
        tell(f"启动内置虚拟设备 starting the embedded device (adb {adb[0]}:{adb[1]}) …")
        with virtual_devices(VirtualSet(), adb) as serials:
            inspections = []
            for number, app in enumerate(apps, 1):
                tell(f"[{number}/{len(apps)}] {app.name} {app.package} …")
                began_s = clock.monotonic_s()
                inspection = session.inspect(app, serials[0], settings, folder)
                steps = len(read_bundle(inspection.bundle).steps)
                ending = f"，{text(inspection.stopped_by)}" if inspection.stopped_by else ""
                tell(f"      {steps} 步 steps, {clock.monotonic_s() - began_s:.0f} s{ending}")
                inspections.append(inspection)
            if keep is not None:
                tell(f"设备保持运行 device kept: adb -P {adb[1]} -s {serials[0]} shell")
                keep()
    bundles = tuple(inspection.bundle for inspection in inspections)
    report, *_ = session.report_on(bundles, settings.evidence_dir / settings.run / "report")
    rows = tuple(row for inspection in inspections for row in _compared(inspection, choice.skin))
    across = judge_across([read_bundle(path) for path in bundles], ACROSS_RULES) if len(bundles) > 1 else ()
    return DemoResult(rows=rows, across=across, bundles=bundles, report=report)


def _chosen(choice: DemoChoice) -> list[FiledApp]:
    """Return the rows of the demo's filed list that are asked for, in its order."""
    filed = read_filed_list(DEMO / "filed_apps.csv").apps
    unknown = sorted(set(choice.packages) - {app.package for app in filed})
    if unknown:
        there = ", ".join(app.package for app in filed)
        raise BadInput(source="--app", place=", ".join(unknown), problem="no such demo app", mend=f"there are {there}")
    if choice.every and not choice.packages:
        return list(filed)
    wanted = choice.packages or SHORT
    return [app for app in filed if app.package in wanted]


@contextlib.contextmanager
def _dressed(skin: str) -> Iterator[Path]:
    """Yield the folder that holds the demo apps in a skin; every other skin than ``text`` is a copy that ends."""
    if skin == "text":
        yield DEMO
        return
    with tempfile.TemporaryDirectory(prefix="harness-demo-") as folder:
        shutil.copytree(DEMO / "apps", Path(folder) / "apps", ignore=shutil.ignore_patterns("truth.json"))
        for page in Path(folder).glob("apps/*/*.html"):
            html = page.read_text(encoding="utf-8")
            if _OPAQUE not in html:
                page.write_text(html.replace("<head>", f"<head>{_OPAQUE}", 1), "utf-8", newline="\n")
        yield Path(folder)


def _compared(inspection: session.Inspection, skin: str) -> Iterator[DemoRow]:
    truth = json.loads((DEMO / "apps" / inspection.app.package / "truth.json").read_text(encoding="utf-8"))
    expected = {item["rule"]: item for item in truth["findings"]}
    for finding in inspection.judgement.findings:
        item = expected.get(finding.rule, {"verdict": "clear", "accept": UNNAMED})
        accepted = item.get(f"accept_{skin}", item["accept"])
        yield DemoRow(
            app=inspection.app,
            finding=finding,
            expected=item["verdict"],
            as_expected=finding.verdict.value in accepted,
        )
