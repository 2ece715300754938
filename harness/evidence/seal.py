"""Signs a whole bundle and has the signature time-stamped: DSSE over an in-toto Statement about the tag manifest.

The tag manifest fixes the manifest, the manifest every file of the payload: one signature covers everything.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.clock import Clock
from harness.errors import BadInput, BundleError
from harness.evidence import codec, durable, keys, layout, roots
from harness.evidence.container import open_container, read
from harness.evidence.events import read_facts
from harness.evidence.keys import Signer
from harness.evidence.layout import Asked, CaseFacts, FindingsFacts, RunFacts, SealFacts, StartFacts, TimeGap
from harness.evidence.signers import signer_at
from harness.evidence.sm2 import Sm2Signer, sm2_fingerprint
from harness.evidence.timestamps import NoStamp, Tsa, ask
from harness.model import Judgement

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:android-compliance-harness:evidence-seal:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Who signs, who stamps the time, and the ledger that a bundle's root is added to. ``sm2`` signs a second time."""

    signer: Signer
    tsa: Tsa | None = None
    ledger: Path | None = None
    sm2: Signer | None = None


def sealing(
    sign_key: Path | str, tsa_url: str = "", ledger: Path | None = None, sm2_key: Path | None = None
) -> Sealing:
    """Return the sealing with the key that is at a place. Raises ``BadInput`` for a key or URL that cannot be used.

    Raises ``BundleError`` for a broken ledger: told before anything is recorded, not when it is to be signed.
    """
    if ledger is not None and ledger.exists():
        roots.read_roots(ledger)
    outside = [ledger.parent] if ledger else []
    return Sealing(
        signer=signer_at(sign_key, outside=outside),
        tsa=Tsa(url=tsa_url) if tsa_url else None,
        ledger=ledger,
        sm2=Sm2Signer(sm2_key, outside=outside) if sm2_key else None,
    )


def sealing_for(
    evidence_dir: Path, sign_key: Path | str | None, tsa_url: str = "", sm2_key: Path | None = None
) -> Sealing | None:
    """Return who seals the bundles of a folder of runs, with the ledger that is kept there; ``None`` for nobody.

    Raises ``BadInput`` and ``BundleError`` as ``sealing`` does.
    """
    if sign_key is not None:
        return sealing(sign_key, tsa_url, evidence_dir.absolute() / layout.LEDGER, sm2_key)
    mend = "give a key too, see `harness keys new`"
    if tsa_url:
        raise BadInput(source="tsa", place=tsa_url, problem="stamps a signature, and there is no key", mend=mend)
    if sm2_key is not None:
        raise BadInput(source="sm2 key", place=str(sm2_key), problem="signs second, and there is no first", mend=mend)
    return None


def begin_time(folder: Path, by: Sealing, name: tuple[str, str], clock: Clock) -> Asked | None:
    """Have the authority stamp a fresh nonce before the first step; write both; return what became of the question.

    ``name`` is bundle and run. Returns ``None`` where no authority is set. Raises ``BundleError`` for a full disk only.
    """
    if by.tsa is None:
        return None
    previous = None
    if by.ledger is not None:
        with roots.held(by.ledger) as ledger:
            previous = ledger.head
    facts = StartFacts(bundle=name[0], run=name[1], nonce=secrets.token_hex(16), previous=previous)
    message = codec.dump_page(facts)
    try:
        (folder / layout.TIME).mkdir()
    except OSError as error:
        raise BundleError(f"{folder}: {layout.TIME}: cannot be made: {error}") from error
    durable.write(folder / layout.START, message)
    stamp = ask(by.tsa, message, clock)
    if isinstance(stamp, NoStamp):
        return Asked(tsa=by.tsa.public_url, problem=stamp.reason, detail=stamp.detail)
    durable.write(folder / layout.START_STAMP, stamp)
    return Asked(tsa=by.tsa.public_url)


def seal(folder: Path, by: Sealing, clock: Clock) -> SealFacts:
    """Sign a bundle whose manifests are closed, and return what was signed. The seal appears whole or not at all.

    Raises ``BundleError`` where it is sealed already, or cannot be read or written. An authority that gives no stamp
    leaves ``time-gap.json`` in its place.
    """
    if (folder / layout.SIGNATURES).exists():
        raise BundleError(f"{folder}: is sealed already")
    # Held to the end: between the line before and the line for this bundle nobody enters another one.
    with roots.held(by.ledger) if by.ledger else nullcontext() as ledger:
        facts = _facts(folder, by, created=clock.wall(), previous=ledger.head if ledger else None)
        statement = statement_of(facts, layout.sha256((folder / layout.TAG_MANIFEST).read_bytes()))
        signature = by.signer.sign(pae(PAYLOAD_TYPE, statement))
        signatures = {keys.fingerprint(by.signer.public_pem): signature}
        if by.sm2 is not None:
            signatures[sm2_fingerprint(by.sm2.public_pem)] = by.sm2.sign(pae(PAYLOAD_TYPE, statement))
        files = {
            layout.STATEMENT: envelope(statement, signatures),
            layout.SIGNER: by.signer.public_pem,
            **({layout.SIGNER_SM2: by.sm2.public_pem} if by.sm2 is not None else {}),
            **_time_files(by.tsa, signature, clock),
        }
        part = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}"
        try:
            (part / layout.SIGNATURES).mkdir(parents=True)
            for member, content in files.items():
                durable.write(part / member, content)
            if ledger is not None:
                ledger.add(facts.bundle, facts.run, layout.sha256(statement), at=facts.created)
            (part / layout.SIGNATURES).rename(folder / layout.SIGNATURES)
            durable.sync_folder(folder)
        except OSError as error:
            raise BundleError(f"{folder}: {layout.SIGNATURES}: cannot be written: {error}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return facts


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: the very bytes that are signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def envelope(payload: bytes, signatures: Mapping[str, bytes]) -> bytes:
    """Return a DSSE envelope; ``signatures`` are DER by key fingerprint."""
    value = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode("ascii"),
        "signatures": [
            {"keyid": key, "sig": base64.b64encode(signature).decode("ascii")} for key, signature in signatures.items()
        ],
    }
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode("ascii")


def statement_of(facts: SealFacts, tag_manifest_sha256: str) -> bytes:
    """Return the in-toto Statement: its subject is the tag manifest, its predicate what the bundle says of itself."""
    value: dict[str, object] = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": layout.TAG_MANIFEST, "digest": {"sha256": tag_manifest_sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": codec.to_json(facts),
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def counted(judgement: Judgement) -> tuple[tuple[str, int], ...]:
    """Return how many findings there are of each verdict that occurs, by name."""
    return tuple(sorted(Counter(str(finding.verdict) for finding in judgement.findings).items()))


def _time_files(tsa: Tsa | None, signature: bytes, clock: Clock) -> Mapping[str, bytes]:
    """Return the time-stamp over a signature, or why there is none, as a file of the seal."""
    if tsa is None:
        return {}
    stamp = ask(tsa, signature, clock)
    if isinstance(stamp, NoStamp):
        asked = Asked(tsa=tsa.public_url, problem=stamp.reason, detail=stamp.detail)
        return {layout.TIME_GAP: codec.dump_page(TimeGap(asked=asked, at=clock.wall()))}
    return {layout.STATEMENT_STAMP: stamp}


def _facts(folder: Path, by: Sealing, *, created: datetime, previous: str | None) -> SealFacts:
    with open_container(folder) as container:
        run = read_facts(container, layout.RUN, RunFacts)
        case = read_facts(container, layout.CASE, CaseFacts)
        judgement = read_facts(container, layout.FINDINGS, FindingsFacts).judgement
        log = read(container, layout.EVENTS).split(b"\n")[:-1]
        return SealFacts(
            bundle=run.bundle,
            run=run.run,
            case_id=case.case_id,
            package=str(case.package),
            payload_sha256=layout.sha256(read(container, layout.MANIFEST)),
            chain_head=layout.sha256(log[-1]) if log else layout.FIRST_PREV,
            events=len(log),
            findings=counted(judgement),
            engines=run.engines,
            rules=run.rules,
            harness_version=run.harness_version,
            created=created,
            previous=previous,
            tsa=by.tsa.public_url if by.tsa else "",
        )
