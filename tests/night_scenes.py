"""Nights without a device: a walk puts down a bundle recorded before, one device after the other.

Recording in this process and copying in the walk's is many times as fast as a walk in an interpreter of its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.fleet.attempt import Order
from harness.fleet.dispatch import Done, Work
from harness.fleet.ledger import Ledger, ledger_url
from harness.fleet.night import Night, NightResult, run_night
from harness.model import FiledApp, PackageName
from harness.rules import ALL_RULES, rules_edition
from harness.rules.corpus import CASES
from tests.night_walks import record

BROWSER = PackageName("com.android.browser")
ROOT = Path(__file__).resolve().parent.parent


def _case(rule: str, name: str) -> dict[str, Any]:
    case = json.loads((CASES / rule / f"{name}.json").read_text(encoding="utf-8"))
    screen: dict[str, Any] = case["screens"][0]
    return screen


BOARD = _case("points-ranking", "canvas-read-from-pixels")
CHECK_IN = _case("mandatory-check-in", "wall-says-sign-first")
HOME = {"screen": "home", "nodes": [{"text": "首页", "box": [0, 200, 200, 260]}]}
MINE = {"screen": "mine", "nodes": [{"text": "退出登录", "box": [0, 1900, 300, 1960]}]}
BAD = {"screens": [HOME, MINE, BOARD]}
GOOD = {"screens": [HOME, MINE]}


class NightClock:
    """The host's clock moved to a chosen night; it goes on by itself."""

    def __init__(self, day: int) -> None:
        self._ahead = datetime(2026, 11, 20 + day, 22, 0, tzinfo=UTC) - datetime.now(UTC)
        self._began = datetime.now(UTC)

    def wall(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic_s(self) -> float:
        return (datetime.now(UTC) - self._began).total_seconds()

    def sleep(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=max(0.0, seconds))


class InTurn:
    """A dispatcher without threads: each device works on the next app until none is left."""

    def run(self, orders: Sequence[Order], work: Work) -> Iterator[Done]:
        left = list(orders)
        while left:
            for order in list(left):
                package = work(order, f"worker-{order.device}")
                yield Done(device=order.device, package=package)
                if not package:
                    left.remove(order)


def apps(*names: str) -> tuple[FiledApp, ...]:
    """Return made-up apps by the last part of their package."""
    return tuple(FiledApp(package=PackageName(f"cn.gov.demo.{n}"), name=n, account="已登录") for n in names)


# A walk: the bundle of the canary that the folder is named for, or of the package.
_PUT_DOWN = """case "$1" in */canary-*) name=${1##*/}; name=${name%%-d[0-9]*} ;; *) name=$2 ;; esac
echo "$name" >> "$0/../walked.txt"
[ -d "$0/$name" ] && cp -r "$0/$name/." "$1"
"""


def night_of(tmp_path: Path, name: str, listed: tuple[FiledApp, ...], devices: tuple[str, ...] = ("d1", "d2")) -> Night:
    """Return a night over apps of which bundles are put down."""
    script = _PUT_DOWN.replace("{", "{{").replace("}", "}}")
    command = ("sh", "-c", script, str(tmp_path / "recorded"), "{folder}", "{package}")
    order = Order(
        night=name,
        ledger=str(tmp_path / "ledger.sqlite"),
        device="",
        evidence_dir=str(tmp_path / "evidence"),
        filed_from=str(tmp_path),
        command=command,
        deadline_s=60.0,
        most_attempts=2,
    )
    return Night(
        id=name,
        apps=listed,
        rules=ALL_RULES,
        list_sha256="0" * 64,
        rules_edition=rules_edition(),
        devices=devices,
        order=order,
    )


def _record_once(app: FiledApp, place: Path, does: dict[str, Any]) -> None:
    """Put a link to the app's bundle at ``place``; the same look of the same app is recorded once."""
    mark = hashlib.sha256(json.dumps([str(app), does]).encode()).hexdigest()[:16]
    folder = place.parent.parent / f"look-{mark}"
    if not folder.is_dir():
        record(app, folder, does)
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(folder)


def with_canaries(night: Night) -> Night:
    """Return the night with canaries looked at on each device."""
    return replace(night, order=replace(night.order, canaries=True))


def held(tmp_path: Path, night: Night, world: dict[str, Any], *, day: int = 1) -> NightResult:
    """Hold a night in which each app, and each canary, shows the screens that ``world`` gives it; others die."""
    shutil.rmtree(tmp_path / "recorded", ignore_errors=True)
    for name, does in world.items():
        package = name if name.startswith("canary-") else f"cn.gov.demo.{name}"
        app = next((app for app in night.apps if app.package == package), FiledApp(package=BROWSER, name=name))
        _record_once(app, tmp_path / "recorded" / package, does)
    ledger = Ledger(ledger_url(night.order.ledger), NightClock(day))
    try:
        return run_night(night, ledger, InTurn(), lambda _done, _progress: None)
    finally:
        ledger.close()
