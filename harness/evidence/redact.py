"""Makes the copy of a bundle that may be shared: masked derivatives in it, the originals withheld and told of.

What stays of the sealed bundle keeps its bytes; its manifests go on naming what is withheld, so that whoever has the
originals can prove that these are they. Nothing of the copy's own part is covered by the bundle's signature.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import resources
from pathlib import Path

from harness.clock import Clock
from harness.errors import BadInput, BundleError
from harness.evidence import bag, codec, durable, layout
from harness.evidence.bundle import StoredBundle, open_bundle
from harness.evidence.container import Container, Problem, read
from harness.evidence.events import read_facts
from harness.evidence.layout import CoverageFacts, FindingsFacts, sha256
from harness.evidence.masking import Mask, TextMask, black, counted, mask_picture
from harness.evidence.packed import pack
from harness.evidence.personal import names_on
from harness.evidence.shared import Withheld, WithheldFacts, is_withheld
from harness.evidence.verify import Soundness, verify
from harness.messages import text
from harness.model import Judgement, Observation

Pages = Callable[[StoredBundle, Judgement], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedShot:
    """A picture of the copy, the original that it was made from, and every place that was painted over.

    ``member`` is ``None`` where the original could not be read, and so not be masked.
    """

    member: str | None
    derived_from: str
    masks: tuple[Mask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskFacts:
    """Everything that was masked: places in pictures, and how often in texts, by kind."""

    format: int = codec.FORMAT
    pictures: tuple[MaskedShot, ...]
    texts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A copy that was made."""

    path: Path
    masks: MaskFacts
    withheld: WithheldFacts


def share(bundle: Path, out: Path, pages: Pages, clock: Clock) -> Shared:
    """Write the shared copy of a sound bundle to ``out``, a folder or a name that ends in ``.zip``.

    ``pages`` renders what is left as it renders a bundle. Raises ``BadInput`` for a bundle that does not verify or a
    place that is taken, ``BundleError`` where it cannot be read or written.
    """
    soundness = verify(bundle).soundness
    if soundness is not Soundness.SOUND:
        problem = f"is not sound: {text(f'soundness-{soundness}')}"
        raise BadInput(source=str(bundle), place="bundle", problem=problem, mend=f"harness verify {bundle}")
    with open_bundle(bundle) as stored:
        target = out if out.suffix == ".zip" else out / stored.name
        if target.exists():
            mend = "name a place that is not taken"
            raise BadInput(source=str(target), place="shared copy", problem="is there already", mend=mend)
        part = out.parent / f".{stored.name}.{uuid.uuid4().hex[:8]}"
        folder = part / stored.name
        try:
            folder.mkdir(parents=True)
            facts = _write(stored, folder, pages, clock.wall())
            target.parent.mkdir(parents=True, exist_ok=True)
            if out.suffix == ".zip":
                pack(folder, target)
            else:
                folder.rename(target)
            durable.sync_folder(target.parent)
        except OSError as error:
            raise BundleError(f"{target}: cannot be written: {error}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return Shared(path=target, masks=facts[0], withheld=facts[1])


def _write(stored: StoredBundle, folder: Path, pages: Pages, made: datetime) -> tuple[MaskFacts, WithheldFacts]:
    if stored.judgement is None:
        raise BundleError(f"{stored.name}: was never judged")
    container = stored.container
    withheld = WithheldFacts(
        bundle=stored.name,
        made=made,
        payload_sha256=sha256(read(container, layout.MANIFEST)),
        members=tuple(_withheld(container)),
    )
    kept = container.sizes.keys() - {one.member for one in withheld.members}
    for member in sorted(kept):
        _put(folder, member, b"".join(container.chunks(member)))
    mask = TextMask(sorted(_names(stored)), black)
    shots, digests, observations = _masked_shots(stored, mask)
    walk = replace(mask.value(stored.walk), observations=observations)
    judgement = _moved(mask.value(stored.judgement), digests)
    coverage = mask.value(read_facts(container, layout.COVERAGE, CoverageFacts))
    masked = replace(stored, walk=walk, judgement=judgement, container=_Masked(stored.container, shots), recordings=())
    files = {
        **{layout.shot_member(digest): png for digest, png in shots.items()},
        **pages(masked, judgement),
        layout.FINDINGS: codec.dump_page(FindingsFacts(judgement=judgement)),
        layout.COVERAGE: codec.dump_page(coverage),
    }
    masks = MaskFacts(pictures=tuple(_told(stored, digests)), texts=counted(mask.counts))
    own = {f"{layout.SHARED}/{member}": content for member, content in files.items()}
    own[layout.WITHHELD] = codec.dump_page(withheld)
    own[layout.MASKS] = codec.dump_page(masks)
    own[f"{layout.SHARED}/{layout.README}"] = _readme()
    own[layout.SHARED_MANIFEST] = bag.manifest({name: sha256(content) for name, content in sorted(own.items())})
    for member, content in own.items():
        _put(folder, member, content)
    return masks, withheld


def _withheld(container: Container) -> Iterator[Withheld]:
    for member, size in container.sizes.items():
        if is_withheld(member):
            digest = hashlib.sha256()
            for chunk in container.chunks(member):
                digest.update(chunk)
            yield Withheld(member=member, sha256=digest.hexdigest(), size_bytes=size)


def _names(stored: StoredBundle) -> frozenset[str]:
    return frozenset(name for observation in stored.walk.observations for name in names_on(observation))


_Digests = Mapping[str, tuple[str, tuple[Mask, ...]] | None]  # of the masked picture, by that of the original


def _masked_shots(stored: StoredBundle, mask: TextMask) -> tuple[dict[str, bytes], _Digests, tuple[Observation, ...]]:
    """Return the masked pictures by digest, what became of each original, and the observations of what is left."""
    seen: dict[str, list[Observation]] = {}
    for observation in stored.walk.observations:
        if observation.png_sha256 is not None:
            seen.setdefault(observation.png_sha256, []).append(observation)
    shots: dict[str, bytes] = {}
    digests: dict[str, tuple[str, tuple[Mask, ...]] | None] = {}
    for original, observations in seen.items():
        picture = mask_picture(stored.shot(original), observations)
        digests[original] = None
        if picture is not None:
            digest = sha256(picture.png)
            shots[digest] = picture.png
            digests[original] = digest, picture.masks
    left = tuple(
        replace(mask.value(o), png_sha256=_digest(o.png_sha256, digests), xml_sha256=None)
        for o in stored.walk.observations
    )
    return shots, digests, left


def _digest(original: str | None, digests: _Digests) -> str | None:
    found = digests.get(original) if original is not None else None
    return found[0] if found else None


def _moved(judgement: Judgement, digests: _Digests) -> Judgement:
    """Return a judgement whose evidence names the masked pictures."""
    findings = tuple(
        replace(
            finding,
            evidence=tuple(
                replace(ref, png_sha256=_digest(ref.png_sha256, digests), xml_sha256=None) for ref in finding.evidence
            ),
        )
        for finding in judgement.findings
    )
    return replace(judgement, findings=findings)


def _told(stored: StoredBundle, digests: _Digests) -> Iterator[MaskedShot]:
    for original, found in digests.items():
        yield MaskedShot(
            member=f"{layout.SHARED}/{layout.shot_member(found[0])}" if found else None,
            derived_from=layout.shot_member(original),
            masks=found[1] if found else (),
        )


class _Masked:
    """The masked pictures as a bundle's container; nothing else is in it but what was shared already."""

    def __init__(self, container: Container, shots: Mapping[str, bytes]) -> None:
        self._container = container
        self._shots = {layout.shot_member(digest): png for digest, png in shots.items()}
        self.name = container.name
        self.problems: tuple[Problem, ...] = ()
        left = {member: size for member, size in container.sizes.items() if not is_withheld(member)}
        self.sizes: Mapping[str, int] = {**left, **{member: len(png) for member, png in self._shots.items()}}

    def chunks(self, member: str) -> Iterator[bytes]:
        if member in self._shots:
            yield self._shots[member]
        elif member in self.sizes:
            yield from self._container.chunks(member)
        else:
            raise BundleError(f"{self.name}: {member}: is withheld")


def _readme() -> bytes:
    told = (resources.files(__package__) / "texts" / "SHARED.txt").read_text(encoding="utf-8")
    return b"\xef\xbb\xbf" + told.replace("\n", "\r\n").encode("utf-8")


def _put(folder: Path, member: str, content: bytes) -> None:
    (folder / member).parent.mkdir(parents=True, exist_ok=True)
    (folder / member).write_bytes(content)
