"""Signing keys: made, read, used, and told apart by their fingerprint. The only importer of ``cryptography`` here.

One kind of key: ECDSA over P-256 with SHA-256, which every browser and every ``openssl`` can verify. A private key is
never inside a folder of evidence, never written to a log and never part of a message.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from harness.errors import BadInput, BundleError
from harness.evidence import durable, layout

Certificate = x509.Certificate

_MEND_KEY = "make one with `harness keys new FILE`"
_MOST_PEM_BYTES = 1 << 20
_ECDSA = ec.ECDSA(hashes.SHA256())


class Signer(Protocol):
    """Signs with a key that it does not hand out. Another place for keys (a keyring, a token) is one more file."""

    @property
    def public_pem(self) -> bytes:
        """Return the public key as PEM."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return an ECDSA signature over SHA-256 in DER. Raises ``BundleError`` where the key does not answer."""
        ...


class PemSigner:
    """Signs with a private key that is held as PEM; ``source`` says where it came from, for messages.

    Raises ``BadInput`` for what is no P-256 key.
    """

    def __init__(self, pem: bytes, *, source: str) -> None:
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except TypeError as error:
            mend = "store it unencrypted in a place that only you can read"
            raise bad_key(source, "is encrypted with a passphrase", mend) from error
        except (ValueError, UnsupportedAlgorithm):
            # The library's message may quote what it read; a key is not quoted.
            raise bad_key(source, "is not a private key in PEM") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise bad_key(source, "is not an ECDSA P-256 key")
        self._key = key

    @property
    def public_pem(self) -> bytes:
        return _public_pem(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, _ECDSA)


class FileSigner(PemSigner):
    """Signs with the private key in a PEM file. The file is read once, before anything is recorded.

    Raises ``BadInput`` for a file that is no P-256 key, that others may read, or that lies inside evidence.
    """

    def __init__(self, path: Path, *, outside: Sequence[Path] = ()) -> None:
        super().__init__(read_private(path, outside=outside), source=str(path))


def read_private(path: Path, *, outside: Sequence[Path] = ()) -> bytes:
    """Return a private key's file. Raises ``BadInput`` where others may read it, or where it lies inside evidence."""
    if inside := evidence_above(path, outside):
        raise bad_key(path, f"lies inside a folder of evidence ({inside})", "move it to a place of its own")
    raw = _pem(path)
    if os.name != "nt" and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        raise bad_key(path, f"others may read it (mode {mode:04o})", f"chmod 600 {path}")
    return raw


def new_key(path: Path, *, outside: Sequence[Path] = ()) -> tuple[Path, str]:
    """Make a key pair; return the path of the public key, beside the private one, and its fingerprint.

    The private key's file can be read by its owner only. Raises ``BadInput`` where a file is there already, or where
    the place is inside evidence or one of the folders it has to be ``outside`` of.
    """
    private_pem, public_pem = new_pair()
    return write_pair(path, (private_pem, public_pem), outside=outside), fingerprint(public_pem)


def new_pair() -> tuple[bytes, bytes]:
    """Make a key pair; return the private and the public key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    private_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private_pem, _public_pem(key.public_key())


def write_pair(path: Path, pair: tuple[bytes, bytes], *, outside: Sequence[Path] = ()) -> Path:
    """Write a private key that its owner alone can read, and the public key beside it; return the public key's path.

    Raises ``BadInput`` as ``new_key`` does.
    """
    path = path.absolute()
    public = public_path(path)
    mend = "name a file that is not there yet, outside of evidence"
    if inside := evidence_above(path, outside):
        raise bad_key(path, f"would lie inside a folder of evidence ({inside})", mend)
    for there in (path, public):
        if there.exists() or there.is_symlink():
            raise bad_key(there, "is there already and is not written over", mend)
    private_pem, public_pem = pair
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made with its mode, exclusively: at no moment is there a key that others can read, or a second writer.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(private_pem)
            file.flush()
            os.fsync(file.fileno())
        durable.write(public, public_pem)
    except OSError as error:
        raise bad_key(path, f"cannot be written: {error.strerror}", mend) from error
    return public


def public_path(private: Path) -> Path:
    """Return where the public key of a private key's file lies: ``reviewer.pem`` has ``reviewer.pub.pem``."""
    return private.with_name(f"{private.stem}.pub.pem")


def evidence_above(path: Path, named: Sequence[Path] = ()) -> Path | None:
    """Return the folder of evidence that a path lies in, ``None`` for none.

    That is a bundle, a run's folder, the folder of runs, or one that is ``named`` as such; not a place to which
    somebody copied a bundle. Links are followed.
    """
    evidence = {folder.resolve() for folder in named}
    for folder in path.resolve().parents:
        if folder in evidence:
            return folder
        if (folder / layout.RUN).exists() or (folder / layout.BAGIT).exists():
            return folder
        if (folder / layout.LEDGER).exists() or (folder / layout.RUN_LOCK).exists():
            return folder
    return None


def read_public(path: Path) -> bytes:
    """Return a reviewer's public key in its one PEM form. Raises ``BadInput``."""
    try:
        return _public_pem(_public(_pem(path)))
    except ValueError as error:
        raise bad_key(path, str(error), "give the public key, FILE.pub.pem") from error


def fingerprint(public_pem: bytes) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo, DER) in hexadecimal. Raises ``BundleError``."""
    try:
        key = _public(public_pem)
    except ValueError as error:
        raise BundleError(f"the public key {error}") from error
    return layout.sha256(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def same_key(public_pem: bytes, key_sha256: str) -> bool:
    """Return whether a key is the one with this fingerprint; false for a key that cannot be read."""
    try:
        return fingerprint(public_pem) == key_sha256
    except BundleError:
        return False


def der_of(r: int, s: int) -> bytes:
    """Return the two numbers of a signature in DER, as every signature is stored."""
    return utils.encode_dss_signature(r, s)


def numbers_of(signature: bytes) -> tuple[int, int]:
    """Return the two numbers of a signature in DER. Raises ``ValueError``."""
    return utils.decode_dss_signature(signature)


def is_signature(public_pem: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether the owner of a key signed these bytes; false for a key that cannot be read."""
    try:
        _public(public_pem).verify(signature, message, _ECDSA)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_certificates(path: Path) -> tuple[Certificate, ...]:
    """Return the certificates of a PEM file, at least one. Raises ``BadInput``."""
    mend = "give the certificate of the time-stamping authority's root as PEM"
    try:
        return tuple(x509.load_pem_x509_certificates(_pem(path)))
    except ValueError as error:
        raise bad_key(path, "holds no certificate", mend) from error


def grouped(digest: str) -> str:
    """Return a digest in groups of four, as people compare it."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def _public(pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return a public key; raises ``ValueError`` that says what is wrong with it."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("is not a public key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("is not an ECDSA P-256 key")  # noqa: TRY004 - a wrong file, not a wrong type
    return key


def _public_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _pem(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_PEM_BYTES)
    except OSError as error:
        raise bad_key(path, f"cannot be read: {error.strerror}") from error


def bad_key(source: Path | str, problem: str, mend: str = _MEND_KEY) -> BadInput:
    """Return what is raised for a key that cannot be used; a key itself is never part of it."""
    return BadInput(source=str(source), place="key", problem=problem, mend=mend)
