"""Small pictures of a bundle's screenshots: those that the bundle brings, and those that have to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.errors import BundleError
from harness.evidence import layout
from harness.evidence.bundle import StoredBundle
from harness.evidence.container import read
from harness.evidence.layout import sha256
from harness.report.thumbs import TINY_PX, WIDTH_PX, thumb

ORIGINS = f"{layout.DERIVED}/derived.json"


class SmallPictures:
    """The small picture of each screenshot, made when first asked for; what it was made from is kept beside it."""

    def __init__(self, bundle: StoredBundle) -> None:
        self._bundle = bundle
        self._brought = _brought(bundle)
        self._members: dict[tuple[str, int], str | None] = {}
        self.made: dict[str, bytes] = {}  # by member; what the bundle does not bring
        self.origins: list[dict[str, str]] = []

    def member(self, digest: str) -> str | None:
        """Return the member with the small picture, ``None`` where the original is not there or cannot be scaled."""
        return self._member(digest, WIDTH_PX)

    def tiny(self, digest: str) -> str | None:
        """Return the member with the picture for the map, ``None`` as ``member`` does."""
        return self._member(digest, TINY_PX)

    def _member(self, digest: str, wide_px: int) -> str | None:
        key = digest, wide_px
        if key not in self._members:
            self._members[key] = self._brought.get(key) or self._make(digest, wide_px)
        return self._members[key]

    def _make(self, digest: str, wide_px: int) -> str | None:
        if layout.shot_member(digest) not in self._bundle.container.sizes:
            return None
        jpeg = thumb(self._bundle.shot(digest), wide_px)
        if jpeg is None:
            return None
        member = f"{layout.DERIVED}/{sha256(jpeg)}.jpg"
        self.made[member] = jpeg
        self.origins.append({"member": member, "derived_from": layout.shot_member(digest), "how": _how(wide_px)})
        return member


def _how(wide_px: int) -> str:
    return f"scaled to {wide_px} px wide, JPEG"


def _brought(bundle: StoredBundle) -> Mapping[tuple[str, int], str]:
    """Return the members of the small pictures in a bundle by the digest of their screenshots and their width.

    A name that is not the digest of its bytes is passed over: what it shows is not what was made from the original.
    """
    widths = {_how(wide_px): wide_px for wide_px in (WIDTH_PX, TINY_PX)}
    try:
        listed = json.loads(read(bundle.container, ORIGINS))
        small = {
            (str(one["derived_from"]), widths[one["how"]]): str(one["member"]) for one in listed if one["how"] in widths
        }
    except (BundleError, ValueError, KeyError, TypeError):
        return {}  # an older bundle, or one that is not finished: they are made again
    return {
        (shot.removeprefix(f"{layout.SHOTS}/").removesuffix(".png"), wide_px): member
        for (shot, wide_px), member in small.items()
        if _is_named_by_its_bytes(bundle, member)
    }


def _is_named_by_its_bytes(bundle: StoredBundle, member: str) -> bool:
    try:
        return member == f"{layout.DERIVED}/{sha256(read(bundle.container, member))}.jpg"
    except BundleError:
        return False
