"""What BagIt's own files say of a bundle beside what is there, both ways. Pure.

``bagit`` itself lets files beside the payload, a missing tag manifest and ``fetch.txt`` pass; this does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.errors import BundleError
from harness.evidence import bag, layout
from harness.evidence.container import Container, Problem, read
from harness.evidence.inspection import Item, judged

Digests = Mapping[str, str]  # of the bytes that are there, by member


def look_at_packing(container: Container, digests: Digests, signed_sha256: str = "") -> Iterator[Item]:
    """Yield the items of the bag: its declaration, the two manifests, and what no manifest lists.

    ``signed_sha256`` is what was signed for the tag manifest, empty for a bundle without a seal.
    """
    there = container.sizes.keys()
    yield judged("verify-bag", tuple(_bag_problems(container, digests)))
    tags, tag_problems = _manifest(container, layout.TAG_MANIFEST)
    payload, payload_problems = _manifest(container, layout.MANIFEST)
    inside = {name for name in there if name.startswith("data/")}
    if tags is not None:
        expected = {*layout.TAG_FILES, layout.REPORT} & {*there, *layout.TAG_FILES}
        tag_problems = [*_differing(tags, digests), *_sides(set(tags), expected, layout.TAG_MANIFEST)]
    if signed_sha256 and digests.get(layout.TAG_MANIFEST) != signed_sha256:
        tag_problems.append(Problem(key="evidence-not-as-signed", member=layout.TAG_MANIFEST))
    if payload is not None:
        payload_problems = [
            *_differing(payload, digests),
            *_sides(set(payload), inside, layout.MANIFEST),
            *_info_problems(container, inside),
        ]
    yield judged("verify-tag-manifest", tuple(tag_problems))
    yield judged("verify-payload-manifest", tuple(payload_problems))
    if tags is not None and payload is not None:
        # The seal signs the tag manifest and so cannot be in it; its files have names of their own and no others.
        strays = there - inside - tags.keys() - {layout.TAG_MANIFEST, *layout.SEAL_FILES}
        strange = {name for name in inside if not layout.belongs(name)}
        found = [Problem(key="evidence-unlisted", member=name) for name in sorted(strays)]
        found += [Problem(key="evidence-strange-file", member=name) for name in sorted(strange)]
        yield judged("verify-unlisted", tuple(found))


def _bag_problems(container: Container, digests: Digests) -> Iterator[Problem]:
    there = container.sizes.keys()
    for name in (*layout.TAG_FILES, layout.TAG_MANIFEST):
        if name not in there:
            yield Problem(key="evidence-missing", member=name)
    if "fetch.txt" in there:
        yield Problem(key="evidence-fetch", member="fetch.txt")
    if layout.BAGIT in there and digests[layout.BAGIT] != layout.sha256(layout.BAGIT_TEXT):
        yield Problem(key="evidence-bag-version", member=layout.BAGIT)


def _manifest(container: Container, member: str) -> tuple[dict[str, str] | None, list[Problem]]:
    try:
        return bag.parse_manifest(read(container, member), member=member), []
    except BundleError as error:
        return None, [Problem(key="evidence-unreadable", member=member, detail=str(error))]


def _differing(manifest: Digests, digests: Digests) -> list[Problem]:
    return [
        Problem(key="evidence-digest-differs", member=name)
        for name, digest in manifest.items()
        if name in digests and digests[name] != digest
    ]


def _sides(listed: set[str], there: set[str], manifest: str) -> list[Problem]:
    """Return what a manifest lists and is not there, and what is there and not listed."""
    missing = [Problem(key="evidence-missing", member=name) for name in sorted(listed - there)]
    extra = [Problem(key="evidence-unlisted", member=name, detail=manifest) for name in sorted(there - listed)]
    return [*missing, *extra]


def _info_problems(container: Container, inside: set[str]) -> list[Problem]:
    """Return where ``bag-info.txt`` contradicts what is there."""
    try:
        fields = bag.parse_info(read(container, layout.BAG_INFO), member=layout.BAG_INFO)
    except BundleError as error:
        return [Problem(key="evidence-unreadable", member=layout.BAG_INFO, detail=str(error))]
    size = sum(container.sizes[name] for name in inside)
    if fields.get("Payload-Oxum") == f"{size}.{len(inside)}":
        return []
    return [Problem(key="evidence-facts-differ", member=layout.BAG_INFO, detail="Payload-Oxum")]
