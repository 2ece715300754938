"""The list of what reviewing staff need in a case file, and what of it a bundle holds. Pure.

The thirteen items are derived from the measures, not from a template that anybody published; the list says of each
what is there, where, and what is lacking. It never fills in what only a person can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from harness.evidence import codec, layout
from harness.evidence.container import Container
from harness.evidence.events import read_facts, read_trail
from harness.evidence.inspection import Soundness
from harness.evidence.layout import CaseFacts, FindingsFacts, RunFacts, SubjectFacts
from harness.evidence.seal import counted
from harness.evidence.shared import is_shared_copy
from harness.messages import text


class Held(StrEnum):
    """What a bundle holds of one item; each is a message key with ``case-held-`` before it."""

    WHOLE = "whole"
    PARTLY = "partly"
    NOT = "not"
    FOR_A_PERSON = "for-a-person"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseItem:
    """One item: ``where`` are members of the bundle, ``lacks`` message keys of what is not there."""

    number: int
    held: Held
    where: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """What goes to a case beside a bundle: which bundle it is, how it verified, and the list."""

    format: int = codec.FORMAT
    case: str
    bundle: str
    soundness: Soundness
    payload_sha256: str
    made: datetime
    shared_copy: bool
    items: tuple[CaseItem, ...]


def case_file(container: Container, case: str, verified: tuple[Soundness, str], made: datetime) -> CaseFile:
    """Return the list for a bundle or a shared copy. Raises ``BundleError`` where it cannot be read."""
    shared = is_shared_copy(container)
    run = read_facts(container, layout.RUN, RunFacts)
    items = (
        _identity(read_facts(container, layout.SUBJECT, SubjectFacts)),
        CaseItem(number=2, held=Held.PARTLY, where=(_report(shared),), lacks=("case-lacks-article",)),
        _findings(container, shared=shared),
        *_walked(container, run, shared=shared),
        _exemption(read_facts(container, layout.SUBJECT, SubjectFacts)),
        CaseItem(number=8, held=Held.NOT, lacks=("case-lacks-complaint", "case-lacks-shown-number")),
        CaseItem(
            number=9,
            held=Held.PARTLY,
            where=(layout.DEVICE, layout.RUN, *(() if shared else (layout.COVERAGE,))),
            lacks=("case-lacks-role",),
        ),
        CaseItem(
            number=10,
            held=Held.WHOLE if shared else Held.NOT,
            where=(layout.MASKS, layout.WITHHELD) if shared else (),
            lacks=() if shared else ("case-lacks-masking",),
        ),
        CaseItem(number=11, held=Held.FOR_A_PERSON, lacks=("case-lacks-procedure",)),
        CaseItem(number=12, held=Held.FOR_A_PERSON, lacks=("case-lacks-decision",)),
        CaseItem(number=13, held=Held.NOT, lacks=("case-lacks-annex",)),
    )
    return CaseFile(
        case=case,
        bundle=run.bundle,
        soundness=verified[0],
        payload_sha256=verified[1],
        made=made,
        shared_copy=shared,
        items=tuple(sorted(items, key=lambda item: item.number)),
    )


def as_text(file: CaseFile) -> bytes:
    """Return the list for people, as old editors on Windows read it: Chinese, byte order mark, their line ends."""
    lines = [
        f"案件材料清单  {file.case}",
        f"证据包：{file.bundle}{'（共享副本）' if file.shared_copy else ''}",
        f"核验：{text(f'soundness-{file.soundness}')}",
        f"清单哈希值（manifest-sha256.txt 的 SHA-256）：{file.payload_sha256}",
        f"生成时间：{file.made.isoformat(timespec='seconds')}",
        "",
    ]
    for item in file.items:
        lines.append(f"{item.number:>2}. {text(f'case-item-{item.number}')}  【{text(f'case-held-{item.held}')}】")
        lines += [f"      {told}" for told in item.told]
        lines += [f"      见 {member}" for member in item.where]
        lines += [f"      缺：{text(key)}" for key in item.lacks]
    lines += ["", "本清单由程序生成，只说明证据包里有什么、缺什么；是否认定由核查人员决定并签字。", ""]
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode("utf-8")


def _identity(subject: SubjectFacts) -> CaseItem:
    app, identity = subject.app, subject.identity
    known = {
        "case-lacks-version": identity.version_name and identity.version_code,
        "case-lacks-apk": identity.apk_sha256,
        "case-lacks-signer": identity.signer_sha256,
        "case-lacks-sponsor": app.sponsor_unit,
        "case-lacks-filing": app.filing_number,
        "case-lacks-level": app.level,
    }
    lacks = (*(key for key, value in known.items() if not value), "case-lacks-source", "case-lacks-shown-number")
    told = (f"{app.name} {app.package} {identity.version_name}".strip(),)
    return CaseItem(number=1, held=Held.PARTLY, where=(layout.SUBJECT,), lacks=lacks, told=told)


def _findings(container: Container, *, shared: bool) -> CaseItem:
    member = f"{layout.SHARED}/{layout.FINDINGS}" if shared else layout.FINDINGS
    judgement = read_facts(container, member, FindingsFacts).judgement
    told = tuple(f"{text(f'report-verdict-{verdict}')} {number}" for verdict, number in counted(judgement))
    return CaseItem(number=3, held=Held.WHOLE, where=(member,), told=told)


def _walked(container: Container, run: RunFacts, *, shared: bool) -> tuple[CaseItem, ...]:
    """Return the items that rest on the log: chain of evidence, probes, counter-evidence."""
    report = _report(shared)
    counter = CaseItem(number=6, held=Held.PARTLY, where=(report,), lacks=("case-lacks-alternatives",))
    if shared:
        gone = CaseItem(number=4, held=Held.PARTLY, where=(report, layout.MASKS), lacks=("evidence-withheld",))
        probes = CaseItem(number=5, held=Held.PARTLY, where=(report,), lacks=("evidence-withheld",))
        return gone, probes, counter
    trail = read_trail(container, torn_ok=False)
    filmed = any(recording.sha256 for recording in trail.recordings)
    lacks = () if filmed or not trail.probe_runs else ("case-lacks-film",)
    folders = (layout.EVENTS, layout.SHOTS, layout.UI, *((layout.RECORDINGS,) if filmed else ()))
    chain = CaseItem(number=4, held=Held.PARTLY if lacks else Held.WHOLE, where=folders, lacks=lacks)
    if not trail.probe_runs:
        return chain, CaseItem(number=5, held=Held.NOT, lacks=("case-lacks-probes",)), counter
    told = (f"{len(trail.probe_runs)} / {run.rules or run.harness_version}",)
    second = ("case-lacks-second-device",)
    probes = CaseItem(number=5, held=Held.PARTLY, where=(layout.EVENTS, report), lacks=second, told=told)
    return chain, probes, counter


def _exemption(subject: SubjectFacts) -> CaseItem:
    claimed = tuple(part for part in (subject.app.exemption_claimed, subject.app.exemption_basis) if part)
    return CaseItem(
        number=7,
        held=Held.PARTLY if claimed else Held.FOR_A_PERSON,
        where=(layout.SUBJECT,),
        lacks=("case-lacks-exemption",),
        told=claimed,
    )


def _report(shared: bool) -> str:  # noqa: FBT001 - the value is the argument
    return f"{layout.SHARED}/{layout.REPORT}" if shared else layout.REPORT


def case_id_of(container: Container) -> str:
    """Return the case that a bundle was made for, empty where it was made for none. Raises ``BundleError``."""
    return read_facts(container, layout.CASE, CaseFacts).case_id
