"""A bundle from elsewhere is hostile until shown otherwise, whichever command opens it: refused, nothing written."""

from __future__ import annotations

import io
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from harness import session
from harness.errors import BadInput, BundleError, HarnessError
from harness.evidence import layout
from harness.evidence.attach import attach
from harness.evidence.bundle import open_bundle, read_bundle, stored_judgement
from harness.evidence.case_status import case_status
from harness.evidence.container import Limits
from harness.evidence.places import FolderPlace
from harness.evidence.verify import Soundness, verify
from tests.evidence_attacks import entries, pack, rebuild
from tests.evidence_walks import write_study, zipped
from tests.seal_fixtures import HostClock, problems
from tests.test_evidence_attacks import BILLION_LAUGHS, grow_directory, huge_png, overlap


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("sound"))


def huge_jpeg() -> bytes:
    """Return a small file that says it is a JPEG of 65 000 by 65 000 pixels."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    raw = bytearray(out.getvalue())
    at = raw.index(b"\xff\xc0") + 5
    raw[at : at + 4] = (65_000).to_bytes(2, "big") * 2
    return bytes(raw)


def with_file(member: str, content: bytes) -> Callable[[Path, Path], Path]:
    def made(sound: Path, folder: Path) -> Path:
        bundle = Path(shutil.copytree(sound, folder / sound.name))
        target = bundle / member
        if "*" in member:
            target = min(bundle.glob(member))
        target.write_bytes(content)
        rebuild(bundle)
        return zipped(bundle, folder / "foreign.zip")

    return made


def with_entry(name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> Callable[[Path, Path], Path]:
    def made(sound: Path, folder: Path) -> Path:
        return pack(folder / "foreign.zip", [*entries(sound), (f"{sound.name}/{name}", content)], method)

    return made


def changed(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path, Path], Path]:
    def made(sound: Path, folder: Path) -> Path:
        path = zipped(sound, folder / "foreign.zip")
        path.write_bytes(change(bytearray(path.read_bytes())))
        return path

    return made


def many(sound: Path, folder: Path) -> Path:
    more = [(f"{sound.name}/data/shots/{number:064x}.png", b"") for number in range(20_001)]
    return pack(folder / "foreign.zip", [*entries(sound), *more])


FOREIGN: dict[str, Callable[[Path, Path], Path]] = {
    "a name that climbs": with_entry("../../evil.txt", b"x"),
    "a name for a device": with_entry("data/CON.json", b"{}"),
    "a folder of its own": with_entry("scripts/run.bat", b"x"),
    "more members than a bundle has": many,
    "a bomb": with_entry("data/shots/bomb.png", bytes(8 << 20), zipfile.ZIP_DEFLATED),
    "entries that overlap": changed(overlap),
    "a directory that fills the memory": changed(grow_directory),
    "bytes before it": changed(lambda raw: b"MZ" * 50 + raw),
    "a picture of 2 000 million pixels": with_file("data/shots/*.png", huge_png()),
    "a small picture of 4 000 million pixels": with_file("data/derived/small.jpg", huge_jpeg()),
    "a picture that is a page": with_file("data/shots/*.png", b"<html><script>"),
    "depth without end": with_file(layout.RUN, b"[" * 100_000),
    "a log that is none": with_file(layout.EVENTS, b'{"seq":' + b"9" * 5000 + b"}\n"),
}
READERS: dict[str, Callable[[Path, Path], object]] = {
    "judge": lambda path, _: read_bundle(path),
    "stored": lambda path, _: stored_judgement(path),
    "report": lambda path, out: session.report_on((path,), out),
    "share": session.share,
    "attach": lambda path, out: attach(str(out), path, FolderPlace(out), HostClock()),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", FOREIGN)
def test_no_command_takes_a_hostile_bundle_in(name: str, sound: Path, tmp_path: Path) -> None:
    path = FOREIGN[name](sound, tmp_path)
    out = tmp_path / "out"
    for reader, reads in READERS.items():
        with pytest.raises((BundleError, BadInput)) as refused:
            reads(path, out)
        assert str(refused.value), reader
        assert not out.exists(), reader
    assert verify(path).soundness is Soundness.NOT_SOUND
    assert not (tmp_path / "evil.txt").exists()
    assert not (tmp_path.parent / "evil.txt").exists()


@pytest.mark.parametrize("name", ["a bomb", "a directory that fills the memory", "more members than a bundle has"])
def test_what_would_fill_the_memory_is_refused_before_it_does(name: str, sound: Path, tmp_path: Path) -> None:
    path = FOREIGN[name](sound, tmp_path)
    tracemalloc.start()
    for reads in (read_bundle, case_status):
        with pytest.raises(HarnessError):
            reads(path)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 80_000_000


@pytest.mark.parametrize(
    "limits", [Limits(members=10), Limits(total_bytes=100_000), Limits(member_bytes=1000), Limits(picture_pixels=1000)]
)
def test_every_cap_holds_where_a_bundle_is_opened(limits: Limits, sound: Path) -> None:
    with pytest.raises(BundleError), open_bundle(sound, limits=limits):
        pass
    with open_bundle(sound) as bundle:
        assert bundle.walk.steps


def test_entities_in_a_hierarchy_are_told_of_and_never_resolved(sound: Path, tmp_path: Path) -> None:
    """Judging reads no hierarchy; who reads one refuses definitions."""
    path = with_file("data/ui/*.xml", BILLION_LAUGHS)(sound, tmp_path)
    assert "evidence-xml-unsafe" in problems(verify(path))
    picture, xml = tmp_path / "screen.png", tmp_path / "screen.xml"
    picture.write_bytes(next((sound / layout.SHOTS).iterdir()).read_bytes())
    xml.write_bytes(BILLION_LAUGHS)
    seen = session.look(picture, xml, "tesseract")
    assert "hierarchy-malformed" in {gap.reason for gap in seen.observation.gaps}
    picture.write_bytes(huge_png())
    with pytest.raises(BadInput):
        session.look(picture, None, "tesseract")
