"""Looks at a bundle's seal with what the reviewer brought: a key, a root of time-stamps, a ledger.

What lies in the bundle can only be consistent with itself. Who made it, and when, follows from what came another way.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import BundleError
from harness.evidence import codec, keys, layout, roots
from harness.evidence.container import Container, Limits, Problem, read
from harness.evidence.events import Trail, read_facts
from harness.evidence.inspection import Item, Result, Signed, Stamped, item, judged
from harness.evidence.keys import Certificate
from harness.evidence.layout import CaseFacts, FindingsFacts, RunFacts, SealFacts, TimeGap
from harness.evidence.migrate import migrated
from harness.evidence.seal import PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, counted, pae
from harness.evidence.sm2 import is_sm2_signature, sm2_fingerprint
from harness.evidence.timestamps import Token, problem_of, read_token
from harness.messages import text

_SMALL = Limits(text_bytes=1 << 20)
_MOST_SIGNATURES = 8
# How far the host's clock may be from the authority's: a machine without a time server drifts by minutes.
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the reviewer has from elsewhere. What is not given cannot be said, and the report says that."""

    key_pem: bytes | None = None
    tsa_roots: tuple[Certificate, ...] = ()
    ledger: Path | None = None
    sm2_pem: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What was found of a seal. ``facts`` are ``None`` where there is none or it cannot be believed."""

    items: tuple[Item, ...]
    facts: SealFacts | None = None
    statement: bytes = b""
    tag_manifest_sha256: str = ""
    signed: Signed | None = None
    stamped: Stamped | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    statement: bytes
    payload_type: str
    signatures: tuple[bytes, ...]


@dataclass(slots=True, kw_only=True)
class _Times:
    """The time-stamps of a bundle while they are looked at."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    blind: list[Problem] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)


def look_at_seal(container: Container, trust: Trust) -> Seal:
    """Return what the signature and the time-stamps say. Never raises for what is in the bundle."""
    there = container.sizes.keys() & set(layout.SEAL_FILES)
    if not there:
        missing = Problem(key="evidence-unsealed")
        # A reviewer who names a key expects a signature: one that was taken off must not pass for one never made.
        result = Result.WRONG if trust.key_pem is not None else Result.NOTED
        return Seal(items=(item("verify-seal", result, missing), *_time_items(container, None, trust)[0]))
    try:
        envelope = _envelope(container)
        public_pem = read(container, layout.SIGNER, limits=_SMALL)
    except BundleError as error:
        broken = Problem(key="evidence-seal-broken", member=layout.STATEMENT, detail=str(error))
        return Seal(items=(item("verify-seal", Result.WRONG, broken), *_time_items(container, None, trust)[0]))
    pinned = trust.key_pem is not None
    message = pae(envelope.payload_type, envelope.statement)
    believed = trust.key_pem if trust.key_pem is not None else public_pem
    signature = next((one for one in envelope.signatures if keys.is_signature(believed, one, message)), None)
    time_items, stamped = _time_items(container, signature, trust)
    if signature is None:
        other = pinned and any(keys.is_signature(public_pem, one, message) for one in envelope.signatures)
        key = "evidence-other-key" if other else "evidence-signature-wrong"
        detail = keys.fingerprint(public_pem) if other else ""
        wrong = item("verify-seal", Result.WRONG, Problem(key=key, member=layout.STATEMENT, detail=detail))
        return Seal(items=(wrong, *time_items), stamped=stamped)
    signed = Signed(key_sha256=keys.fingerprint(believed), pinned=pinned)
    seal = _read_seal(envelope, signed, (public_pem, time_items, stamped))
    second = _look_at_sm2(container, envelope, trust)
    return seal if second is None else _with_second(seal, *second)


def _look_at_sm2(container: Container, envelope: _Envelope, trust: Trust) -> tuple[Result, Problem] | None:
    """Return what is to be said of the second signature, ``None`` where there is none and none was asked for."""
    there = layout.SIGNER_SM2 in container.sizes
    if not there and trust.sm2_pem is None:
        return None
    member = layout.SIGNER_SM2
    if not there:
        return Result.WRONG, Problem(key="evidence-sm2-missing", member=member)
    try:
        public_pem = trust.sm2_pem or read(container, member, limits=_SMALL)
    except BundleError as error:
        return Result.WRONG, Problem(key="evidence-unreadable", member=member, detail=str(error))
    message = pae(envelope.payload_type, envelope.statement)
    said = [is_sm2_signature(public_pem, one, message) for one in envelope.signatures]
    if None in said:  # a reviewer who named the key wants it looked at
        unseen = Problem(key="evidence-sm2-not-looked", member=member)
        return Result.NOTED if trust.sm2_pem is None else Result.NOT_LOOKED, unseen
    if True not in said:
        return Result.WRONG, Problem(key="evidence-sm2-wrong", member=member)
    fingerprint = sm2_fingerprint(public_pem)
    if trust.sm2_pem is None:
        return Result.NOTED, Problem(key="evidence-sm2-not-pinned", member=member, detail=fingerprint)
    if sm2_fingerprint(read(container, member, limits=_SMALL)) != fingerprint:
        return Result.WRONG, Problem(key="evidence-signer-differs", member=member)
    return Result.RIGHT, Problem(key="", member=member)


def _with_second(seal: Seal, result: Result, problem: Problem) -> Seal:
    """Return a seal of which the second signature was looked at too; the worse of the two results stands."""
    order = (Result.RIGHT, Result.NOTED, Result.NOT_LOOKED, Result.WRONG)
    first, *rest = seal.items
    worse = max(first.result, result, key=order.index)
    problems = first.problems if result is Result.RIGHT else (*first.problems, problem)
    return replace(seal, items=(item("verify-seal", worse, *problems), *rest))


def _read_seal(envelope: _Envelope, signed: Signed, seen: tuple[bytes, tuple[Item, ...], Stamped | None]) -> Seal:
    """Return a seal whose signature is right: its statement read, or why it cannot be."""
    public_pem, time_items, stamped = seen
    try:
        facts, subject, predicate_type = _statement(envelope)
    except BundleError as error:
        broken = Problem(key="evidence-seal-broken", member=layout.STATEMENT, detail=str(error))
        return Seal(items=(item("verify-seal", Result.WRONG, broken), *time_items), signed=signed, stamped=stamped)
    if facts is None:
        unknown = Problem(key="evidence-seal-unknown", member=layout.STATEMENT, detail=predicate_type[:100])
        seal_item = item("verify-seal", Result.NOT_LOOKED, unknown)
        return Seal(items=(seal_item, *time_items), signed=signed, stamped=stamped)
    if not signed.pinned:
        note = Problem(key="evidence-key-not-pinned", member=layout.SIGNER, detail=signed.key_sha256)
        seal_item = item("verify-seal", Result.NOTED, note)
    elif not keys.same_key(public_pem, signed.key_sha256):
        hint = Problem(key="evidence-signer-differs", member=layout.SIGNER)
        seal_item = item("verify-seal", Result.WRONG, hint)
    else:
        seal_item = item("verify-seal", Result.RIGHT)
    return Seal(
        items=(seal_item, *time_items),
        facts=facts,
        statement=envelope.statement,
        tag_manifest_sha256=subject,
        signed=signed,
        stamped=stamped,
    )


def look_at_statement(
    seal: Seal, digests: dict[str, str], facts: tuple[RunFacts, CaseFacts, FindingsFacts], trail: Trail
) -> Item:
    """Return whether what was signed is what the bundle holds: nothing taken away, nothing put in its place."""
    signed = seal.facts
    if signed is None:
        return item("verify-statement", Result.NOTED, Problem(key="evidence-unsealed"))
    run, case, findings = facts
    pairs = {
        layout.MANIFEST: (signed.payload_sha256, digests.get(layout.MANIFEST)),
        layout.EVENTS: ((signed.chain_head, signed.events), (trail.head, len(trail.events))),
        layout.RUN: (
            (signed.bundle, signed.run, signed.engines, signed.rules, signed.harness_version),
            (run.bundle, run.run, run.engines, run.rules, run.harness_version),
        ),
        layout.CASE: ((signed.case_id, signed.package), (case.case_id, str(case.package))),
        layout.FINDINGS: (signed.findings, counted(findings.judgement)),
    }
    return judged(
        "verify-statement",
        tuple(Problem(key="evidence-not-as-signed", member=member) for member, (a, b) in pairs.items() if a != b),
    )


def look_at_ledger(seal: Seal, trust: Trust) -> Item:
    """Return whether the ledger knows this very seal, and no other one for the same bundle."""
    if trust.ledger is None:
        return item("verify-ledger", Result.NOTED, Problem(key="evidence-no-ledger"))
    if seal.facts is None:
        return item("verify-ledger", Result.NOT_LOOKED, Problem(key="evidence-unsealed"))
    try:
        known = roots.read_roots(trust.ledger)
    except BundleError as error:
        return item("verify-ledger", Result.NOT_LOOKED, Problem(key="evidence-ledger-broken", detail=str(error)))
    name, mine = seal.facts.bundle, layout.sha256(seal.statement)
    entered = [root.statement_sha256 for root in known if root.bundle == name]
    problems = []
    if mine not in entered:
        problems.append(Problem(key="evidence-not-in-ledger", detail=name))
    if set(entered) - {mine}:
        problems.append(Problem(key="evidence-issued-twice", detail=name))
    return judged("verify-ledger", tuple(problems))


def outside(stamped: Stamped | None, trail: Trail) -> Iterator[Problem]:
    """Yield the first and last event that lie outside the time between the two time-stamps."""
    if stamped is None:
        return
    early = [event for event in trail.events if stamped.after and event.at.wall < stamped.after - CLOCK_TOLERANCE]
    late = [event for event in trail.events if stamped.before and event.at.wall > stamped.before + CLOCK_TOLERANCE]
    for event in (*early[:1], *late[-1:]):
        detail = f"{event.seq}: {event.at.wall.astimezone(UTC).isoformat(timespec='seconds')}"
        yield Problem(key="evidence-outside-stamps", member=layout.EVENTS, detail=detail)


def _envelope(container: Container) -> _Envelope:
    """Return the parts of the DSSE envelope. Raises ``BundleError`` for anything that is not exactly one."""
    name = layout.STATEMENT
    value = codec.parse(read(container, name, limits=_SMALL), member=name)
    if not isinstance(value, dict) or value.keys() != {"payload", "payloadType", "signatures"}:
        raise BundleError(f"{name}: is not a DSSE envelope")
    kind, listed = value["payloadType"], value["signatures"]
    if kind != PAYLOAD_TYPE:
        raise BundleError(f"{name}: its payload is not an in-toto Statement")
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_SIGNATURES:
        raise BundleError(f"{name}: has no signatures, or too many")
    signatures = []
    for one in listed:
        if not isinstance(one, dict) or not {"sig"} <= one.keys() <= {"sig", "keyid"}:
            raise BundleError(f"{name}: a signature is not one")
        signatures.append(_bytes(one["sig"]))
    return _Envelope(statement=_bytes(value["payload"]), payload_type=PAYLOAD_TYPE, signatures=tuple(signatures))


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BundleError(f"{layout.STATEMENT}: is not base64: {error}") from error


def _statement(envelope: _Envelope) -> tuple[SealFacts | None, str, str]:
    """Return predicate, the tag manifest's digest and the predicate's type; no predicate for a type we do not know."""
    name = layout.STATEMENT
    value = codec.parse(envelope.statement, member=name)
    if not isinstance(value, dict) or value.keys() != {"_type", "subject", "predicateType", "predicate"}:
        raise BundleError(f"{name}: is not a Statement")
    kind, predicate = value["predicateType"], value["predicate"]
    if value["_type"] != STATEMENT_TYPE or not isinstance(kind, str):
        raise BundleError(f"{name}: is not an in-toto Statement v1")
    stored = predicate.get("format") if isinstance(predicate, dict) else None
    if kind != PREDICATE_TYPE or (type(stored) is int and stored > codec.FORMAT):
        return None, "", kind
    subject = value["subject"]
    digest = subject[0].get("digest") if isinstance(subject, list) and isinstance(subject[0], dict) else None
    sha256 = digest.get("sha256") if isinstance(digest, dict) else None
    if subject != [{"name": layout.TAG_MANIFEST, "digest": {"sha256": sha256}}] or not isinstance(sha256, str):
        raise BundleError(f"{name}: is not about {layout.TAG_MANIFEST}")
    if type(stored) is not int:
        raise BundleError(f"{name}: format {stored!r} is not one")
    return codec.from_json(SealFacts, migrated(name, predicate, stored), member=name, at=".predicate"), sha256, kind


# --- time-stamps -----------------------------------------------------------------------------------------------


def _time_items(container: Container, signature: bytes | None, trust: Trust) -> tuple[tuple[Item, ...], Stamped | None]:
    """Return the item of the time-stamps and what they say; ``signature`` is what the last one has to be over."""
    times = _Times()
    if layout.START in container.sizes:
        start = read(container, layout.START, limits=_SMALL) if container.sizes[layout.START] < 1 << 20 else b""
        _look_at_stamp(container, (layout.START_STAMP, start), trust.tsa_roots, times)
    if container.sizes.keys() & {layout.STATEMENT_STAMP, layout.TIME_GAP}:
        _look_at_stamp(container, (layout.STATEMENT_STAMP, signature), trust.tsa_roots, times)
    if layout.STATEMENT_STAMP in container.sizes and layout.START not in container.sizes:
        times.notes.append(Problem(key="evidence-no-start"))
    if trust.tsa_roots and layout.STATEMENT_STAMP not in container.sizes:
        times.blind.append(Problem(key="evidence-no-stamp", member=layout.STATEMENT_STAMP))
    if not times.tokens and not times.blind and not times.problems and not times.notes:
        times.notes.append(Problem(key="evidence-unstamped"))
    if times.problems:
        return (item("verify-time", Result.WRONG, *times.problems, *times.blind),), None
    stamped = _stamped(times.tokens, trust.tsa_roots)
    if times.blind:
        return (item("verify-time", Result.NOT_LOOKED, *times.blind, *times.notes),), stamped
    if times.notes:
        return (item("verify-time", Result.NOTED, *times.notes),), stamped
    return (item("verify-time", Result.RIGHT),), stamped


def _look_at_stamp(
    container: Container, over: tuple[str, bytes | None], tsa_roots: Sequence[Certificate], times: _Times
) -> None:
    """Add what is right or wrong with one time-stamp; ``over`` is its member and the bytes it has to be over."""
    member, message = over
    if member not in container.sizes:
        times.notes.append(Problem(key="evidence-time-gap", member=member, detail=_why(container, member)))
        return
    if message is None:  # no signature that holds: nothing to hold the time-stamp against
        times.blind.append(Problem(key="evidence-time-unheld", member=member))
        return
    try:
        token = read_token(read(container, member, limits=_SMALL))
    except BundleError as error:
        times.blind.append(Problem(key="evidence-time-unreadable", member=member, detail=str(error)))
        return
    if not token.granted or not token.is_over(message):
        times.problems.append(Problem(key="evidence-time-other", member=member))
        return
    if tsa_roots and (said := problem_of(token, message, tsa_roots)):
        times.problems.append(Problem(key="evidence-time-wrong", member=member, detail=said))
        return
    if not tsa_roots:
        detail = token.time.isoformat(timespec="seconds")
        times.notes.append(Problem(key="evidence-time-not-pinned", member=member, detail=detail))
    times.tokens[member] = token


def _why(container: Container, member: str) -> str:
    """Return why an authority gave no time-stamp, as far as the bundle tells."""
    try:
        if member == layout.START_STAMP:
            asked = read_facts(container, layout.RUN, RunFacts).start_stamp
        else:
            asked = read_facts(container, layout.TIME_GAP, TimeGap).asked
    except BundleError:
        return ""
    return f"{text(asked.problem)} {asked.detail}".strip() if asked else ""


def _stamped(tokens: dict[str, Token], tsa_roots: Sequence[Certificate]) -> Stamped | None:
    if not tokens:
        return None
    start, end = tokens.get(layout.START_STAMP), tokens.get(layout.STATEMENT_STAMP)
    return Stamped(
        after=_within(start, -1) if start else None,
        before=_within(end, +1) if end else None,
        proven=bool(tsa_roots),
    )


def _within(token: Token, sign: int) -> datetime:
    return token.time + sign * token.accuracy
