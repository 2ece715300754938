"""The optional second signature: SM2 with SM3 (GB/T 32918, 32905). The only importer of ``gmalg``.

For a reviewer whose rules ask for it; the first signature stays ECDSA, which every browser verifies. Pure Python and
not constant in time: a key that matters more than this belongs into a token.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.evidence.keys import bad_key, der_of, numbers_of, read_private, write_pair

_USER = b"1234567812345678"  # what GM/T 0009 says where nobody agreed on another
# The one form of each key that openssl writes; what differs is no SM2 key to us.
_PUBLIC_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
_PRIVATE_HEAD = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_PRIVATE_MIDDLE = bytes.fromhex("a144034200")
_POINT_BYTES = 65
_SECRET_BYTES = 32
_MEND = "make one with `harness keys new --sm2 FILE`"
_INSTALL = "pip install android-compliance-harness[sm2]"


class Sm2Signer:
    """Signs with the SM2 key in a PEM file. Raises ``BadInput`` as ``FileSigner`` does, and without ``gmalg``."""

    def __init__(self, path: Path, *, outside: Sequence[Path] = ()) -> None:
        der = _body(read_private(path, outside=outside), "PRIVATE KEY")
        secret = der[len(_PRIVATE_HEAD) :][:_SECRET_BYTES]
        point = der[-_POINT_BYTES:]
        if der != _PRIVATE_HEAD + secret + _PRIVATE_MIDDLE + point:
            raise bad_key(path, "is not an SM2 private key in PEM (PKCS #8)", _MEND)
        try:
            self._sm2 = _library().SM2(secret, _USER, point)
        except ImportError as error:
            raise bad_key(path, "needs the library gmalg", _INSTALL) from error
        self._point = point

    @property
    def public_pem(self) -> bytes:
        return _pem(_PUBLIC_HEAD + self._point, "PUBLIC KEY")

    def sign(self, message: bytes) -> bytes:
        """Return an SM2 signature over SM3 in DER."""
        r, s = self._sm2.sign(message)
        return der_of(int.from_bytes(r), int.from_bytes(s))


def new_sm2_key(path: Path, *, outside: Sequence[Path] = ()) -> tuple[Path, str]:
    """Make a key pair; return the path of the public key and its fingerprint. Raises ``BadInput`` as ``new_key``."""
    try:
        secret, point = _library().SM2().generate_keypair()
    except ImportError as error:
        raise bad_key(path, "needs the library gmalg", _INSTALL) from error
    secret = secret.rjust(_SECRET_BYTES, b"\0")
    private = _pem(_PRIVATE_HEAD + secret + _PRIVATE_MIDDLE + point, "PRIVATE KEY")
    public = _pem(_PUBLIC_HEAD + point, "PUBLIC KEY")
    return write_pair(path, (private, public), outside=outside), sm2_fingerprint(public)


def read_sm2_public(path: Path) -> bytes:
    """Return a reviewer's SM2 public key in its one PEM form. Raises ``BadInput``."""
    try:
        raw = path.read_bytes()[: 1 << 16]
    except OSError as error:
        raise bad_key(path, f"cannot be read: {error.strerror}", _MEND) from error
    if _point(raw) is None:
        raise bad_key(path, "is not an SM2 public key in PEM", "give the public key, FILE.pub.pem")
    return _pem(_body(raw, "PUBLIC KEY"), "PUBLIC KEY")


def sm2_fingerprint(public_pem: bytes) -> str:
    """Return the SHA-256 of an SM2 public key (SubjectPublicKeyInfo, DER), empty for what is none."""
    der = _body(public_pem, "PUBLIC KEY")
    return hashlib.sha256(der).hexdigest() if _point(public_pem) is not None else ""


def is_sm2_signature(public_pem: bytes, signature: bytes, message: bytes) -> bool | None:
    """Return whether the owner of an SM2 key signed these bytes, ``None`` where the library is not there to tell."""
    point = _point(public_pem)
    if point is None:
        return False
    try:
        library = _library()
    except ImportError:
        return None
    try:
        r, s = numbers_of(signature)
        known = library.SM2(uid=_USER, pk=point)
        return bool(known.verify_pk(point) and known.verify(message, _number(r), _number(s)))
    except (ValueError, OverflowError, ArithmeticError, library.errors.GMError):
        return False


def _number(value: int) -> bytes:
    return value.to_bytes(_SECRET_BYTES)


def _library() -> Any:
    import gmalg

    return gmalg


def _point(public_pem: bytes) -> bytes | None:
    der = _body(public_pem, "PUBLIC KEY")
    point = der[len(_PUBLIC_HEAD) :]
    return point if der == _PUBLIC_HEAD + point and len(point) == _POINT_BYTES and point[0] == 4 else None


def _body(pem: bytes, kind: str) -> bytes:
    """Return what a PEM of this kind holds, empty where it is none."""
    begin, end = f"-----BEGIN {kind}-----".encode(), f"-----END {kind}-----".encode()
    _, found, rest = pem.partition(begin)
    text, closed, _ = rest.partition(end)
    try:
        return base64.b64decode(b"".join(text.split()), validate=True) if found and closed else b""
    except ValueError:
        return b""


def _pem(der: bytes, kind: str) -> bytes:
    lines = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n".encode("ascii")
