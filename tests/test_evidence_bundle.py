"""A walk is on the disk while it happens, can be read again for ever, and says when it is not whole."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import bagit
import jsonschema
import pytest

from harness import machine
from harness.errors import BundleError
from harness.evidence import durable, layout
from harness.evidence.bundle import (
    BundleWriter,
    judgement_json,
    open_bundle,
    read_bundle,
    schema_files,
    stored_judgement,
)
from harness.evidence.codec import dump_line
from harness.evidence.verify import Soundness, verify
from harness.model import Channel, Gap, Judgement, ObservationId
from tests.evidence_walks import HOME, MINE, Hands, TickingClock, app, start_of, walk_study, write_study, zipped


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("bundles"))


def writer_in(root: Path) -> BundleWriter:
    return BundleWriter(root, start_of(app()), clock=TickingClock())


def test_a_walk_is_read_back_as_it_was_recorded(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        hands, run = walk_study(writer)
        end = hands.end()
        writer.walk_ended(end)
        walk = read_bundle(writer.path)
    assert walk.observations == tuple(hands.observations)
    assert walk.probe_runs == (run,)
    assert [step.seq for step in walk.steps] == list(range(1, hands.steps + 1))
    assert [refusal.label for refusal in walk.refusals] == ["退出登录"]
    assert (walk.app, walk.ended, walk.finished, walk.untried) == (app(), end.ended, end.finished, end.untried)
    assert walk.stopped_by == end.stopped_by


def test_the_device_s_bytes_are_kept_untouched(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        hands = Hands(writer)
        seen = hands.see(HOME)
        assert seen.png_sha256 is not None
        assert seen.xml_sha256 is not None
        kept = (writer.path / layout.shot_member(seen.png_sha256)).read_bytes()
        with open_bundle(writer.path) as bundle:
            assert bundle.shot(seen.png_sha256) == kept
        assert kept.startswith(b"\x89PNG")
        assert (writer.path / layout.ui_member(seen.xml_sha256)).read_bytes().startswith(b"<?xml")


def test_who_ran_it_and_which_start_of_the_host_are_recorded(tmp_path: Path) -> None:
    start = dataclasses.replace(start_of(app()), operator="张三", boot_id=machine.boot_id(os.environ))
    with BundleWriter(tmp_path, start, clock=TickingClock()) as writer, open_bundle(writer.path) as bundle:
        assert (bundle.run.operator, bundle.run.boot_id) == ("张三", start.boot_id)
    assert start.boot_id == machine.boot_id(os.environ)
    assert start.boot_id or sys.platform != "linux"


def test_the_same_picture_is_stored_once(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        hands = Hands(writer)
        for _ in range(3):
            hands.see(HOME)
        assert len(list((writer.path / layout.SHOTS).iterdir())) == 1
        assert len(read_bundle(writer.path).observations) == 3


def test_a_screen_that_could_not_be_captured_is_kept_with_its_gap(tmp_path: Path) -> None:
    gap = Gap(channel=Channel.PICTURE, reason="picture-black")
    with writer_in(tmp_path) as writer:
        Hands(writer).see(HOME, (gap,))
        assert read_bundle(writer.path).observations[0].gaps == (gap,)


def test_a_finished_bundle_is_a_valid_bag(study: Path) -> None:
    assert bagit.Bag(str(study)).validate()
    assert not (study / layout.UNFINISHED).exists()
    assert stored_judgement(study) is not None


def test_every_part_of_a_bundle_follows_its_schema(study: Path) -> None:
    known = {name: jsonschema.Draft202012Validator(json.loads(raw)) for name, raw in schema_files().items()}
    for name in ("run", "subject", "device", "case", "coverage", "findings"):
        known[f"{name}.schema.json"].validate(json.loads((study / f"data/{name}.json").read_bytes()))
    known["crate.schema.json"].validate(json.loads((study / layout.CRATE).read_bytes()))
    for member, name in ((layout.EVENTS, "event"), (layout.OBSERVATIONS, "observation")):
        lines = (study / member).read_bytes().splitlines()
        assert lines
        for line in lines:
            known[f"{name}.schema.json"].validate(json.loads(line))


def test_every_json_of_a_bundle_has_a_schema_in_it(study: Path) -> None:
    lines = {layout.EVENTS: "event", layout.OBSERVATIONS: "observation", layout.CRATE: "crate"}
    parts = [path.relative_to(study).as_posix() for path in (study / "data").rglob("*.json*")]
    parts = [part for part in parts if not part.startswith(layout.SCHEMA)]
    assert len(parts) >= 9
    for part in parts:
        assert (study / layout.SCHEMA / f"{lines.get(part, Path(part).stem)}.schema.json").is_file(), part


def test_the_crate_tells_who_did_what_with_which_tools(study: Path) -> None:
    graph = {entity["@id"]: entity for entity in json.loads((study / layout.CRATE).read_bytes())["@graph"]}
    walk = graph["#walk"]
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert graph[walk["agent"]["@id"]]["@type"] == "Person"
    assert graph[walk["object"]["@id"]]["identifier"] == app().package
    assert {graph[tool["@id"]]["name"] for tool in walk["instrument"]} >= {"android-compliance-harness"}
    parts = [part["@id"] for part in graph["./"]["hasPart"]]
    assert all((study / "data" / part).exists() for part in parts)
    assert {"events.jsonl", "findings.json", "shots/"} <= set(parts)


def test_a_schema_refuses_what_the_codec_refuses(study: Path) -> None:
    value = json.loads((study / layout.RUN).read_bytes())
    validator = jsonschema.Draft202012Validator(json.loads(schema_files()["run.schema.json"]))
    for broken in ({**value, "more": 1}, {**value, "seq": "1"}, {**value, "format": 99}):
        assert list(validator.iter_errors(broken))


def test_a_zip_is_read_as_its_folder_is(study: Path, tmp_path: Path) -> None:
    packed = zipped(study, tmp_path / "renamed.zip")
    assert read_bundle(packed) == read_bundle(study)
    assert stored_judgement(packed) == stored_judgement(study)
    assert list(tmp_path.iterdir()) == [packed]


def test_findings_json_holds_the_one_byte_form(study: Path) -> None:
    judgement = stored_judgement(study)
    assert judgement is not None
    assert (study / layout.FINDINGS).read_bytes() == judgement_json(judgement)


@pytest.mark.parametrize("torn", [layout.EVENTS, layout.OBSERVATIONS, None])
def test_a_crash_leaves_a_bundle_that_opens_and_says_unfinished(tmp_path: Path, torn: str | None) -> None:
    with writer_in(tmp_path) as writer:
        hands = Hands(writer)
        hands.see(HOME)
        hands.see(MINE)
        path = writer.path
    if torn is not None:
        with (path / torn).open("ab") as file:
            file.write(b'{"half a li')
    walk = read_bundle(path)
    assert [o.id for o in walk.observations] == ["o0001", "o0002"]
    assert (walk.finished, walk.stopped_by) == (False, "walk-cut-short")
    assert stored_judgement(path) is None
    assert verify(path).soundness is Soundness.UNFINISHED
    assert "未完成" in (path / layout.UNFINISHED).read_text(encoding="utf-8-sig")


def test_an_observation_whose_event_was_not_written_is_left_out(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        hands = Hands(writer)
        hands.see(HOME)
        line = dump_line(dataclasses.replace(hands.observations[0], id=ObservationId("o0002")))
        with (writer.path / layout.OBSERVATIONS).open("ab") as file:
            file.write(line + b"\n")
        path = writer.path
    assert len(read_bundle(path).observations) == 1


def test_a_crash_at_any_write_of_the_end_leaves_a_bundle_that_opens(study: Path, tmp_path: Path) -> None:
    """Everything that ``finish`` adds is taken away again, last first; the marker of an unfinished bundle is there."""
    added = [layout.TAG_MANIFEST, layout.BAG_INFO, layout.MANIFEST, layout.BAGIT, layout.README, layout.REPORT]
    added += [layout.FINDINGS, layout.COVERAGE]
    path = tmp_path / study.name
    shutil.copytree(study, path)
    (path / layout.UNFINISHED).write_bytes(b"")
    for member in added:
        report = verify(path)
        assert report.soundness is not Soundness.SOUND
        assert read_bundle(path).steps
        (path / member).unlink()
    lines = (path / layout.EVENTS).read_bytes().splitlines(keepends=True)
    (path / layout.EVENTS).write_bytes(b"".join(lines[:-1]))
    assert verify(path).soundness is Soundness.UNFINISHED


def test_nothing_is_recorded_after_the_end(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        hands = Hands(writer)
        hands.see(HOME)
        writer.walk_ended(hands.end())
        with pytest.raises(BundleError, match="has ended"):
            hands.see(MINE)
        with pytest.raises(BundleError, match="has ended"):
            writer.walk_ended(hands.end())


def test_a_bundle_is_not_finished_before_the_walk_has_ended(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer, pytest.raises(BundleError, match="has not ended"):
        writer.finish(Judgement(findings=(), coverage=()))


def test_an_existing_bundle_is_never_written_over(study: Path) -> None:
    before = (study / layout.EVENTS).read_bytes()
    with pytest.raises(BundleError, match="is there already"):
        writer_in(study.parent)
    assert (study / layout.EVENTS).read_bytes() == before
    assert [path.name for path in study.parent.iterdir()] == [study.name]


def test_report_pages_go_nowhere_but_their_place(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        hands = Hands(writer)
        hands.see(HOME)
        writer.walk_ended(hands.end())
        with pytest.raises(BundleError, match="does not go there"):
            writer.finish(Judgement(findings=(), coverage=()), {"data/run.json": b"{}"})


@pytest.mark.parametrize("name", ["data/derived/../run.json", "../x", "data/derived", "/etc/x", "data/derived/a/b"])
def test_a_page_s_name_cannot_climb(tmp_path: Path, name: str) -> None:
    with writer_in(tmp_path) as writer:
        writer.walk_ended(Hands(writer).end())
        with pytest.raises(BundleError, match="does not go there"):
            writer.finish(Judgement(findings=(), coverage=()), {name: b""})


def test_a_capture_cannot_be_told_twice_or_with_other_digests(tmp_path: Path) -> None:
    with writer_in(tmp_path) as writer:
        hands = Hands(writer)
        hands.see(HOME)
        hands.observations.clear()
        with pytest.raises(BundleError, match="recorded before"):
            hands.see(HOME)


@pytest.mark.parametrize("case_id", ["", "案-2026/07", "../../x", "CON", "a" * 300])
def test_a_bundle_s_name_is_one_that_every_file_system_takes(case_id: str) -> None:
    name = layout.bundle_name(dataclasses.replace(app(), case_id=case_id), "夜/1", 7)
    assert name.isascii()
    assert "/" not in name
    assert name.startswith("EB-")
    assert name.endswith("-007")
    assert len(name) < 100


RECORD = """
import sys
from pathlib import Path
from harness.evidence.bundle import BundleWriter
from tests.evidence_walks import HOME, Hands, TickingClock, app, start_of

with BundleWriter(Path(sys.argv[1]), start_of(app()), clock=TickingClock()) as writer:
    hands = Hands(writer)
    while True:
        print(hands.see(HOME).id, flush=True)
"""


def test_what_was_recorded_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RECORD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(5)]
        process.kill()
    (path,) = tmp_path.iterdir()
    assert [str(o.id) for o in read_bundle(path).observations][:5] == told == [f"o{n:04d}" for n in range(1, 6)]
    assert verify(path).soundness is Soundness.UNFINISHED


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_nothing_follows_a_line_that_could_not_be_written() -> None:
    with durable.LineLog(Path("/dev/full")) as log:
        with pytest.raises(BundleError, match="cannot be written"):
            log.append(b"one")
        with pytest.raises(BundleError, match="an earlier line could not be written"):
            log.append(b"two")
