"""One attempt at one app: claim it, let pytest walk it in a process of its own, read the bundle, tell the ledger.

The walk is another process because whatever kills it must not kill who waits for it. Nothing of it is believed but the
bundle it leaves: what the ledger gets is judged from that, with today's rules.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from harness.baseline import Look
from harness.clock import Clock, SystemClock
from harness.entry import inside
from harness.errors import BundleError, HarnessError
from harness.evidence.bundle import open_bundle
from harness.fleet.canary import AFTER, BEFORE, NOT_OPENED, WALK_S, look_at_canaries
from harness.fleet.drift import Build
from harness.fleet.filed import write_filed_list
from harness.fleet.ledger import Artifact, Claim, Ledger, Result, ledger_url
from harness.fleet.ledger_apps import store_build
from harness.fleet.ledger_devices import (
    DISK_FULL,
    Quarantine,
    add_canary,
    brought_something,
    canaries,
    quarantine,
    quarantined,
    stop,
)
from harness.fleet.prepare import AS_IT_IS, CLEAR, NOT_INSTALLED, Preparation, fit, ready_for
from harness.judge import judge
from harness.model import CheckpointId, CheckpointReach, FiledApp, Judgement, Reach, RuleId, Verdict, Walk
from harness.rules import ALL_RULES, rules_edition
from harness.tour import DEVICE_LOST

LOG: Final = logging.getLogger(__name__)
LEASE_S: Final = 120.0
_LOOK_AGAIN_S: Final = 5.0
_READY_S: Final = 1200.0  # the device may be waited for, and an app takes long to install
_GRACE_S: Final = 20.0  # for a walk that was told to end, to finish its bundle
_MIMES: Final = {
    ".png": "image/png",
    ".xml": "application/xml",
    ".json": "application/json",
    ".mkv": "video/x-matroska",
}
_LOG_TAIL_BYTES: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker needs to work on a night with one device: names and numbers only, so that it travels.

    ``device`` is a serial; where several hosts have the same, ``HOST/SERIAL``. ``walk_s`` is how long the device may be
    walked, ``deadline_s`` how long the process may take in all. ``command`` walks: its arguments may hold ``{list}``,
    ``{package}``, ``{device}``, ``{adb}``, ``{folder}`` and ``{seconds}``. ``lease_s`` is how long an app is held
    without a sign of life.
    """

    night: str
    ledger: str
    device: str
    evidence_dir: str
    filed_from: str
    command: tuple[str, ...]
    walk_s: float = 900.0
    deadline_s: float = 1800.0
    most_attempts: int = 3
    lease_s: float = LEASE_S
    adb: tuple[str, int] | None = None  # the adb server of the worker's host; nothing: the command needs no device
    canaries: bool = False
    until_s: float = math.inf  # seconds since the epoch after which no app is begun
    min_free_bytes: int = 0  # of the folder of evidence; below it no app is begun
    preparation: Preparation = AS_IT_IS

    @property
    def serial(self) -> str:
        """Under which adb of the worker's host has the device."""
        return self.device.rpartition("/")[2]


def walk_command(scenario: Path, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the command that walks one app by pytest; ``more`` are further options of the harness's plugin."""
    return (
        sys.executable, "-m", "pytest", str(scenario), "-q", "-p", "no:cacheprovider", "--harness-fail-on", "none",
        "--harness-filed-list", "{list}", "--harness-serial", "{device}", "--harness-evidence-dir", "{folder}",
        "--harness-seconds", "{seconds}", *more,
    )  # fmt: skip


def work_on_next(order: Order, worker: str, clock: Clock | None = None) -> str:
    """Look at the next app of the night on the order's device; return its package, empty where nothing is left.

    What another worker holds is not done yet: a worker that died leaves its app to whoever waits for the lease to end.
    The device's canaries are looked at before its first app and when nothing is left. A sick device gets no app, and
    nobody gets one once the night's time is over or the disk all but full.
    """
    clock = clock or SystemClock()
    ledger = Ledger(ledger_url(order.ledger), clock)
    try:
        while not (progress := ledger.progress(order.night)).over:
            if progress.waiting:
                if reason := _stops(order, clock):
                    stop(ledger, order.night, order.device, reason)
                    break
                if not _fit(order, ledger, clock):
                    return ""
                _before(order, ledger, clock)
            claim = ledger.claim(order.night, worker, order.lease_s, most_attempts=order.most_attempts)
            if claim is not None:
                _attempt(order, claim, ledger, clock)
                return str(claim.app.package)
            clock.sleep(min(_LOOK_AGAIN_S, order.lease_s / 4))
        _after(order, ledger, clock)
        return ""
    finally:
        ledger.close()


def _stops(order: Order, clock: Clock) -> str:
    """Return why no app may be begun any more (a message key), empty where one may."""
    if clock.wall().timestamp() >= order.until_s:
        return "night-time-over"
    folder = Path(order.evidence_dir)
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < order.min_free_bytes:
        return DISK_FULL
    return ""


def _fit(order: Order, ledger: Ledger, clock: Clock) -> bool:
    """Return whether the device may get another app; a sick one is out for the rest of the night."""
    if order.adb is None:
        return True
    if order.device in quarantined(ledger, order.night):
        return False
    health = fit(order.adb, order.serial, order.preparation, clock)
    if health.mended:  # what was done to a device is part of what is known of it
        ledger.note(order.night, "device-mended", {"device": order.device, "mended": list(health.mended)})
    sick = health.sick
    if sick is None:
        return True
    LOG.warning("a device is sick", extra={"device": order.device, "reason": sick.reason, "detail": sick.detail})
    quarantine(ledger, order.night, Quarantine(device=order.device, reason=sick.reason, detail=sick.detail))
    return False


def _before(order: Order, ledger: Ledger, clock: Clock) -> None:
    seen = canaries(ledger, order.night).get(order.device, ())
    if order.canaries and (not seen or seen[-1].moment == AFTER):
        _canary(order, BEFORE, ledger, clock)


def _after(order: Order, ledger: Ledger, clock: Clock) -> None:
    seen = canaries(ledger, order.night).get(order.device, ())
    if seen and seen[-1].moment == BEFORE and brought_something(ledger, order.night, order.device):
        _canary(order, AFTER, ledger, clock)


def _canary(order: Order, moment: str, ledger: Ledger, clock: Clock) -> None:
    """Look at the canaries and write down what came of it; what could not be looked at is tried once more."""
    of_device = re.sub(r"[^\w.-]", "_", order.device)
    brief = replace(order, walk_s=WALK_S)

    def look(app: FiledApp) -> dict[RuleId, Verdict]:
        folder = Path(order.evidence_dir) / order.night / f"{app.name}-{of_device}-{clock.wall():%H%M%S%f}"
        folder.mkdir(parents=True)
        _walk(brief, app, folder, lambda: True, clock)
        return {finding.rule: finding.verdict for finding in _judged(folder)[2].findings}

    canary = look_at_canaries(moment, order.serial, order.adb, look)
    if canary.reason == NOT_OPENED:
        canary = look_at_canaries(moment, order.serial, order.adb, look)
    add_canary(ledger, order.night, order.device, canary)


def _attempt(order: Order, claim: Claim, ledger: Ledger, clock: Clock) -> None:
    folder = Path(order.evidence_dir) / order.night / f"a{claim.attempt:06d}"
    folder.mkdir(parents=True, exist_ok=True)
    if order.adb is not None:
        ledger.extend(claim, _READY_S)
        data = order.preparation.app_data
        unready = ready_for(claim.app, order.adb, order.serial, Path(order.filed_from), app_data=data)
        if unready is not None:
            ledger.note(claim.night, "app-not-ready", {"attempt": claim.attempt, **asdict(unready)})
            if unready.reason == NOT_INSTALLED:
                store_build(ledger, claim, Build(installed=False))
            ledger.fail(claim, unready.reason, again=unready.again, most_attempts=order.most_attempts)
            return
        if data == CLEAR:
            ledger.note(claim.night, "app-data-cleared", {"attempt": claim.attempt, "device": order.device})
    problem = _walk(order, claim.app, folder, lambda: ledger.extend(claim, order.lease_s), clock)
    try:
        result, build = read_result(folder, claim, device=order.device)
    except HarnessError as error:
        LOG.warning("attempt without a result", extra={"package": claim.app.package, "why": str(error)})
        ledger.fail(claim, problem or "night-no-bundle", again=True, most_attempts=order.most_attempts)
        return
    store_build(ledger, claim, build)
    ledger.deliver(claim, result, most_attempts=order.most_attempts)


def _walk(order: Order, app: FiledApp, folder: Path, keep: Callable[[], bool], clock: Clock) -> str:
    """Run the walk to its end while ``keep`` says so; return why it was ended early, empty where it ended by itself."""
    listed = folder / "app.csv"
    write_filed_list([_absolute(app, Path(order.filed_from))], listed)
    seconds = f"{order.walk_s:.0f}"
    given = {"list": str(listed), "package": app.package, "device": order.serial, "folder": str(folder)}
    adb = ":".join(map(str, order.adb or ()))
    command = [part.format(**given, adb=adb, seconds=seconds) for part in order.command]
    until_s = clock.monotonic_s() + order.deadline_s
    with (folder / "walk.log").open("ab") as log:
        # The head of a group of its own, so that all it starts can be ended with it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=min(order.lease_s / 4, max(0.1, until_s - clock.monotonic_s())))
                return ""
            if clock.monotonic_s() >= until_s:
                end_group(process)
                return "night-app-deadline"
            if not keep():
                end_group(process)
                return "night-lease-lost"


def _absolute(app: FiledApp, filed_from: Path) -> FiledApp:
    """Return the app with its package file named from anywhere."""
    return replace(app, apk=str(filed_from / app.apk)) if app.apk and "://" not in app.apk else app


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and what it started to end, then make them."""
    _signal_group(process, gently=True)
    try:
        process.wait(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        _signal_group(process, gently=False)
        process.wait(timeout=_GRACE_S)


def _signal_group(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    if os.name == "nt":
        tree = ["taskkill", "/T", "/PID", str(process.pid), *([] if gently else ["/F"])]
        subprocess.run(tree, check=False, capture_output=True, timeout=_GRACE_S)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT if gently else signal.SIGKILL)


def log_tail(folder: Path) -> str:
    """Return the end of what a walk printed, for a person who asks why it brought nothing."""
    with contextlib.suppress(OSError):
        return (folder / "walk.log").read_bytes()[-_LOG_TAIL_BYTES:].decode("utf-8", errors="replace")
    return ""


def read_result(folder: Path, claim: Claim, *, device: str) -> tuple[Result, Build]:
    """Return what the bundle of an attempt says under today's rules, and which build of the app it met.

    Raises ``BundleError`` where there is no whole bundle.
    """
    bundle, walk, judgement = _judged(folder)
    named = bundle.relative_to(folder.parent.parent).as_posix()
    looks = looks_of(walk, judgement, claim.night, bundle=named)
    build = Build(
        installed=True,
        version=_version(walk),
        apk_sha256=walk.identity.apk_sha256,
        signer_sha256=walk.identity.signer_sha256,
    )
    result = Result(
        looks={rule: replace(look, device=device) for rule, look in looks.items()},
        reaches={rule: _reaches(judgement, rule) for rule, _ in judgement.coverage},
        device=device,
        bundle=named,
        artifacts=tuple(_artifact(path, bundle) for path in sorted((bundle / "data").rglob("*")) if path.is_file()),
        cut=DEVICE_LOST if walk.stopped_by == DEVICE_LOST else "",
    )
    return result, build


def _version(walk: Walk) -> str:
    """Return the version as the device told it, empty where it told none: that is no other version."""
    name, code = walk.identity.version_name, walk.identity.version_code
    return f"{name} ({code})" if name or code else ""


def _judged(folder: Path) -> tuple[Path, Walk, Judgement]:
    """Return the last whole bundle below a folder, its walk, and what today's rules say of it."""
    bundles = sorted(manifest.parent for manifest in folder.glob("*/*/bagit.txt"))
    if not bundles:
        raise BundleError(f"{folder}: no whole bundle was left; see walk.log")
    with open_bundle(bundles[-1]) as stored:
        walk = stored.walk
    return bundles[-1], walk, judge(walk, ALL_RULES)


def looks_of(walk: Walk, judgement: Judgement, night: str, *, bundle: str) -> dict[RuleId, Look]:
    """Return one look per rule of a judged walk."""
    within = inside(walk)
    screens = frozenset(o.screen for o in walk.observations if o.id in within)
    reaches = {rule: coverage.reaches for rule, coverage in judgement.coverage}
    return {
        f.rule: Look(
            night=night,
            verdict=f.verdict,
            reach=_worst(reaches.get(f.rule, ())),
            reason=f.reason,
            data=f.data,
            fingerprint=f.fingerprint,
            screen=f.screen,
            screens=screens,
            places=_places(reaches.get(f.rule, ())),
            account=walk.app.account,
            app_version=_version(walk),
            rules_edition=rules_edition(),
            bundle=bundle,
            finding=f.id,
            began=walk.began.wall,
        )
        for f in judgement.findings
    }


def _reaches(judgement: Judgement, rule: RuleId) -> tuple[CheckpointReach, ...]:
    return next(coverage.reaches for name, coverage in judgement.coverage if name == rule)


def _places(reaches: Sequence[CheckpointReach]) -> frozenset[CheckpointId]:
    return frozenset(r.checkpoint for r in reaches if r.reach is Reach.REACHED)


def _worst(reaches: Sequence[CheckpointReach]) -> Reach:
    """Return what kept a look from being whole: a wall before a place that was merely not come to."""
    found = {r.reach for r in reaches}
    return next((r for r in (Reach.ERROR, Reach.BLOCKED, Reach.NOT_REACHED) if r in found), Reach.REACHED)


def _artifact(path: Path, bundle: Path) -> Artifact:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    name = path.relative_to(bundle).as_posix()
    mime = _MIMES.get(path.suffix, "application/octet-stream")
    return Artifact(path=name, sha256=digest, size_bytes=path.stat().st_size, mime=mime)
