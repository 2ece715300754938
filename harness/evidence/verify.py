"""Says whether a bundle is what was recorded: strict order, nothing trusted that was not looked at before.

A bundle without signature and time-stamp can only be consistent with itself; the report says so under 真实性.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.errors import BundleError
from harness.evidence import bag, binding, codec, layout
from harness.evidence.container import Container, Limits, Problem, open_container, read
from harness.evidence.events import Trail, read_facts, read_trail
from harness.evidence.layout import (
    CaseFacts,
    CoverageFacts,
    DeviceFacts,
    FindingsFacts,
    RunFacts,
    SubjectFacts,
)


class Soundness(StrEnum):
    """The answer. An unfinished bundle, or one that could not be read to the end, is never ``SOUND``."""

    SOUND = "sound"
    NOT_SOUND = "not-sound"
    COULD_NOT_TELL = "could-not-tell"


EXIT_CODES: Mapping[Soundness, int] = {
    Soundness.SOUND: 0,
    Soundness.NOT_SOUND: 1,
    Soundness.COULD_NOT_TELL: 2,
}


class Quality(StrEnum):
    """The four headings of electronic-archive inspection (四性检测)."""

    AUTHENTIC = "authentic"  # 真实性
    COMPLETE = "complete"  # 完整性
    USABLE = "usable"  # 可用性
    SAFE = "safe"  # 安全性


class Result(StrEnum):
    """What became of one item: right, wrong, worth knowing, or not looked at."""

    RIGHT = "right"
    WRONG = "wrong"
    NOTED = "noted"
    NOT_LOOKED = "not-looked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was looked at. ``key`` is a message key."""

    key: str
    quality: Quality
    result: Result
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """Everything that can be said of a bundle's integrity. ``payload_sha256`` is the digest to compare with paper."""

    format: int = codec.FORMAT
    bundle: str
    soundness: Soundness
    payload_sha256: str | None
    items: tuple[Item, ...]

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.soundness]


# In the order in which they are looked at: nothing is read before names and sizes were found harmless.
ITEMS: Mapping[str, Quality] = {
    "verify-container": Quality.SAFE,
    "verify-readable": Quality.USABLE,
    "verify-seal": Quality.AUTHENTIC,
    "verify-finished": Quality.COMPLETE,
    "verify-bag": Quality.SAFE,
    "verify-tag-manifest": Quality.AUTHENTIC,
    "verify-payload-manifest": Quality.COMPLETE,
    "verify-unlisted": Quality.COMPLETE,
    "verify-format": Quality.USABLE,
    "verify-chain": Quality.AUTHENTIC,
    "verify-clock": Quality.AUTHENTIC,
    "verify-files-bound": Quality.AUTHENTIC,
    "verify-findings-bound": Quality.AUTHENTIC,
}


def verify(path: Path, *, limits: Limits | None = None) -> VerifyReport:
    """Return what can be said of the bundle at ``path``, folder or zip. Never raises for what is in it."""
    try:
        with open_container(path, limits=limits) as container:
            return _Look(container).report()
    except BundleError as error:
        item = Item(
            key="verify-container",
            quality=Quality.SAFE,
            result=Result.NOT_LOOKED,
            problems=(Problem(key="evidence-cannot-open", detail=str(error)),),
        )
        rest = tuple(_item(key, Result.NOT_LOOKED) for key in ITEMS if key != item.key)
        return VerifyReport(
            bundle=path.name, soundness=Soundness.COULD_NOT_TELL, payload_sha256=None, items=(item, *rest)
        )


class _Look:
    """One verification; items are added in order and never changed."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._items: dict[str, Item] = {}
        self._digests: dict[str, str] = {}
        self._unfinished = layout.UNFINISHED in container.sizes

    def report(self) -> VerifyReport:
        self._look()
        items = tuple(self._items.get(key) or _item(key, Result.NOT_LOOKED) for key in ITEMS)
        if any(item.result is Result.WRONG for item in items):
            soundness = Soundness.NOT_SOUND
        elif any(item.result is Result.NOT_LOOKED for item in items):
            soundness = Soundness.COULD_NOT_TELL
        else:
            soundness = Soundness.SOUND
        return VerifyReport(
            bundle=self._container.name,
            soundness=soundness,
            payload_sha256=self._digests.get(layout.MANIFEST),
            items=items,
        )

    def _look(self) -> None:
        if not self._add("verify-container", self._container.problems):
            return
        if not self._add("verify-readable", self._unreadable()):
            return
        self._items["verify-seal"] = _item("verify-seal", Result.NOTED, Problem(key="evidence-unsealed"))
        if self._newer_format():
            return
        if self._unfinished:
            problem = Problem(key="evidence-unfinished", member=layout.UNFINISHED)
            self._items["verify-finished"] = _item("verify-finished", Result.NOT_LOOKED, problem)
        else:
            self._add("verify-finished", ())
            self._bag()
        trail = self._trail()
        if trail is None:
            return
        self._add("verify-files-bound", [*binding.unbound_files(trail, self._digests), *binding.unbound_steps(trail)])
        if not self._unfinished and self._items["verify-format"].result is Result.RIGHT:
            self._findings(trail)

    def _unreadable(self) -> list[Problem]:
        """Read every byte once, keeping the digests; return what could not be had."""
        problems = []
        for member in self._container.sizes:
            digest = hashlib.sha256()
            try:
                for chunk in self._container.chunks(member):
                    digest.update(chunk)
            except BundleError as error:
                problems.append(Problem(key="evidence-unreadable", member=member, detail=str(error)))
                continue
            self._digests[member] = digest.hexdigest()
        return problems

    def _newer_format(self) -> bool:
        """Return whether the bundle is of a later format, of which this version can say nothing."""
        try:
            value = codec.parse(read(self._container, layout.RUN), member=layout.RUN)
        except BundleError:
            return False  # looked at again, and reported, under verify-format
        found = value.get("format") if isinstance(value, dict) else None
        newer = type(found) is int and found > codec.FORMAT
        if newer:
            problem = Problem(key="evidence-newer-format", member=layout.RUN, detail=str(found))
            self._items["verify-format"] = _item("verify-format", Result.NOT_LOOKED, problem)
        return newer

    def _bag(self) -> None:
        there = self._container.sizes.keys()
        problems = [
            Problem(key="evidence-missing", member=name)
            for name in (*layout.TAG_FILES, layout.TAG_MANIFEST)
            if name not in there
        ]
        if "fetch.txt" in there:
            problems.append(Problem(key="evidence-fetch", member="fetch.txt"))
        if layout.BAGIT in there and self._digests[layout.BAGIT] != layout.sha256(layout.BAGIT_TEXT):
            problems.append(Problem(key="evidence-bag-version", member=layout.BAGIT))
        self._add("verify-bag", problems)
        tags = self._manifest("verify-tag-manifest", layout.TAG_MANIFEST)
        payload = self._manifest("verify-payload-manifest", layout.MANIFEST)
        if tags is None or payload is None:
            return
        expected = {*layout.TAG_FILES, layout.REPORT} & {*there, *layout.TAG_FILES}
        self._add("verify-tag-manifest", [*self._differing(tags), *_sides(set(tags), expected, layout.TAG_MANIFEST)])
        inside = {name for name in there if name.startswith("data/")}
        self._add(
            "verify-payload-manifest",
            [*self._differing(payload), *_sides(set(payload), inside, layout.MANIFEST), *self._info(inside)],
        )
        strays = there - inside - tags.keys() - {layout.TAG_MANIFEST}
        self._add("verify-unlisted", [Problem(key="evidence-unlisted", member=name) for name in sorted(strays)])

    def _manifest(self, key: str, member: str) -> dict[str, str] | None:
        try:
            return bag.parse_manifest(read(self._container, member), member=member)
        except BundleError as error:
            self._add(key, [Problem(key="evidence-unreadable", member=member, detail=str(error))])
            return None

    def _differing(self, manifest: Mapping[str, str]) -> list[Problem]:
        return [
            Problem(key="evidence-digest-differs", member=name)
            for name, digest in manifest.items()
            if name in self._digests and self._digests[name] != digest
        ]

    def _info(self, inside: set[str]) -> list[Problem]:
        """Return where ``bag-info.txt`` contradicts what is there."""
        try:
            fields = bag.parse_info(read(self._container, layout.BAG_INFO), member=layout.BAG_INFO)
        except BundleError as error:
            return [Problem(key="evidence-unreadable", member=layout.BAG_INFO, detail=str(error))]
        size = sum(self._container.sizes[name] for name in inside)
        if fields.get("Payload-Oxum") == f"{size}.{len(inside)}":
            return []
        return [Problem(key="evidence-facts-differ", member=layout.BAG_INFO, detail="Payload-Oxum")]

    def _trail(self) -> Trail | None:
        """Return the log where formats and chain hold; adds both items."""
        parts: list[tuple[str, type[object]]] = [
            (layout.RUN, RunFacts),
            (layout.SUBJECT, SubjectFacts),
            (layout.DEVICE, DeviceFacts),
            (layout.CASE, CaseFacts),
        ]
        if not self._unfinished:
            parts += [(layout.COVERAGE, CoverageFacts), (layout.FINDINGS, FindingsFacts)]
        problems = []
        for member, cls in parts:
            try:
                read_facts(self._container, member, cls)
            except BundleError as error:
                problems.append(Problem(key="evidence-format", member=member, detail=str(error)))
        self._add("verify-format", problems)
        try:
            trail = read_trail(self._container, torn_ok=self._unfinished)
        except BundleError as error:
            self._add("verify-chain", [Problem(key="evidence-chain", member=layout.EVENTS, detail=str(error))])
            return None
        self._add("verify-chain", ())
        self._clock(trail)
        return trail

    def _clock(self, trail: Trail) -> None:
        """Note where the host's clock went back; time that goes back on the steady clock is wrong."""
        events = trail.events
        pairs = list(itertools.pairwise(events))
        wrong = [
            Problem(key="evidence-time-disorder", member=layout.EVENTS, detail=str(after.seq))
            for before, after in pairs
            if after.at.mono_s < before.at.mono_s
        ]
        noted = [
            Problem(key="evidence-clock-went-back", member=layout.EVENTS, detail=str(after.seq))
            for before, after in pairs
            if after.at.wall < before.at.wall
        ]
        if noted and not wrong:
            self._items["verify-clock"] = _item("verify-clock", Result.NOTED, *noted)
        else:
            self._add("verify-clock", wrong)

    def _findings(self, trail: Trail) -> None:
        container = self._container
        run = read_facts(container, layout.RUN, RunFacts)
        subject = read_facts(container, layout.SUBJECT, SubjectFacts)
        case = read_facts(container, layout.CASE, CaseFacts)
        coverage = read_facts(container, layout.COVERAGE, CoverageFacts)
        judgement = read_facts(container, layout.FINDINGS, FindingsFacts).judgement
        problems = [
            *binding.unbound_findings(judgement, trail, subject.app.package),
            *binding.differing_facts(run, subject, case, coverage, judgement),
        ]
        if coverage.walk != trail.end:
            problems.append(Problem(key="evidence-facts-differ", member=layout.COVERAGE, detail="walk"))
        self._add("verify-findings-bound", problems)

    def _add(self, key: str, problems: Iterable[Problem]) -> bool:
        """Add one item, wrong where there are problems; return whether it is right."""
        found = tuple(problems)
        self._items[key] = _item(key, Result.WRONG if found else Result.RIGHT, *found)
        return not found


def _item(key: str, result: Result, *problems: Problem) -> Item:
    return Item(key=key, quality=ITEMS[key], result=result, problems=problems)


def _sides(listed: set[str], there: set[str], manifest: str) -> list[Problem]:
    """Return what a manifest lists and is not there, and what is there and not listed."""
    missing = [Problem(key="evidence-missing", member=name) for name in sorted(listed - there)]
    extra = [Problem(key="evidence-unlisted", member=name, detail=manifest) for name in sorted(there - listed)]
    return [*missing, *extra]
