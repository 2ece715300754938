"""Small pictures of a bundle's screenshots: those that the bundle brings, and those that have to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.errors import BundleError
from harness.evidence import layout
from harness.evidence.bundle import StoredBundle
from harness.evidence.container import read
from harness.evidence.layout import sha256
from harness.report.thumbs import WIDTH_PX, thumb

ORIGINS = f"{layout.DERIVED}/derived.json"
_HOW = f"scaled to {WIDTH_PX} px wide, JPEG"


class SmallPictures:
    """The small picture of each screenshot, made when first asked for; what it was made from is kept beside it."""

    def __init__(self, bundle: StoredBundle) -> None:
        self._bundle = bundle
        self._brought = _brought(bundle)
        self._members: dict[str, str | None] = {}
        self.made: dict[str, bytes] = {}  # by member; what the bundle does not bring
        self.origins: list[dict[str, str]] = []

    def member(self, digest: str) -> str | None:
        """Return the member with the small picture, ``None`` where the original is not there or cannot be scaled."""
        if digest not in self._members:
            self._members[digest] = self._brought.get(digest) or self._make(digest)
        return self._members[digest]

    def _make(self, digest: str) -> str | None:
        if layout.shot_member(digest) not in self._bundle.container.sizes:
            return None
        jpeg = thumb(self._bundle.shot(digest))
        if jpeg is None:
            return None
        member = f"{layout.DERIVED}/{sha256(jpeg)}.jpg"
        self.made[member] = jpeg
        self.origins.append({"member": member, "derived_from": layout.shot_member(digest), "how": _HOW})
        return member


def _brought(bundle: StoredBundle) -> Mapping[str, str]:
    """Return the members of the small pictures in a bundle by the digest of their screenshots.

    A name that is not the digest of its bytes is passed over: what it shows is not what was made from the original.
    """
    try:
        listed = json.loads(read(bundle.container, ORIGINS))
        small = {str(one["derived_from"]): str(one["member"]) for one in listed if one["how"] == _HOW}
    except (BundleError, ValueError, KeyError, TypeError):
        return {}  # an older bundle, or one that is not finished: they are made again
    return {
        shot.removeprefix(f"{layout.SHOTS}/").removesuffix(".png"): member
        for shot, member in small.items()
        if _is_named_by_its_bytes(bundle, member)
    }


def _is_named_by_its_bytes(bundle: StoredBundle, member: str) -> bool:
    try:
        return member == f"{layout.DERIVED}/{sha256(read(bundle.container, member))}.jpg"
    except BundleError:
        return False
