"""The commands about a review case: bundles are delivered to it, decisions of persons recorded, both looked up."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.evidence import one_bundle
from harness.cli.output import json_option, print_json
from harness.errors import BadInput
from harness.messages import text
from harness.wording import visible

if TYPE_CHECKING:
    from harness.calendar import Deadline
    from harness.evidence.case_status import CaseStatus

_FILE = click.Path(dir_okay=False, path_type=Path)
_BEIJING = timezone(timedelta(hours=8))
_MOST_DAYS = 1000
_BUNDLE = click.Path(exists=True, path_type=Path)


@click.group("case", short_help="案件：交付证据包，记录人的决定 review cases")
def case_group() -> None:
    """案件：交付证据包，查看情况，记录核查人员的决定。 Review cases."""


@case_group.command("attach", short_help="把证据包交付给案件 deliver a bundle to a case")
@click.argument("case")
@click.argument("bundle", type=_BUNDLE)
@click.option("--key", type=_FILE, help="The signer's public key, PEM: a bundle that it did not sign is not delivered.")
def attach_bundle(*, case: str, bundle: Path, key: Path | None) -> None:
    """把证据包和案件材料清单交付给案件；重复执行不会重复交付。

    Deliver a bundle that verifies, and the list of the case file, to CASE: a folder, an fsspec URL or an http(s)
    endpoint (token in HARNESS_CASE_TOKEN), whose last part is the case's number. What was cut off goes on; the
    receipts are kept in a log beside the bundle.
    """
    from harness.clock import SystemClock
    from harness.evidence.attach import attach
    from harness.evidence.case_log import log_path
    from harness.evidence.keys import read_public
    from harness.evidence.places import place_at
    from harness.evidence.sealed import Trust

    bundle, clock = one_bundle(bundle), SystemClock()
    trust = Trust(key_pem=read_public(key)) if key else None
    attached = attach(case, bundle, place_at(case, clock), clock, trust)
    for one in attached.deliveries:
        told = "对方已确认 confirmed" if one.confirmed else "对方未确认哈希值 digest not confirmed"
        print(f"{one.file}  SHA-256 {one.sha256}  {told}")
    if not attached.new:
        print("此前已交付，未重复 delivered before, nothing sent again")
    print(f"案件 case: {attached.file.case}  {attached.deliveries[0].place}")
    print(f"回执 receipts: {log_path(bundle)}")


@case_group.command("status", short_help="交付和决定的情况 what was delivered and decided")
@click.argument("bundle", type=_BUNDLE)
@json_option
def status(*, bundle: Path, as_json: bool) -> None:
    """查看证据包交付到哪里、每条线索由谁作出什么决定。

    Tell where a bundle was delivered, and what which reviewer decided of each finding.
    """
    from harness.evidence.case_status import case_status

    found = case_status(one_bundle(bundle))
    print_json(found) if as_json else _print_status(found)


def _print_status(found: CaseStatus) -> None:
    print(f"证据包 bundle: {found.bundle}")
    for one in found.deliveries:
        confirmed = "" if one.confirmed else "（对方未确认 not confirmed）"
        print(f"已交付 delivered: {visible(one.file)} → {visible(one.place)}{confirmed}")
    if not found.deliveries:
        print("尚未交付 not delivered")
    for row in found.findings:
        print(
            f"{row.finding}  {row.rule}  {text(f'report-verdict-{row.verdict}')}  {text(f'decision-{row.agreement}')}"
        )
        for said in row.decisions:
            print(f"    {visible(said.reviewer)}：{said.decided}  {visible(said.reason)}")
    if found.stale:
        print(f"另有 {found.stale} 项决定是对另一份内容作出的 about other content", file=sys.stderr)


@case_group.command("decide", short_help="记录核查人员的决定 record what a reviewer decided")
@click.argument("bundle", type=_BUNDLE)
@click.argument("finding")
@click.argument("decided", metavar="认定|不认定|待核", type=click.Choice(("认定", "不认定", "待核")))
@click.option("--reviewer", required=True, help="Your name, as it stands in the case file.")
@click.option("--reason", required=True, help="Why, in a sentence.")
def decide(*, bundle: Path, finding: str, decided: str, reviewer: str, reason: str) -> None:
    """由核查人员本人运行：记录对一条线索的决定和理由，写在证据包旁边，不写入证据包。

    Run by a reviewer: record a decision about a finding, beside the bundle and never inside it. Two reviewers each run
    it; a later word of the same reviewer replaces the earlier one, and both stay in the log. Asks once more.
    """
    from harness.clock import SystemClock
    from harness.evidence.case_log import Decided, Decision
    from harness.evidence.case_status import case_status
    from harness.evidence.decide import decide as record

    bundle = one_bundle(bundle)
    found = case_status(bundle)
    row = next((row for row in found.findings if row.finding == finding), None)
    if row is None or not reviewer.strip() or not reason.strip():
        known = ", ".join(row.finding for row in found.findings)
        raise BadInput(
            source="case decide", place=finding, problem="no such finding, name or reason", mend=f"one of {known}"
        )
    print(f"{row.finding}  {row.rule}  {text(f'report-verdict-{row.verdict}')}")
    question = f"{reviewer} 决定 decides: {decided}。请再次输入以确认 type it again"
    again = click.prompt(question, default="", show_default=False)
    if again.strip() != decided:
        raise click.UsageError("未确认，未记录 not confirmed, nothing was recorded")
    decision = Decision(
        finding=finding,
        decided=Decided(decided),
        reviewer=reviewer.strip(),
        reason=reason.strip(),
        payload_sha256=found.payload_sha256,
    )
    print(f"已记录 recorded: {record(bundle, SystemClock().wall(), decision)}")


@case_group.command("deadlines", short_help="各项期限 what is due when")
@click.option("--on", "events", multiple=True, metavar="EVENT=DATE", help="What happened: received=2026-09-24.")
@click.option("--period", "lengths", multiple=True, metavar="ID=DAYS", help="A number no source confirms: T3=15.")
@click.option("--calendar", type=_FILE, help="Days of your own, CSV date,workday; they win over the package's.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Count what is overdue from here; default: today.")
@json_option
def deadlines_of(*, events: tuple[str, ...], lengths: tuple[str, ...], calendar: Path | None, **options: Any) -> None:
    """按工作日计算各项期限；没有核实的天数不假定，没有节假日数据的年份不推算。

    Tell what is due when. Events: issued (the rules; known), submitted, received, feedback, change, offline. Exit 0, or
    2 where a date could not be told.
    """
    from harness.calendar import ISSUED, TRIGGERS, WorkingCalendar, deadlines, read_calendar
    from harness.clock import SystemClock

    happened = {"issued": ISSUED} | {name: _date("--on", name, day) for name, day in _pairs("--on", events, TRIGGERS)}
    given = lengths_of(lengths)
    worked = read_calendar(calendar) if calendar else WorkingCalendar()
    due = deadlines(happened, worked, given)
    today = options["today"].date() if options["today"] else SystemClock().wall().astimezone(_BEIJING).date()
    if options["as_json"]:
        print_json({"format": 1, "calendar": worked.edition, "deadlines": [_deadline_json(one, today) for one in due]})
    else:
        for one in due:
            print(_deadline_line(one, today))
        print(f"日历 calendar: {worked.edition}")
        print("期限是否适用由人确认。 Whether a period applies is for a person to confirm.")
    sys.exit(2 if any(one.rolled is None for one in due) else 0)


def lengths_of(given: Sequence[str]) -> dict[str, int]:
    """Return the lengths of unconfirmed periods by id, from ``ID=DAYS``. Raises ``BadInput``."""
    from harness.calendar import PERIODS

    open_ids = [period.id for period in PERIODS if period.length is None]
    return {name: _days(name, days) for name, days in _pairs("--period", given, open_ids)}


def _pairs(option: str, given: Sequence[str], known: Sequence[str]) -> Iterator[tuple[str, str]]:
    for pair in given:
        name, _, value = pair.partition("=")
        if name not in known or not value:
            raise BadInput(source=option, place=pair, problem="is not NAME=VALUE", mend=f"names: {', '.join(known)}")
        yield name, value


def _date(option: str, name: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise BadInput(
            source=option, place=f"{name}={written}", problem="is no date", mend="write 2026-09-24"
        ) from error


def _days(name: str, written: str) -> int:
    if not written.isdigit() or not 1 <= int(written) <= _MOST_DAYS:
        mend = f"write 1 to {_MOST_DAYS}"
        raise BadInput(source="--period", place=f"{name}={written}", problem="is no number of days", mend=mend)
    return int(written)


def _deadline_line(one: Deadline, today: date) -> str:
    name = f"{one.period.id} {text(f'deadline-{one.period.id}')}（{one.trigger_date}"
    if one.rolled is None:
        return f"{name}）：{text(one.reason)}"
    unit = text(f"deadline-unit-{one.period.unit}")
    late = one.overdue_days(today)
    told = f"，{text('deadline-overdue', [('days', late)])}" if late else ""
    strict = f"（{text('deadline-strict')} {one.strict}）" if one.strict != one.rolled else ""
    sure = f"[{text('catalogue-confidence')} {one.period.confidence}]"
    return f"{name} + {one.length} {unit}）：{one.rolled}{strict}{told} {sure}"


def _deadline_json(one: Deadline, today: date) -> dict[str, Any]:
    return {
        "id": one.period.id,
        "trigger": one.period.trigger,
        "trigger_date": one.trigger_date.isoformat(),
        "unit": one.period.unit,
        "length": one.length,
        "confidence": one.period.confidence,
        "strict": one.strict.isoformat() if one.strict else None,
        "rolled": one.rolled.isoformat() if one.rolled else None,
        "overdue_days": one.overdue_days(today),
        "reason": one.reason,
    }
