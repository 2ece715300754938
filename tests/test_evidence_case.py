"""A bundle is delivered to its case once, goes on where it was cut off, leaves receipts; persons decide beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import fsspec
import jsonschema
import pytest

from harness.errors import BadInput, BundleError
from harness.evidence import case_log, keys, layout
from harness.evidence.attach import attach, case_name
from harness.evidence.case_file import CaseFile, Held, as_text
from harness.evidence.case_log import Agreement, Decided, Decision, Entry
from harness.evidence.case_status import CaseStatus, case_status
from harness.evidence.decide import decide
from harness.evidence.packed import pack
from harness.evidence.places import FolderPlace, HttpPlace, place_at
from harness.evidence.redact import share
from harness.evidence.schemas import document
from harness.evidence.seal import Sealing
from harness.evidence.sealed import Trust
from harness.evidence.verify import Soundness, verify
from tests.evidence_walks import START, TickingClock, no_pages
from tests.seal_fixtures import HostClock, new_signer, write_sealed

CASE = "HC-2026-0117"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sealed(tmp_path_factory.mktemp("runs"), None)


@pytest.fixture
def bundle(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "runs" / first.name))


# --- an endpoint ------------------------------------------------------------------------------------------------------


class Endpoint:
    """Takes files in pieces; ``breaks`` is how many times the connection is cut after a piece was taken."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.whole: set[str] = set()
        self.breaks = 0
        self.pieces = 0
        self.lies = False
        self.tokens: list[str] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                name = self.path.rsplit("/", 1)[1]
                self._answer(200 if name in endpoint.whole else 404, name)

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.tokens.append(self.headers.get("Authorization", ""))
                name = self.path.rsplit("/", 1)[1]
                stored = endpoint.files.setdefault(name, bytearray())
                span = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+)", self.headers["Content-Range"])
                assert span is not None
                if span[1] is not None:
                    assert int(span[1]) == len(stored)
                    stored += body
                    endpoint.pieces += 1
                    if endpoint.breaks:
                        endpoint.breaks -= 1
                        self.connection.close()
                        return
                if len(stored) == int(span[3]):
                    endpoint.whole.add(name)
                    self._answer(201, name, b'{"receipt": "R-1"}')
                else:
                    self._answer(308, name)

            def _answer(self, status: int, name: str, body: bytes = b"") -> None:
                self.send_response(status)
                stored = bytes(endpoint.files.get(name, b""))
                if status == 308 and stored:
                    self.send_header("Range", f"bytes=0-{len(stored) - 1}")
                if name in endpoint.whole:
                    digest = hashlib.sha256(b"lie" if endpoint.lies else stored).digest()
                    self.send_header("Repr-Digest", f"sha-256=:{base64.b64encode(digest).decode()}:")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://user:secret@127.0.0.1:{self.server.server_address[1]}/cases/{CASE}?sig=abc"


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    one = Endpoint()
    thread = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()
        thread.join(timeout=10)


def http_place(one: Endpoint, token: str = "", piece_bytes: int = 100_000) -> HttpPlace:
    url = f"http://127.0.0.1:{one.server.server_address[1]}/cases/{CASE}"
    return HttpPlace(url, TickingClock(), token=token, piece_bytes=piece_bytes)


# --- delivering -------------------------------------------------------------------------------------------------------


def test_a_bundle_is_delivered_to_a_folder_with_its_list_and_the_receipts_are_kept(
    bundle: Path, tmp_path: Path
) -> None:
    case = tmp_path / "cases" / CASE
    attached = attach(str(case), bundle, FolderPlace(case), HostClock())
    assert [one.file for one in attached.deliveries] == [
        f"{bundle.name}.zip",
        f"{bundle.name}.case-file.json",
        f"{bundle.name}.case-file.txt",
    ]
    assert sorted(path.name for path in case.iterdir()) == sorted(one.file for one in attached.deliveries)
    assert verify(case / f"{bundle.name}.zip").soundness is Soundness.SOUND
    for one in attached.deliveries:
        assert layout.sha256((case / one.file).read_bytes()) == one.sha256
    logged = [entry.delivered for entry in case_log.read_log(case_log.log_path(bundle))]
    assert tuple(logged) == attached.deliveries
    assert verify(bundle).soundness is Soundness.SOUND  # nothing went into it


def test_delivering_twice_changes_nothing(bundle: Path, tmp_path: Path) -> None:
    case = tmp_path / "cases" / CASE
    attach(str(case), bundle, FolderPlace(case), HostClock())
    before = {path.name: path.read_bytes() for path in case.iterdir()}
    log = case_log.log_path(bundle).read_bytes()
    again = attach(str(case), bundle, FolderPlace(case), HostClock())
    assert again.new == 0
    assert {path.name: path.read_bytes() for path in case.iterdir()} == before
    assert case_log.log_path(bundle).read_bytes() == log


def test_the_same_bundle_gives_the_same_zip(bundle: Path, tmp_path: Path) -> None:
    one, two = (pack(bundle, tmp_path / name).read_bytes() for name in ("1.zip", "2.zip"))
    assert one == two


def test_other_bytes_under_the_same_name_are_never_written_over(bundle: Path, tmp_path: Path) -> None:
    case = tmp_path / "cases" / CASE
    case.mkdir(parents=True)
    (case / f"{bundle.name}.zip").write_bytes(b"something else")
    with pytest.raises(BundleError, match="something else is there"):
        attach(str(case), bundle, FolderPlace(case), HostClock())
    assert (case / f"{bundle.name}.zip").read_bytes() == b"something else"
    assert not case_log.log_path(bundle).exists()


@pytest.mark.parametrize("beginning", ["right", "wrong"])
def test_a_copy_that_was_cut_off_goes_on_and_a_wrong_beginning_does_not_count(tmp_path: Path, beginning: str) -> None:
    source = tmp_path / "source.zip"
    source.write_bytes(os.urandom(3_000_000))
    part = tmp_path / "case" / "source.zip.part"
    part.parent.mkdir()
    part.write_bytes(source.read_bytes()[:2_000_000] if beginning == "right" else bytes(2_000_000))
    assert FolderPlace(tmp_path / "case").put("source.zip", source).confirmed
    assert (tmp_path / "case" / "source.zip").read_bytes() == source.read_bytes()
    assert not part.exists()


def test_a_bundle_is_delivered_to_any_store_that_fsspec_knows(bundle: Path) -> None:
    url = f"memory://store/{CASE}"
    place = place_at(url, HostClock())
    attached = attach(url, bundle, place, HostClock())
    files = fsspec.filesystem("memory")
    stored = files.cat(f"/store/{CASE}/{bundle.name}.zip")
    assert layout.sha256(stored) == attached.deliveries[0].sha256
    assert attach(url, bundle, place, HostClock()).new == 0
    assert not [name for name in files.ls(f"/store/{CASE}", detail=False) if name.endswith(".part")]
    files.pipe(f"/store/{CASE}/{bundle.name}.zip", b"changed")
    with pytest.raises(BundleError, match="something else is there"):
        attach(url, bundle, place, HostClock())
    with pytest.raises(BadInput, match="cannot be opened"):
        place_at("nosuchscheme://x/y", HostClock())


def test_a_bundle_is_delivered_in_pieces_and_a_broken_connection_goes_on(bundle: Path) -> None:
    with endpoint() as one:
        one.breaks = 3
        attached = attach(f"http://x/{CASE}", bundle, http_place(one, token="t0ken"), HostClock())
        size = attached.deliveries[0].size_bytes
        assert bytes(one.files[f"{bundle.name}.zip"]) == pack(bundle, bundle.parent / "again.zip").read_bytes()
        assert one.pieces == -(-size // 100_000) + 2  # no piece was sent twice, the two lists are one each
        assert attached.deliveries[0].confirmed
        assert attached.deliveries[0].receipt == '{"receipt": "R-1"}'
        assert set(one.tokens) == {"Bearer t0ken"}
        assert "t0ken" not in case_log.log_path(bundle).read_text(encoding="utf-8")
        pieces = one.pieces
        assert attach(f"http://x/{CASE}", bundle, http_place(one), HostClock()).new == 0
        assert one.pieces == pieces


def test_a_server_that_goes_away_is_told_of_and_the_next_try_goes_on(bundle: Path) -> None:
    with endpoint() as one:
        one.breaks = 5
        with pytest.raises(BundleError, match="cannot be delivered"):
            attach(f"http://x/{CASE}", bundle, http_place(one), HostClock())
        assert not case_log.log_path(bundle).exists()
        attached = attach(f"http://x/{CASE}", bundle, http_place(one), HostClock())
        assert attached.new == 3
        assert one.pieces == -(-attached.deliveries[0].size_bytes // 100_000) + 2


def test_a_server_that_has_something_else_than_was_sent_is_caught(bundle: Path) -> None:
    with endpoint() as one:
        one.lies = True
        with pytest.raises(BundleError, match="the server has something else"):
            attach(f"http://x/{CASE}", bundle, http_place(one), HostClock())
        with pytest.raises(BundleError, match="something else is there under this name"):
            attach(f"http://x/{CASE}", bundle, http_place(one), HostClock())


def test_a_place_is_named_without_what_must_not_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CASE_TOKEN", "t0ken")
    with endpoint() as one:
        place = place_at(one.url, HostClock())
        assert isinstance(place, HttpPlace)
        assert "secret" not in place.name
        assert "sig" not in place.name
        assert case_name(one.url) == CASE
    assert case_name("cases/HC 1/") == "HC 1"
    with pytest.raises(BadInput, match="has no name"):
        case_name("https://review.example/")


def test_what_does_not_verify_or_belongs_to_another_case_is_not_delivered(bundle: Path, tmp_path: Path) -> None:
    case = tmp_path / "cases" / CASE
    signer, public = new_signer(tmp_path / "keys")
    with pytest.raises(BadInput, match="is not delivered"):  # a reviewer's key, and no signature
        attach(str(case), bundle, FolderPlace(case), HostClock(), Trust(key_pem=keys.read_public(public)))
    assert signer.public_pem
    other = write_sealed(tmp_path / "other", Sealing(signer=signer))
    (other / layout.UNFINISHED).write_bytes(b"")
    with pytest.raises(BadInput, match="is not delivered"):
        attach(str(case), other, FolderPlace(case), HostClock())
    assert not case.exists()


def test_a_shared_copy_is_delivered_under_a_name_of_its_own(bundle: Path, tmp_path: Path) -> None:
    shared = share(bundle, tmp_path / "out", no_pages, HostClock())
    case = tmp_path / "cases" / CASE
    attached = attach(str(case), shared.path, FolderPlace(case), HostClock())
    assert attached.deliveries[0].file == f"{bundle.name}-shared.zip"
    assert attached.file.shared_copy
    items = {item.number: item for item in attached.file.items}
    assert items[10].held is Held.WHOLE
    assert "evidence-withheld" in items[4].lacks


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_says_of_every_item_what_is_there_and_fills_in_no_decision(bundle: Path, tmp_path: Path) -> None:
    file = attach(str(tmp_path / CASE), bundle, FolderPlace(tmp_path / CASE), HostClock()).file
    assert [item.number for item in file.items] == list(range(1, 14))
    items = {item.number: item for item in file.items}
    assert items[12].held is Held.FOR_A_PERSON
    assert items[12].told == ()
    assert {"case-lacks-source", "case-lacks-shown-number"} <= set(items[1].lacks)
    assert "case-lacks-version" not in items[1].lacks
    assert items[4].lacks == ("case-lacks-film",)
    assert items[10].held is Held.NOT
    for item in file.items:
        for member in item.where:
            assert (bundle / member).exists(), member
    said = as_text(file).decode("utf-8-sig")
    assert "案件材料清单  HC-2026-0117" in said
    assert re.search(r"12\. 人的决定 {2}【由人填写】", said)
    assert not re.search(r"(?:case|verdict|soundness)-[a-z]", said)


@pytest.mark.parametrize(
    ("name", "record"), [("case-file", CaseFile), ("case-log", Entry), ("case-status", CaseStatus)]
)
def test_the_committed_schemas_are_those_of_the_records(name: str, record: type) -> None:
    committed = json.loads(resources.files("harness").joinpath(f"schemas/{name}.schema.json").read_text("utf-8"))
    assert committed == document(name, record)


def test_what_is_written_is_as_its_schema_says(bundle: Path, tmp_path: Path) -> None:
    case = tmp_path / CASE
    attach(str(case), bundle, FolderPlace(case), HostClock())
    decide(bundle, START, decision("f-1", "甲"))

    def valid(name: str, raw: bytes) -> None:
        schema = json.loads(resources.files("harness").joinpath(f"schemas/{name}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(json.loads(raw))

    valid("case-file", (case / f"{bundle.name}.case-file.json").read_bytes())
    lines = case_log.log_path(bundle).read_bytes().splitlines()
    assert len(lines) == 4
    for line in lines:
        valid("case-log", line)


# --- decisions --------------------------------------------------------------------------------------------------------


def decision(finding: str, reviewer: str, decided: Decided = Decided.UPHELD, payload: str = "0" * 64) -> Decision:
    return Decision(finding=finding, decided=decided, reviewer=reviewer, reason="所见属实", payload_sha256=payload)


def test_two_reviewers_agree_or_do_not_and_the_last_word_of_each_counts(bundle: Path) -> None:
    status = case_status(bundle)
    finding, payload = status.findings[0].finding, status.payload_sha256

    def after(*said: tuple[str, Decided]) -> Agreement:
        for reviewer, decided in said:
            decide(bundle, START, decision(finding, reviewer, decided, payload))
        return next(row.agreement for row in case_status(bundle).findings if row.finding == finding)

    assert after() is Agreement.NONE
    assert after(("甲", Decided.UPHELD)) is Agreement.ONE
    assert after(("甲", Decided.UPHELD)) is Agreement.ONE  # the same person twice is one
    assert after(("乙", Decided.NOT_UPHELD)) is Agreement.DIVIDED
    assert after(("乙", Decided.UPHELD)) is Agreement.AGREED
    assert len(case_log.read_log(case_log.log_path(bundle))) == 4
    assert verify(bundle).soundness is Soundness.SOUND


def test_a_decision_about_other_content_does_not_count(bundle: Path) -> None:
    finding = case_status(bundle).findings[0].finding
    decide(bundle, START, decision(finding, "甲"))
    status = case_status(bundle)
    assert (status.stale, status.findings[0].agreement) == (1, Agreement.NONE)


def test_a_decision_changed_afterwards_breaks_the_chain(bundle: Path) -> None:
    path = case_log.log_path(bundle)
    for reviewer in ("甲", "乙"):
        decide(bundle, START, decision("f", reviewer))
    path.write_bytes(path.read_bytes().replace("甲".encode(), "丙".encode()))
    with pytest.raises(BundleError, match="the chain is broken"):
        case_log.read_log(path)
    with pytest.raises(BundleError, match="the chain is broken"):
        decide(bundle, START, decision("f", "丁"))


def test_what_a_crash_left_of_a_line_is_cut_off(bundle: Path) -> None:
    path = case_log.log_path(bundle)
    decide(bundle, START, decision("f", "甲"))
    path.write_bytes(path.read_bytes() + b'{"seq":1,')
    assert len(case_log.read_log(path)) == 1
    decide(bundle, START, decision("f", "乙"))
    assert [e.decision.reviewer for e in case_log.read_log(path) if e.decision] == ["甲", "乙"]


def harness(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command,
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        check=False,
        timeout=120,
    )


def test_a_person_decides_on_the_command_line_and_has_to_say_it_twice(bundle: Path) -> None:
    finding = case_status(bundle).findings[1].finding
    said = ("case", "decide", str(bundle), finding, "认定", "--reviewer", "王敏", "--reason", "排名公示属实")
    refused = harness(*said, typed="待核\n")
    assert refused.returncode == 2
    assert not case_log.log_path(bundle).exists()
    done = harness(*said, typed="认定\n")
    assert done.returncode == 0, done.stderr
    told = json.loads(harness("case", "status", str(bundle), "--json").stdout)
    row = next(row for row in told["findings"] if row["finding"] == finding)
    assert (row["agreement"], row["decisions"][0]["reviewer"]) == ("one", "王敏")
    unknown = harness(
        "case", "decide", str(bundle), "f-none", "认定", "--reviewer", "王敏", "--reason", "x", typed="认定\n"
    )
    assert unknown.returncode == 2
