"""What BagIt's own files say of a bundle beside what is there, both ways. Pure.

``bagit`` itself lets files beside the payload, a missing tag manifest and ``fetch.txt`` pass; this does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.errors import BundleError
from harness.evidence import bag, layout, shared
from harness.evidence.container import Container, Problem, read
from harness.evidence.inspection import Item, Result, item, judged
from harness.evidence.shared import Withheld

Digests = Mapping[str, str]  # of the bytes that are there, by member


def look_at_packing(
    container: Container, digests: Digests, signed_sha256: str = "", withheld: Mapping[str, Withheld] | None = None
) -> Iterator[Item]:
    """Yield the items of the bag: its declaration, the two manifests, and what no manifest lists.

    ``signed_sha256`` is what was signed for the tag manifest, empty for a bundle without a seal; ``withheld`` is what
    a shared copy says it does not hold, ``None`` for a bundle that is none.
    """
    gone = withheld or {}
    there = container.sizes.keys()
    yield judged("verify-bag", tuple(_bag_problems(container, digests)))
    tags, tag_problems = _manifest(container, layout.TAG_MANIFEST)
    payload, payload_problems = _manifest(container, layout.MANIFEST)
    inside = {name for name in there if name.startswith("data/")}
    if tags is not None:
        expected = {*layout.TAG_FILES, layout.REPORT} & {*there, *layout.TAG_FILES}
        tag_problems = [*_differing(tags, digests), *_sides(set(tags) - gone.keys(), expected, layout.TAG_MANIFEST)]
    if signed_sha256 and digests.get(layout.TAG_MANIFEST) != signed_sha256:
        tag_problems.append(Problem(key="evidence-not-as-signed", member=layout.TAG_MANIFEST))
    if payload is not None:
        payload_problems = [
            *_differing(payload, digests),
            *_sides(set(payload) - gone.keys(), inside, layout.MANIFEST),
            *_info_problems(container, inside, gone),
        ]
    yield _with_withheld("verify-tag-manifest", tag_problems, shared.told(gone, tags or {}))
    yield _with_withheld("verify-payload-manifest", payload_problems, shared.told(gone, payload or {}))
    if tags is not None and payload is not None:
        # The seal signs the tag manifest and so cannot be in it; its files have names of their own and no others.
        strays = there - inside - tags.keys() - {layout.TAG_MANIFEST, *layout.SEAL_FILES}
        if withheld is not None:  # a copy's own part has a manifest of its own
            strays = {name for name in strays if not name.startswith(f"{layout.SHARED}/")}
        strange = {name for name in inside if not layout.belongs(name)}
        found = [Problem(key="evidence-unlisted", member=name) for name in sorted(strays)]
        found += [Problem(key="evidence-strange-file", member=name) for name in sorted(strange)]
        if withheld is not None:
            found += shared.own_problems(container, digests)
            unknown = gone.keys() - tags.keys() - payload.keys()
            found += [Problem(key="evidence-unlisted", member=name) for name in sorted(unknown)]
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


def _with_withheld(key: str, problems: list[Problem], told: tuple[Problem, ...]) -> Item:
    """Return an item of a manifest: what is withheld is noted, and hides nothing that is wrong."""
    if problems or any(problem.key != "evidence-withheld" for problem in told):
        return item(key, Result.WRONG, *problems, *told)
    return item(key, Result.NOTED, *told) if told else judged(key, ())


def _info_problems(container: Container, inside: set[str], gone: Mapping[str, Withheld]) -> list[Problem]:
    """Return where ``bag-info.txt`` contradicts what is there."""
    try:
        fields = bag.parse_info(read(container, layout.BAG_INFO), member=layout.BAG_INFO)
    except BundleError as error:
        return [Problem(key="evidence-unreadable", member=layout.BAG_INFO, detail=str(error))]
    away = {name: one.size_bytes for name, one in gone.items() if name.startswith("data/")}
    size = sum(container.sizes[name] for name in inside) + sum(away.values())
    if fields.get("Payload-Oxum") == f"{size}.{len(inside) + len(away)}":
        return []
    return [Problem(key="evidence-facts-differ", member=layout.BAG_INFO, detail="Payload-Oxum")]
