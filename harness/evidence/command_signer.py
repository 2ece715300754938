"""Signs by a command that asks a token (a smart card, a UKey, a signing server): no key comes near this process.

The command is described in a TOML file that holds no secret:

    public = "signer.pub.pem"           # beside this file
    command = ["pkcs11-tool", "--sign", "--mechanism", "ECDSA", "--id", "01", "--input-file", "/dev/stdin"]
    signature = "raw"                   # what it prints: "der", or "raw" for two numbers of 32 bytes

It is given the 32 bytes of the SHA-256 on standard input. A PIN is the token's own matter (its pad, its environment).
"""

from __future__ import annotations

import hashlib
import subprocess
import tomllib
from pathlib import Path

from harness.errors import BundleError
from harness.evidence.keys import bad_key, der_of, is_signature, read_public

SCHEME = "command:"
_TIMEOUT_S = 60.0
_MOST_BYTES = 1 << 16
_NUMBER_BYTES = 32
_FORMS = ("der", "raw")


class CommandSigner:
    """Signs with the key that a command reaches. Raises ``BadInput`` for a description that cannot be used."""

    def __init__(self, path: Path, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._path = path
        self._timeout_s = timeout_s
        try:
            told = tomllib.loads(path.read_bytes()[:_MOST_BYTES].decode("utf-8"))
        except (OSError, ValueError) as error:
            raise bad_key(path, f"cannot be read: {error}", "see `harness keys --help`") from error
        command, form, public = told.get("command"), told.get("signature", "der"), told.get("public")
        if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
            raise bad_key(path, "`command` is not a list of words", 'write command = ["PROGRAM", "ARGUMENT"]')
        if form not in _FORMS or not isinstance(public, str):
            raise bad_key(path, "`signature` or `public` is not one", 'write signature = "der" and public = "FILE"')
        self._command: list[str] = command
        self._raw = form == "raw"
        self._public_pem = read_public(path.parent / public)

    @property
    def public_pem(self) -> bytes:
        return self._public_pem

    def sign(self, message: bytes) -> bytes:
        """Return what the token signed, in DER. Raises ``BundleError`` where it did not, or signed something else."""
        digest = hashlib.sha256(message).digest()
        try:
            done = subprocess.run(
                self._command,
                input=digest,
                capture_output=True,
                timeout=self._timeout_s,
                cwd=self._path.parent,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BundleError(f"{self._path}: {self._command[0]}: did not sign: {type(error).__name__}") from error
        if done.returncode != 0:
            # What it printed is not repeated: programs quote their arguments, and a PIN may be among them.
            raise BundleError(f"{self._path}: {self._command[0]}: did not sign: exit {done.returncode}")
        signature = self._der(done.stdout) if self._raw else done.stdout
        if not is_signature(self._public_pem, signature, message):
            raise BundleError(
                f"{self._path}: {self._command[0]}: what it gave is no signature of the public key's owner"
            )
        return signature

    def _der(self, raw: bytes) -> bytes:
        if len(raw) != 2 * _NUMBER_BYTES:
            raise BundleError(f"{self._path}: {self._command[0]}: gave {len(raw)} bytes, not {2 * _NUMBER_BYTES}")
        return der_of(int.from_bytes(raw[:_NUMBER_BYTES]), int.from_bytes(raw[_NUMBER_BYTES:]))
