"""Pictures of a result: the original a click away, a small one in the page, the marks drawn over it as boxes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.model import Box, Channel, EvidenceRef, Finding, Observation, ObservationId, Walk
from harness.report.phrases import Phrases, at_host, clock_s

Boxes = Sequence[tuple[Box | None, str, str]]  # box, text, why


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMark:
    """A numbered place. Positions are percent of the picture; ``box`` is false where there is nothing to draw."""

    number: int
    text: str
    why: str
    provenance: str
    left: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    box: bool = True
    covers: int = 0  # how many marks before it stand at the same corner; its number stands beside theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One screenshot with what is to be seen on it. ``href`` is ``None`` where ``missing`` says why."""

    observation: ObservationId
    sha256: str | None
    href: str | None
    thumb: str | None
    width_px: int
    height_px: int
    at: str
    role: str = ""
    caption: str = ""
    missing: str = ""
    marks: tuple[DrawnMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where pictures are, relative to the page: a digest's original, the small one, the map's tiny one.

    ``None`` where there is none: a copy to be shared may hold the small one alone.
    """

    original: Callable[[str], str | None]
    small: Callable[[str], str | None]
    tiny: Callable[[str], str | None] | None = None


class Gallery:
    """The pictures of one walk by observation."""

    def __init__(self, walk: Walk, links: Links, phrases: Phrases) -> None:
        self._walk = walk
        self._observations: Mapping[ObservationId, Observation] = {o.id: o for o in walk.observations}
        self._links = links
        self._phrases = phrases
        # What is written on each screen, a word a line, in the form that is compared.
        self.written = {o.id: "\n".join(word.norm for word in o.words) for o in walk.observations}

    def original(self, observation: ObservationId) -> str | None:
        """Return the link to the original picture, ``None`` where there is none."""
        seen = self._observations.get(observation)
        return None if seen is None or seen.png_sha256 is None else self._links.original(seen.png_sha256)

    def tiny(self, observation: ObservationId) -> Shot:
        """Return one picture as small as the map shows it, without boxes."""
        seen = self._observations.get(observation)
        digest = None if seen is None else seen.png_sha256
        href = None if digest is None else self._links.original(digest)
        tiny = self._links.tiny or self._links.small
        return Shot(
            observation=observation,
            href=href,
            thumb=None if digest is None else tiny(digest) or href,
            width_px=seen.size_px[0] if seen else 0,
            height_px=seen.size_px[1] if seen else 0,
            sha256=digest,
            at="",
        )

    def shot(
        self,
        observation: ObservationId,
        *,
        boxes: Boxes = (),
        numbers: Sequence[int] = (),
        role: str = "",
        caption: str = "",
    ) -> Shot:
        """Return one picture with its boxes, ``numbers`` beside them."""
        seen = self._observations.get(observation)
        digest = None if seen is None else seen.png_sha256
        href = None if digest is None else self._links.original(digest)
        return Shot(
            observation=observation,
            sha256=digest,
            href=href,
            thumb=None if digest is None else self._links.small(digest) or href,
            width_px=seen.size_px[0] if seen else 0,
            height_px=seen.size_px[1] if seen else 0,
            at="" if seen is None else self.time(seen),
            role=role,
            caption=caption,
            missing="" if href is not None else self._missing(seen, digest),
            marks=_side_by_side(
                tuple(self._mark(seen, box, number) for box, number in zip(boxes, numbers, strict=True))
            ),
        )

    def time(self, seen: Observation) -> str:
        """Return when a picture was taken, how long after the start, and that it shows the second device."""
        where = f"{self._phrases.say('report-on-companion')} · " if seen.companion else ""
        return f"{where}{at_host(seen.at)}（+{clock_s(seen.at.mono_s - self._walk.began.mono_s)}）"

    def _missing(self, seen: Observation | None, digest: str | None) -> str:
        if seen is None:
            return self._phrases.say("report-shot-unknown")
        if digest is not None:
            return self._phrases.say("report-shot-elsewhere", digest=digest[:16])
        reasons = [self._phrases.gap(gap) for gap in seen.gaps]
        return "；".join([self._phrases.say("report-shot-missing"), *reasons])

    def _mark(self, seen: Observation | None, what: tuple[Box | None, str, str], number: int) -> DrawnMark:
        box, text, why = what
        provenance = "" if seen is None or box is None else self._provenance(seen, box)
        if seen is None or box is None or not box.area_px or 0 in seen.size_px:
            return DrawnMark(number=number, text=text, why=why, provenance=provenance, box=False)
        width, height = seen.size_px
        left, top = max(0, box.left), max(0, box.top)
        return DrawnMark(
            number=number,
            text=text,
            why=why,
            provenance=provenance,
            left=round(100 * left / width, 3),
            top=round(100 * top / height, 3),
            width=round(100 * (min(width, box.right) - left) / width, 3),
            height=round(100 * (min(height, box.bottom) - top) / height, 3),
        )

    def _provenance(self, seen: Observation, box: Box) -> str:
        """Return how the words in a box were read, where they were read from pixels alone."""
        inside = [word for word in seen.words if box.holds(*word.box.centre_px)]
        if not inside or any(Channel.HIERARCHY in word.channels for word in inside):
            return ""
        lowest = min(word.confidence for word in inside)
        return self._phrases.say("report-read-by-ocr", confidence=f"{lowest:.2f}")


def _side_by_side(marks: Sequence[DrawnMark]) -> tuple[DrawnMark, ...]:
    """Return the marks with how many before them stand at the same corner, so that no number hides another."""
    corners: list[tuple[float, float]] = []
    placed = []
    for mark in marks:
        same = sum(abs(left - mark.left) < 2 and abs(top - mark.top) < 1 for left, top in corners)
        placed.append(replace(mark, covers=same))
        if mark.box:
            corners.append((mark.left, mark.top))
    return tuple(placed)


def shots_of(finding: Finding, walk: Walk, gallery: Gallery, phrases: Phrases) -> tuple[Shot, ...]:
    """Return the pictures of a finding in the order of capture, marks numbered through the finding."""
    refs: dict[ObservationId, list[EvidenceRef]] = {}
    for ref in finding.evidence:
        refs.setdefault(ref.observation, []).append(ref)
    order = {observation.id: place for place, observation in enumerate(walk.observations)}
    steps = {step.after: step for step in walk.steps if step.after is not None}
    shots: list[Shot] = []
    number = 1
    for observation in sorted(refs, key=lambda o: order.get(o, len(order))):
        here = refs[observation]
        roles = dict.fromkeys(phrases.say(f"report-role-{ref.role}") for ref in here)
        step = steps.get(observation)
        # A whole screen as proof has no box, and so no number.
        numbers = [number + sum(r.box is not None for r in here[:i]) if ref.box else 0 for i, ref in enumerate(here)]
        shots.append(
            gallery.shot(
                observation,
                boxes=[(ref.box, ref.text, phrases.say(ref.why, said=ref.text)) for ref in here],
                role="、".join(roles),
                caption="" if step is None else phrases.action(step.action),
                numbers=numbers,
            )
        )
        number += sum(ref.box is not None for ref in here)
    return tuple(shots)
