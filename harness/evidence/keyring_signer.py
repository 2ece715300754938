"""Signs with a private key that the operating system's keyring holds. The only importer of ``keyring``."""

from __future__ import annotations

from harness.errors import BadInput
from harness.evidence.keys import PemSigner, bad_key, fingerprint, new_pair

SCHEME = "keyring:"
_SERVICE = "android-compliance-harness"
_INSTALL = "pip install android-compliance-harness[keyring]"


def keyring_signer(name: str) -> PemSigner:
    """Return the signer with the key of this name. Raises ``BadInput`` where the keyring has none, or is none."""
    pem = _password(name)
    if pem is None:
        raise bad_key(SCHEME + name, "is not in the keyring", f"make one with `harness keys new {SCHEME}{name}`")
    return PemSigner(pem.encode("ascii", "replace"), source=SCHEME + name)


def new_keyring_key(name: str) -> tuple[bytes, str]:
    """Make a key pair and keep the private key in the keyring; return the public key as PEM and its fingerprint.

    Raises ``BadInput`` where a key of this name is there already.
    """
    if _password(name) is not None:
        raise bad_key(SCHEME + name, "is there already and is not written over", "choose another name")
    private_pem, public_pem = new_pair()
    import keyring
    import keyring.errors

    try:
        keyring.set_password(_SERVICE, name, private_pem.decode("ascii"))
    except keyring.errors.KeyringError as error:
        raise _refused(name, error) from None  # a backend's message may quote what it was given
    return public_pem, fingerprint(public_pem)


def _password(name: str) -> str | None:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise bad_key(SCHEME + name, "needs the library keyring", _INSTALL) from error
    try:
        return keyring.get_password(_SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise _refused(name, error) from None


def _refused(name: str, error: Exception) -> BadInput:
    problem = f"the keyring does not answer ({type(error).__name__})"
    return bad_key(SCHEME + name, problem, "unlock it, or use a key in a file or a token")
