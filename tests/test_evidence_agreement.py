"""Programs that know nothing of this harness say of a bundle what `harness verify` says, good or bad."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.evidence import layout
from harness.evidence.seal import PAYLOAD_TYPE, pae
from harness.evidence.verify import Soundness, verify
from tests.evidence_attacks import edit, flip
from tests.seal_fixtures import (
    OPENSSL,
    Authority,
    Scene,
    authority,
    first_scene,
    needs_openssl,
    payload_of,
    sole_signature,
)

needs_sha256sum = pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs the sha256sum command")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A bundle, the files that outside tools are handed beside it, and the folder they are in."""

    scene: Scene
    folder: Path
    ca: Path | None

    def says_yes(self, *command: str | Path, cwd: Path | None = None) -> bool:
        done = subprocess.run(
            [str(part) for part in command], cwd=cwd or self.folder, capture_output=True, timeout=60, check=False
        )
        return done.returncode == 0


@pytest.fixture(scope="module")
def stamping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority | None]:
    if OPENSSL is None:
        yield None
        return
    with authority(tmp_path_factory.mktemp("tsa")) as one:
        yield one


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, stamping: Authority | None) -> Scene:
    return first_scene(tmp_path_factory.mktemp("sealed"), stamping)


@pytest.fixture
def judged(first: Scene, stamping: Authority | None, tmp_path: Path) -> Judged:
    scene = first.copy_to(tmp_path)
    folder = tmp_path / "beside"
    folder.mkdir()
    (folder / "signature.der").write_bytes(sole_signature(scene.bundle))
    (folder / "signed.bin").write_bytes(pae(PAYLOAD_TYPE, payload_of(scene.bundle / layout.STATEMENT)))
    (folder / "pinned.pem").write_bytes(scene.trust.key_pem or b"")
    return Judged(scene=scene, folder=folder, ca=stamping.ca if stamping else None)


def verifies(judged: Judged) -> bool:
    return verify(judged.scene.bundle, trust=judged.scene.trust).soundness is Soundness.SOUND


@needs_sha256sum
def test_sha256sum_agrees(judged: Judged) -> None:
    def agrees() -> list[bool]:
        return [
            judged.says_yes("sha256sum", "--strict", "-c", name, cwd=judged.scene.bundle)
            for name in (layout.MANIFEST, layout.TAG_MANIFEST)
        ]

    assert (agrees(), verifies(judged)) == ([True, True], True)
    flip(judged.scene.bundle)
    assert (agrees(), verifies(judged)) == ([False, True], False)


def test_bagit_agrees(judged: Judged) -> None:
    command = (sys.executable, "-m", "bagit", "--validate", judged.scene.bundle)
    assert (judged.says_yes(*command), verifies(judged)) == (True, True)
    flip(judged.scene.bundle)
    assert (judged.says_yes(*command), verifies(judged)) == (False, False)


@needs_openssl
def test_openssl_agrees_on_the_signature(judged: Judged) -> None:
    command = ("openssl", "dgst", "-sha256", "-verify", "pinned.pem", "-signature", "signature.der", "signed.bin")
    assert (judged.says_yes(*command), verifies(judged)) == (True, True)
    edit(layout.STATEMENT, b'"payload": "eyJ', b'"payload": "eyK')(judged.scene.bundle)
    (judged.folder / "signed.bin").write_bytes(pae(PAYLOAD_TYPE, payload_of(judged.scene.bundle / layout.STATEMENT)))
    assert (judged.says_yes(*command), verifies(judged)) == (False, False)


@needs_openssl
def test_openssl_agrees_on_both_time_stamps(judged: Judged) -> None:
    assert judged.ca is not None
    bundle = judged.scene.bundle
    begun = ("-data", bundle / layout.START, "-in", bundle / layout.START_STAMP)
    signed = ("-data", judged.folder / "signature.der", "-in", bundle / layout.STATEMENT_STAMP)

    def agrees() -> list[bool]:
        return [
            judged.says_yes("openssl", "ts", "-verify", *which, "-CAfile", str(judged.ca)) for which in (begun, signed)
        ]

    assert (agrees(), verifies(judged)) == ([True, True], True)
    shutil.copy(bundle / layout.START_STAMP, bundle / layout.STATEMENT_STAMP)
    assert (agrees(), verifies(judged)) == ([True, False], False)


@needs_openssl
def test_openssl_gives_a_key_the_fingerprint_that_is_printed(judged: Judged) -> None:
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", "pinned.pem", "-outform", "DER"],
        cwd=judged.folder,
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    signed = verify(judged.scene.bundle, trust=judged.scene.trust).signed
    assert signed is not None
    assert signed.key_sha256 == layout.sha256(der)
