"""The command about findings that went absent together with too many others: who has looked at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.night import evidence_option, ledger_option, opened_ledger
from harness.errors import BadInput
from harness.messages import text


@click.command("held", short_help="待人查看的线索 findings that wait for a person's look")
@click.argument("wanted", nargs=-1, metavar="[PACKAGE[:RULE] ...]")
@click.option("--looked-by", "person", default="", metavar="NAME", help="Record that this person has looked at WANTED.")
@ledger_option
@evidence_option
def held(*, wanted: Sequence[str], person: str, address: str, evidence_dir: Path) -> None:
    """列出因同时有过多线索不再出现而待人查看的线索；--looked-by 记录谁看过。

    List the findings that went absent together with more than repairs explain. Until a person has looked at them, at
    the app and not only at this list, they stay pending; with --looked-by NAME that is recorded for those named, and
    the next night may count them.
    """
    from harness.baseline import Subject

    ledger = opened_ledger(address, evidence_dir)
    try:
        night = next((name for name, closed in reversed(ledger.nights()) if closed), "")
        waiting = {s: t for s, t in ledger.known_after(night).items() if t.held}
        looked = ledger.looked_at(waiting)
        if not wanted and not person:
            for subject, tracked in waiting.items():
                seen = f"（{text('held-looked-at')}）" if subject in looked else ""
                print(f"{subject.package}:{subject.rule} {subject.entry} {tracked.held_since}{seen}")
            return
        if not wanted or not person.strip():
            raise click.UsageError("name what was looked at and, with --looked-by, who looked")
        chosen: list[Subject] = []
        for one in wanted:
            package, _, rule = one.partition(":")
            found = [s for s in waiting if s.package == package and rule in ("", s.rule)]
            if not found:
                mend = "`harness held` lists what is"
                raise BadInput(source="held", place=one, problem=f"is not held after night {night or '-'}", mend=mend)
            chosen += found
        ledger.look_at(chosen, person.strip())
    finally:
        ledger.close()
    for subject in chosen:
        print(f"{subject.package}:{subject.rule} {subject.entry} {text('held-looked-at')} {person}")
