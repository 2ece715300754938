"""Which evidence of old nights may go, and why the rest stays. The ledger's rows stay for ever, and say what went."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.baseline import Look, Standing, Tracked
from harness.evidence.case_log import digest_of, log_path
from harness.evidence.layout import MANIFEST
from harness.fleet.across_nights import AcrossKind
from harness.fleet.ledger import Ledger
from harness.fleet.ledger_apps import across, attempts_of, bundles_of, listed

LOG: Final = logging.getLogger(__name__)
LEAST_KEPT: Final = 2  # a comparison shows two nights


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What became of an attempt's folder of an old night; ``reason`` is a message key, empty where it went."""

    night: str
    folder: Path
    reason: str = ""


def drop_old_evidence(ledger: Ledger, evidence_dir: Path, keep: int) -> tuple[Retained, ...]:
    """Remove the evidence of all closed nights but the newest ``keep``, and return what went and what stayed.

    What a case holds stays, as does what a finding that is still followed rests on; both whatever their age. Every
    removal is written into the ledger before it is done.
    """
    nights = [night for night, closed in ledger.nights() if closed]
    known = ledger.known_after(nights[-1]) if nights else {}
    if not known:
        return ()  # the newest night was not compared: what it rests on cannot be told
    needed = _needed(ledger, nights, known.values())
    told = []
    for night in nights[: -max(keep, LEAST_KEPT)]:
        for_cases = {key for key, app in listed(ledger, night).apps.items() if app.case_id}
        of_cases = {f"a{attempt:06d}" for attempt, key in attempts_of(ledger, night).items() if key in for_cases}
        for folder in _folders(evidence_dir / night):
            reason = "kept-listed-case" if folder.name in of_cases else _stays(folder, evidence_dir, needed)
            told.append(Retained(night=night, folder=folder, reason=reason))
            if not reason:
                ledger.note(night, "evidence-removed", {"folder": folder.name, "bundles": _digests(folder)})
                shutil.rmtree(folder, ignore_errors=True)
                if folder.exists():
                    LOG.warning("could not be removed whole", extra={"folder": str(folder)})
    return tuple(told)


def _folders(night: Path) -> list[Path]:
    """Return the folders of attempts and canaries of a night; a link is nobody's evidence and is left alone."""
    return sorted(path for path in night.glob("*") if path.is_dir() and not path.is_symlink())


def _stays(folder: Path, evidence_dir: Path, needed: frozenset[str]) -> str:
    for bundle in _bundles(folder):
        if log_path(bundle).exists():
            return "kept-case"
        if bundle.relative_to(evidence_dir).as_posix() in needed:
            return "kept-finding"
    return ""


def _bundles(folder: Path) -> list[Path]:
    return sorted(manifest.parent for manifest in folder.glob("*/*/bagit.txt"))


def _digests(folder: Path) -> dict[str, Any]:
    """Return the payload hash of every bundle below a folder, as its cover bears it."""
    return {bundle.name: digest_of(bundle / MANIFEST) for bundle in _bundles(folder) if (bundle / MANIFEST).is_file()}


def _needed(ledger: Ledger, nights: Sequence[str], known: Iterable[Tracked]) -> frozenset[str]:
    """Return the bundles that what is known after the newest night rests on."""
    bundles = [look.bundle for tracked in known for look in _rests_on(tracked)]
    together = [c.finding for c in across(ledger, nights[-1]) if c.kind is not AcrossKind.GONE]
    apart = {share.package for finding in together for share in finding.shares}
    for night in nights:
        bundles += [bundle for (package, _), bundle in bundles_of(ledger, night).items() if package in apart]
    return frozenset(Path(bundle).as_posix() for bundle in bundles if bundle)


def _rests_on(tracked: Tracked) -> Iterable[Look]:
    if tracked.standing is Standing.NONE:
        return ()
    return (*((tracked.last_seen,) if tracked.last_seen is not None else ()), *tracked.proofs)
