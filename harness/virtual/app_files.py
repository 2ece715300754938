"""Answers a page's requests for the files of an installed app. Pure but for reading the files."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

_MAX_WHOLE_BYTES = 64 * 1024 * 1024
_MAX_PART_BYTES = 4 * 1024 * 1024  # a longer range is answered in part; players ask on
# a frame with an app's scheme would make Chromium ask, unseen, whether to start a program of the host
_NO_FOREIGN_FRAMES = "frame-src http: https: data: blob:"
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".webm": "video/webm",
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def file_reply(root: Path | None, url_path: str, wanted_range: str | None = None) -> Reply:
    """Return the file of the app that ``url_path`` names, or the part of it that a Range header asks for.

    Gives 404 for a missing file and for any path that leaves the app's folder, 413 for a file too big to answer whole.
    """
    try:
        path = _inside(root, url_path)
        return _not_found(url_path) if path is None else _found(path, wanted_range)
    except OSError:  # a name that the host cannot have, or an app that was removed meanwhile
        return _not_found(url_path)


def _found(path: Path, wanted_range: str | None) -> Reply:
    size = path.stat().st_size
    headers = {
        "content-type": _TYPES.get(path.suffix.lower())
        or mimetypes.guess_type(path.name)[0]
        or "application/octet-stream",
        "accept-ranges": "bytes",
        "cache-control": "no-cache",
    }
    if headers["content-type"].startswith("text/html"):
        headers["content-security-policy"] = _NO_FOREIGN_FRAMES
    if wanted_range:
        return _part(path, size, wanted_range, headers)
    if size > _MAX_WHOLE_BYTES:
        return Reply(status=413, headers={"content-type": "text/plain"}, body=b"file too large")
    return Reply(headers=headers, body=path.read_bytes())


def _inside(root: Path | None, url_path: str) -> Path | None:
    if root is None:
        return None
    relative = unquote(url_path).replace("\\", "/").lstrip("/")
    if "\0" in relative:
        return None
    base = root.resolve()
    path = (base / relative).resolve()
    if not path.is_relative_to(base):
        return None
    if path.is_dir():
        path = path / "index.html"
    return path if path.is_file() else None


def _part(path: Path, size: int, wanted: str, headers: dict[str, str]) -> Reply:
    match = _RANGE.fullmatch(wanted.strip())
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return Reply(status=416, headers={"content-range": f"bytes */{size}"})
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) if first and last else size - 1, size - 1, start + _MAX_PART_BYTES - 1)
    if start > end:
        return Reply(status=416, headers={"content-range": f"bytes */{size}"})
    with path.open("rb") as file:
        file.seek(start)
        body = file.read(end - start + 1)
    return Reply(status=206, headers={**headers, "content-range": f"bytes {start}-{end}/{size}"}, body=body)


def _not_found(url_path: str) -> Reply:
    title = "网页无法打开"
    text = f"<!DOCTYPE html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{_escaped(url_path)}</p>"
    return Reply(status=404, headers={"content-type": "text/html; charset=utf-8"}, body=text.encode())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
