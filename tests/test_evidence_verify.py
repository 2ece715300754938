"""Every attack on a bundle is named by the item that has to see it; none of them leaves the bundle sound."""

from __future__ import annotations

import hashlib
import shutil
import struct
import zipfile
from pathlib import Path

import pytest

from harness.errors import BundleError
from harness.evidence import codec, layout
from harness.evidence.bundle import read_bundle
from harness.evidence.container import Limits
from harness.evidence.verify import EXIT_CODES, ITEMS, Quality, Result, Soundness, VerifyReport, verify
from harness.messages import catalogue, text
from tests.evidence_attacks import (
    Attack,
    add,
    climb_in_manifest,
    double_manifest,
    drop_shot_from_manifest,
    edit,
    entries,
    first_shot,
    flip,
    pack,
    remove,
    remove_event,
    retell_event,
    retell_words,
    swap,
    swap_refs_and_all,
    then_rebuild,
)
from tests.evidence_walks import write_study, zipped


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def bundle(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / sound.name))


def wrong(report: VerifyReport) -> set[str]:
    return {item.key for item in report.items if item.result is Result.WRONG}


def test_a_finished_bundle_is_sound_and_said_to_be_unsealed(sound: Path, tmp_path: Path) -> None:
    for path in (sound, zipped(sound, tmp_path / "a.zip")):
        report = verify(path)
        assert wrong(report) == set()
        assert report.soundness is Soundness.SOUND
        assert report.exit_code == 0
        seal = next(item for item in report.items if item.key == "verify-seal")
        assert (seal.result, seal.problems[0].key) == (Result.NOTED, "evidence-unsealed")
        assert report.payload_sha256 == hashlib.sha256((sound / layout.MANIFEST).read_bytes()).hexdigest()


ATTACKS: dict[str, tuple[Attack, str]] = {
    "a bit flipped in a picture": (flip, "verify-payload-manifest"),
    "two pictures swapped": (swap, "verify-payload-manifest"),
    "two pictures swapped, manifests made anew": (then_rebuild(swap), "verify-files-bound"),
    "a picture removed": (lambda b: first_shot(b).unlink(), "verify-payload-manifest"),
    "a picture removed, manifests made anew": (then_rebuild(lambda b: first_shot(b).unlink()), "verify-files-bound"),
    "a file added to the payload": (add("data/shots/extra.png"), "verify-payload-manifest"),
    "a file added, manifests made anew": (then_rebuild(add("data/shots/extra.png")), "verify-files-bound"),
    "a file added beside": (add("REPORT.html"), "verify-unlisted"),
    "a folder added beside": (add("extra/x.txt"), "verify-container"),
    "an empty folder added": (lambda b: (b / "data/more").mkdir(), "verify-container"),
    "the report changed": (edit("index.html", b"html", b"HTML"), "verify-tag-manifest"),
    "the report removed": (remove("index.html"), "verify-tag-manifest"),
    "the tag manifest removed": (remove(layout.TAG_MANIFEST), "verify-bag"),
    "the manifest removed": (remove(layout.MANIFEST), "verify-bag"),
    "bag-info changed": (edit(layout.BAG_INFO, b"Payload-Oxum: ", b"Payload-Oxum: 1"), "verify-tag-manifest"),
    "another BagIt version": (edit(layout.BAGIT, b"1.0", b"0.9"), "verify-bag"),
    "a line dropped from the manifest": (drop_shot_from_manifest, "verify-payload-manifest"),
    "fetch.txt added": (add("fetch.txt"), "verify-bag"),
    "a climbing path in the manifest": (climb_in_manifest, "verify-payload-manifest"),
    "every line of the manifest doubled": (double_manifest, "verify-payload-manifest"),
    "an event removed, manifests made anew": (then_rebuild(remove_event), "verify-chain"),
    "an event changed, manifests made anew": (then_rebuild(retell_event), "verify-chain"),
    "perceived words changed, manifests made anew": (then_rebuild(retell_words), "verify-chain"),
    "the subject changed, manifests made anew": (
        then_rebuild(edit(layout.SUBJECT, b"3.2.1", b"3.2.2")),
        "verify-files-bound",
    ),
    "a finding changed, manifests made anew": (
        then_rebuild(edit(layout.FINDINGS, b'"found"', b'"clear"')),
        "verify-files-bound",
    ),
    "an unknown field": (then_rebuild(edit(layout.CASE, b'"case_id"', b'"more": 1, "case_id"')), "verify-format"),
    "pictures of findings swapped, all made anew": (swap_refs_and_all, "verify-findings-bound"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_seen(name: str, bundle: Path) -> None:
    attack, item = ATTACKS[name]
    attack(bundle)
    report = verify(bundle)
    assert item in wrong(report)
    assert report.soundness is Soundness.NOT_SOUND
    assert report.exit_code == 1


def test_a_symbolic_link_is_refused(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "outside.png"
    shot = first_shot(bundle)
    shutil.move(shot, target)
    shot.symlink_to(target)
    report = verify(bundle)
    assert wrong(report) == {"verify-container"}
    with pytest.raises(BundleError, match=text("evidence-not-a-file")):
        read_bundle(bundle)


def test_nothing_is_looked_at_behind_unsafe_names(bundle: Path) -> None:
    (bundle / "data/shots/a b.png").write_bytes(b"")
    report = verify(bundle)
    assert wrong(report) == {"verify-container"}
    assert all(item.result is Result.NOT_LOOKED for item in report.items if item.key != "verify-container")


def test_a_later_format_is_not_judged(bundle: Path) -> None:
    edit(layout.RUN, b'"format": %d' % codec.FORMAT, b'"format": %d' % (codec.FORMAT + 1))(bundle)
    report = verify(bundle)
    assert report.soundness is Soundness.COULD_NOT_TELL
    assert report.exit_code == 2


def test_an_unfinished_bundle_with_a_changed_log_is_not_sound(bundle: Path) -> None:
    (bundle / layout.UNFINISHED).write_bytes(b"")
    retell_event(bundle)
    assert verify(bundle).soundness is Soundness.NOT_SOUND


def test_what_cannot_be_opened_cannot_be_told(tmp_path: Path) -> None:
    report = verify(tmp_path / "nothing.zip")
    assert report.soundness is Soundness.COULD_NOT_TELL
    assert report.exit_code == 2
    assert {item.result for item in report.items} == {Result.NOT_LOOKED}


# --- zip files -------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("data/run.json", "evidence-name-twice"),
        ("data/RUN.json", "evidence-name-collides"),
        ("data", "evidence-name-collides"),
        ("../../evil.txt", "evidence-name-unsafe"),
        ("data\\evil.txt", "evidence-name-unsafe"),
        ("C:/evil.txt", "evidence-name-unsafe"),
        ("data/CON.png", "evidence-name-unsafe"),
        ("data/trailing.", "evidence-name-unsafe"),
        ("data/.hidden", "evidence-name-unsafe"),
        ("data/nul\x00.png", "evidence-name-unsafe"),
        ("data/图.png", "evidence-name-unsafe"),
        (f"data/{'a' * 300}.png", "evidence-name-unsafe"),
        ("data/more/", "evidence-strange-folder"),
    ],
)
def test_a_zip_with_such_a_name_is_refused_unread(sound: Path, tmp_path: Path, name: str, key: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member, raw in entries(sound):
            archive.writestr(member, raw)
        info = zipfile.ZipInfo(f"{sound.name}/x")
        info.filename = f"{sound.name}/{name}"  # set behind the constructor, which would tidy it
        archive.writestr(info, b"")
    report = verify(path)
    assert wrong(report) == {"verify-container"}
    assert key in {problem.key for problem in report.items[0].problems}
    with pytest.raises(BundleError, match=text(key)):
        read_bundle(path)


def test_a_bit_flipped_in_a_zip_is_seen(sound: Path, tmp_path: Path) -> None:
    path = zipped(sound, tmp_path / "a.zip")
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"\x89PNG") + 500] ^= 1
    path.write_bytes(raw)
    assert wrong(verify(path)) == {"verify-readable"}


@pytest.mark.parametrize("cut", [1, 5000])
def test_a_truncated_zip_is_not_sound(sound: Path, tmp_path: Path, cut: int) -> None:
    path = zipped(sound, tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-cut])
    assert verify(path).soundness is Soundness.NOT_SOUND


@pytest.mark.parametrize("where", ["before", "behind", "comment", "between"])
def test_bytes_that_belong_to_no_entry_are_seen(sound: Path, tmp_path: Path, where: str) -> None:
    path = zipped(sound, tmp_path / "a.zip")
    raw = path.read_bytes()
    if where == "comment":
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = b"MZ hidden"
    elif where == "between":  # before the directory, whose place is put right
        at = raw.rindex(b"PK\x05\x06")
        start = struct.unpack("<L", raw[at + 16 : at + 20])[0]
        raw = raw[:start] + b"h" * 500 + raw[start : at + 16] + struct.pack("<L", start + 500) + raw[at + 20 :]
        path.write_bytes(raw)
    else:
        path.write_bytes(b"MZ" * 50 + raw if where == "before" else raw + b"MZ" * 50)
    report = verify(path)
    assert wrong(report) == {"verify-container"}


def test_a_zip_bomb_is_refused_unread(sound: Path, tmp_path: Path) -> None:
    bomb = (f"{sound.name}/data/shots/bomb.png", bytes(8 << 20))
    path = pack(tmp_path / "a.zip", [*entries(sound), bomb], zipfile.ZIP_DEFLATED)
    report = verify(path)
    assert [problem.key for problem in report.items[0].problems] == ["evidence-zip-bomb"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_lying_size_is_seen(sound: Path, tmp_path: Path, method: int) -> None:
    path = pack(tmp_path / "a.zip", entries(sound), method)
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02") + 24  # uncompressed size in the directory's last entry
    (size,) = struct.unpack("<L", raw[at : at + 4])
    raw[at : at + 4] = struct.pack("<L", size - 1)
    path.write_bytes(raw)
    assert verify(path).soundness is Soundness.NOT_SOUND


def test_a_bundle_packed_again_with_deflate_is_still_sound(sound: Path, tmp_path: Path) -> None:
    assert verify(pack(tmp_path / "a.zip", entries(sound), zipfile.ZIP_DEFLATED)).soundness is Soundness.SOUND


def test_an_encrypted_entry_is_refused(sound: Path, tmp_path: Path) -> None:
    path = zipped(sound, tmp_path / "a.zip")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(raw)
    assert "evidence-zip-encrypted" in {problem.key for problem in verify(path).items[0].problems}


def test_a_link_in_a_zip_is_refused(sound: Path, tmp_path: Path) -> None:
    path = zipped(sound, tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo(f"{sound.name}/data/shots/link.png")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "evidence-not-a-file" in {problem.key for problem in verify(path).items[0].problems}


@pytest.mark.parametrize(
    "limits", [Limits(members=5), Limits(member_bytes=1000), Limits(total_bytes=10_000)], ids=["count", "size", "total"]
)
def test_too_much_is_refused(sound: Path, tmp_path: Path, limits: Limits) -> None:
    for path in (sound, zipped(sound, tmp_path / "a.zip")):
        assert wrong(verify(path, limits=limits)) == {"verify-container"}


def test_every_key_of_a_report_has_words() -> None:
    keys = [*ITEMS, *(f"quality-{q}" for q in Quality), *(f"soundness-{s}" for s in Soundness)]
    keys += [f"verify-{result}" for result in Result]
    for language in ("zh_CN", "en"):
        assert [key for key in keys if key not in catalogue(language)] == []
    assert text("quality-authentic") == "真实性"
    assert set(EXIT_CODES) == set(Soundness)
