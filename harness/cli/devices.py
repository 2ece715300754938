"""The command that lists devices and what the harness changed on them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from rich.console import Console

from harness.cli.output import json_option, print_json
from harness.messages import text
from harness.report.terminal import columns, plain
from harness.wording import visible


@click.command("devices", short_help="列出设备 list devices with Android version, ABI, size, lease")
@click.option("--clean", is_flag=True, help="Take back what the harness changed or left on devices that are free.")
@click.option("--serial", "serials", multiple=True, help="Only this device (repeatable).")
@click.option("--adb-server", default="", metavar="HOST:PORT", help="adb server; default as for adb itself.")
@json_option
def devices(*, clean: bool, serials: Sequence[str], adb_server: str, as_json: bool) -> None:
    """列出设备、占用情况，以及本工具在设备上改动过的内容；--clean 全部还原。

    List what the adb server lists, with Android version, ABI, resolution, lease (`taken`: a harness process drives it
    now) and what the harness changed on it: settings, packages, files. With --clean that is taken back, and what could
    not be is told; exit 1 then.
    """
    from harness import session

    address = session.adb_address(adb_server)
    cleaned = session.clean_devices(address, serials) if clean else []
    rows = [row for row in session.device_rows(address) if not serials or row["serial"] in serials]
    if as_json:
        print_json({"format": 1, "devices": rows, "cleaned": cleaned})
    else:
        for one in cleaned:
            key = "devices-left" if one["problem"] else "devices-taken-back"
            print(visible(text(key, one.items())))
        _print_rows(rows)
    sys.exit(1 if any(one["problem"] for one in cleaned) else 0)


def _print_rows(rows: Sequence[dict[str, str]]) -> None:
    if not rows:
        print("没有设备 no device：connect one, or run `harness virtual up`", file=sys.stderr)
        return
    shown = ("serial", "state", "android", "abi", "resolution", "lease")
    table = columns("serial", "state", "Android", "ABI", "resolution", "lease")
    for row in rows:
        table.add_row(*(plain(row[name]) for name in shown))
    Console(highlight=False).print(table)
    for row in rows:
        if row["changes"]:
            print(visible(text("devices-changed", row.items())))
        if row["problem"]:
            print(f"未能查看 could not look: {visible(row['problem'])}", file=sys.stderr)
