"""Nights that are broken at random moments and gone on with: nothing is lost, doubled, or done again.

Two broken nights are part of the ordinary run; ``pytest -m nights tests/test_night_chaos.py`` breaks twenty over
replayed walks and three over embedded devices.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.fleet.ledger import EXPECTED, Ledger, ledger_url
from harness.model import Verdict
from harness.rules import ALL_RULES
from tests.night_apps import FIRST, RANKING, filed, write_app
from tests.night_driver import NIGHT
from tests.night_scenes import BAD, GOOD

ROOT = Path(__file__).resolve().parent.parent
APPS = ("a", "b", "c", "d")
BAD_APPS = frozenset({"cn.gov.demo.a", "cn.gov.demo.c"})
LONGEST_S = 900.0
FAULTS = (
    "walk-killed",
    "scheduler-killed",
    "everything-killed",
    "disk-full",
    "database-locked",
    "worker-killed",
    "worker-gone",
    "far-scheduler-killed",
)
CLUSTER_FAULTS = frozenset({"worker-killed", "worker-gone", "far-scheduler-killed"})


@dataclass(kw_only=True)
class Scene:
    """One night to be broken: where it is, and the processes that belong to it."""

    folder: Path
    devices: tuple[str, ...] = ("d1", "d2")
    apps: tuple[str, ...] = APPS
    adb: tuple[str, int] | None = None
    scheduler: str = ""
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def ledger(self) -> str:
        return str(self.folder / "nights.sqlite")

    def start(self, *command: str, **how: Any) -> subprocess.Popen[bytes]:
        """Start a process of the night; what it prints is appended to ``driver.log``."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.folder / "driver.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, **how)
        self.started.append(process)
        return process

    def hold(self, *, busy_s: float = 30.0, most_bytes: int = 0) -> subprocess.Popen[bytes]:
        """Start the night, or go on with it; ``most_bytes`` is what a file may hold, as on a full disk."""
        told = {
            "folder": str(self.folder),
            "ledger": f"sqlite:///{self.ledger}?timeout={busy_s}",
            "scheduler": self.scheduler,
            "apps": self.apps,
            "devices": self.devices,
            "adb": self.adb,
        }
        (self.folder / "night.json").write_text(json.dumps(told), encoding="utf-8")

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        how = {"preexec_fn": limit} if most_bytes else {}
        return self.start(sys.executable, "-m", "tests.night_driver", str(self.folder / "night.json"), **how)

    def cluster(self, *worker_options: str) -> None:
        """Start a scheduler and a worker beside each device, as on several hosts."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.scheduler = f"tcp://127.0.0.1:{port}"
        dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
        self.start(*dask, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        for device in self.devices:
            options = ["--nthreads", "1", "--resources", f"device-{device}=1", "--no-dashboard", *worker_options]
            self.start(sys.executable, "-m", "distributed.cli.dask_worker", self.scheduler, *options)

    def log(self) -> str:
        return (self.folder / "driver.log").read_text(encoding="utf-8", errors="replace")[-4_000:]

    def attempts(self) -> list[dict[str, Any]]:
        """Return every attempt of the night, with its app and what became of the task."""
        with contextlib.closing(sqlite3.connect(self.ledger)) as db:
            db.row_factory = sqlite3.Row
            query = "select a.*, t.package, t.progress from attempt a join task t on t.id = a.task order by a.id"
            return [dict(row) for row in db.execute(query)]

    def some_way_in(self, wanted: int) -> bool:
        """Return whether the night has begun so many attempts."""
        with contextlib.suppress(sqlite3.Error):
            return len(self.attempts()) >= wanted
        return False


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    world = {f"cn.gov.demo.{name}": BAD if f"cn.gov.demo.{name}" in BAD_APPS else GOOD for name in APPS}
    (tmp_path / "world.json").write_text(json.dumps(world), encoding="utf-8")
    made = Scene(folder=tmp_path)
    yield made
    for process in made.started:
        _kill_tree(process.pid)
        process.wait(timeout=30)


def _kill_tree(pid: int) -> None:
    """End a process and all that it started, at once: what a power cut leaves is what is on the disk."""
    with contextlib.suppress(psutil.NoSuchProcess):
        head = psutil.Process(pid)
        for process in (head, *head.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _until(true: Callable[[], bool], scene: Scene) -> None:
    """Wait for something to be so, with a deadline."""
    end_s = time.monotonic() + LONGEST_S
    while not true():
        assert time.monotonic() < end_s, scene.log()
        SystemClock().sleep(0.05)


def _broken(scene: Scene, fault: str, chance: random.Random) -> None:
    """Hold the night, break it in this way at a moment that chance tells, and let it come to its end."""
    if fault in CLUSTER_FAULTS:
        scene.cluster(*(["--no-nanny"] if fault == "worker-gone" else []))
    full = fault == "disk-full"
    night = scene.hold(
        busy_s=1.0 if fault == "database-locked" else 30.0, most_bytes=chance.randint(120_000, 900_000) if full else 0
    )
    if not full:
        wanted = chance.randint(1, len(scene.apps))
        _until(lambda: scene.some_way_in(wanted) or night.poll() is not None, scene)
        SystemClock().sleep(chance.uniform(0.0, 1.5))
        _break(scene, fault, night, chance)
    _until(lambda: night.poll() is not None, scene)


def _break(scene: Scene, fault: str, night: subprocess.Popen[bytes], chance: random.Random) -> None:
    if fault == "walk-killed":
        with contextlib.suppress(psutil.NoSuchProcess):
            walks = [p for p in psutil.Process(night.pid).children(recursive=True) if "night_walks" in str(p.cmdline())]
            for walk in walks[:1]:
                walk.kill()
    elif fault == "scheduler-killed":
        night.kill()  # the embedded scheduler and its workers; the walks go on without anybody
    elif fault == "everything-killed":
        _kill_tree(night.pid)
    elif fault == "database-locked":
        with contextlib.closing(sqlite3.connect(scene.ledger, timeout=30)) as db:
            db.execute("BEGIN EXCLUSIVE")
            SystemClock().sleep(chance.uniform(2.0, 4.0))
    elif fault == "far-scheduler-killed":
        _kill_tree(scene.started[0].pid)
    elif fault in {"worker-killed", "worker-gone"}:
        worker = psutil.Process(scene.started[1].pid)
        inner = [child for child in worker.children() if "spawn_main" in str(child.cmdline())]
        (inner[0] if fault == "worker-killed" and inner else worker).kill()


def _resumed(scene: Scene) -> None:
    """Go on with the night until it is closed, with nothing broken any more."""
    for process in scene.started[:-1] if scene.scheduler else []:
        _kill_tree(process.pid)
    scene.scheduler = ""
    night = scene.hold()
    _until(lambda: night.poll() is not None, scene)
    assert night.returncode == 0, scene.log()


def _check(scene: Scene, found: frozenset[str], *, may_fail: bool) -> None:
    """Assert from the ledger: the matrix is whole, no finding is lost or doubled, nothing finished was done again."""
    ledger = Ledger(ledger_url(scene.ledger), SystemClock())
    progress, looks, facts = ledger.progress(NIGHT), ledger.looks(NIGHT), ledger.facts(NIGHT)
    ledger.close()
    assert facts is not None
    assert len(looks.looks) == len(scene.apps) * len(ALL_RULES)
    assert [subject for subject, look in looks.looks.items() if look.reason == EXPECTED] == []
    done = {told.app.package for told in facts.apps if told.progress == "done"}
    assert progress.over
    assert may_fail or len(done) == len(scene.apps), scene.log()
    seen = [s.package for s, look in looks.looks.items() if s.rule == RANKING and look.verdict is Verdict.FOUND]
    assert sorted(seen) == sorted(found & done)
    kinds = [(c.subject, c.kind) for c in facts.changes if c.subject.rule == RANKING and c.kind == "new"]
    assert len(kinds) == len(set(kinds)) == len(seen)
    for package in {told.app.package for told in facts.apps}:
        mine = [a for a in scene.attempts() if a["package"] == package]
        finished = [a for a in mine if a["outcome"] == "done" and not a["superseded"] and not a["reason"]]
        assert len(finished) == (package in done), mine
        assert [a for a in mine for f in finished if a["began"] > f["ended"]] == []
        for attempt in finished:
            assert (scene.folder / "evidence" / attempt["bundle"] / "bagit.txt").is_file()


def _survives(scene: Scene, fault: str, seed: int) -> None:
    _broken(scene, fault, random.Random(seed))
    _resumed(scene)
    _check(scene, BAD_APPS, may_fail=fault == "disk-full")


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["everything-killed", "scheduler-killed"])
def test_a_night_that_was_broken_off_is_gone_on_with(scene: Scene, fault: str) -> None:
    _survives(scene, fault, 1)


@pytest.mark.nights
@pytest.mark.parametrize("seed", range(20))
def test_twenty_nights_broken_at_random_lose_and_double_nothing(scene: Scene, seed: int) -> None:
    _survives(scene, FAULTS[seed % len(FAULTS)], seed)


@pytest.mark.nights
@pytest.mark.parametrize("fault", ["device-killed", "adb-killed", "everything-killed"])
def test_nights_on_embedded_devices_survive_what_devices_suffer(scene: Scene, fault: str) -> None:
    scene.apps = ("app01", "app03", "app07", "app08")
    found = frozenset(filed(name).package for name in scene.apps if FIRST[name].board)
    installed = [str(write_app(scene.folder / "apps", name, FIRST[name])) for name in scene.apps]
    chance = random.Random(fault)
    wanted = chance.randint(1, 3)
    scene.devices = ()
    with private_server(SystemClock()) as scene.adb:
        up = [_up(scene, installed), _up(scene, installed)]
        night = scene.hold()
        _until(lambda: scene.some_way_in(wanted) or night.poll() is not None, scene)
        SystemClock().sleep(chance.uniform(0.0, 8.0))
        if fault == "adb-killed":
            subprocess.run(
                ["adb", "-P", str(scene.adb[1]), "kill-server"], check=False, capture_output=True, timeout=30
            )
        else:
            _kill_tree(up[0].pid)  # the other device does what this one leaves
        if fault == "everything-killed":
            _kill_tree(up[1].pid)
            _kill_tree(night.pid)
            _until(lambda: night.poll() is not None, scene)
            scene.devices = ()
            _up(scene, installed)
        _until(lambda: night.poll() is not None, scene)
        _resumed(scene)
    _check(scene, found, may_fail=False)


def _up(scene: Scene, installed: list[str]) -> subprocess.Popen[bytes]:
    """Start an embedded device in a process of its own, and add its serial to the scene's."""
    assert scene.adb is not None
    address = f"{scene.adb[0]}:{scene.adb[1]}"
    apps = [part for app in installed for part in ("--app", app)]
    before = _ready(scene)
    up = scene.start(sys.executable, "-m", "harness", "virtual", "up", "--adb-server", address, *apps)
    _until(lambda: bool(_ready(scene) - before), scene)
    scene.devices = (*scene.devices, *(_ready(scene) - before))
    return up


def _ready(scene: Scene) -> frozenset[str]:
    """Return the devices that adb has."""
    lines = _adb(scene, "devices").splitlines()
    return frozenset(line.split()[0] for line in lines if line.endswith("\tdevice"))


def _adb(scene: Scene, command: str) -> str:
    assert scene.adb is not None
    asked = ["adb", "-P", str(scene.adb[1]), command]
    return subprocess.run(asked, check=False, capture_output=True, timeout=60).stdout.decode()
