"""What a seal says, what it cannot say, and how it is made: whole or not at all."""

from __future__ import annotations

import json
import multiprocessing
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from harness.clock import SystemClock
from harness.errors import BadInput, BundleError
from harness.evidence import codec, keys, layout, roots
from harness.evidence.bundle import read_bundle, schema_files
from harness.evidence.seal import Sealing, pae, seal, sealing, sealing_for
from harness.evidence.timestamps import Tsa
from harness.evidence.verify import Soundness, Trust, verify
from tests.evidence_attacks import edit
from tests.seal_fixtures import (
    Scene,
    by_other_key,
    first_scene,
    new_signer,
    payload_of,
    problems,
    signed_statement,
    unseal,
    write_sealed,
    wrong,
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return first_scene(tmp_path_factory.mktemp("sealed"), None)


@pytest.fixture
def scene(first: Scene, tmp_path: Path) -> Scene:
    return first.copy_to(tmp_path)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_new_key_can_be_read_by_its_owner_alone_and_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "reviewer.pem"
    public, fingerprint = keys.new_key(path)
    assert public == tmp_path / "deep" / "reviewer.pub.pem"
    assert b"PRIVATE KEY" in path.read_bytes()
    assert b"PRIVATE" not in public.read_bytes()
    assert keys.fingerprint(public.read_bytes()) == fingerprint
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(BadInput, match="is there already"):
        keys.new_key(path)
    path.unlink()
    with pytest.raises(BadInput, match="is there already"):  # the public key of a key that was moved
        keys.new_key(path)
    assert public.read_bytes() == keys.read_public(public)
    assert before not in public.read_bytes()


@pytest.mark.parametrize("where", ["bundle", "bundle/data/shots", "run", "runs", "named"])
def test_a_key_is_never_made_or_used_inside_evidence(tmp_path: Path, where: str) -> None:
    bundle = write_sealed(tmp_path / "runs" / "r1", None)
    run_lock = bundle.parent / layout.RUN_LOCK
    run_lock.parent.mkdir()
    run_lock.write_bytes(b"")
    if where != "run":  # a run's folder is known by itself
        (tmp_path / "runs" / layout.LEDGER).write_bytes(b"")
    (tmp_path / "named").mkdir()
    places = {"run": bundle.parent, "runs": bundle.parent.parent, "named": tmp_path / "named"}
    folder = places.get(where) or bundle / where.removeprefix("bundle").lstrip("/")
    with pytest.raises(BadInput, match="inside a folder of evidence"):
        keys.new_key(folder / "deeper" / "key.pem", outside=[tmp_path / "named"])
    keys.new_key(tmp_path / "key.pem")
    (folder / "key.pem").write_bytes((tmp_path / "key.pem").read_bytes())
    with pytest.raises(BadInput, match="inside a folder of evidence"):
        sealing(folder / "key.pem", ledger=tmp_path / "named" / layout.LEDGER)


def test_a_bundle_that_was_copied_beside_a_key_makes_no_evidence_of_its_folder(tmp_path: Path) -> None:
    write_sealed(tmp_path, None)
    public, _ = keys.new_key(tmp_path / "keys" / "key.pem")
    assert public.exists()


def test_a_link_into_evidence_is_followed(tmp_path: Path) -> None:
    bundle = write_sealed(tmp_path, None)
    (tmp_path / "link").symlink_to(bundle, target_is_directory=True)
    with pytest.raises(BadInput, match="inside a folder of evidence"):
        keys.new_key(tmp_path / "link" / "key.pem")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keys.new_key(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(BadInput, match=r"others may read it \(mode 0644\); chmod 600"):
        keys.FileSigner(tmp_path / "key.pem")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_and_never_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadInput, match="is not a private key in PEM") as caught:
        keys.FileSigner(path)
    assert "c2VjcmV0" not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(BadInput, match="is not a public key in PEM"):
        keys.read_public(path)
    with pytest.raises(BadInput, match="holds no certificate"):
        keys.read_certificates(path)
    with pytest.raises(BadInput, match="cannot be read"):
        keys.FileSigner(tmp_path / "nothing.pem")


def test_a_private_key_is_in_no_file_of_a_bundle_and_in_no_text_about_its_signer(scene: Scene, first: Scene) -> None:
    private = (first.bundle.parent.parent.parent / "keys" / "signer.pem").read_text().splitlines()[1]
    for path in scene.bundle.rglob("*"):
        assert not path.is_file() or private.encode() not in path.read_bytes()
    assert private not in repr(scene.by)


# --- sealing ----------------------------------------------------------------------------------------------------------


def test_the_signed_bytes_are_those_of_dsse() -> None:
    """The example of the protocol's own text."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_every_part_of_a_seal_follows_its_schema(scene: Scene) -> None:
    def valid(name: str, value: object) -> None:
        jsonschema.Draft202012Validator(json.loads(schema_files()[f"{name}.schema.json"])).validate(value)

    statement = json.loads(payload_of(scene.bundle / layout.STATEMENT))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    valid("seal", statement["predicate"])
    for line in scene.ledger.read_bytes().splitlines():
        valid("root", json.loads(line))
    asked = layout.Asked(tsa="http://tsa.example/", problem="time-refused")
    valid("time-gap", codec.to_json(layout.TimeGap(asked=asked, at=SystemClock().wall())))
    valid("start", codec.to_json(layout.StartFacts(bundle="b", run="r", nonce="0" * 32, previous=None)))


def test_a_bundle_is_sealed_once(scene: Scene) -> None:
    before = (scene.bundle / layout.STATEMENT).read_bytes()
    with pytest.raises(BundleError, match="is sealed already"):
        seal(scene.bundle, scene.by, SystemClock())
    assert (scene.bundle / layout.STATEMENT).read_bytes() == before
    assert len(roots.read_roots(scene.ledger)) == 1


def test_a_finished_bundle_can_be_sealed_afterwards(tmp_path: Path) -> None:
    bundle = write_sealed(tmp_path / "runs", None)
    signer, public = new_signer(tmp_path / "keys")
    facts = seal(bundle, Sealing(signer=signer), SystemClock())
    report = verify(bundle, trust=Trust(key_pem=keys.read_public(public)))
    assert (report.soundness, wrong(report)) == (Soundness.SOUND, set())
    assert report.payload_sha256 == facts.payload_sha256
    assert sorted(path.name for path in bundle.parent.iterdir()) == [bundle.name]


class BrokenSigner:
    """A key that does not answer."""

    def __init__(self, public_pem: bytes) -> None:
        self.public_pem = public_pem

    def sign(self, message: bytes) -> bytes:
        raise BundleError("the token was pulled out")


def test_a_key_that_does_not_answer_loses_nothing_and_leaves_no_half_seal(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="pulled out"):
        write_sealed(tmp_path / "again", Sealing(signer=BrokenSigner(scene.signer.public_pem)))
    (bundle,) = (tmp_path / "again").iterdir()
    assert not (bundle / layout.SIGNATURES).exists()
    assert verify(bundle).soundness is Soundness.UNFINISHED
    assert read_bundle(bundle).steps


def test_what_is_not_there_to_be_signed_is_refused(tmp_path: Path) -> None:
    signer, _ = new_signer(tmp_path / "keys")
    bundle = write_sealed(tmp_path / "runs", None)
    (bundle / layout.FINDINGS).unlink()
    with pytest.raises(BundleError, match="is not there"):
        seal(bundle, Sealing(signer=signer), SystemClock())
    assert not (bundle / layout.SIGNATURES).exists()
    assert sorted(path.name for path in bundle.parent.iterdir()) == [bundle.name]


def test_an_authority_without_a_key_and_a_url_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no key"):
        sealing_for(tmp_path, None, "http://127.0.0.1:1/")
    for url in ("ftp://x/", "file:///etc/passwd", "tsa"):
        with pytest.raises(BadInput, match=r"is not an http\(s\) URL"):
            Tsa(url=url)
    assert Tsa(url="https://user:secret@tsa.example/x?token=1").public_url == "https://tsa.example/x"
    assert sealing_for(tmp_path, None) is None


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_every_sealed_bundle_is_one_chained_line_and_names_the_one_before(tmp_path: Path) -> None:
    signer, _ = new_signer(tmp_path / "keys")
    by = Sealing(signer=signer, ledger=tmp_path / "runs" / layout.LEDGER)
    bundles = [write_sealed(tmp_path / "runs" / run, by, run=run) for run in ("r1", "r2", "r3")]
    known = roots.read_roots(tmp_path / "runs" / layout.LEDGER)
    assert [root.bundle for root in known] == [bundle.name for bundle in bundles]
    assert [root.seq for root in known] == [0, 1, 2]
    for bundle in bundles:
        assert verify(bundle, trust=Trust(ledger=by.ledger)).soundness is Soundness.SOUND


def test_what_a_crash_left_of_a_line_is_cut_off_and_a_broken_chain_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / layout.LEDGER
    with roots.held(path) as ledger:
        ledger.add("a", "r", "0" * 64, at=datetime(2026, 11, 25, tzinfo=UTC))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":1,"at')
    with roots.held(path) as ledger:
        ledger.add("b", "r", "1" * 64, at=datetime(2026, 11, 25, tzinfo=UTC))
    assert [root.bundle for root in roots.read_roots(path)] == ["a", "b"]
    path.write_bytes(path.read_bytes().replace(b'"bundle":"a"', b'"bundle":"x"'))
    with pytest.raises(BundleError, match="the chain is broken"), roots.held(path):
        pass
    signer, _ = new_signer(tmp_path.parent / f"{tmp_path.name}-keys")
    with pytest.raises(BundleError, match="the chain is broken"):  # before anything is recorded
        sealing(tmp_path.parent / f"{tmp_path.name}-keys" / "signer.pem", ledger=path)
    assert signer.public_pem


def _add_many(path: Path, name: str) -> None:
    for number in range(20):
        with roots.held(path) as ledger:
            ledger.add(f"{name}{number}", "r", "0" * 64, at=datetime(2026, 11, 25, tzinfo=UTC))


def test_several_processes_write_one_ledger(tmp_path: Path) -> None:
    path = tmp_path / layout.LEDGER
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(path, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    known = {root.bundle for root in roots.read_roots(path)}
    assert known == {f"{name}{number}" for name in "ab" for number in range(20)}


# --- what cannot be told ----------------------------------------------------------------------------------------------


def unknown_kind(value: dict[str, object]) -> None:
    value["predicateType"] = "https://in-toto.io/attestation/test-result/v0.1"


def later_seal(value: dict[str, object]) -> None:
    predicate = value["predicate"]
    assert isinstance(predicate, dict)
    predicate["format"] = codec.FORMAT + 1


@pytest.mark.parametrize("change", [unknown_kind, later_seal], ids=["predicate type", "format"])
def test_a_seal_that_this_version_does_not_know_is_never_sound(
    scene: Scene, change: Callable[[dict[str, object]], None]
) -> None:
    changed = signed_statement(change)(scene)
    (changed / layout.STATEMENT_STAMP).unlink(missing_ok=True)
    report = verify(changed, trust=replace(scene.trust, ledger=None, tsa_roots=()))
    assert "evidence-seal-unknown" in problems(report)
    assert (report.soundness, report.exit_code) == (Soundness.COULD_NOT_TELL, 2)


def test_a_later_format_is_not_judged(scene: Scene) -> None:
    edit(layout.RUN, b'"format": %d' % codec.FORMAT, b'"format": %d' % (codec.FORMAT + 1))(scene.bundle)
    report = verify(scene.bundle, trust=scene.trust)
    assert (report.soundness, report.exit_code) == (Soundness.COULD_NOT_TELL, 2)


@pytest.mark.parametrize("sealed", [True, False])
def test_an_unfinished_bundle_is_unfinished_and_never_sound(scene: Scene, *, sealed: bool) -> None:
    (scene.bundle / layout.UNFINISHED).write_bytes(b"")
    if not sealed:
        unseal(scene.bundle)
    report = verify(scene.bundle, trust=replace(scene.trust, key_pem=None, tsa_roots=()))
    assert (report.soundness, report.exit_code) == (Soundness.UNFINISHED, 2)


@pytest.mark.parametrize(
    ("finished", "strays", "soundness"),
    [
        (False, ["a.png.part"], Soundness.UNFINISHED),
        (False, ["a.png.part", "b.png.part"], Soundness.NOT_SOUND),
        (True, ["a.png.part"], Soundness.NOT_SOUND),
    ],
)
def test_what_a_kill_leaves_of_one_look_is_no_tampering_and_anything_more_is(
    tmp_path: Path, *, finished: bool, strays: list[str], soundness: Soundness
) -> None:
    bundle = write_sealed(tmp_path, None)
    for name in strays:
        (bundle / layout.SHOTS / name).write_bytes(b"half a pict")
    if not finished:
        (bundle / layout.UNFINISHED).write_bytes(b"")
    assert verify(bundle).soundness is soundness


def test_a_ledger_that_cannot_be_read_or_is_broken_tells_nothing(scene: Scene) -> None:
    raw = scene.ledger.read_bytes()
    for broken in (raw[:-1], raw.replace(b'"seq":0', b'"seq":1'), b"{}\n"):
        scene.ledger.write_bytes(broken)
        report = verify(scene.bundle, trust=scene.trust)
        assert "evidence-ledger-broken" in problems(report)
        assert report.soundness is Soundness.COULD_NOT_TELL


def test_a_bundle_that_the_ledger_does_not_know_is_not_sound(scene: Scene, tmp_path: Path) -> None:
    other = write_sealed(tmp_path / "other", Sealing(signer=scene.signer), run="r2")
    report = verify(other, trust=scene.trust)
    assert wrong(report) == {"verify-ledger"}
    assert "evidence-not-in-ledger" in problems(report)


def test_without_key_root_and_ledger_the_report_says_what_is_not_proven(scene: Scene) -> None:
    report = verify(scene.bundle)
    assert report.soundness is Soundness.SOUND
    assert {"evidence-key-not-pinned", "evidence-no-ledger"} <= problems(report)
    assert report.signed is not None
    assert not report.signed.pinned
    if scene.tsa is not None:
        assert "evidence-time-not-pinned" in problems(report)
        assert report.stamped is not None
        assert not report.stamped.proven


def test_a_bundle_changed_and_signed_by_anybody_shows_another_fingerprint(scene: Scene) -> None:
    before = verify(scene.bundle).signed
    after = verify(by_other_key(scene)).signed
    assert before is not None
    assert after is not None
    assert before.key_sha256 != after.key_sha256
