"""Every known attack on a sealed bundle is caught by the item that has to see it; the sound bundle passes.

The first table is what `bagit` alone lets pass or catches, the second what only a strict verifier sees, the third what
needs the seal. A reviewer's key, root and ledger are at hand, as they come another way than the bundle.
"""

from __future__ import annotations

import json
import shutil
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence import layout
from harness.evidence.seal import PAYLOAD_TYPE
from harness.evidence.verify import Result, Soundness, verify
from tests.evidence_attacks import (
    add,
    climb_in_manifest,
    edit,
    entries,
    first_shot,
    flip,
    pack,
    rebuild,
    rechain,
    remove,
    remove_event,
    swap,
    swap_refs_and_all,
    then_rebuild,
)
from tests.evidence_walks import zipped
from tests.seal_fixtures import (
    OPENSSL,
    Authority,
    Scene,
    SceneAttack,
    authority,
    by_other_key,
    by_real_key,
    first_scene,
    new_signer,
    problems,
    reseal,
    signed_statement,
    unseal,
    wrong,
)


@pytest.fixture(scope="module")
def stamping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority | None]:
    """An authority where there is an openssl to play one: the attacks on other things are tried without it too."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("tsa")
        yield stack.enter_context(authority(folder)) if OPENSSL else None


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, stamping: Authority | None) -> Scene:
    return first_scene(tmp_path_factory.mktemp("sealed"), stamping)


@pytest.fixture
def scene(first: Scene, tmp_path: Path) -> Scene:
    return first.copy_to(tmp_path)


def test_the_sound_bundle_passes_as_a_folder_and_as_a_zip(scene: Scene, tmp_path: Path) -> None:
    for path in (scene.bundle, zipped(scene.bundle, tmp_path / "a.zip")):
        report = verify(path, trust=scene.trust)
        assert {item.key for item in report.items if item.result is not Result.RIGHT} <= {"verify-time"}
        assert wrong(report) == set()
        assert (report.soundness, report.exit_code) == (Soundness.SOUND, 0)
        assert report.signed is not None
        assert report.signed.pinned
        if scene.tsa is not None:
            assert {item.result for item in report.items} == {Result.RIGHT}
            assert report.stamped is not None
            assert report.stamped.proven
        assert report.cannot_prove


# --- what bagit alone catches, and what it does not -------------------------------------------------------------------


def folder(attack: Callable[[Path], None]) -> SceneAttack:
    def attacked(scene: Scene) -> Path:
        attack(scene.bundle)
        return scene.bundle

    return attacked


def link(bundle: Path) -> None:
    target = bundle.parent / "outside.png"
    shot = first_shot(bundle)
    shutil.move(shot, target)
    shot.symlink_to(target)


def swap_and_mend_the_manifest(bundle: Path) -> None:
    tags = (bundle / layout.TAG_MANIFEST).read_bytes()
    then_rebuild(swap)(bundle)
    (bundle / layout.TAG_MANIFEST).write_bytes(tags)


BAG_ATTACKS: dict[str, tuple[SceneAttack, str]] = {
    "bit flip": (folder(flip), "verify-payload-manifest"),
    "removed file": (folder(lambda b: first_shot(b).unlink()), "verify-payload-manifest"),
    "added payload file": (folder(add("data/shots/extra.png")), "verify-payload-manifest"),
    "swap": (folder(swap), "verify-payload-manifest"),
    "swap, manifest mended": (folder(swap_and_mend_the_manifest), "verify-tag-manifest"),
    "swap, both manifests made anew": (folder(then_rebuild(swap)), "verify-tag-manifest"),
    "bag-info edited": (folder(edit(layout.BAG_INFO, b"Oxum: ", b"Oxum: 1")), "verify-tag-manifest"),
    "../ in the manifest": (folder(climb_in_manifest), "verify-payload-manifest"),
    "symlink": (folder(link), "verify-container"),
    "manifest deleted": (folder(remove(layout.MANIFEST)), "verify-bag"),
    "file added outside data": (folder(add("REPORT.html")), "verify-unlisted"),
    "folder added outside data": (folder(add("extra/x.txt")), "verify-container"),
    "file added beside the seal": (folder(add("signatures/x.pem")), "verify-unlisted"),
    "tag manifest deleted": (folder(remove(layout.TAG_MANIFEST)), "verify-bag"),
    "fetch.txt added": (folder(add("fetch.txt")), "verify-bag"),
}


# --- what only a strict reader sees: in the zip -----------------------------------------------------------------------


def in_zip(change: Callable[[bytearray], bytes | bytearray]) -> SceneAttack:
    def attacked(scene: Scene) -> Path:
        path = zipped(scene.bundle, scene.bundle.parent / "a.zip")
        path.write_bytes(change(bytearray(path.read_bytes())))
        return path

    return attacked


def flip_picture(raw: bytearray) -> bytearray:
    raw[raw.index(b"\x89PNG") + 500] ^= 1
    return raw


def encrypt(raw: bytearray) -> bytearray:
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return raw


def lie_about_size(raw: bytearray) -> bytearray:
    at = raw.rindex(b"PK\x01\x02") + 24
    raw[at : at + 4] = struct.pack("<L", struct.unpack("<L", raw[at : at + 4])[0] - 1)
    return raw


def unknown_method(raw: bytearray) -> bytearray:
    at = raw.index(b"PK\x01\x02") + 10
    raw[at : at + 2] = struct.pack("<H", 99)
    return raw


def grow_directory(raw: bytearray) -> bytearray:
    at = raw.rindex(b"PK\x05\x06") + 12
    raw[at : at + 4] = struct.pack("<L", 1 << 30)
    return raw


def overlap(raw: bytearray) -> bytes:
    """Let one more name in the directory point to the bytes of the last entry, as bombs of overlapping files do."""
    end, last = raw.rindex(b"PK\x05\x06"), raw.rindex(b"PK\x01\x02")
    twin = raw[last:end]
    twin[46 + struct.unpack("<H", twin[28:30])[0] - 1] = ord("Z")
    record = raw[end:]
    count, size = struct.unpack("<H", record[10:12])[0] + 1, struct.unpack("<L", record[12:16])[0] + len(twin)
    record[8:16] = struct.pack("<HHL", count, count, size)
    return bytes(raw[:end] + twin + record)


def with_entry(name: str, raw: bytes = b"", mode: int = 0) -> SceneAttack:
    """Add an entry whose name is set behind the library, which would tidy it."""

    def attacked(scene: Scene) -> Path:
        path = zipped(scene.bundle, scene.bundle.parent / "a.zip")
        with zipfile.ZipFile(path, "a") as archive:
            info = zipfile.ZipInfo(f"{scene.bundle.name}/x")
            info.filename = f"{scene.bundle.name}/{name}"
            if mode:
                info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, raw)
        return path

    return attacked


def bomb(scene: Scene) -> Path:
    content = [*entries(scene.bundle), (f"{scene.bundle.name}/data/shots/bomb.png", bytes(8 << 20))]
    return pack(scene.bundle.parent / "a.zip", content, zipfile.ZIP_DEFLATED)


ZIP_ATTACKS: dict[str, tuple[SceneAttack, str]] = {
    "bit flip in the zip's bytes": (in_zip(flip_picture), "verify-readable"),
    "truncated by 5 KB": (in_zip(lambda raw: raw[:-5000]), "verify-container"),
    "truncated by 1 byte": (in_zip(lambda raw: raw[:-1]), "verify-container"),
    "bytes before it": (in_zip(lambda raw: b"MZ" * 50 + raw), "verify-container"),
    "name ../": (with_entry("../../evil.txt"), "verify-container"),
    "name C:/": (with_entry("C:/evil.txt"), "verify-container"),
    "name with a backslash": (with_entry("data\\evil.txt"), "verify-container"),
    "name CON.png": (with_entry("data/CON.png"), "verify-container"),
    "name with a trailing dot": (with_entry("data/trailing."), "verify-container"),
    "name with a trailing blank": (with_entry("data/trailing "), "verify-container"),
    "name with letters that look alike": (with_entry("data/run\uff0ejson"), "verify-container"),
    "duplicate entry": (with_entry(layout.RUN), "verify-container"),
    "name that differs by case": (with_entry("data/RUN.json"), "verify-container"),
    "entries that overlap": (in_zip(overlap), "verify-container"),
    "zip bomb": (bomb, "verify-container"),
    "lying size": (in_zip(lie_about_size), "verify-container"),
    "symlink in the zip": (with_entry("data/shots/link.png", b"/etc/passwd", 0o120777), "verify-container"),
    "encrypted entry": (in_zip(encrypt), "verify-container"),
    "unknown compression": (in_zip(unknown_method), "verify-container"),
    "a directory that fills the memory": (in_zip(grow_directory), "verify-container"),
}


# --- what needs the seal ----------------------------------------------------------------------------------------------


def issued_again(scene: Scene) -> Path:
    """Sign the same bundle a second time, entered in a ledger of one's own: nothing but the handed-over one tells."""
    return reseal(scene, replace(scene.by, ledger=scene.bundle.parent / "mine.jsonl"))


def issued_again_in_the_ledger(scene: Scene) -> Path:
    return reseal(scene, scene.by)


def remove_event_and_all(bundle: Path) -> None:
    """Take one refusal out of the log and number and chain the rest anew: no digest tells any more."""
    path = bundle / layout.EVENTS
    events = [json.loads(line) for line in path.read_bytes().splitlines()]
    at = next(n for n, event in enumerate(events) if event["type"] == "refusal")
    kept = [{**event, "seq": n} for n, event in enumerate(events[:at] + events[at + 1 :])]
    path.write_bytes(b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in kept))
    rechain(bundle)
    rebuild(bundle)


def other_payload_type(bundle: Path) -> None:
    edit(layout.STATEMENT, PAYLOAD_TYPE.encode(), b"application/x-anything")(bundle)


def claim_more_events(value: dict[str, object]) -> None:
    predicate = value["predicate"]
    assert isinstance(predicate, dict)
    predicate["events"] += 1


def signer_pem_of_another(scene: Scene) -> Path:
    other, _ = new_signer(scene.bundle.parent.parent / "keys")
    (scene.bundle / layout.SIGNER).write_bytes(other.public_pem)
    return scene.bundle


BILLION_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE h [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><h>&b;</h>'


def huge_png() -> bytes:
    """Return a small file that says it is a picture of 50 000 by 40 000 pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 40_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def put_huge_picture(bundle: Path) -> None:
    first_shot(bundle).write_bytes(huge_png())


def put_hierarchy(raw: bytes) -> Callable[[Path], None]:
    def attack(bundle: Path) -> None:
        min((bundle / layout.UI).iterdir()).write_bytes(raw)

    return attack


SEAL_ATTACKS: dict[str, tuple[SceneAttack, str]] = {
    "evidence of findings swapped, manifests made anew": (folder(swap_refs_and_all), "verify-findings-bound"),
    "evidence of findings swapped, signed with the real key": (
        by_real_key(swap_refs_and_all),
        "verify-findings-bound",
    ),
    "signed again with another key": (by_other_key, "verify-seal"),
    "issued again by the real key": (issued_again, "verify-ledger"),
    "issued again by the real key, entered in the ledger": (issued_again_in_the_ledger, "verify-ledger"),
    "event deleted, manifests made anew": (folder(then_rebuild(remove_event)), "verify-tag-manifest"),
    "event deleted, numbered and chained anew": (folder(remove_event_and_all), "verify-statement"),
    "signature taken off": (folder(unseal), "verify-seal"),
    "signature of one byte changed": (folder(edit(layout.STATEMENT, b'"sig": "ME', b'"sig": "MF')), "verify-seal"),
    "public key in the bundle replaced": (signer_pem_of_another, "verify-seal"),
    "another type of payload": (folder(other_payload_type), "verify-seal"),
    "statement about other events": (signed_statement(claim_more_events), "verify-statement"),
    "case changed, signed with the real key": (
        by_real_key(then_rebuild(edit(layout.CASE, b'"case_id": "', b'"case_id": "X'))),
        "verify-files-bound",
    ),
    "crate told anew, signed with the real key": (
        by_real_key(then_rebuild(edit(layout.CRATE, b'"#operator"', b'"#nobody"'))),
        "verify-files-bound",
    ),
    "page put into the payload, signed with the real key": (
        by_real_key(then_rebuild(add("data/derived/evil.html"))),
        "verify-unlisted",
    ),
    "picture of 2 000 million pixels": (
        by_real_key(then_rebuild(put_huge_picture)),
        "verify-content",
    ),
    "entities in a hierarchy": (
        by_real_key(then_rebuild(put_hierarchy(BILLION_LAUGHS))),
        "verify-content",
    ),
    "a hierarchy in UTF-16": (
        by_real_key(then_rebuild(put_hierarchy(BILLION_LAUGHS.decode().encode("utf-16")))),
        "verify-content",
    ),
}


ATTACKS = {**BAG_ATTACKS, **ZIP_ATTACKS, **SEAL_ATTACKS}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_caught(name: str, scene: Scene) -> None:
    attack, item = ATTACKS[name]
    report = verify(attack(scene), trust=scene.trust)
    assert item in wrong(report), problems(report)
    assert (report.soundness, report.exit_code) == (Soundness.NOT_SOUND, 1)


@pytest.mark.parametrize("name", [name for name in (*BAG_ATTACKS, *SEAL_ATTACKS) if name != "symlink"])
def test_an_attack_is_caught_in_a_zip_too(name: str, scene: Scene, tmp_path: Path) -> None:
    attack, item = ATTACKS[name]
    report = verify(zipped(attack(scene), tmp_path / "a.zip"), trust=scene.trust)
    assert item in wrong(report), problems(report)


def test_a_directory_that_fills_the_memory_is_refused_before_it_is_read(scene: Scene) -> None:
    report = verify(in_zip(grow_directory)(scene))
    assert problems(report) == {"evidence-too-many"}


def test_entries_that_overlap_are_told_as_such(scene: Scene) -> None:
    assert "evidence-zip-overlap" in problems(verify(in_zip(overlap)(scene)))


def test_a_name_of_nothing_but_folders_does_not_fill_the_memory(scene: Scene) -> None:
    path = with_entry("a/" * 30_000 + "x")(scene)
    tracemalloc.start()
    report = verify(path)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "evidence-name-unsafe" in problems(report)
    assert most_bytes < 20_000_000


def test_hostile_depth_and_numbers_are_misfits_and_no_crash(scene: Scene) -> None:
    for raw in (b"[" * 100_000, b'{"format": 1e999}', b'{"format": ' + b"9" * 5000 + b"}", b"\xff\xfe"):
        (scene.bundle / layout.STATEMENT).write_bytes(raw)
        (scene.bundle / layout.CASE).write_bytes(raw)
        assert {"verify-seal", "verify-format"} <= wrong(verify(scene.bundle, trust=scene.trust))
