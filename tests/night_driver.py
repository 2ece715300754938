"""Holds a night in a process of its own, so that it can be killed: ``python -m tests.night_driver FILE``.

FILE is a JSON: folder, ledger, scheduler, apps, devices, adb (none: walks are replayed). Ends with 0 where the night
was closed, with 2 where it was broken off and can be resumed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.fleet.attempt import Order, walk_command
from harness.fleet.dispatch import DaskDispatcher
from harness.fleet.ledger import Ledger, ledger_url
from harness.fleet.night import Night, run_night
from harness.fleet.plan import SCENARIO
from harness.model import FiledApp, PackageName
from harness.rules import ALL_RULES, rules_edition
from tests.night_apps import filed

NIGHT = "n1"
LEASE_S = 6.0


def night_of(told: dict[str, Any]) -> Night:
    """Return the night that a file describes: replayed walks, or small apps on the devices of an adb server."""
    folder = Path(told["folder"])
    replayed = (sys.executable, "-m", "tests.night_walks", "{list}", "{folder}", str(folder / "world.json"))
    adb = tuple(told["adb"]) if told.get("adb") else None
    live = walk_command(SCENARIO, ("--harness-adb-server", f"{adb[0]}:{adb[1]}")) if adb else replayed
    names = told["apps"]
    apps = (
        tuple(filed(name) for name in names)
        if adb
        else tuple(FiledApp(package=PackageName(f"cn.gov.demo.{n}"), name=n, account="已登录") for n in names)
    )
    return Night(
        id=NIGHT,
        apps=apps,
        rules=ALL_RULES,
        list_sha256="0" * 64,
        rules_edition=rules_edition(),
        devices=tuple(told["devices"]),
        order=Order(
            night=NIGHT,
            ledger=told["ledger"],
            device="",
            evidence_dir=str(folder / "evidence"),
            filed_from=str(folder),
            command=live,
            walk_s=300.0,
            deadline_s=600.0,
            most_attempts=6,
            lease_s=LEASE_S,
            adb=adb,
        ),
    )


def main() -> int:
    """Hold the night, or go on with it."""
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    night = night_of(told)
    try:
        ledger = Ledger(ledger_url(told["ledger"]), SystemClock())
        dispatcher = DaskDispatcher(told.get("scheduler", ""), worker_back_s=20.0)
        result = run_night(night, ledger, dispatcher, lambda _done, _progress: None)
    except HarnessError as error:
        sys.stderr.write(f"broken off: {error}\n")
        return 2
    sys.stderr.write(f"closed: {result.progress}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
