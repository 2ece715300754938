"""Where a signing key is: ``keyring:NAME``, ``command:FILE.toml`` or the path of a PEM file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.evidence import command_signer, keyring_signer
from harness.evidence.keys import FileSigner, Signer

SCHEMES = (keyring_signer.SCHEME, command_signer.SCHEME)


def signer_at(where: Path | str, *, outside: Sequence[Path] = ()) -> Signer:
    """Return the signer with the key that is there. Raises ``BadInput`` for a key that cannot be used."""
    text = str(where)
    if text.startswith(keyring_signer.SCHEME):
        return keyring_signer.keyring_signer(text.removeprefix(keyring_signer.SCHEME))
    if text.startswith(command_signer.SCHEME):
        return command_signer.CommandSigner(Path(text.removeprefix(command_signer.SCHEME)))
    return FileSigner(Path(where), outside=outside)


def key_place(given: str, folder: Path) -> str:
    """Return where a key is, with a relative path taken from ``folder``."""
    scheme = next((scheme for scheme in SCHEMES if given.startswith(scheme)), "")
    return given if scheme == keyring_signer.SCHEME else f"{scheme}{folder / given.removeprefix(scheme)}"
