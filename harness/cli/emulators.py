"""The command about emulators of this host: list, start, stop, start anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness.cli.output import json_option, print_json
from harness.report.terminal import columns, plain
from harness.wording import visible

if TYPE_CHECKING:
    from harness.device.emulators import Maker
    from harness.device.emulators.running import Emulator


@click.command("emulators", short_help="本机的模拟器 emulators of this host: list, start, stop")
@click.argument("action", required=False, default="list", type=click.Choice(["list", "start", "stop", "reset"]))
@click.argument("name", required=False, default="")
@click.option("--wait/--no-wait", default=True, help="After a start, wait until Android has booted.")
@click.option("--adb-server", default="", metavar="HOST:PORT", help="adb server; default as for adb itself.")
@json_option
def emulators(*, action: str, name: str, wait: bool, adb_server: str, as_json: bool) -> None:
    """列出本机的模拟器（AVD、雷电、MuMu、redroid），或启动、停止、重启其中一个。

    List emulators of this host, or start, stop or reset NAME (as listed: maker:id). A start prints the serial once
    Android has booted.
    """
    from harness import session
    from harness.clock import SystemClock
    from harness.device.emulators import found_makers, listed, named, reset, wait_for_boot
    from harness.device.emulators.running import run_program
    from harness.device.wire import has_booted

    makers = found_makers(os.environ, run_program)
    if action == "list":
        there, problems = listed(makers)
        _print_list(there, problems, as_json=as_json)
        return
    if not name:
        raise click.UsageError(f"emulators {action} needs a NAME; `harness emulators` lists them")
    maker, emulator = named(makers, name)
    clock = SystemClock()
    if action == "reset":
        reset(maker, emulator, clock)
    else:
        {"start": maker.start, "stop": maker.stop}[action](emulator)
    if action == "stop" or not wait:
        return
    adb = session.adb_address(adb_server)
    print(wait_for_boot(emulator, lambda serial: has_booted(serial, adb), clock))


def _print_list(there: Sequence[tuple[Maker, Emulator]], problems: Sequence[str], *, as_json: bool) -> None:
    rows = [
        {
            "name": f"{maker.name}:{emulator.id}",
            "label": emulator.label,
            "running": emulator.running,
            "booted": emulator.booted,
            "serials": list(emulator.serials),
        }
        for maker, emulator in there
    ]
    if as_json:
        print_json({"format": 1, "emulators": rows, "problems": list(problems)})
        return
    for problem in problems:
        print(f"无法列出 could not list: {visible(problem)}")
    if not rows:
        print("本机没有找到模拟器（AVD、雷电、MuMu、redroid）。 No emulator was found on this host.")
        return
    table = columns("名称 NAME", "显示名 LABEL", "运行 RUNS", "设备 SERIALS")
    for maker, emulator in there:
        runs = "是 yes" if emulator.running else "否 no"
        cells = (f"{maker.name}:{emulator.id}", emulator.label, runs, " / ".join(emulator.serials))
        table.add_row(*(plain(cell) for cell in cells))
    Console(highlight=False).print(table)
