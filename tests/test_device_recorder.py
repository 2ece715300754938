"""A probe is filmed in segments that lie on its clock; what cannot be filmed is a gap and costs the probe nothing."""

from __future__ import annotations

import errno
import itertools
import json
import os
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from harness.clock import SystemClock
from harness.device import recorder, wire
from harness.device.cameras import Frames, Scrcpy, Screenrecord, cameras, found_scrcpy, is_whole
from harness.device.film_frames import FrameFilm
from harness.device.recorder import Film, FilmLimits
from harness.errors import ActionRefused
from harness.evidence import layout
from harness.evidence.bundle import BundleWriter, open_bundle
from harness.evidence.verify import Result, Soundness, verify
from harness.model import Action, Observation, Outcome, Recording, Rule, Verdict, Wait
from harness.rules import ALL_RULES
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.evidence_attacks import rebuild
from tests.evidence_walks import app, judge_study, start_of, walk_study
from tests.seal_fixtures import HostClock, problems
from tests.test_device_frames import png
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, eventually, free_port

Kept = list[tuple[Recording, bytes | None]]
ENDLESS = 10**9  # actions: a busy machine takes long to film, and no probe is over before
DONE = Outcome(verdict=Verdict.PRESENT, reason="done")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AdbServer, DeviceHandle]]:
    app = tmp_path_factory.mktemp("app")
    manifest = {"package": "cn.example.film", "launcher": ".Main", "activities": {".Main": "index.html"}}
    (app / "app.json").write_text(json.dumps(manifest), encoding="utf-8")
    (app / "index.html").write_text("<!doctype html><p>film", encoding="utf-8")
    with VirtualDevices(apps=[app]) as devices, adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        server.connect(devices.devices[0].serial)
        yield server, devices.devices[0]


def probing(actions: int) -> Rule:
    """Return a rule whose probe does so many things and says that it is done."""

    def probe(_: Observation) -> Generator[Action, Observation, Outcome]:
        for _number in range(actions):
            yield Wait(seconds=1)
        return DONE

    return replace(ALL_RULES[0], probe=probe)


def film_of(server: AdbServer, serial: str, kept: Kept, limits: FilmLimits) -> Film:
    def keep(recording: Recording, content: bytes | None) -> None:
        kept.append((recording, content))

    return Film(serial, adb=("127.0.0.1", server.port), clock=SystemClock(), keep=keep, limits=limits)


def begun(film: Film, rule: Rule, seen: Observation) -> Generator[Action, Observation, Outcome]:
    probe = film.filmed(rule).probe
    assert probe is not None
    generator = probe(seen)
    assert next(generator) == Wait(seconds=1)
    return generator


def step_until(probe: Generator[Action, Observation, Outcome], seen: Observation, kept: Kept, number: int) -> None:
    """Go on with a probe until so many recordings were kept."""

    def stepped() -> bool:
        probe.send(seen)
        return len(kept) >= number

    eventually(stepped, within_s=30)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Observation:
    with BundleWriter(tmp_path_factory.mktemp("b"), start_of(app()), clock=HostClock()) as writer:
        return walk_study(writer)[0].observations[0]


def test_a_probe_is_filmed_in_segments_on_its_clock(device: tuple[AdbServer, DeviceHandle], seen: Observation) -> None:
    server, handle = device
    kept: Kept = []
    probe = begun(film_of(server, handle.serial, kept, FilmLimits(segment_s=1)), probing(ENDLESS), seen)
    step_until(probe, seen, kept, 2)
    probe.close()  # as a walker does whose budget is spent
    assert [recording.number for recording, _ in kept] == list(range(1, len(kept) + 1))
    assert {recording.gap for recording, _ in kept} == {None}
    for (one, _), (two, _) in itertools.pairwise(kept):
        assert one.began.mono_s < one.ended.mono_s <= two.began.mono_s
    for recording, content in kept:
        assert content is not None
        assert (recording.size_bytes, recording.sha256) == (len(content), layout.sha256(content))
    assert "harness-film" not in wire.shell(("127.0.0.1", server.port), handle.serial, "ls /data/local/tmp")


def test_the_segment_that_runs_is_ended_with_the_probe_and_kept(
    device: tuple[AdbServer, DeviceHandle], seen: Observation, tmp_path: Path
) -> None:
    server, handle = device
    kept: Kept = []
    probe = begun(film_of(server, handle.serial, kept, FilmLimits(segment_s=120)), probing(1), seen)
    with pytest.raises(StopIteration) as end:
        probe.send(seen)
    assert end.value.value == DONE
    ((recording, content),) = kept
    assert content is not None
    assert recording.ended.mono_s - recording.began.mono_s < 60
    (tmp_path / "film.mp4").write_bytes(content)
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert next(film.decode(video=0)).width == 1080


def test_a_device_that_cannot_be_filmed_is_a_gap_and_the_probe_goes_on(
    device: tuple[AdbServer, DeviceHandle], seen: Observation
) -> None:
    server, _ = device
    kept: Kept = []
    probe = begun(film_of(server, f"127.0.0.1:{free_port()}", kept, FilmLimits(slack_s=2)), probing(1), seen)
    with pytest.raises(StopIteration) as end:
        probe.send(seen)
    assert end.value.value == DONE
    ((recording, content),) = kept
    assert (content, recording.sha256) == (None, None)
    assert recording.gap is not None
    assert recording.gap.reason == "film-failed"


def test_a_film_that_grows_too_large_ends_and_says_so(
    device: tuple[AdbServer, DeviceHandle], seen: Observation
) -> None:
    server, handle = device
    kept: Kept = []
    limits = FilmLimits(segment_s=1, most_bytes=10)
    probe = begun(film_of(server, handle.serial, kept, limits), probing(ENDLESS), seen)
    step_until(probe, seen, kept, 2)
    probe.close()
    (first, _), (second, content) = kept
    assert first.gap is None
    assert (content, second.gap and second.gap.reason) == (None, "film-budget")


# --- other cameras ---


def test_where_nothing_records_single_frames_are_filmed_each_at_its_time(
    device: tuple[AdbServer, DeviceHandle], tmp_path: Path
) -> None:
    server, handle = device
    camera = Frames(handle.serial, ("127.0.0.1", server.port), SystemClock(), FilmLimits(segment_s=4, frame_s=0.1))
    (tmp_path / "film.mp4").write_bytes(camera.segment(1))
    with av.open(str(tmp_path / "film.mp4")) as film:
        times = [frame.time for frame in film.decode(video=0)]
    assert len(times) > 1
    assert times == sorted(set(times))
    assert times[-1] is not None
    assert 0.2 < times[-1] < 30


def test_a_device_without_screenrecord_is_filmed_in_frames(
    device: tuple[AdbServer, DeviceHandle], seen: Observation, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, handle = device

    def refuse(self: Screenrecord, number: int) -> bytes:
        raise ActionRefused(f"screenrecord: not found ({number})", serial=handle.serial)

    monkeypatch.setattr(Screenrecord, "segment", refuse)
    kept: Kept = []
    probe = begun(film_of(server, handle.serial, kept, FilmLimits(segment_s=1)), probing(ENDLESS), seen)
    step_until(probe, seen, kept, 1)
    probe.close()
    assert kept[0][0].gap is None
    assert (kept[0][1] or b"")[4:8] == b"ftyp"


SCRCPY = """#!/usr/bin/env python3
import signal, sys, threading
if sys.argv[1:] == ["--version"]:
    print("scrcpy VERSION <https://github.com/Genymobile/scrcpy>")
    sys.exit()
known = {"--serial", "--no-window", "--no-playback", "--no-control", "--no-audio", "--video-bit-rate", "--time-limit",
         "--record", "--record-format"}
given = dict(word.partition("=")[::2] for word in sys.argv[1:])
assert set(given) <= known, set(given) - known
over = threading.Event()
signal.signal(signal.SIGINT, lambda *_: over.set())
open(sys.argv[0] + ".begun", "w", encoding="utf-8").close()
over.wait(float(given["--time-limit"]))
with open(given["--record"], "wb") as film:
    film.write(b"\\0\\0\\0\\x0aftyp" + given["--serial"].encode() + b"\\0\\0\\0\\x08moov")
"""


def stand_in_scrcpy(folder: Path, version: str) -> None:
    program = folder / "scrcpy"
    program.write_text(SCRCPY.replace("VERSION", version), encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_scrcpy_films_by_its_documented_command_line_and_ends_at_once_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    stand_in_scrcpy(tmp_path, "2.4")
    assert found_scrcpy() is None, "the first with --no-window is 2.5"
    stand_in_scrcpy(tmp_path, "3.3.4")
    first, *others = cameras("X1", ("127.0.0.1", 1), SystemClock(), FilmLimits(segment_s=600))
    assert isinstance(first, Scrcpy)
    assert [camera.name for camera in others] == ["screenrecord", "frames"]
    assert cameras("X1", ("10.0.0.1", 1), SystemClock(), FilmLimits())[0].name == "screenrecord"
    filmed: list[bytes] = []
    thread = threading.Thread(target=lambda: filmed.append(first.segment(1)))
    thread.start()

    eventually((tmp_path / "scrcpy.begun").exists, within_s=60)
    first.stop()
    thread.join(60)
    assert filmed == [b"\0\0\0\x0aftypX1\0\0\0\x08moov"]
    monkeypatch.setattr(sys, "platform", "win32")
    assert [camera.name for camera in cameras("X1", ("127.0.0.1", 1), SystemClock(), FilmLimits())] == [
        "screenrecord",
        "frames",
    ]


def test_a_film_is_whole_from_its_first_box_to_the_index_that_is_written_last() -> None:
    film = FrameFilm()
    film.add(png((10, 20, 30)), 0.0)
    film.add(png((40, 50, 60)), 1.0)
    whole = film.close()
    assert is_whole(whole)
    assert not any(is_whole(whole[:end]) for end in range(0, len(whole), 7))
    index = whole.index(b"moov") - 4
    assert not is_whole(whole[:index]), "as a recorder that was killed leaves it"


def test_whatever_a_camera_raises_is_told_and_no_film_goes_missing_in_silence(
    seen: Observation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        name = "full"

        def segment(self, number: int) -> bytes:
            raise OSError(errno.ENOSPC, f"No space left on device, segment {number}")

        def stop(self) -> None:
            pass

    monkeypatch.setattr(recorder, "cameras", lambda *_: (Full(),))
    kept: Kept = []
    film = Film("X1", adb=("127.0.0.1", 1), clock=SystemClock(), keep=lambda *one: kept.append(one))
    probe = begun(film, probing(1), seen)
    with pytest.raises(StopIteration):
        probe.send(seen)
    ((recording, content),) = kept
    assert content is None
    assert recording.gap is not None
    assert "No space left" in recording.gap.detail


def test_a_rule_without_a_probe_is_not_filmed(device: tuple[AdbServer, DeviceHandle]) -> None:
    server, handle = device
    rule = replace(ALL_RULES[0], probe=None)
    assert film_of(server, handle.serial, [], FilmLimits()).filmed(rule) is rule


# --- in the bundle ----------------------------------------------------------------------------------------------------

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(16)


def with_film(root: Path, content: bytes = MP4) -> Path:
    """Write a study bundle with one segment of film and one that could not be made."""
    with BundleWriter(root, replace(start_of(app()), filmed=True), clock=HostClock()) as writer:
        hands, run = walk_study(writer)
        now = hands.moment()
        one = Recording(
            rule=run.rule, number=1, began=now, ended=now, sha256=layout.sha256(content), size_bytes=len(content)
        )
        writer.recording(one, content)
        writer.walk_ended(hands.end())
        with open_bundle(writer.path) as bundle:
            judgement = judge_study(bundle.walk)
        return writer.finish(judgement, {"index.html": b"<!doctype html>"})


def test_film_is_stored_by_its_digest_bound_to_the_log_and_read_back(tmp_path: Path) -> None:
    path = with_film(tmp_path)
    report = verify(path)
    assert report.soundness is Soundness.SOUND
    assert all(item.result is not Result.WRONG for item in report.items)
    with open_bundle(path) as bundle:
        assert bundle.run.filmed
        (recording,) = bundle.recordings
    member = layout.recording_member(recording.sha256 or "")
    assert (path / member).read_bytes() == MP4
    (path / member).unlink()
    rebuild(path)
    assert "evidence-missing" in problems(verify(path))


def test_film_that_no_event_names_or_that_is_none_is_caught(tmp_path: Path) -> None:
    path = with_film(tmp_path / "more")
    (path / layout.recording_member("0" * 64)).write_bytes(MP4)
    rebuild(path)
    assert "evidence-not-in-log" in problems(verify(path))
    assert "evidence-film-unsafe" in problems(verify(with_film(tmp_path / "page", b"<html>" * 9)))
