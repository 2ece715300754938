"""Keys in a keyring, keys behind a command, a second signature in SM2: each verified, none in a bundle or a message."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import keyring.backend
import pytest

from harness.clock import SystemClock
from harness.errors import BadInput, BundleError
from harness.evidence import keys, layout
from harness.evidence.command_signer import CommandSigner
from harness.evidence.keyring_signer import new_keyring_key
from harness.evidence.seal import PAYLOAD_TYPE, Sealing, pae, seal, sealing, sealing_for
from harness.evidence.signers import key_place, signer_at
from harness.evidence.sm2 import Sm2Signer, is_sm2_signature, new_sm2_key, read_sm2_public, sm2_fingerprint
from harness.evidence.verify import Result, Soundness, Trust, verify
from tests.seal_fixtures import needs_openssl, new_signer, payload_of, problems, write_sealed, wrong


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring of this process."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    before, mine = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def nowhere(secret: bytes, bundle: Path, *texts: str) -> None:
    """Check that no line of a secret is in a file of the bundle or in a text."""
    lines = [line for line in secret.splitlines() if line and not line.startswith(b"-----")]
    assert lines
    for line in lines:
        assert not any(line in path.read_bytes() for path in bundle.rglob("*") if path.is_file())
        assert not any(line.decode() in text for text in texts)


# --- the keyring ------------------------------------------------------------------------------------------------------


def test_a_key_in_the_keyring_signs_and_is_seen_nowhere_else(
    memory: MemoryKeyring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    public_pem, fingerprint = new_keyring_key("night")
    by = sealing("keyring:night")
    bundle = write_sealed(tmp_path, by)
    report = verify(bundle, trust=Trust(key_pem=public_pem))
    assert report.soundness is Soundness.SOUND
    assert report.signed is not None
    assert (report.signed.key_sha256, report.signed.pinned) == (fingerprint, True)
    (secret,) = memory.kept.values()
    nowhere(secret.encode(), bundle, caplog.text, repr(by))


def test_a_keyring_without_the_key_or_with_another_thing_is_refused_without_quoting_it(memory: MemoryKeyring) -> None:
    with pytest.raises(BadInput, match=r"is not in the keyring; make one with `harness keys new keyring:night`"):
        signer_at("keyring:night")
    new_keyring_key("night")
    with pytest.raises(BadInput, match="is there already"):
        new_keyring_key("night")
    for place in memory.kept:
        memory.kept[place] = "my secret"
    with pytest.raises(BadInput, match="is not a private key in PEM") as caught:
        signer_at("keyring:night")
    assert "my secret" not in str(caught.value)


def test_a_keyring_that_does_not_answer_is_told_of() -> None:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(BadInput, match="the keyring does not answer"):
            signer_at("keyring:night")
    finally:
        keyring.set_keyring(before)


def test_a_place_of_a_key_is_taken_from_where_it_was_written(tmp_path: Path) -> None:
    assert key_place("keyring:night", tmp_path) == "keyring:night"
    assert key_place("command:token.toml", tmp_path) == f"command:{tmp_path / 'token.toml'}"
    assert key_place("signer.pem", tmp_path) == str(tmp_path / "signer.pem")


# --- a command that asks a token --------------------------------------------------------------------------------------

# Signs a digest as a token does that gives two numbers: through openssl, whose answer is taken apart.
RAW = """
import subprocess, sys
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", sys.argv[1], "-pkeyopt", "digest:sha256"],
                      input=sys.stdin.buffer.read(), capture_output=True, check=True)
sys.stdout.buffer.write(b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(done.stdout)))
"""


def token(folder: Path, command: list[str], form: str = "der") -> Path:
    """Write the description of a token beside a key pair; return its path."""
    new_signer(folder)
    path = folder / "token.toml"
    words = ", ".join(json.dumps(word) for word in command)
    path.write_text(f'public = "signer.pub.pem"\nsignature = "{form}"\ncommand = [{words}]\n', encoding="utf-8")
    return path


OPENSSL_SIGNS = ["openssl", "pkeyutl", "-sign", "-inkey", "signer.pem", "-pkeyopt", "digest:sha256"]


@needs_openssl
@pytest.mark.parametrize("form", ["der", "raw"])
def test_a_command_signs_a_bundle_with_a_key_that_never_comes_here(
    tmp_path: Path, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    command = OPENSSL_SIGNS if form == "der" else [sys.executable, "-c", RAW, "signer.pem"]
    path = token(tmp_path / "keys", command, form)
    by = sealing(f"command:{path}")
    bundle = write_sealed(tmp_path / "runs", by)
    trust = Trust(key_pem=keys.read_public(tmp_path / "keys" / "signer.pub.pem"))
    assert verify(bundle, trust=trust).soundness is Soundness.SOUND
    nowhere((tmp_path / "keys" / "signer.pem").read_bytes(), bundle, caplog.text, repr(by))


PRINTS = "import sys; sys.stderr.write('PIN 1234 wrong'); sys.exit(7)"


@needs_openssl
@pytest.mark.parametrize(
    ("command", "form", "problem"),
    [
        ([sys.executable, "-c", PRINTS], "der", "exit 7"),
        (["no-such-program"], "der", "FileNotFoundError"),
        ([sys.executable, "-c", "print('signed')"], "der", "no signature of the public key's owner"),
        ([sys.executable, "-c", "print('signed')"], "raw", "bytes, not 64"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "der", "TimeoutExpired"),
    ],
)
def test_a_command_that_does_not_sign_leaves_the_bundle_unfinished_and_is_not_quoted(
    tmp_path: Path, command: list[str], form: str, problem: str
) -> None:
    signer = CommandSigner(token(tmp_path / "keys", command, form), timeout_s=2.0)
    with pytest.raises(BundleError, match=problem) as caught:
        write_sealed(tmp_path / "runs", Sealing(signer=signer))
    assert "1234" not in str(caught.value)
    (bundle,) = (tmp_path / "runs").iterdir()
    assert verify(bundle).soundness is Soundness.UNFINISHED


@needs_openssl
def test_a_token_that_holds_another_key_is_noticed_at_once(tmp_path: Path) -> None:
    path = token(tmp_path / "keys", OPENSSL_SIGNS)
    new_signer(tmp_path / "keys", "other")
    path.write_text(path.read_text().replace('public = "signer', 'public = "other'), encoding="utf-8")
    with pytest.raises(BundleError, match="no signature of the public key's owner"):
        CommandSigner(path).sign(b"message")


@pytest.mark.parametrize(
    "text",
    ["", "command = 5", "command = []", 'command = ["a"]', 'command = ["a"]\nsignature = "x"\npublic = "p"', "["],
)
def test_a_description_that_tells_no_command_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "token.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput):
        signer_at(f"command:{tmp_path / 'token.toml'}")


# --- the second signature ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trust]:
    """A bundle signed twice, and what its reviewer has."""
    root = tmp_path_factory.mktemp("sm2")
    signer, public = new_signer(root / "keys")
    second, _ = new_sm2_key(root / "keys" / "second.pem")
    sm2 = Sm2Signer(root / "keys" / "second.pem")
    bundle = write_sealed(root / "runs", Sealing(signer=signer, sm2=sm2))
    return bundle, Trust(key_pem=keys.read_public(public), sm2_pem=read_sm2_public(second))


def test_a_bundle_signed_twice_is_verified_twice(twice: tuple[Path, Trust]) -> None:
    bundle, trust = twice
    report = verify(bundle, trust=trust)
    assert report.soundness is Soundness.SOUND
    assert next(item for item in report.items if item.key == "verify-seal").result is Result.RIGHT
    secret = (bundle.parent.parent / "keys" / "second.pem").read_bytes()
    nowhere(secret, bundle, repr(report))
    assert b"PRIVATE" not in (bundle / layout.SIGNER_SM2).read_bytes()
    assert "evidence-sm2-not-pinned" in problems(verify(bundle, trust=replace(trust, sm2_pem=None)))


@needs_openssl
def test_openssl_agrees_with_the_second_signature_and_its_keys(twice: tuple[Path, Trust], tmp_path: Path) -> None:
    bundle, _ = twice
    public = bundle / layout.SIGNER_SM2
    signatures = json.loads((bundle / layout.STATEMENT).read_bytes())["signatures"]
    second = next(one for one in signatures if one["keyid"] == sm2_fingerprint(public.read_bytes()))
    (tmp_path / "s.sig").write_bytes(base64.b64decode(second["sig"]))
    message = pae(PAYLOAD_TYPE, payload_of(bundle / layout.STATEMENT))
    (tmp_path / "s.msg").write_bytes(message)
    check = f"openssl dgst -sm3 -sigopt distid:1234567812345678 -verify {public} -signature s.sig s.msg"
    done = subprocess.run(check.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Verified OK", done.stderr
    subprocess.run(["openssl", "genpkey", "-algorithm", "SM2", "-out", "own.pem"], cwd=tmp_path, check=True)
    os.chmod(tmp_path / "own.pem", 0o600)
    own = Sm2Signer(tmp_path / "own.pem")
    assert is_sm2_signature(own.public_pem, own.sign(b"message"), b"message") is True


def test_a_second_signature_that_is_wrong_missing_or_another_s_is_caught(
    twice: tuple[Path, Trust], tmp_path: Path
) -> None:
    bundle, trust = twice
    other, _ = new_sm2_key(tmp_path / "other.pem")
    report = verify(bundle, trust=replace(trust, sm2_pem=read_sm2_public(other)))
    assert wrong(report) == {"verify-seal"}
    assert "evidence-sm2-wrong" in problems(report)
    once = write_sealed(tmp_path / "once", Sealing(signer=new_signer(tmp_path / "keys")[0]))
    report = verify(once, trust=Trust(sm2_pem=trust.sm2_pem))
    assert "evidence-sm2-missing" in problems(report)
    assert report.soundness is Soundness.NOT_SOUND
    (once / layout.SIGNER_SM2).write_bytes(trust.sm2_pem or b"")  # a key without its signature
    assert "evidence-sm2-wrong" in problems(verify(once))


def test_a_statement_changed_after_both_signatures_is_caught(twice: tuple[Path, Trust], tmp_path: Path) -> None:
    public = read_sm2_public(twice[0] / layout.SIGNER_SM2)
    message = pae(PAYLOAD_TYPE, payload_of(twice[0] / layout.STATEMENT))
    signatures = json.loads((twice[0] / layout.STATEMENT).read_bytes())["signatures"]
    said = [is_sm2_signature(public, base64.b64decode(one["sig"]), message) for one in signatures]
    assert sorted(map(bool, said)) == [False, True]
    changed = hashlib.sha256(message).digest()
    assert not any(is_sm2_signature(public, base64.b64decode(one["sig"]), changed) for one in signatures)


def test_what_is_no_sm2_key_is_refused(tmp_path: Path) -> None:
    new_signer(tmp_path)
    with pytest.raises(BadInput, match="is not an SM2 private key"):
        Sm2Signer(tmp_path / "signer.pem")
    with pytest.raises(BadInput, match="is not an SM2 public key"):
        read_sm2_public(tmp_path / "signer.pub.pem")
    assert is_sm2_signature(b"", b"", b"") is False
    with pytest.raises(BadInput, match="signs second, and there is no first"):
        sealing_for(tmp_path, None, sm2_key=tmp_path / "second.pem")


def test_a_finished_bundle_can_be_signed_twice_afterwards(tmp_path: Path) -> None:
    bundle = write_sealed(tmp_path / "runs", None)
    signer, _ = new_signer(tmp_path / "keys")
    second, _ = new_sm2_key(tmp_path / "keys" / "second.pem")
    by = Sealing(signer=signer, sm2=Sm2Signer(tmp_path / "keys" / "second.pem"))
    seal(bundle, by, SystemClock())
    assert verify(bundle, trust=Trust(sm2_pem=read_sm2_public(second))).soundness is Soundness.SOUND


# --- on the command line ----------------------------------------------------------------------------------------------


def test_keys_are_made_and_used_on_the_command_line_wherever_they_are(tmp_path: Path) -> None:
    backend = {
        "PYTHON_KEYRING_BACKEND": "tests.file_keyring.FileKeyring",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    environment = {
        **os.environ,
        **backend,
        "HARNESS_TEST_KEYRING": str(tmp_path / "ring.json"),
        "PYTHONIOENCODING": "utf-8",
    }

    def harness(*arguments: str) -> str:
        command = [sys.executable, "-m", "harness", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    said = harness("keys", "new", "keyring:night") + harness("keys", "new", "--sm2", "second.pem")
    bundle = write_sealed(tmp_path / "runs", None)
    said += harness("seal", str(bundle), "--key", "keyring:night", "--sm2-key", "second.pem")
    said += harness("verify", str(bundle), "--key", "night.pub.pem", "--sm2-key", "second.pub.pem")
    (ring,) = json.loads((tmp_path / "ring.json").read_text(encoding="utf-8")).values()
    nowhere(ring.encode(), bundle, said)
    nowhere((tmp_path / "second.pem").read_bytes(), bundle, said)
