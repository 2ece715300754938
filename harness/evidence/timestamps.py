"""RFC 3161 time-stamps: asked for, read again, verified. The only importer of ``rfc3161_client``.

An authority that does not answer, or answers something else, is a value that says so and never an exception:
evidence is not lost because a third party was away.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import rfc3161_client
from rfc3161_client import (
    Accuracy,
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
)

from harness.clock import Clock, deadline
from harness.errors import BadInput, BundleError
from harness.evidence.keys import Certificate

_SHA256 = "2.16.840.1.101.3.4.2.1"
_OPENSSL_REASON = re.compile(r'data: "Verify error: ([^"]+)"')
_MOST_REPLY_BYTES = 1 << 18
_CHUNK_BYTES = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Tsa:
    """A time-stamping authority. ``timeout_s`` is for the whole exchange. Raises ``BadInput`` for what is no URL."""

    url: str
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(
                source="tsa", place=self.public_url, problem="is not an http(s) URL", mend="http://HOST/PATH"
            )

    @property
    def public_url(self) -> str:
        """Return the URL without a user name, password or query: what may be written into evidence."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStamp:
    """Why there is no time-stamp. ``reason`` is a message key."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a time-stamp says. ``time`` is exact to ``accuracy``; nothing in it is proven before ``problem_of``."""

    raw: bytes
    granted: bool
    imprint: bytes
    is_sha256: bool
    nonce: int | None
    time: datetime
    accuracy: timedelta

    def is_over(self, message: bytes) -> bool:
        """Return whether it was made for these bytes."""
        return self.is_sha256 and self.imprint == hashlib.sha256(message).digest()


def ask(tsa: Tsa, message: bytes, clock: Clock) -> bytes | NoStamp:
    """Return the authority's reply (a DER ``TimeStampResp``) over ``message``, or why there is none.

    A reply that was refused, that is over something else, or that does not repeat the nonce is no time-stamp.
    """
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        raw = _exchange(tsa, request.as_bytes(), clock)
    except (OSError, ValueError, http.client.HTTPException) as error:  # urllib's errors are OSErrors
        return NoStamp(reason="time-no-answer", detail=_short(error))
    try:
        token = read_token(raw)
    except BundleError as error:
        return NoStamp(reason="time-unreadable", detail=_short(error))
    if not token.granted:
        return NoStamp(reason="time-refused")
    if token.nonce != request.nonce:
        return NoStamp(reason="time-nonce")
    if not token.is_over(message):
        return NoStamp(reason="time-other")
    return raw


def read_token(raw: bytes) -> Token:
    """Return what a stored reply says. Raises ``BundleError`` where it cannot be read.

    A set of certificates that is not in DER order cannot be read here; ``openssl ts -verify`` accepts it.
    """
    try:
        reply = rfc3161_client.decode_timestamp_response(raw)
        granted = reply.status == PKIStatus.GRANTED
        if not granted:
            return Token(
                raw=raw,
                granted=False,
                imprint=b"",
                is_sha256=False,
                nonce=None,
                time=datetime.min.replace(tzinfo=UTC),
                accuracy=timedelta(0),
            )
        info = reply.tst_info
        imprint, time = info.message_imprint, info.gen_time
        return Token(
            raw=raw,
            granted=True,
            imprint=bytes(imprint.message),
            is_sha256=imprint.hash_algorithm.dotted_string == _SHA256,
            nonce=info.nonce,
            time=time if time.tzinfo is not None else time.replace(tzinfo=UTC),
            accuracy=_span(info.accuracy),
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise BundleError(f"is not a readable time-stamp: {_short(error)}") from error


def problem_of(token: Token, message: bytes, roots: Sequence[Certificate]) -> str:
    """Return what is wrong with a time-stamp over ``message`` under these roots, empty for nothing.

    Looked at: signature, chain to a root with every certificate valid at the token's own time, the critical use
    timeStamping, the imprint.
    """
    builder = VerifierBuilder()
    for root in dict.fromkeys(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(rfc3161_client.decode_timestamp_response(token.raw), message)
    except (VerificationError, ValueError, TypeError) as error:
        openssl = _OPENSSL_REASON.search(str(error))  # the rest of its error stack is about its own sources
        return openssl[1] if openssl else _short(error)
    return ""


def _span(accuracy: Accuracy | None) -> timedelta:
    if accuracy is None:
        return timedelta(0)
    return timedelta(
        seconds=accuracy.seconds or 0, milliseconds=accuracy.millis or 0, microseconds=accuracy.micros or 0
    )


def _exchange(tsa: Tsa, request: bytes, clock: Clock) -> bytes:
    left = deadline(clock, tsa.timeout_s)
    post = urllib.request.Request(
        tsa.url, data=request, headers={"Content-Type": "application/timestamp-query"}, method="POST"
    )
    reply = bytearray()
    # A proxy set for the outside is not asked for what runs on this machine.
    here = urlsplit(tsa.url).hostname in ("127.0.0.1", "::1", "localhost")
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if here else []))
    with opener.open(post, timeout=tsa.timeout_s) as answer:
        while chunk := answer.read1(_CHUNK_BYTES):
            reply += chunk
            if len(reply) > _MOST_REPLY_BYTES:
                raise ValueError(f"the answer is longer than {_MOST_REPLY_BYTES} bytes")
            if left() <= 0:
                raise TimeoutError(f"no whole answer in {tsa.timeout_s:g} s")
    return bytes(reply)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
