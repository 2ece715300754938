"""Where a case's files are delivered to: a folder, an fsspec URL, an HTTP endpoint. The only importer of ``fsspec``.

Delivering the same bytes twice changes nothing, other bytes under the same name are refused, and what was cut off goes
on: a folder from where it stopped, HTTP from where the server says it stopped, fsspec with the file that was cut off.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from harness.clock import Clock
from harness.errors import BadInput, BundleError
from harness.evidence import durable

_CHUNK_BYTES = 1 << 20
_MOST_RECEIPT_BYTES = 1 << 16
TOKEN_VARIABLE = "HARNESS_CASE_TOKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the other side said of a file. ``confirmed`` where it named the digest of what it has, and that was right.

    ``answer`` is its own words, at most 64 KiB; empty for a folder, which is read back instead.
    """

    confirmed: bool
    answer: str = ""
    already_there: bool = False


class Place(Protocol):
    """Somewhere files are delivered to. ``name`` holds no user name, password or query."""

    name: str

    def put(self, name: str, source: Path) -> Receipt:
        """Deliver a file under a name. Raises ``BundleError`` where that fails, or where something else is there."""
        ...


def place_at(where: str, clock: Clock) -> Place:
    """Return the place: an ``http(s)`` URL, any other URL (fsspec), or a folder's path. Raises ``BadInput``."""
    scheme = urlsplit(where).scheme
    if scheme in ("http", "https"):
        return HttpPlace(where, clock, token=os.environ.get(TOKEN_VARIABLE, ""))
    if "://" in where:
        return FsspecPlace(where)
    return FolderPlace(Path(where))


def public_name(url: str) -> str:
    """Return a URL without what must not be written down."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


class FolderPlace:
    """A folder, on this machine or a share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder.absolute())

    def put(self, name: str, source: Path) -> Receipt:
        target, part = self._folder / name, self._folder / f"{name}.part"
        wanted = _digest(source)
        try:
            if target.exists():
                return _there_already(target.open("rb"), wanted, f"{self.name}/{name}")
            self._folder.mkdir(parents=True, exist_ok=True)
            done = part.stat().st_size if part.exists() else 0
            if done > source.stat().st_size or (done and _digest(part) != _digest(source, done)):
                done = 0  # the beginning of something else
            with source.open("rb") as read, part.open("r+b" if done else "wb") as written:
                read.seek(done)
                written.seek(done)
                while chunk := read.read(_CHUNK_BYTES):
                    written.write(chunk)
                written.flush()
                os.fsync(written.fileno())
            if _digest(part) != wanted:
                raise BundleError(f"{target}: what was written is not what was read")
            part.replace(target)
            durable.sync_folder(self._folder)
        except OSError as error:
            raise BundleError(f"{target}: cannot be delivered: {error}") from error
        return Receipt(confirmed=True)


class FsspecPlace:
    """Any store that fsspec knows and has a driver for. Raises ``BadInput`` for a URL that it does not."""

    def __init__(self, url: str) -> None:
        import fsspec

        self.name = public_name(url)
        try:
            files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError, OSError) as error:
            mend = "install the store's driver for fsspec, or give a folder"
            raise BadInput(source="case", place=self.name, problem=f"cannot be opened: {error}", mend=mend) from error
        self._files: Any = files

    def put(self, name: str, source: Path) -> Receipt:
        target, wanted = f"{self._root.rstrip('/')}/{name}", _digest(source)
        part = f"{target}.part"
        try:
            if self._files.exists(target):
                return _there_already(self._files.open(target, "rb"), wanted, f"{self.name}/{name}")
            self._files.makedirs(self._root, exist_ok=True)
            self._files.put_file(str(source), part)
            with self._files.open(part, "rb") as stored:
                found = hashlib.file_digest(stored, "sha256").hexdigest()
            if found != wanted:
                raise BundleError(f"{self.name}/{name}: what was stored is not what was sent")
            self._files.mv(part, target)
        except (OSError, ValueError, NotImplementedError) as error:
            raise BundleError(f"{self.name}/{name}: cannot be delivered: {error}") from error
        return Receipt(confirmed=True)


class HttpPlace:
    """An endpoint that takes files by ``PUT`` in pieces.

    ``PUT <url>/<name>`` with ``Content-Range: bytes */<size>`` asks how much is there, with ``bytes a-b/<size>`` sends
    a piece; 308 with ``Range: bytes=0-<last>`` asks for more, 200 or 201 is the receipt. ``HEAD`` tells what is there.
    A digest of the whole comes in ``Repr-Digest: sha-256=:...:`` (RFC 9530), both ways.
    """

    def __init__(self, url: str, clock: Clock, *, token: str = "", piece_bytes: int = 8 << 20, tries: int = 5) -> None:
        self.name = public_name(url)
        self._url = url.rstrip("/")
        self._clock = clock
        self._token = token
        self._piece_bytes = piece_bytes
        self._tries = tries
        here = urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")  # no proxy stands before this machine
        proxies = [urllib.request.ProxyHandler({})] if here else []
        self._opener = urllib.request.build_opener(*proxies, _NoRedirect())

    def put(self, name: str, source: Path) -> Receipt:
        """Deliver a file; a connection that breaks is taken up again where the server says, a few times."""
        wanted, size = _digest(source), source.stat().st_size
        where = f"{self.name}/{name}"
        if (there := self._digest_there(name)) is not None:
            if there != wanted:
                raise BundleError(f"{where}: something else is there under this name")
            return Receipt(confirmed=True, already_there=True)
        failures = 0
        while True:
            try:
                return self._send(name, source, (wanted, size))
            except (OSError, http.client.HTTPException) as error:  # urllib's errors are OSErrors
                refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
                failures += 1
                if refused or failures >= self._tries:
                    raise BundleError(f"{where}: cannot be delivered: {error}") from error
                self._clock.sleep(min(30.0, 0.2 * 4**failures))

    def _digest_there(self, name: str) -> str | None:
        """Return the digest of what is there, ``None`` for nothing. Raises ``BundleError`` where it does not tell."""
        where = f"{self.name}/{name}"
        try:
            with self._ask("HEAD", name, {}, b"") as answer:
                digest = _told_digest(answer.headers)
        except urllib.error.HTTPError as error:
            if error.code in (404, 405):
                return None
            raise BundleError(f"{where}: does not answer: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise BundleError(f"{where}: does not answer: {error}") from error
        if digest is None:
            raise BundleError(f"{where}: something is there, and no digest tells what")
        return digest

    def _send(self, name: str, source: Path, whole: tuple[str, int]) -> Receipt:
        wanted, size = whole
        status, headers, body = self._piece(name, f"bytes */{size}", b"", wanted)
        start = -1
        with source.open("rb") as file:
            while status == http.HTTPStatus.PERMANENT_REDIRECT:
                start, before = _next_byte(headers.get("Range", "")), start
                file.seek(start)
                piece = file.read(self._piece_bytes)
                if not piece or start == before:
                    raise http.client.HTTPException(f"asks for byte {start} of {size} again, or beyond them")
                span = f"bytes {start}-{start + len(piece) - 1}/{size}"
                status, headers, body = self._piece(name, span, piece, wanted)
        digest = _told_digest(headers)
        if digest is not None and digest != wanted:
            raise BundleError(f"{self.name}/{name}: the server has something else than was sent")
        return Receipt(confirmed=digest == wanted, answer=body[:_MOST_RECEIPT_BYTES].decode("utf-8", "replace"))

    def _piece(self, name: str, span: str, piece: bytes, wanted: str) -> tuple[int, Any, bytes]:
        value = base64.b64encode(bytes.fromhex(wanted)).decode("ascii")
        try:
            with self._ask("PUT", name, {"Content-Range": span, "Repr-Digest": f"sha-256=:{value}:"}, piece) as answer:
                return answer.status, answer.headers, answer.read(_MOST_RECEIPT_BYTES)
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.PERMANENT_REDIRECT:
                return error.code, error.headers, b""
            raise

    @contextlib.contextmanager
    def _ask(self, method: str, name: str, headers: dict[str, str], body: bytes) -> Iterator[Any]:
        told = {"Content-Type": "application/octet-stream", **headers}
        if self._token:
            told["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(f"{self._url}/{quote(name)}", data=body, headers=told, method=method)
        with self._opener.open(request, timeout=60.0) as answer:
            yield answer


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A 308 is an answer of the protocol, and evidence goes nowhere else than it was sent."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _next_byte(told: str) -> int:
    """Return the first byte that a server lacks, by its ``Range``; 0 where it has none."""
    last = told.removeprefix("bytes=0-")
    return int(last) + 1 if last != told and last.isdigit() else 0


def _told_digest(headers: Any) -> str | None:
    value = str(headers.get("Repr-Digest") or "")
    if not value.startswith("sha-256=:") or not value.endswith(":"):
        return None
    try:
        return base64.b64decode(value[len("sha-256=:") : -1], validate=True).hex()
    except binascii.Error:
        return None


def _there_already(stored: Any, wanted: str, where: str) -> Receipt:
    with stored:
        if hashlib.file_digest(stored, "sha256").hexdigest() != wanted:
            raise BundleError(f"{where}: something else is there under this name")
    return Receipt(confirmed=True, already_there=True)


def _digest(path: Path, most: int | None = None) -> str:
    """Return the SHA-256 of a file, or of its first bytes. Raises ``OSError``."""
    digest, left = hashlib.sha256(), most
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES if left is None else min(_CHUNK_BYTES, left)):
            digest.update(chunk)
            left = None if left is None else left - len(chunk)
    return digest.hexdigest()
