"""The ``harness`` command as a person meets it: processes of their own, their words, their exit statuses."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image, ImageDraw
from rich.cells import cell_len

from harness.cli import group
from harness.errors import BadInput
from harness.evidence import codec
from harness.evidence.bundle import BundleWriter, open_bundle
from harness.evidence.layout import AcrossFacts, JudgedFacts
from harness.evidence.schemas import document
from harness.evidence.verify import VerifyReport
from harness.report.look import Look
from harness.retest import RetestFacts
from harness.rules import ALL_RULES
from harness.session import adb_address
from tests.evidence_walks import TickingClock, app, judge_study, start_of, walk_study
from tests.plugin_scenes import CLEAN, write_clean
from tests.screen_drawing import Written, drawn, node, tree, window
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server, eventually, free_port

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = tuple(sorted(group.commands))
# Other programs rely on these names.
FIXED = ("case", "demo", "devices", "diff", "doctor", "judge", "look", "night", "report", "rules", "verify", "virtual")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")


def environment(adb_port: int = 1, columns: int = 80) -> dict[str, str]:
    """Return the environment of a command: nothing listens at port 1, so nobody's adb server is touched."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARNESS_", "ANDROID_"))}
    return {
        **kept,
        "ANDROID_ADB_SERVER_PORT": str(adb_port),
        "COLUMNS": str(columns),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }


def harness(*arguments: str | Path, cwd: Path, adb_port: int = 1, columns: int = 80) -> Ended:
    """Run ``harness`` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        cwd=cwd,
        env=environment(adb_port, columns),
        capture_output=True,
        timeout=600,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr.decode("utf-8"))


def one_line_error(ended: Ended) -> str:
    """Return what a refused command said: one line on standard error, nothing else, exit status 2."""
    assert (ended.code, ended.out) == (2, b""), ended
    (line,) = ended.err.splitlines()
    assert line.startswith("harness: ")
    return line


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a whole bundle of a walk that was drawn."""
    with BundleWriter(tmp_path_factory.mktemp("run"), start_of(app()), clock=TickingClock()) as writer:
        hands, _ = walk_study(writer)
        writer.walk_ended(hands.end())
        with open_bundle(writer.path) as stored:
            judgement = judge_study(stored.walk)
        return writer.finish(judgement)


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a screenshot and its hierarchy."""
    folder = tmp_path_factory.mktemp("screen")
    words = ("积分排行榜", "我的排名", "[bold]1[/bold] 刘建设\u202e")
    boxes = [(60, 200 + 120 * n, 900, 270 + 120 * n) for n in range(len(words))]
    nodes = [node(word, box) for word, box in zip(words, boxes, strict=True)]
    png = drawn([Written(text=word, x_px=60, y_px=200 + 120 * n) for n, word in enumerate(words[:2])])
    (folder / "screen.png").write_bytes(png)
    (folder / "screen.xml").write_bytes(tree(window(*nodes)))
    return folder / "screen.png", folder / "screen.xml"


# --- words -------------------------------------------------------------------------------------------------------


def test_help_names_every_command_with_a_whole_sentence_in_80_columns(tmp_path: Path) -> None:
    ended = harness("--help", cwd=tmp_path)
    assert ended.code == 0
    assert set(FIXED) <= set(COMMANDS)
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\S", ended.text, re.MULTILINE)
    assert not re.search(r"\.\.\.$", ended.text.partition("Commands:")[2], re.MULTILINE)
    assert max(map(cell_len, ended.text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "No such command 'nothing'"),
        (("look",), "Missing argument 'IMAGE'"),
        (("look", "nowhere.png"), "nowhere.png"),
        (("look", "empty.png"), "PNG, JPEG, WebP or BMP"),
        (("look", "torn.png"), "cut short"),
        (("look", "."), "is a directory"),
        (("look", "torn.png", "--annotate", "./torn.png"), "would be drawn over; give another file"),
        (("look", "torn.png", "--ocr", "paddle"), "'ppocr', 'tesseract', 'both'"),
        (("rules", "no-rule"), ", ".join(rule.id for rule in ALL_RULES)),
        (("judge", "."), "no evidence bundle"),
        (("report", "empty.png"), "empty.png"),
        (("devices",), "adb start-server"),
        (("devices", "--adb-server", "here"), "HOST:PORT"),
        (("demo", "--app", "cn.example.none"), "cn.gov.demo.study"),
        (("virtual", "up", "--fault", "bad_luck"), "black_png"),
        (("virtual", "up", "--app", "nowhere"), "--app: nowhere: is not there; give a folder with app.json"),
        (("virtual", "up", "--size", "big"), "1080x2400"),
        (("keys", "new", "screenshots/run/key.pem"), "inside a folder of evidence"),
        (("demo", "--sign-key", "empty.png"), "chmod 600"),
        (("demo", "--tsa", "http://127.0.0.1:1/"), "harness keys new"),
        (("seal", ".", "--key", "nowhere.pem"), "harness keys new"),
        (("verify", ".", "--key", "empty.png"), "is not a public key in PEM"),
        (("verify", ".", "--tsa-ca", "empty.png"), "holds no certificate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    tmp_path: Path, screen: tuple[Path, Path], arguments: Sequence[str], said: str
) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "torn.png").write_bytes(screen[0].read_bytes()[:300])
    assert said in one_line_error(harness(*arguments, cwd=tmp_path))


def test_an_adb_port_that_is_no_number_is_refused_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ADB_SERVER_SOCKET", raising=False)
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "usb")
    with pytest.raises(BadInput, match="ANDROID_ADB_SERVER_PORT: usb: is not a port number"):
        adb_address()
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "")
    assert adb_address()[1] == 5037


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_lists_every_command_once(name: str) -> None:
    listed = re.findall(r"^\| `harness (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_the_terminal_and_cut_no_word(tmp_path: Path, screen: tuple[Path, Path], columns: int) -> None:
    for arguments in (("rules",), ("look", screen[0], "--xml", screen[1])):
        ended = harness(*arguments, cwd=tmp_path, columns=columns)
        assert ended.code == 0
        assert max(cell_len(line) for line in ended.text.splitlines()) <= columns
        assert "…" not in ended.text


def test_a_look_prints_words_with_provenance_outcomes_and_nothing_that_steers_a_terminal(
    tmp_path: Path, screen: tuple[Path, Path]
) -> None:
    ended = harness("look", screen[0], "--xml", screen[1], cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert re.search(r"hierarchy +1\.00 +60,200 840x70 +积分排行榜", ended.text)
    assert "[bold]1[/bold] 刘建设[U+202E]" in ended.text
    for rule in ALL_RULES:
        assert rule.id in ended.text


def test_a_look_draws_what_it_saw_and_tells_of_shapes(tmp_path: Path) -> None:
    image = Image.new("RGB", (1080, 2400), "#ffffff")
    pen = ImageDraw.Draw(image)
    pen.rectangle((100, 1000, 979, 1011), fill="#e0e2e6")
    pen.rectangle((100, 1000, 539, 1011), fill="#2060e0")
    image.save(tmp_path / "bar.png")
    ended = harness("look", tmp_path / "bar.png", "--annotate", tmp_path / "drawn.png", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "图形 shape: 进度条 50%" in ended.text
    with Image.open(tmp_path / "drawn.png") as drawing:
        colours = {colour for _, colour in drawing.convert("RGB").getcolors(1 << 22) or ()}
        assert drawing.width > 2 * 900
    assert (0x9C, 0x27, 0xB0) in colours
    shapes = valid("look", harness("look", tmp_path / "bar.png", "--json", cwd=tmp_path).out)["observation"]["shapes"]
    assert [(s["kind"], s["fill_ratio"]) for s in shapes] == [("progress", pytest.approx(0.5, abs=0.01))]


@pytest.mark.parametrize("size", [(1, 1), (3, 20_000), (4000, 20)])
def test_pictures_of_odd_sizes_are_drawn_as_well(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "#808080").save(tmp_path / "odd.png")
    ended = harness("look", tmp_path / "odd.png", "--annotate", tmp_path / "drawn.png", cwd=tmp_path)
    assert ended.code == 0, ended.err
    with Image.open(tmp_path / "drawn.png") as drawing:
        assert drawing.height <= 12_100


def test_a_rule_is_told_with_clause_words_and_limits(tmp_path: Path) -> None:
    rule = ALL_RULES[0]
    ended = harness("rules", rule.id, cwd=tmp_path)
    assert rule.clause.quote in ended.text
    assert rule.lexicon.must[0] in ended.text
    assert rule.known_limits
    assert not set(rule.known_limits) & set(re.findall(r"[a-z-]{9,}", ended.text))  # texts, not their keys


def test_a_rule_across_apps_is_listed_and_told_of_too(tmp_path: Path) -> None:
    told = harness("rules", "duplicate-form-cross-app", cwd=tmp_path)
    assert told.code == 0, told.err
    assert "字段重合，不等于重复填报" in told.text
    assert "duplicate-form-cross-app" in harness("rules", cwd=tmp_path).text


# --- machine-readable --------------------------------------------------------------------------------------------


def valid(name: str, out: bytes) -> dict[str, Any]:
    """Return the JSON of a command, which must be as its schema says."""
    schema = json.loads(resources.files("harness").joinpath(f"schemas/{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    value: dict[str, Any] = json.loads(out)
    jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())
    assert value["format"] in (1, codec.FORMAT)
    return value


def test_every_json_output_is_as_its_schema_says(tmp_path: Path, bundle: Path, screen: tuple[Path, Path]) -> None:
    told = {
        "doctor": ("doctor",),
        "findings": ("judge", bundle),
        "look": ("look", screen[0], "--xml", screen[1]),
        "rules": ("rules",),
        "verify": ("verify", bundle),
    }
    for name, arguments in told.items():
        ended = harness(*arguments, "--json", cwd=tmp_path)
        assert ended.code in (0, 1) if name == "doctor" else ended.code == 0, ended.err
        valid(name, ended.out)
    one = valid("rules", harness("rules", "points-ranking", "--json", cwd=tmp_path).out)
    assert [rule["id"] for rule in one["rules"]] == ["points-ranking"]


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("judged", JudgedFacts),
        ("across", AcrossFacts),
        ("look", Look),
        ("replay", RetestFacts),
        ("verify", VerifyReport),
    ],
)
def test_the_committed_schemas_are_those_of_the_records(name: str, record: type) -> None:
    committed = json.loads(resources.files("harness").joinpath(f"schemas/{name}.schema.json").read_text("utf-8"))
    assert committed == document(name, record)


# --- bundles -----------------------------------------------------------------------------------------------------


def test_judging_twice_gives_the_same_bytes_and_leaves_the_bundle_as_it_was(tmp_path: Path, bundle: Path) -> None:
    first, second = (harness("judge", bundle, "--json", cwd=tmp_path) for _ in range(2))
    assert first.code == 0, first.err
    assert len(first.out) > 100
    assert first.out == second.out
    plain = harness("judge", bundle, cwd=tmp_path)
    for rule in ALL_RULES:
        assert rule.id in plain.text
    assert harness("verify", bundle, cwd=tmp_path).code == 0


def test_several_bundles_are_judged_each_and_together(tmp_path: Path, bundle: Path) -> None:
    other = Path(shutil.copytree(bundle, tmp_path / f"{bundle.name}-2"))
    told = valid("judged", harness("judge", bundle, other, "--json", cwd=tmp_path).out)
    alone = json.loads(harness("judge", bundle, "--json", cwd=tmp_path).out)["judgement"]
    assert [app["judgement"] for app in told["apps"]] == [alone, alone]
    assert [finding["reason"] for finding in told["across"]] == [
        "duplicate-form-cross-app-too-few",
        "duplicate-function-one-sponsor-too-few",
    ]
    assert "跨应用" in harness("judge", bundle, other, cwd=tmp_path).text


def test_verify_tells_sound_not_sound_and_could_not_tell_by_its_exit_status(tmp_path: Path, bundle: Path) -> None:
    assert harness("verify", bundle, cwd=tmp_path).code == 0
    changed = Path(shutil.copytree(bundle, tmp_path / bundle.name))
    log = changed / "data" / "observations.jsonl"
    assert log.exists()
    log.write_bytes(log.read_bytes().replace("积分".encode(), "得分".encode(), 1))
    ended = harness("verify", changed, cwd=tmp_path)
    assert ended.code == 1
    assert "data/observations.jsonl" in ended.text
    with BundleWriter(tmp_path, start_of(app(), run="cut-short"), clock=TickingClock()) as writer:
        walk_study(writer)
    assert harness("verify", writer.path, cwd=tmp_path).code == 2


def test_a_runs_folder_is_not_taken_for_a_bundle_tampered_with(tmp_path: Path, bundle: Path) -> None:
    assert harness("verify", bundle.parent, cwd=tmp_path).code == 0
    shutil.copytree(bundle.parent, tmp_path / "run")
    shutil.copytree(bundle, tmp_path / "run" / f"{bundle.name}-2")
    for command in ("verify", "judge"):
        assert "holds 2 bundles; name one" in one_line_error(harness(command, "run", cwd=tmp_path))


def test_a_key_is_made_a_bundle_sealed_and_its_signer_told(tmp_path: Path, bundle: Path) -> None:
    made = harness("keys", "new", "keys/signer.pem", cwd=tmp_path)
    assert made.code == 0, made.err
    found = re.search(r"SHA-256\): ([0-9a-f ]{79})$", made.text, re.MULTILINE)
    assert found is not None
    assert "PRIVATE" not in made.text + made.err
    assert "is there already" in one_line_error(harness("keys", "new", "keys/signer.pem", cwd=tmp_path))
    copy = Path(shutil.copytree(bundle, tmp_path / bundle.name))
    public = ("--key", "keys/signer.pub.pem")
    assert harness("verify", copy, *public, cwd=tmp_path).code == 1  # a signature was expected
    sealed = harness("seal", copy, "--key", "keys/signer.pem", cwd=tmp_path)
    assert sealed.code == 0, sealed.err
    assert found[1] in sealed.text
    told = harness("verify", copy, *public, cwd=tmp_path)
    assert told.code == 0, told.text
    for said in ("真实性", "完整性", "可用性", "安全性", "任何格式都不能证明的", found[1]):
        assert said in told.text
    assert valid("verify", harness("verify", copy, *public, "--json", cwd=tmp_path).out)["signed"]["pinned"]
    again = one_line_error(harness("seal", copy, "--key", "keys/signer.pem", cwd=tmp_path))
    assert "is sealed already" in again
    (copy / "data" / "case.json").write_bytes(b"{}")
    refused = one_line_error(harness("seal", copy, "--key", "keys/signer.pem", cwd=tmp_path))
    assert f"harness verify {copy}" in refused


def test_a_report_is_written_over_a_bundle_and_over_a_run(tmp_path: Path, bundle: Path) -> None:
    for number, given in enumerate((bundle, bundle.parent)):
        out = tmp_path / f"report{number}"
        ended = harness("report", given, "--out", out, cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert ended.text.strip() == str(out / "index.html")
        assert "干部学习在线" in (out / "index.html").read_text(encoding="utf-8")


def test_a_report_gives_other_views_when_asked_and_refuses_a_format_that_is_none(tmp_path: Path, bundle: Path) -> None:
    out = tmp_path / "report"
    ended = harness("report", bundle, "--xlsx", "--format", "sarif", "--format", "junit", "--out", out, cwd=tmp_path)
    assert ended.code == 0, ended.err
    names = ("index.html", "findings.xlsx", "findings.sarif", "junit.xml")
    assert ended.text.split() == [str(out / name) for name in names]
    refused = one_line_error(harness("report", bundle, "--format", "docx", "--out", out, cwd=tmp_path))
    assert "no format 'docx'" in refused


def test_the_offline_verifier_is_written_with_its_digest(tmp_path: Path) -> None:
    ended = harness("verify", "--page", "verify.html", cwd=tmp_path)
    assert ended.code == 0, ended.err
    digest = hashlib.sha256((tmp_path / "verify.html").read_bytes()).hexdigest()
    assert digest in ended.text.replace(" ", "")
    assert "--page OUT.html" in one_line_error(harness("verify", cwd=tmp_path))


# --- devices -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


def test_an_adb_server_without_devices_is_no_error_and_says_what_to_do(tmp_path: Path, adb: AdbServer) -> None:
    ended = harness("devices", "--adb-server", f"127.0.0.1:{adb.port}", cwd=tmp_path, adb_port=free_port())
    assert ended.code == 0
    assert "harness virtual up" in ended.err


@pytest.fixture
def heeded_interrupts() -> Iterator[None]:
    """Let Ctrl-C work in what a test starts: the background job of a script ignores it, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.usefixtures("heeded_interrupts")
def test_virtual_devices_are_listed_until_the_command_ends(tmp_path: Path, adb: AdbServer, ending: int) -> None:
    command = [sys.executable, "-m", "harness", "virtual", "up", "--size", "720x1280"]
    command += ["--app", str(write_clean(tmp_path / "app"))]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(adb.port), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process, ExitStack() as stack:
        stack.callback(process.kill)
        assert process.stdout is not None
        serial = process.stdout.readline().strip()
        assert adb.state(serial) == "device", process.poll()
        assert CLEAN in adb.run("shell", "pm", "list", "packages", serial=serial).stdout.decode()
        listed = valid("devices", harness("devices", "--json", cwd=tmp_path, adb_port=adb.port).out)
        (row,) = [row for row in listed["devices"] if row["serial"] == serial]
        assert (row["state"], row["resolution"], row["lease"], row["problem"]) == ("device", "720x1280", "free", "")
        assert serial in harness("devices", cwd=tmp_path, adb_port=adb.port).text
        process.send_signal(ending)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert "Traceback" not in err
        eventually(lambda: adb.state(serial) == "")


@pytest.mark.slow
def test_the_demo_of_one_app_finds_what_its_truth_says(tmp_path: Path) -> None:
    assert harness("keys", "new", "keys/signer.pem", cwd=tmp_path).code == 0
    signed = ("--evidence-dir", "kept", "--sign-key", "keys/signer.pem")
    ended = harness("demo", "--app", "cn.gov.demo.attendance", *signed, cwd=tmp_path, columns=100)
    assert ended.code == 0, ended.text + ended.err
    assert "全部与预置情况相符" in ended.text
    found = re.search(r"报告 report: (\S+)", ended.text)
    assert found is not None
    assert "掌上考勤" in Path(found[1]).read_text(encoding="utf-8")
    (bundle,) = re.findall(r"证据包 bundle: (\S+)", ended.text)
    known = ("--key", "keys/signer.pub.pem", "--ledger", "kept/roots.jsonl")
    verified = harness("verify", bundle, *known, cwd=tmp_path)
    assert verified.code == 0, verified.text
    judged = [harness("judge", bundle, "--json", cwd=tmp_path).out for _ in range(2)]
    assert judged[0] == judged[1] == (Path(bundle) / "data" / "findings.json").read_bytes()
