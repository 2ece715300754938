"""Who signed an app: the certificate named in an APK's own signature, by its SHA-256. Pure.

Android checked the signature when it installed the app; here it is only read. Formats: APK Signature Scheme v2 and v3
(source.android.com), a block of length-prefixed values before the zip's directory; v1 is PKCS #7 below ``META-INF``.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

_MAGIC = b"APK Sig Block 42"
_END_RECORD = b"PK\x05\x06"
_END_RECORD_BYTES = 22
_MOST_COMMENT_BYTES = 1 << 16
_MOST_BLOCK_BYTES = 64 << 20
_MOST_V1_BYTES = 1 << 20
# Newest first, as Android itself chooses.
_SCHEMES = ((0x1B93AD61, "v3.1"), (0xF05368C0, "v3"), (0x7109871A, "v2"))
_V1_ENDS = (".RSA", ".DSA", ".EC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The certificate's SHA-256 and the scheme that names it; both empty where an APK names none, or several."""

    sha256: str = ""
    scheme: str = ""


def signer_of(apk: bytes) -> Signer:
    """Return who signed an APK, never raising: bytes that are no APK were signed by nobody."""
    try:
        block = dict(_pairs(_block(apk)))
        for number, scheme in _SCHEMES:
            if number in block:
                return _single([_certificate(signer) for signer in _values(_value(block[number]))], scheme)
    except (struct.error, ValueError):
        return Signer()  # a block that cannot be read is not passed over for an older one
    return _single(_v1(apk), "v1")


def _single(certificates: list[bytes], scheme: str) -> Signer:
    digests = {hashlib.sha256(certificate).hexdigest() for certificate in certificates}
    return Signer(sha256=digests.pop(), scheme=scheme) if len(digests) == 1 else Signer()


def _block(apk: bytes) -> bytes:
    """Return the signing block's pairs, empty where there is none. Raises ``ValueError`` for one that lies."""
    end = apk.rfind(_END_RECORD, max(0, len(apk) - _END_RECORD_BYTES - _MOST_COMMENT_BYTES))
    if end < 0 or len(apk) - end < _END_RECORD_BYTES:
        return b""
    (directory,) = struct.unpack_from("<I", apk, end + 16)
    if not 32 <= directory <= end or apk[directory - 16 : directory] != _MAGIC:
        return b""
    (size,) = struct.unpack_from("<Q", apk, directory - 24)
    start = directory - size - 8
    if not 24 <= size <= _MOST_BLOCK_BYTES or start < 0 or struct.unpack_from("<Q", apk, start)[0] != size:
        raise ValueError("the signing block's two sizes differ")
    return apk[start + 8 : directory - 24]


def _pairs(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield id and value of each pair of a signing block."""
    at = 0
    while at < len(block):
        size, number = struct.unpack_from("<QI", block, at)
        if size < 4 or at + 8 + size > len(block):
            raise ValueError("a pair of the signing block is longer than the block")
        yield number, block[at + 12 : at + 8 + size]
        at += 8 + size


def _values(raw: bytes) -> Iterator[bytes]:
    """Yield the values of a sequence, each after its length in four bytes."""
    at = 0
    while at < len(raw):
        yield _value(raw[at:])
        at += 4 + len(_value(raw[at:]))


def _value(raw: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", raw)
    if 4 + size > len(raw):
        raise ValueError("a value is longer than what holds it")
    return raw[4 : 4 + size]


def _certificate(signer: bytes) -> bytes:
    """Return the first certificate of a signer, which is the signing one: signed data holds digests, certificates."""
    signed = _value(signer)
    digests = _value(signed)
    for certificate in _values(_value(signed[4 + len(digests) :])):
        return certificate
    raise ValueError("a signer has no certificate")


def _v1(apk: bytes) -> list[bytes]:
    """Return the certificates of the signature files below ``META-INF``, none where they cannot be read."""
    found: list[bytes] = []
    try:
        with zipfile.ZipFile(io.BytesIO(apk)) as archive:
            for info in archive.infolist():
                name = info.filename.upper()
                if name.startswith("META-INF/") and name.endswith(_V1_ENDS) and info.file_size <= _MOST_V1_BYTES:
                    signed = pkcs7.load_der_pkcs7_certificates(archive.read(info))
                    found += [certificate.public_bytes(Encoding.DER) for certificate in signed]
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        return []
    return found
