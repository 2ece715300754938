"""The command that goes to recorded screens again: a finding's, to re-test it after rectification, or any other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from harness.cli.evidence import one_bundle
from harness.cli.output import json_option, print_json
from harness.messages import text
from harness.report.terminal import plain

if TYPE_CHECKING:
    from harness.replay import Divergence
    from harness.retest import Retested, Revisited

_OCR = ("ppocr", "tesseract", "both")  # as harness.perceive.engines


@click.command("replay", short_help="在设备上复查线索或页面 go to recorded screens again: still there?")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--serial", required=True, metavar="S", help="Device to use, as `adb devices` lists it.")
@click.option("--finding", default="", metavar="ID", help="Only this finding; default: every one.")
@click.option(
    "--screen", metavar="WHICH", help="Only go to this screen: its number on the map, its key, or a look's id."
)
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
    screen: str | None,
    evidence_dir: Path,
    flows: Path,
    ocr: str,
    as_json: bool,
    adb_server: str,
) -> None:
    """整改后复查：按记录的路径再到线索所在页面，看是否仍可见；也可再到任一页面。过程另存为证据包。

    Walk to the findings' screens again, found by words, ids and places and not by coordinates, and leave a bundle of
    it. Exit 0 when all was reached and is still seen, 1 when something reached is no longer seen, 2 when it could not
    be told of one: then it says at which step today's app went another way.

    With --screen go to any one screen, probe nothing and stay there: exit 0 when it was reached, 2 when not.
    """
    from harness import session
    from harness.replay import exit_status
    from harness.retest import facts, retest, revisit, screen_facts

    if finding and screen is not None:
        raise click.UsageError("--finding goes to the screens of a finding, --screen to one screen: give one of them")
    settings = session.Settings(
        evidence_dir=evidence_dir.absolute(), adb=session.adb_address(adb_server), ocr=ocr, flows=flows
    )
    if screen is not None:
        gone = revisit(one_bundle(bundle), serial, settings, screen)
        if as_json:
            print_json(screen_facts(gone))
        else:
            _tell_way(gone)
        sys.exit(0 if gone.trip.seen is not None else 2)
    done = retest(one_bundle(bundle), serial, settings, finding)
    if as_json:
        print_json(facts(done))
    else:
        _tell_answers(done)
    sys.exit(exit_status([one.answer for one in done.retests]))


def _tell_answers(done: Retested) -> None:
    from harness.session import statement

    console = Console(highlight=False, soft_wrap=True)
    for one in done.retests:
        console.print(Text(text(f"replay-answer-{one.answer:d}"), style="bold"), end=" ")
        console.print(plain(f"{one.finding.id} {statement(one.finding)}"))
        if one.reason:
            console.print(plain(f"    {text(one.reason)}"))
        for trip in one.trips:
            _tell_lost(console, trip.lost)
    console.print(Text(f"复查证据包 bundle: {done.bundle}"))


def _tell_way(gone: Revisited) -> None:
    console = Console(highlight=False, soft_wrap=True)
    seen, place = gone.trip.seen, gone.place
    console.print(Text(text("replay-screen-lost" if seen is None else "replay-screen-reached"), style="bold"), end=" ")
    console.print(plain(f"{gone.number} {place.title} {place.screen}"))
    if seen is not None:
        console.print(plain(f"    {text('replay-screen-look', [('observation', seen.id)])}"))
    _tell_lost(console, gone.trip.lost)
    console.print(Text(f"复查证据包 bundle: {gone.bundle}"))


def _tell_lost(console: Console, lost: Divergence | None) -> None:
    if lost is None:
        return
    told = text(lost.reason, [("step", lost.step), ("expected", lost.expected), ("seen", lost.seen)])
    if lost.step and not lost.reason.startswith("replay-"):  # what also ends a walk says nothing of a step
        told = text("replay-lost-after", [("step", lost.step), ("what", told)])
    console.print(plain(f"    {told}"))
