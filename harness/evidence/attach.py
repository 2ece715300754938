"""Attaches a bundle to a review case: its zip and the case file's list are delivered, the receipts kept beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.clock import Clock
from harness.errors import BadInput
from harness.evidence import case_log, codec
from harness.evidence.case_file import CaseFile, as_text, case_file, case_id_of
from harness.evidence.case_log import Delivered
from harness.evidence.container import open_container
from harness.evidence.durable import write
from harness.evidence.packed import pack
from harness.evidence.places import Place, public_name
from harness.evidence.sealed import Trust
from harness.evidence.verify import Soundness, verify
from harness.messages import text

_DELIVERABLE = (Soundness.SOUND, Soundness.WITHHELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What was delivered, and the list that went with it."""

    deliveries: tuple[Delivered, ...]
    file: CaseFile
    new: int  # how many of them were not there before


def attach(case: str, bundle: Path, place: Place, clock: Clock, trust: Trust | None = None) -> Attached:
    """Deliver a bundle, folder or zip, to a case; the same bundle twice changes nothing.

    Raises ``BadInput`` for a bundle that does not verify or is for another case, ``BundleError`` where it cannot be
    delivered: what was delivered by then is in the log and is not sent again.
    """
    report = verify(bundle, trust=trust)
    if report.soundness not in _DELIVERABLE or report.payload_sha256 is None:
        problem = f"is not delivered: {text(f'soundness-{report.soundness}')}"
        raise BadInput(source=str(bundle), place="bundle", problem=problem, mend=f"harness verify {bundle}")
    case_id = case_name(case)
    with open_container(bundle) as container:
        made_for = case_id_of(container)
        if made_for and made_for != case_id:
            mend = f"attach it to a case that ends in {made_for}"
            raise BadInput(source=str(bundle), place="case", problem=f"was made for case {made_for}", mend=mend)
        name = container.name
        file = case_file(container, case_id, (report.soundness, report.payload_sha256), clock.wall())
    log = case_log.log_path(bundle)
    before = [entry.delivered for entry in case_log.read_log(log) if entry.delivered is not None]
    stem = f"{name}-shared" if file.shared_copy else name
    deliveries, new = [], 0
    with _files(bundle, stem, file, known=[one.file for one in before if one.place == place.name]) as files:
        for path in files:
            receipt = place.put(path.name, path)
            delivered = Delivered(
                case=case_id,
                place=place.name,
                file=path.name,
                sha256=case_log.digest_of(path),
                size_bytes=path.stat().st_size,
                confirmed=receipt.confirmed,
                receipt=receipt.answer,
            )
            deliveries.append(delivered)
            if (delivered.place, delivered.file, delivered.sha256) not in {(b.place, b.file, b.sha256) for b in before}:
                case_log.add(log, clock.wall(), delivered)
                new += 1
    return Attached(deliveries=tuple(deliveries), file=file, new=new)


def case_name(case: str) -> str:
    """Return the case's own name: the last part of its path or URL. Raises ``BadInput`` where it has none."""
    path = urlsplit(public_name(case)).path if "://" in case else Path(case).absolute().as_posix()
    name = unquote(path.rstrip("/").rpartition("/")[2])
    if not name or name in (".", ".."):
        raise BadInput(source="case", place=case, problem="has no name", mend="end it with the case's number")
    return name


@contextmanager
def _files(bundle: Path, stem: str, file: CaseFile, known: list[str]) -> Iterator[list[Path]]:
    """Yield the files of a delivery. A list that was delivered before is not made anew: its time would differ."""
    with tempfile.TemporaryDirectory() as folder:
        packed = pack(bundle, Path(folder) / f"{stem}.zip") if bundle.is_dir() else bundle
        lists = {f"{stem}.case-file.json": codec.dump_page(file), f"{stem}.case-file.txt": as_text(file)}
        made = [packed]
        for name, content in lists.items():
            if name not in known:
                write(Path(folder) / name, content)
                made.append(Path(folder) / name)
        yield made
