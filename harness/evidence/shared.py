"""Looks at a shared copy: what it says to be withheld, and whether its own part is whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from harness.errors import BundleError
from harness.evidence import bag, codec, layout
from harness.evidence.container import Container, Problem, read
from harness.evidence.events import read_facts

_OWN = re.compile(
    r"shared/(?:index\.html|README\.txt|(?:withheld|masks)\.json|manifest-sha256\.txt|data/(?:findings|coverage)\.json"
    r"|data/shots/[0-9a-f]{64}\.png|data/derived/[\w.-]+\.(?:jpg|png|json))",
    re.ASCII,
)

Digests = Mapping[str, str]  # of the bytes that are there, by member


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A member of the sealed bundle that is not in the copy."""

    member: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldFacts:
    """What the copy does not hold, and which bundle it was made from."""

    format: int = codec.FORMAT
    bundle: str
    made: datetime
    payload_sha256: str
    members: tuple[Withheld, ...]


def is_withheld(member: str) -> bool:
    """Return whether a member shows or tells what an app or a person wrote, and so stays behind."""
    return member not in layout.SHAREABLE and not member.startswith(layout.SHAREABLE_FOLDERS)


def is_shared_copy(container: Container) -> bool:
    """Return whether a container says of itself that parts of it are withheld."""
    return layout.WITHHELD in container.sizes


def withheld_from(container: Container) -> Mapping[str, Withheld]:
    """Return what a shared copy says to be withheld, by member. Raises ``BundleError`` for what may not be missing."""
    facts = read_facts(container, layout.WITHHELD, WithheldFacts)
    found = {one.member: one for one in facts.members}
    wrong = [member for member in found if not is_withheld(member) or member in container.sizes]
    if wrong or len(found) != len(facts.members):
        raise BundleError(f"{layout.WITHHELD}: {wrong[0] if wrong else 'a member'}: is there, twice, or never withheld")
    return found


def own_problems(container: Container, digests: Digests) -> Iterator[Problem]:
    """Yield where a copy's own part is not what its manifest says, or holds what a copy has no place for."""
    try:
        listed = bag.parse_manifest(read(container, layout.SHARED_MANIFEST), member=layout.SHARED_MANIFEST)
    except BundleError as error:
        yield Problem(key="evidence-unreadable", member=layout.SHARED_MANIFEST, detail=str(error))
        return
    there = {name for name in container.sizes if name.startswith(f"{layout.SHARED}/")} - {layout.SHARED_MANIFEST}
    for name in sorted(listed.keys() | there):
        if name not in there:
            yield Problem(key="evidence-missing", member=name)
        elif name not in listed or not _OWN.fullmatch(name):
            yield Problem(key="evidence-unlisted", member=name, detail=layout.SHARED_MANIFEST)
        elif listed[name] != digests.get(name):
            yield Problem(key="evidence-digest-differs", member=name)


def told(withheld: Mapping[str, Withheld], listed: Digests) -> tuple[Problem, ...]:
    """Return what is withheld of what a manifest lists, one line for each folder; what it lists otherwise is wrong."""
    counts: dict[str, int] = {}
    problems = []
    for member, one in withheld.items():
        if member not in listed:
            continue
        if listed[member] != one.sha256:
            problems.append(Problem(key="evidence-digest-differs", member=member, detail=layout.WITHHELD))
        folder = member.rpartition("/")[0] or "."
        counts[folder] = counts.get(folder, 0) + 1
    lines = [Problem(key="evidence-withheld", member=name, detail=str(number)) for name, number in counts.items()]
    return (*problems, *lines)
