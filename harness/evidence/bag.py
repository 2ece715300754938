"""The BagIt 1.0 side of a bundle: manifests written and parsed, in the form that ``sha256sum -c`` reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from harness.errors import BundleError
from harness.evidence import durable, layout

MemberOf = Callable[[str], str]

_CHUNK_BYTES = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  (\S(?:.*\S)?)")
_AGENT = "android-compliance-harness"


class Running:
    """The digest of a growing file of lines."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, line: bytes) -> None:
        self._digest.update(line + b"\n")

    @property
    def sha256(self) -> str:
        return self._digest.copy().hexdigest()


def close_bag(folder: Path, *, made: datetime) -> None:
    """Write bag declaration, manifest, info and tag manifest, in this order. Raises ``BundleError``."""
    payload = _digests(folder, sorted(path for path in (folder / "data").rglob("*") if path.is_file()))
    size = sum((folder / name).stat().st_size for name in payload)
    durable.write(folder / layout.BAGIT, layout.BAGIT_TEXT)
    durable.write(folder / layout.MANIFEST, manifest(payload))
    info = {
        "Bag-Software-Agent": _AGENT,
        "Bagging-Date": made.date().isoformat(),
        "External-Identifier": folder.name,
        "Payload-Oxum": f"{size}.{len(payload)}",
    }
    durable.write(folder / layout.BAG_INFO, "".join(f"{key}: {value}\n" for key, value in info.items()).encode())
    tags = [folder / name for name in (*layout.TAG_FILES, layout.REPORT) if (folder / name).exists()]
    durable.write(folder / layout.TAG_MANIFEST, manifest(_digests(folder, sorted(tags))))


def parse_manifest(raw: bytes, *, member: str) -> dict[str, str]:
    """Return digest by path. Raises ``BundleError`` for any line that is not one digest, two blanks and one path."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{member}: is not UTF-8: {error}") from error
    if not text.endswith("\n"):
        raise BundleError(f"{member}: its last line is torn")
    digests: dict[str, str] = {}
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise BundleError(f"{member}: line {number}: is not a digest and a path: {line[:80]!r}")
        if match[2] in digests:
            raise BundleError(f"{member}: line {number}: {match[2]} is there twice")
        digests[match[2]] = match[1]
    return digests


def parse_info(raw: bytes, *, member: str) -> dict[str, str]:
    """Return the fields of ``bag-info.txt``. Raises ``BundleError`` for a line without a label."""
    try:
        lines = raw.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BundleError(f"{member}: is not UTF-8: {error}") from error
    fields = {}
    for number, line in enumerate(lines, start=1):
        label, colon, value = line.partition(": ")
        if not colon:
            raise BundleError(f"{member}: line {number}: has no label: {line[:80]!r}")
        fields[label] = value
    return fields


def _digests(folder: Path, paths: list[Path]) -> dict[str, str]:
    digests = {}
    for path in paths:
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
        except OSError as error:
            raise BundleError(f"{path}: cannot be read: {error}") from error
        digests[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return digests


def manifest(digests: Mapping[str, str]) -> bytes:
    """Return a manifest of digests by path, in their order."""
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode("utf-8")
