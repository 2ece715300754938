"""The commands about a review case: bundles are delivered to it, decisions of persons recorded, both looked up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.evidence import one_bundle
from harness.cli.output import json_option, print_json
from harness.errors import BadInput
from harness.messages import text
from harness.wording import visible

if TYPE_CHECKING:
    from harness.evidence.case_status import CaseStatus

_FILE = click.Path(dir_okay=False, path_type=Path)
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
