"""The command that re-tests after rectification: a finding's screens are gone to again."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from harness.cli.evidence import one_bundle
from harness.cli.output import json_option, print_json
from harness.messages import text
from harness.report.terminal import plain

_OCR = ("ppocr", "tesseract", "both")  # as harness.perceive.engines


@click.command("replay", short_help="在设备上复查线索 go to the findings' screens again: still there?")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--serial", required=True, metavar="S", help="Device to use, as `adb devices` lists it.")
@click.option("--finding", default="", metavar="ID", help="Only this finding; default: every one.")
@click.option("--evidence-dir", default="screenshots", type=click.Path(path_type=Path), show_default=True)
@click.option("--flows", default="scenarios/flows", type=click.Path(path_type=Path), show_default=True, metavar="DIR")
@click.option("--ocr", default="ppocr", show_default=True, type=click.Choice(_OCR), help="Who reads pixels.")
@json_option
@click.option("--adb-server", default="", metavar="HOST:PORT", help="adb server; default as for adb itself.")
def replay(
    *,
    bundle: Path,
    serial: str,
    finding: str,
    evidence_dir: Path,
    flows: Path,
    ocr: str,
    as_json: bool,
    adb_server: str,
) -> None:
    """整改后复查：按记录的路径再到线索所在页面，看是否仍可见；复查过程另存为证据包。

    Walk to the findings' screens again, found by words, ids and places and not by coordinates, and leave a bundle of
    it. Exit 0 when all was reached and is still seen, 1 when something reached is no longer seen, 2 when it could not
    be told of one: then it says at which step today's app went another way.
    """
    from harness import session
    from harness.replay import exit_status
    from harness.retest import facts, retest

    settings = session.Settings(
        evidence_dir=evidence_dir.absolute(), adb=session.adb_address(adb_server), ocr=ocr, flows=flows
    )
    done = retest(one_bundle(bundle), serial, settings, finding)
    if as_json:
        print_json(facts(done))
        sys.exit(exit_status([one.answer for one in done.retests]))
    console = Console(highlight=False, soft_wrap=True)
    for one in done.retests:
        console.print(Text(text(f"replay-answer-{one.answer:d}"), style="bold"), end=" ")
        console.print(plain(f"{one.finding.id} {session.statement(one.finding)}"))
        if one.reason:
            console.print(plain(f"    {text(one.reason)}"))
        for lost in (trip.lost for trip in one.trips if trip.lost is not None):
            data = [("step", lost.step), ("expected", lost.expected), ("seen", lost.seen)]
            console.print(plain(f"    {text(lost.reason, data)}"))
    console.print(Text(f"复查证据包 bundle: {done.bundle}"))
    sys.exit(exit_status([one.answer for one in done.retests]))
