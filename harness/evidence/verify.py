"""Says whether a bundle is what was recorded: strict order, nothing trusted that was not looked at before.

A bundle without signature and time-stamp can only be consistent with itself; the report says so under 真实性.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from harness.errors import BundleError
from harness.evidence import binding, codec, layout, sealed, shared
from harness.evidence.container import Container, Limits, Problem, open_container, read
from harness.evidence.content import Scan
from harness.evidence.events import Trail, read_facts, read_trail
from harness.evidence.inspection import (
    CANNOT_PROVE,
    EXIT_CODES,
    ITEMS,
    Item,
    Quality,
    Result,
    Soundness,
    VerifyReport,
    item,
    judged,
    soundness_of,
)
from harness.evidence.layout import (
    CaseFacts,
    CoverageFacts,
    DeviceFacts,
    FindingsFacts,
    RunFacts,
    StartFacts,
    SubjectFacts,
)
from harness.evidence.packing import look_at_packing
from harness.evidence.sealed import Seal, Trust
from harness.evidence.shared import Withheld

__all__ = [
    "CANNOT_PROVE",
    "EXIT_CODES",
    "ITEMS",
    "Item",
    "Quality",
    "Result",
    "Soundness",
    "Trust",
    "VerifyReport",
    "verify",
]

# A time server corrects a clock by less; more was done by hand, and the record's times cannot be relied on.
_MOST_SET_BACK = timedelta(minutes=1)


# What cannot be told without the log, which a shared copy does not hold.
_OF_THE_LOG = ("verify-chain", "verify-clock", "verify-files-bound", "verify-findings-bound", "verify-statement")


def verify(path: Path, *, limits: Limits | None = None, trust: Trust | None = None) -> VerifyReport:
    """Return what can be said of the bundle at ``path``, folder or zip. Never raises for what is in it.

    ``trust`` is what the reviewer has from elsewhere: without a key, a signature proves only that the bundle was not
    changed since somebody signed it.
    """
    most = limits or Limits()
    try:
        with open_container(path, limits=most) as container:
            return _Look(container, most, trust or Trust()).report()
    except BundleError as error:
        problem = Problem(key="evidence-cannot-open", detail=str(error))
        closed = item("verify-container", Result.NOT_LOOKED, problem)
        rest = tuple(item(key, Result.NOT_LOOKED) for key in ITEMS if key != closed.key)
        items = (closed, *rest)
        return VerifyReport(bundle=path.name, soundness=soundness_of(items), payload_sha256=None, items=items)


class _Look:
    """One verification; items are added in order and never changed."""

    def __init__(self, container: Container, limits: Limits, trust: Trust) -> None:
        self._container = container
        self._limits = limits
        self._trust = trust
        self._items: dict[str, Item] = {}
        self._seal = Seal(items=())
        self._digests: dict[str, str] = {}
        self._unfinished = layout.UNFINISHED in container.sizes
        self._withheld: Mapping[str, Withheld] | None = None  # of a bundle that is no shared copy

    def report(self) -> VerifyReport:
        self._look()
        items = tuple(self._items.get(key) or item(key, Result.NOT_LOOKED) for key in ITEMS)
        return VerifyReport(
            bundle=self._container.name,
            soundness=soundness_of(items),
            payload_sha256=self._digests.get(layout.MANIFEST),
            signed=self._seal.signed,
            stamped=self._seal.stamped,
            items=items,
        )

    def _look(self) -> None:
        if not self._add("verify-container", self._container.problems):
            return
        unreadable, unsafe = self._read_all()
        if not self._add("verify-readable", unreadable):
            return
        self._add("verify-content", unsafe)  # nothing here decodes pictures or parses XML: looked at to the end
        self._seal = sealed.look_at_seal(self._container, self._trust)
        self._keep(*self._seal.items)
        if self._newer_format():
            return
        if shared.is_shared_copy(self._container):
            try:
                self._withheld = shared.withheld_from(self._container)
            except BundleError as error:
                self._add("verify-format", [Problem(key="evidence-format", member=layout.WITHHELD, detail=str(error))])
                return
        if self._unfinished:
            problem = Problem(key="evidence-unfinished", member=layout.UNFINISHED)
            self._keep(item("verify-finished", Result.NOT_LOOKED, problem))
        else:
            self._add("verify-finished", ())
            signed = self._seal.tag_manifest_sha256
            self._keep(*look_at_packing(self._container, self._digests, signed, self._withheld))
        trail = self._trail()
        if trail is None:
            if self._withheld:
                self._keep(sealed.look_at_ledger(self._seal, self._trust))
            return
        files = binding.unbound_files(trail, self._digests, unfinished=self._unfinished)
        self._add("verify-files-bound", [*files, *binding.unbound_steps(trail)])
        if not self._unfinished and self._items["verify-format"].result is Result.RIGHT:
            self._findings(trail)
            self._keep(sealed.look_at_ledger(self._seal, self._trust))

    def _read_all(self) -> tuple[list[Problem], list[Problem]]:
        """Read every byte once, keeping the digests; return what could not be had, and what would harm a reader."""
        unreadable, unsafe = [], []
        for member in self._container.sizes:
            digest, scan = hashlib.sha256(), Scan(member, self._limits)
            try:
                for chunk in self._container.chunks(member):
                    digest.update(chunk)
                    scan.feed(chunk)
            except BundleError as error:
                unreadable.append(Problem(key="evidence-unreadable", member=member, detail=str(error)))
                continue
            self._digests[member] = digest.hexdigest()
            if problem := scan.problem():
                unsafe.append(problem)
        return unreadable, unsafe

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
            self._keep(item("verify-format", Result.NOT_LOOKED, problem))
        return newer

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
        if layout.START in self._container.sizes:
            parts.append((layout.START, StartFacts))
        problems = []
        withheld = self._withheld or {}
        for member, cls in parts:
            if member in withheld:
                continue
            try:
                read_facts(self._container, member, cls)
            except BundleError as error:
                problems.append(Problem(key="evidence-format", member=member, detail=str(error)))
        self._add("verify-format", problems)
        if layout.EVENTS in withheld:
            away = Problem(key="evidence-withheld", member=layout.EVENTS)
            self._keep(*(item(key, Result.NOT_LOOKED, away) for key in _OF_THE_LOG))
            return None
        try:
            trail = read_trail(self._container, torn_ok=self._unfinished)
        except BundleError as error:
            self._add("verify-chain", [Problem(key="evidence-chain", member=layout.EVENTS, detail=str(error))])
            return None
        self._add("verify-chain", ())
        self._clock(trail)
        return trail

    def _clock(self, trail: Trail) -> None:
        """Note where the host's clock was corrected; what no correction explains, or no time-stamp allows, is wrong."""
        wrong = list(sealed.outside(self._seal.stamped, trail))
        noted = []
        for before, after in itertools.pairwise(trail.events):
            if after.at.mono_s < before.at.mono_s:
                wrong.append(Problem(key="evidence-time-disorder", member=layout.EVENTS, detail=str(after.seq)))
            if after.at.wall < before.at.wall - _MOST_SET_BACK:
                wrong.append(Problem(key="evidence-clock-set-back", member=layout.EVENTS, detail=str(after.seq)))
            elif after.at.wall < before.at.wall:
                noted.append(Problem(key="evidence-clock-went-back", member=layout.EVENTS, detail=str(after.seq)))
        if noted and not wrong:
            self._keep(item("verify-clock", Result.NOTED, *noted))
        else:
            self._add("verify-clock", wrong)

    def _findings(self, trail: Trail) -> None:
        container = self._container
        run = read_facts(container, layout.RUN, RunFacts)
        subject = read_facts(container, layout.SUBJECT, SubjectFacts)
        case = read_facts(container, layout.CASE, CaseFacts)
        coverage = read_facts(container, layout.COVERAGE, CoverageFacts)
        findings = read_facts(container, layout.FINDINGS, FindingsFacts)
        judgement = findings.judgement
        problems = [
            *binding.unbound_findings(judgement, trail, subject.app.package),
            *binding.unbound_places(coverage, trail),
            *binding.differing_facts(run, subject, case, coverage, judgement),
        ]
        if coverage.walk != trail.end:
            problems.append(Problem(key="evidence-facts-differ", member=layout.COVERAGE, detail="walk"))
        if layout.START in container.sizes:
            start = read_facts(container, layout.START, StartFacts)
            if (start.bundle, start.run) != (run.bundle, run.run):
                problems.append(Problem(key="evidence-facts-differ", member=layout.START, detail="bundle, run"))
        self._add("verify-findings-bound", problems)
        self._keep(sealed.look_at_statement(self._seal, self._digests, (run, case, findings), trail))

    def _add(self, key: str, problems: Iterable[Problem]) -> bool:
        """Add one item, wrong where there are problems; return whether it is right."""
        self._keep(judged(key, tuple(problems)))
        return self._items[key].result is Result.RIGHT

    def _keep(self, *items: Item) -> None:
        self._items.update({one.key: one for one in items})
