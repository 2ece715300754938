"""Doctor names what is wrong and the command that mends it, and leaves everything as it was."""

from __future__ import annotations

import ast
import json
import os
import shlex
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import chinese_calendar
import jsonschema
import pytest

from harness import machine, messages
from harness.clock import SystemClock
from harness.doctor import Checkup, Status, as_json, host, reading, run_doctor, worst
from harness.doctor.adb import adb_version, look_at_adb, same_emulator
from harness.doctor.host import free_ports, look_at_calendar, look_at_clock, look_at_cv2, look_at_disk, look_at_loopback
from harness.doctor.key import look_at_key
from harness.doctor.reading import look_at_browser, look_at_font, look_at_ocr, look_at_readers
from harness.evidence import keys
from harness.perceive import ppocr_models

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses shell scripts as stand-ins")
ON = machine.System.DEBIAN


class FixedClock(SystemClock):
    """The host's clock with another date."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def wall(self) -> datetime:
        return self._at


def script(path: Path, text: str) -> Path:
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(0o755)
    return path


def by_name(checkups: tuple[Checkup, ...], name: str) -> Checkup:
    return next(one for one in checkups if one.name == name)


@contextmanager
def adb_server(answers: dict[str, str]) -> Iterator[int]:
    """A server that answers each request of ``answers`` once per connection, as adb's does."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            with connection:
                length = int(connection.recv(4).decode() or "0", 16)
                answer = answers.get(connection.recv(length).decode())
                if answer is None:
                    connection.sendall(b"no adb")
                else:
                    connection.sendall(f"OKAY{len(answer.encode()):04x}{answer}".encode())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine on which nothing is found: an empty PATH and home, and a port that nobody listens on."""
    port = free_ports(1)[0]
    return {"PATH": str(tmp_path), "HOME": str(tmp_path), "ANDROID_ADB_SERVER_PORT": str(port)}


# --- the whole ---


def test_this_machine_gives_every_name_once_and_valid_json_and_no_adb_server_is_started(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    environ = {**os.environ, "ANDROID_ADB_SERVER_PORT": str(port)}
    checkups = run_doctor(evidence_dir=tmp_path, environ=environ, clock=SystemClock())
    names = [
        "python",
        "cv2",
        "browser",
        "ocr",
        "ocr_models",
        "font",
        "disk",
        "loopback",
        "clock",
        "calendar",
        "key",
        "adb",
        "adb_home",
        "adb_server",
    ]
    assert [one.name for one in checkups] == names
    assert by_name(checkups, "adb_server").reason == "doctor.adb_server.none"
    schema = json.loads(resources.files("harness").joinpath("schemas/doctor.schema.json").read_text("utf-8"))
    document = json.loads(json.dumps(as_json(checkups, datetime.now(UTC))))
    jsonschema.Draft202012Validator(schema).validate(document)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=2):
        pass


def test_an_empty_machine_fails_with_a_mending_command_for_each_lack(environ: dict[str, str]) -> None:
    ocr = look_at_ocr(environ, ON, needed=True)
    looks = (look_at_browser(environ, ON), ocr, look_at_font({**environ, "HOME": "/x"}, ON))
    assert looks[1].status is Status.FAIL
    assert [one.name for one in looks if one.status is Status.FAIL and not one.mend] == []


def test_a_signing_key_is_told_of_missing_unusable_or_by_its_fingerprint(tmp_path: Path) -> None:
    none = look_at_key({}, ON)
    assert (none.status, none.reason) == (Status.WARN, "doctor.key.none")
    assert none.mend == "harness keys new ~/harness-keys/signer.pem"
    assert look_at_key({}, machine.System.WINDOWS).mend == r'harness keys new "$HOME\harness-keys\signer.pem"'
    _, fingerprint = keys.new_key(tmp_path / "key.pem")
    usable = look_at_key({"HARNESS_SIGN_KEY": str(tmp_path / "key.pem")}, ON)
    assert usable.status is Status.OK
    assert fingerprint in usable.seen().replace(" ", "")
    (tmp_path / "key.pem").chmod(0o640)
    unusable = look_at_key({"HARNESS_SIGN_KEY": str(tmp_path / "key.pem")}, ON)
    assert (unusable.status, unusable.mend) == (Status.FAIL, f"chmod 600 {tmp_path / 'key.pem'}")


def test_worst_puts_a_failure_before_what_could_not_be_looked_at() -> None:
    def made(status: Status) -> Checkup:
        return Checkup(name="x", status=status, reason="doctor.x.y")

    assert worst([made(Status.OK), made(Status.UNKNOWN), made(Status.FAIL)]) is Status.FAIL
    assert worst([made(Status.WARN), made(Status.UNKNOWN)]) is Status.UNKNOWN
    assert worst([made(Status.OK)]) is Status.OK
    assert worst([]) is Status.UNKNOWN


def test_every_reason_has_a_text_in_both_languages_and_no_text_is_left_over() -> None:
    used: set[str] = set()
    for file in Path(reading.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "checkup":
                name, reason = node.args[0], node.args[2]
                if isinstance(name, ast.Constant) and isinstance(reason, ast.Constant):
                    used.add(f"doctor.{name.value!s}.{reason.value!s}")
    assert len(used) > 30
    for language in messages.LANGUAGES:
        texts = {key for key in messages.catalogue(language) if key.startswith("doctor.")}
        assert used - texts == set(), language
        computed = {key for key in texts if key.endswith(".not_allowed")}
        assert texts - used - computed == set(), language


# --- adb ---


def test_devices_that_are_offline_unauthorised_or_listed_twice_are_named(environ: dict[str, str]) -> None:
    listing = "emulator-5554\tdevice\n127.0.0.1:5555\tdevice\nABC\toffline\nXYZ\tunauthorized\n"
    with adb_server({"host:version": "0029", "host:devices": listing}) as port:
        checkups, _ = look_at_adb({**environ, "ANDROID_ADB_SERVER_PORT": str(port)}, ON)
    devices = [one for one in checkups if one.name == "devices"]
    assert {(one.reason.rpartition(".")[2], one.mend) for one in devices} == {
        ("offline", "adb -s ABC reconnect"),
        ("unauthorized", "adb -s XYZ reconnect"),
        ("twice", "adb disconnect 127.0.0.1:5555"),
    }
    assert "XYZ" in next(one.seen() for one in devices if one.reason.endswith("unauthorized"))


def test_ready_devices_are_listed_and_none_is_said_as_none(environ: dict[str, str]) -> None:
    for listing, reason in (("127.0.0.1:40001\tdevice\n", "doctor.devices.ready"), ("", "doctor.devices.none")):
        with adb_server({"host:version": "0029", "host:devices": listing}) as port:
            checkups, _ = look_at_adb({**environ, "ANDROID_ADB_SERVER_PORT": str(port)}, ON)
        assert by_name(checkups, "devices").reason == reason


def test_something_else_on_the_port_is_not_taken_for_an_adb_server(environ: dict[str, str]) -> None:
    with adb_server({"host:version": "what?", "host:devices": ""}) as port:
        checkups, _ = look_at_adb({**environ, "ANDROID_ADB_SERVER_PORT": str(port)}, ON)
    assert by_name(checkups, "adb_server").reason == "doctor.adb_server.silent"
    with adb_server({}) as port:
        checkups, _ = look_at_adb({**environ, "ANDROID_ADB_SERVER_PORT": str(port)}, ON)
    assert by_name(checkups, "adb_server").reason == "doctor.adb_server.silent"
    assert by_name(checkups, "adb_server").status is Status.FAIL
    assert by_name(checkups, "adb_server").mend == f"export ANDROID_ADB_SERVER_PORT={port + 1}"
    assert [one for one in checkups if one.name == "devices"] == [], "nobody was asked for devices"


def test_adbs_of_different_protocol_are_named_before_they_stop_each_other(
    environ: dict[str, str], tmp_path: Path
) -> None:
    printed = "echo 'Android Debug Bridge version 1.0.39'; echo 'Version 28.0.1-emulator'"
    script(tmp_path / "adb", printed)
    with adb_server({"host:version": "0029", "host:devices": ""}) as port:
        checkups, _ = look_at_adb({**environ, "ANDROID_ADB_SERVER_PORT": str(port)}, ON)
    assert by_name(checkups, "adb").reason == "doctor.adb.several"
    assert "28.0.1-emulator" in by_name(checkups, "adb").seen()
    assert by_name(checkups, "adb_server").reason == "doctor.adb_server.other_protocol"


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("Android Debug Bridge version 1.0.31\n", ("1.0.31", 31)),
        ("Android Debug Bridge version 1.0.36\nRevision 0e9850346394-android\n", ("1.0.36", 36)),
        (
            "Android Debug Bridge version 1.0.41\nVersion 29.0.6-debian\nInstalled as /usr/bin/adb\n",
            ("29.0.6-debian", 41),
        ),
        ("usage: adb\n", None),
    ],
)
def test_adbs_of_every_age_tell_their_protocol(
    printed: str, version: tuple[str, int] | None, environ: dict[str, str], tmp_path: Path
) -> None:
    assert adb_version(script(tmp_path / "adb", f"printf {shlex.quote(printed)}"), environ) == version


def test_a_port_that_is_no_number_is_named_and_not_blamed_on_adb(environ: dict[str, str]) -> None:
    (look,), _ = look_at_adb({**environ, "ANDROID_ADB_SERVER_PORT": "usb"}, ON)
    assert (look.status, look.mend) == (Status.FAIL, "unset ANDROID_ADB_SERVER_PORT")
    assert "ANDROID_ADB_SERVER_PORT=usb" in look.seen()


def test_an_adb_that_does_not_run_is_not_an_adb_that_is_missing(environ: dict[str, str], tmp_path: Path) -> None:
    script(tmp_path / "adb", "exit 1")
    assert by_name(look_at_adb(environ, ON)[0], "adb").reason == "doctor.adb.broken"


def test_a_home_without_room_for_keys_fails(environ: dict[str, str], tmp_path: Path) -> None:
    environ["HOME"] = str(tmp_path / "nowhere")
    assert by_name(look_at_adb(environ, ON)[0], "adb_home").status is Status.FAIL


@pytest.mark.parametrize(
    ("environ_", "address"),
    [
        ({}, ("127.0.0.1", 5037)),
        ({"ANDROID_ADB_SERVER_PORT": "6000"}, ("127.0.0.1", 6000)),
        ({"ADB_SERVER_SOCKET": "tcp:10.0.0.2:7000", "ANDROID_ADB_SERVER_PORT": "1"}, ("10.0.0.2", 7000)),
        ({"ADB_SERVER_SOCKET": "tcp:7000"}, ("127.0.0.1", 7000)),
    ],
)
def test_the_server_address_is_the_one_that_clients_use(environ_: dict[str, str], address: tuple[str, int]) -> None:
    assert machine.adb_server_address(environ_) == address


def test_an_emulator_is_doubled_only_by_the_port_after_its_console() -> None:
    both = (("emulator-5554", "device"), ("localhost:5555", "device"))
    assert same_emulator(both) == (("emulator-5554", "localhost:5555"),)
    assert same_emulator((("emulator-5554", "device"), ("127.0.0.1:5557", "device"))) == ()


# --- browser, OCR, fonts ---


def test_a_browser_that_hangs_is_given_up_in_time(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'case "$1" in --version) echo "Chromium 150.0.1.2";; *) exec /bin/sleep 600;; esac\n'
    environ["HARNESS_BROWSER"] = str(script(tmp_path / "hangs", text))
    monkeypatch.setattr(reading, "BROWSER_TIMEOUT_S", 0.5)
    look = look_at_browser(environ, ON)
    assert (look.status, look.reason) == (Status.FAIL, "doctor.browser.does_not_start")
    assert "150.0.1.2" in look.seen()


def test_a_browser_that_is_named_and_not_there_is_told_by_the_variable(environ: dict[str, str], tmp_path: Path) -> None:
    environ["HARNESS_BROWSER"] = str(tmp_path / "chrome")
    look = look_at_browser(environ, ON)
    assert (look.status, look.mend) == (Status.FAIL, "unset HARNESS_BROWSER")
    assert str(tmp_path / "chrome") in look.seen()


def test_an_old_browser_is_refused_by_its_number(environ: dict[str, str], tmp_path: Path) -> None:
    environ["HARNESS_BROWSER"] = str(script(tmp_path / "old", 'echo "Chromium 90.0.4430.212"\n'))
    assert look_at_browser(environ, ON).reason == "doctor.browser.too_old"


def test_tesseract_without_chinese_fails_only_where_nothing_else_reads(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = "echo 'List of available languages (1):'; echo eng"
    script(tmp_path / "tesseract", f'case "$1" in --version) echo tesseract 5.3.0;; *) {listing};; esac\n')
    beside, models = look_at_readers(environ, ON)
    assert models.status is Status.OK, "the tests' own machine has PP-OCR"
    assert (beside.status, beside.reason) == (Status.WARN, "doctor.ocr.no_chinese")
    assert beside.mend.endswith("apt-get install -y tesseract-ocr-chi-sim")
    monkeypatch.setattr(ppocr_models, "_RECOGNISER_V6", ("rapidocr", "nowhere.onnx"))
    alone, models = look_at_readers(environ, ON)
    assert (alone.status, models.status) == (Status.FAIL, Status.WARN)
    assert models.mend.endswith("-m pip install --no-deps --require-hashes -r constraints/ocr-models.txt")


def test_tesseract_that_does_not_answer_is_unknown(environ: dict[str, str], tmp_path: Path) -> None:
    script(tmp_path / "tesseract", 'case "$1" in --version) echo tesseract 5.3.0;; *) exit 1;; esac\n')
    assert look_at_ocr(environ, ON, needed=True).status is Status.UNKNOWN


# --- host ---


def test_two_opencv_packages_fail_with_the_names_of_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "opencv_python_headless-5.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python-headless\nVersion: 5.0.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    look = look_at_cv2(dict(os.environ), ON)
    assert (look.status, look.reason) == (Status.FAIL, "doctor.cv2.several")
    assert "uninstall -y opencv-python opencv-python-headless" in look.mend


def test_an_evidence_folder_is_judged_by_its_nearest_existing_parent(tmp_path: Path) -> None:
    assert look_at_disk(tmp_path / "not" / "yet", ON).reason != "doctor.disk.not_writable"
    assert not (tmp_path / "not").exists()
    (tmp_path / "file").write_text("in the way")
    assert look_at_disk(tmp_path / "file" / "evidence", ON).reason == "doctor.disk.not_writable"


def test_an_evidence_folder_too_deep_for_an_old_windows_is_told_before_a_file_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("很长的目录" * 10)
    windows = machine.System.WINDOWS
    assert look_at_disk(deep, windows).reason != "doctor.disk.too_deep", "where long paths are taken"
    monkeypatch.setattr(host, "takes_long_paths", lambda: False)
    look = look_at_disk(deep, windows)
    assert (look.status, look.reason) == (Status.WARN, "doctor.disk.too_deep")
    assert look.mend.startswith(r"New-ItemProperty -Path HKLM:\SYSTEM\CurrentControlSet\Control\FileSystem -Name Long")
    assert look_at_disk(Path("/e"), windows).reason != "doctor.disk.too_deep"
    assert look_at_disk(deep, ON).reason != "doctor.disk.too_deep"


def test_a_clock_before_the_program_was_written_fails(environ: dict[str, str]) -> None:
    look = look_at_clock(FixedClock(datetime(2001, 1, 1, tzinfo=UTC)), environ, ON)
    assert (look.status, look.reason) == (Status.FAIL, "doctor.clock.behind")


def test_a_clock_of_which_nothing_is_told_is_unknown_not_right(environ: dict[str, str], tmp_path: Path) -> None:
    assert look_at_clock(SystemClock(), environ, ON).status is Status.UNKNOWN
    script(tmp_path / "timedatectl", "echo yes\n")
    assert look_at_clock(SystemClock(), environ, ON).status is Status.OK
    script(tmp_path / "timedatectl", "echo no\n")
    assert look_at_clock(SystemClock(), environ, ON).status is Status.WARN


@pytest.mark.parametrize(
    ("month", "day", "status", "reason", "until"),
    [
        (6, 1, Status.OK, "covers", "-07-02"),
        (12, 15, Status.WARN, "ends_soon", "-01-15"),
    ],
)
def test_a_calendar_that_ends_soon_is_told_before_it_does(
    month: int, day: int, status: Status, reason: str, until: str
) -> None:
    last = max(chinese_calendar.holidays).year
    look = look_at_calendar(FixedClock(datetime(last, month, day, tzinfo=UTC)), ON)
    assert (look.status, look.reason) == (status, f"doctor.calendar.{reason}")
    assert dict(look.data)["day"].endswith(until)
    over = look_at_calendar(FixedClock(datetime(last + 1, 1, 1, tzinfo=UTC)), ON)
    assert (over.status, over.reason) == (Status.WARN, "doctor.calendar.unknown")
    assert over.mend.endswith("-m pip install --upgrade chinesecalendar")


def test_loopback_of_this_machine_is_usable() -> None:
    assert look_at_loopback(ON).reason in {"doctor.loopback.usable", "doctor.loopback.emulator_range"}


@pytest.mark.parametrize(
    ("on", "mend"),
    [
        (machine.System.WINDOWS, "netsh int ipv4 set dynamicport tcp start=49152 num=16384"),
        (machine.System.MACOS, "sudo sysctl -w net.inet.ip.portrange.first=49152"),
        (machine.System.DEBIAN, 'sudo sysctl -w net.ipv4.ip_local_port_range="32768 60999"'),
    ],
)
def test_ports_that_adb_takes_for_emulators_are_mended_by_a_command_of_the_system(
    on: machine.System, mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "free_ports", lambda count: tuple(range(5555, 5555 + count)))
    look = look_at_loopback(on)
    assert (look.reason, look.mend) == ("doctor.loopback.emulator_range", mend)
