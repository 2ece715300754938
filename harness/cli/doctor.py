"""The command that looks at this machine and its devices."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cli.output import json_option, print_json
from harness.messages import text
from harness.report.terminal import STATUS_STYLES, plain

if TYPE_CHECKING:
    from harness.doctor import Checkup, Fix

_STATUS_CELLS = 8


@click.command("doctor", short_help="检查本机与设备，给出修复命令 what is wrong here, and its mend")
@click.option("--fix", "fixing", is_flag=True, help="Make the safe mends on devices: animations, stay awake, language.")
@json_option
def doctor(*, fixing: bool, as_json: bool) -> None:
    """检查本机环境和已连接的设备，每个问题给出一条可直接复制的修复命令。

    Tell what is wrong with this machine and its devices, and the one command that mends it. Exit 1 when something must
    be mended before anything can be driven or judged. What --fix changes is told, recorded on the device, and taken
    back by `harness devices --clean`.
    """
    from harness import machine
    from harness.clock import SystemClock
    from harness.doctor import Status, fix, run_doctor, worst
    from harness.doctor import as_json as as_json_values

    logging.getLogger("harness").setLevel(logging.ERROR)  # what a look meets is told by its checkup
    clock = SystemClock()
    evidence_dir = Path(os.environ.get("HARNESS_EVIDENCE_DIR") or "screenshots")
    checkups = run_doctor(evidence_dir=evidence_dir, environ=os.environ, clock=clock)
    fixes: tuple[Fix, ...] = ()
    if fixing:
        fixes = fix(checkups, machine.adb_server_address(os.environ), clock)
        if fixes:
            checkups = run_doctor(evidence_dir=evidence_dir, environ=os.environ, clock=clock)
    if as_json:
        print_json(as_json_values(checkups, clock.wall(), fixes))
    else:
        console = Console(highlight=False)
        _print_fixes(console, fixes)
        for checkup in checkups:
            _print_checkup(console, checkup)
        _print_sum(console, checkups)
    sys.exit(1 if worst(checkups) is Status.FAIL else 0)


def _print_checkup(console: Console, checkup: Checkup) -> None:
    """Print what was seen beside its status, and below it the command: a line of its own, never broken."""
    row = Table.grid(padding=(0, 1))
    row.add_column(width=_STATUS_CELLS - 1, justify="right", no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(checkup.status, style=STATUS_STYLES[checkup.status]), plain(text(checkup.reason, checkup.data)))
    console.print(row)
    if checkup.mend:
        # Alone and without a mark before it: what a triple click takes is the command.
        console.print(Text(" " * _STATUS_CELLS).append_text(plain(checkup.mend).copy()), style="bold", soft_wrap=True)


def _print_fixes(console: Console, fixes: Sequence[Fix]) -> None:
    for fix in fixes:
        key = "doctor-not-fixed" if fix.problem else "doctor-fixed"
        values = {"serial": fix.serial, "setting": fix.setting, "before": fix.before, "now": fix.now}
        told = text(key, {**values, "problem": fix.problem}.items())
        console.print(plain(told), style="red" if fix.problem else "green", soft_wrap=True)


def _print_sum(console: Console, checkups: Sequence[Checkup]) -> None:
    from harness.doctor import Status

    counts = Counter(checkup.status for checkup in checkups)
    told = {status.value: str(counts[status]) for status in Status}
    console.print(plain(text("doctor-sum", told.items())), style="bold")
