"""What a night is to be over: the usable rows of the filed list, the devices that are ready, where evidence goes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.clock import Clock
from harness.device import pool, wire
from harness.errors import BadInput
from harness.fleet.attempt import Order, walk_command
from harness.fleet.filed import FiledProblem, read_filed_list
from harness.fleet.ledger import Ledger
from harness.fleet.ledger_apps import last_tried
from harness.fleet.ledger_devices import taken_up_again
from harness.fleet.night import Night
from harness.fleet.prepare import AS_IT_IS, Preparation
from harness.messages import text
from harness.model import FiledApp
from harness.rules import ALL_RULES, rules_edition

_MOST_TOLD: Final = 20
SCENARIO: Final = Path(__file__).resolve().parent.parent.parent / "scenarios" / "test_filed_apps.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightOptions:
    """How a night is to be held. Seconds are per app: of walking, and in all."""

    evidence_dir: Path
    ledger: str
    servers: tuple[tuple[str, int], ...]  # of adb; a serial that two of them have is one device
    serials: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()  # by a scheduler's workers; nothing: what the adb servers have
    scenario: Path = SCENARIO
    walk_s: float = 900.0
    deadline_s: float = 1800.0
    most_attempts: int = 3
    canaries: bool = True
    night_s: float = math.inf  # no app is begun when so much of the night is over
    min_free_bytes: int = 2 << 30
    preparation: Preparation = AS_IT_IS
    more: tuple[str, ...] = ()  # further options of the plugin: signing, reading


def plan_night(filed_list: Path, options: NightOptions, ledger: Ledger, clock: Clock, *, resume: bool) -> Night:
    """Return the night over a list. Raises ``BadInput`` where the list, the scenario or what to resume is not there."""
    filed = read_filed_list(filed_list)
    problems = tuple(_told(problem) for problem in filed.problems)
    if not filed.apps:
        told = "; ".join(problems[:_MOST_TOLD]) or "it has none"
        mend = "mend the rows; `harness night` begins with what is left"
        raise BadInput(source=str(filed_list), place="rows", problem=f"none can be used: {told}", mend=mend)
    if not options.scenario.is_file():
        mend = "give --scenario, a pytest file with test_filed_app"
        raise BadInput(source="--scenario", place=str(options.scenario), problem="is not there", mend=mend)
    ready, name = _ready(options), ""
    if resume:  # without a device nothing is opened that could not go on
        name = ledger.broken_off(filed.source_sha256)
        name = name or (taken_up_again(ledger, filed.source_sha256) if ready else "")
    if resume and not name:
        mend = "leave out --resume to begin a new night"
        raise BadInput(source="--resume", place=str(filed_list), problem="no night of this list is open", mend=mend)
    night = name or f"N{clock.wall():%Y%m%dT%H%M%SZ}"
    order = Order(
        night=night,
        ledger=options.ledger,
        device="",
        evidence_dir=str(options.evidence_dir),
        filed_from=str(filed_list.absolute().parent),
        command=walk_command(options.scenario, ("--harness-adb-server", "{adb}", *options.more)),
        walk_s=options.walk_s,
        deadline_s=options.deadline_s,
        most_attempts=options.most_attempts,
        adb=options.servers[0],
        canaries=options.canaries,
        until_s=clock.wall().timestamp() + options.night_s,
        min_free_bytes=options.min_free_bytes,
        preparation=options.preparation,
    )
    return Night(
        id=night,
        apps=longest_waiting_first(filed.apps, last_tried(ledger)),
        rules=ALL_RULES,
        list_sha256=filed.source_sha256,
        rules_edition=rules_edition(),
        devices=tuple(ready),
        servers=ready,
        order=order,
        problems=problems,
    )


def longest_waiting_first(apps: Sequence[FiledApp], last_tried: Mapping[tuple[str, str], str]) -> tuple[FiledApp, ...]:
    """Return the apps with those first that were cut off longest ago or never tried, else in the order of the list."""
    return tuple(sorted(apps, key=lambda app: last_tried.get((app.package, app.entry), "")))


def _ready(options: NightOptions) -> dict[str, tuple[str, int]]:
    """Return the devices that are ready, each with its adb server; of those wished for, the ready ones."""
    has: dict[str, tuple[str, int]] = dict.fromkeys(options.offered, options.servers[0])
    for server in options.servers if not options.offered else ():
        for serial, status in wire.listed(server):
            if status == "device":
                has.setdefault(serial, server)
    ready = options.offered or pool.without_doubles(tuple(has))
    missing = [serial for serial in options.serials if serial not in ready]
    if missing:
        raise BadInput(
            source="--serial",
            place=", ".join(missing),
            problem="is not ready",
            mend="connect it, or leave it out; `harness devices` lists what is there",
        )
    return {serial: has[serial] for serial in options.serials or ready}


def _told(problem: FiledProblem) -> str:
    said = [
        ("column", problem.column),
        ("value", problem.value[:60]),
        ("problem", text(problem.reason)),
        ("mend", text(problem.mend)),
    ]
    return f"第 {problem.row} 行：{text('plugin-problem', said)}"
