"""The pytest plugin, in real sessions of its own: processes that walk small apps on one embedded device."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.device import pool
from harness.evidence import keys
from harness.evidence.layout import LEDGER, RUN, RUN_LOCK
from harness.evidence.verify import Soundness, Trust, verify
from harness.pytest_plugin.scheduling import app_in
from harness.pytest_plugin.telling import without_group
from harness.rules import ALL_RULES, rules_edition
from harness.virtual.personality import Personality
from harness.virtual.phone import Display
from harness.virtual.server import VirtualDevices
from tests.plugin_scenes import BOARD, CLEAN, write_board, write_clean, write_list
from tests.virtual_fixtures import BUNDLED_ADB, adb_server, free_port

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "scenarios" / "test_filed_apps.py"
RULES = tuple(str(rule.id) for rule in ALL_RULES)
FOUND = ("points-ranking", "ranking-notice")  # on the app with the board
OPEN = ("missing-complaint-channel", "missing-sponsor-filing-number")  # no page of these apps could tell
HEAVY = ("adbutils", "cv2", "jinja2", "lxml", "numpy", "openpyxl", "PIL", "playwright", "uiautomator2")

OWN_SCENARIO = '''
"""A scenario of one's own: opens the app, presses a label, looks."""

from harness.model import Actor, Launch, Tap


def test_the_address_is_shown(filed_app, walker, trail, device):
    assert len(trail) == 0
    walker.act(Launch(package=filed_app.package), actor=Actor.START, why="start")
    seen = walker.look()
    button = next(word for word in seen.words if word.norm == "查看地址")
    x_px, y_px = button.box.centre_px
    step = walker.act(Tap(x_px=x_px, y_px=y_px, label="查看地址"), actor=Actor.FLOW, why="scenario")
    assert [one.action for one in trail] == [one.action for one in walker.steps]
    assert len(trail) == 2 and trail[-1] == step
    assert any("窗口在一楼" in word.norm for word in walker.observations[-1].words)
    assert device.serial
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A session that has ended."""

    code: int
    out: str

    @property
    def outcomes(self) -> dict[str, int]:
        """Return the numbers of the last line: {"failed": 1, "passed": 5}."""
        found = re.findall(r"(\d+) (passed|failed|errors?|skipped)", self.out.splitlines()[-1])
        return {name.removesuffix("s") if name == "errors" else name: int(number) for number, name in found}


def run_pytest(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run pytest to its end, as a person would in ``cwd``."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HARNESS_", "COVERAGE_"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)],
        cwd=cwd,
        env={**inherited, "COLUMNS": "200", "ANDROID_ADB_SERVER_PORT": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout + done.stderr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One embedded device, its adb server, and two app folders."""

    adb: str
    serial: str
    apps: Path
    options: tuple[str, ...]


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    apps = tmp_path_factory.mktemp("apps")
    write_board(apps / "board")
    write_clean(apps / "clean")
    small = Display(width_px=720, height_px=1280, density_dpi=320)
    with (
        adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server,
        VirtualDevices(personality=Personality(display=small)) as devices,
    ):
        (serial,) = devices.connect(("127.0.0.1", server.port))
        adb = f"127.0.0.1:{server.port}"
        options = ("--harness-adb-server", adb, "--harness-serial", serial)
        yield Field(adb=adb, serial=serial, apps=apps, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """The run that most tests look at: both apps, and two rows that cannot be used."""

    ended: Ended
    evidence: Path
    public_key: Path
    cases: Mapping[str, ET.Element]

    def properties(self, name: str) -> dict[str, str]:
        found = self.cases[name].findall("properties/property")
        return {one.attrib["name"]: one.attrib["value"] for one in found}


@pytest.fixture(scope="module")
def first_run(field: Field, tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    folder = tmp_path_factory.mktemp("first")
    rows = (f"排行,{BOARD},案2026-7,board", "坏包名,not a package,,", f"便民,{CLEAN},,clean", ",=A1,,clean")
    filed = write_list(field.apps / "mixed.csv", rows)
    public, _ = keys.new_key(folder / "keys" / "signer.pem")
    ended = run_pytest(
        SCENARIOS, "-W", "error", "--junitxml", folder / "junit.xml", "--harness-filed-list", filed, *field.options,
        "--harness-evidence-dir", folder / "evidence", "--harness-sign-key", folder / "keys" / "signer.pem", cwd=folder,
    )  # fmt: skip
    cases = {case.attrib["name"]: case for case in ET.parse(folder / "junit.xml").iter("testcase")}
    return FirstRun(ended=ended, evidence=folder / "evidence", public_key=public, cases=cases)


def only_run(evidence: Path) -> Path:
    (run,) = [folder for folder in evidence.iterdir() if folder.is_dir()]
    return run


def bundles(evidence: Path) -> list[Path]:
    return sorted(path.parent.parent for path in only_run(evidence).glob("*/data/run.json"))


def packages(evidence: Path) -> list[str]:
    return sorted(re.findall(r'"package":\s*"([^"]+)"', path.read_text())[0] for path in _subjects(evidence))


def _subjects(evidence: Path) -> list[Path]:
    return [bundle / "data" / "case.json" for bundle in bundles(evidence)]


# --- one walk, one item per rule ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_node_ids_hold_package_and_rule_and_a_bad_row_is_one_item(first_run: FirstRun) -> None:
    pairs = {f"test_filed_app[{package}-{rule}]" for package in (BOARD, CLEAN) for rule in RULES}
    assert set(first_run.cases) == pairs | {"test_filed_app[row-3]", "test_filed_app[row-5]"}


@pytest.mark.slow
def test_what_was_found_fails_and_bad_rows_are_errors(first_run: FirstRun) -> None:
    assert first_run.ended.code == 1, first_run.ended.out
    passed = 2 * (len(RULES) - len(OPEN)) - len(FOUND)
    outcomes = {"failed": len(FOUND), "passed": passed, "skipped": 2 * len(OPEN), "error": 2}
    assert first_run.ended.outcomes == outcomes
    failed = {name for name, case in first_run.cases.items() if case.find("failure") is not None}
    errors = {name for name, case in first_run.cases.items() if case.find("error") is not None}
    assert failed == {f"test_filed_app[{BOARD}-{rule}]" for rule in FOUND}
    assert errors == {"test_filed_app[row-3]", "test_filed_app[row-5]"}


@pytest.mark.slow
def test_the_failure_names_bundle_screen_words_and_way_without_a_traceback(first_run: FirstRun) -> None:
    failure = first_run.cases[f"test_filed_app[{BOARD}-points-ranking]"].find("failure")
    assert failure is not None
    assert failure.text is not None
    (bundle,) = [path for path in bundles(first_run.evidence) if "2026_7" in path.name]
    for said in (
        "疑似违规",
        "points-ranking",
        BOARD,
        str(bundle),
        "MainActivity",
        "我的排名 第12名",
        "启动应用",
        "案2026-7",
    ):
        assert said in failure.text
    shot = re.search(r"截图 screenshot: (\S+)", failure.text)
    assert shot is not None
    assert Path(shot[1]).read_bytes().startswith(b"\x89PNG")
    assert "Traceback" not in first_run.ended.out
    assert ".py:" not in failure.text


@pytest.mark.slow
def test_junit_properties_are_on_passed_and_failed_items(first_run: FirstRun) -> None:
    for package, rule, verdict in ((BOARD, "points-ranking", "found"), (CLEAN, "points-ranking", "clear")):
        told = first_run.properties(f"test_filed_app[{package}-{rule}]")
        assert (told["package"], told["rule"], told["verdict"]) == (package, rule, verdict)
        assert (told["version"], told["version_code"]) == ("1.2.3", "123")
        assert re.fullmatch(r"[0-9a-f]{64}", told["apk_sha256"])
        assert told["finding"].startswith(f"F-{rule}-")
        assert told["fingerprint"].startswith("fp1:")
        assert Path(told["bundle"]) in bundles(first_run.evidence)
        assert told["case"] == ("案2026-7" if package == BOARD else "")


@pytest.mark.slow
def test_bad_rows_are_told_of_with_row_and_mend(first_run: FirstRun) -> None:
    out = first_run.ended.out
    assert out.count("第 3 行无法使用") >= 2  # at the start, at the item, at the end
    assert "形如 cn.gov.example.app" in out
    assert "第 5 行无法使用" in out
    assert "必填项为空" in out
    assert "公式" in out


@pytest.mark.slow
def test_a_run_leaves_one_folder_with_a_whole_bundle_per_app_and_a_report(first_run: FirstRun) -> None:
    assert packages(first_run.evidence) == [BOARD, CLEAN]
    trust = Trust(key_pem=keys.read_public(first_run.public_key), ledger=first_run.evidence / LEDGER)
    reports = [verify(bundle, trust=trust) for bundle in bundles(first_run.evidence)]
    assert [report.soundness for report in reports] == [Soundness.SOUND] * 2
    runs = [json.loads((bundle / RUN).read_bytes()) for bundle in bundles(first_run.evidence)]
    assert (only_run(first_run.evidence) / RUN_LOCK).exists()  # by which a key inside is refused
    assert {run["rules"] for run in runs} == {rules_edition()}
    assert [report.signed and report.signed.pinned for report in reports] == [True] * 2
    report = only_run(first_run.evidence) / "report" / "index.html"
    assert f"报告 report: {report}" in first_run.ended.out
    page = report.read_text(encoding="utf-8")
    assert "排行" in page
    assert "便民" in page


# --- what fails, and workers ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_apps_items_stay_on_one_worker_and_a_finding_not_counted_is_still_told(field: Field, tmp_path: Path) -> None:
    rows = (f"排行,{BOARD},同案,board", f"便民,{CLEAN},同案,clean")  # one case: bundle names differ by number alone
    ended = run_pytest(
        SCENARIOS, "-n", "2", "-v", "--harness-filed-list", write_list(field.apps / "two.csv", rows),
        *field.options, "--harness-fail-on", "none", "--harness-evidence-dir", "here", cwd=tmp_path,
    )  # fmt: skip
    assert ended.code == 0, ended.out
    assert ended.outcomes == {"passed": 2 * (len(RULES) - len(OPEN)), "skipped": 2 * len(OPEN)}
    assert packages(tmp_path / "here") == [BOARD, CLEAN]
    assert re.search(rf"疑似违规 {BOARD} points-ranking：.*未计为失败", ended.out)
    for package in (BOARD, CLEAN):
        assert len(set(re.findall(rf"\[(gw\d)\] .*PASSED .*\[{package}-", ended.out))) == 1
    assert str(only_run(tmp_path / "here") / "report" / "index.html") in ended.out


@pytest.mark.slow
def test_only_new_findings_fail_when_asked_and_workers_share_one_walk(
    field: Field, first_run: FirstRun, tmp_path: Path
) -> None:
    filed = write_list(field.apps / "one.csv", (f"排行,{BOARD},,board",))
    ended = run_pytest(
        SCENARIOS, "-n", "2", "--dist", "each", "--junitxml", tmp_path / "junit.xml", *field.options,
        "--harness-filed-list", filed, "--harness-fail-on", "new", "--harness-baseline", first_run.evidence,
        "--harness-evidence-dir", tmp_path / "new", cwd=tmp_path,
    )  # fmt: skip
    outcomes = {"passed": 2 * (len(RULES) - len(OPEN)), "skipped": 2 * len(OPEN)}
    assert (ended.code, ended.outcomes) == (0, outcomes), ended.out
    assert packages(tmp_path / "new") == [BOARD]  # every item ran on both workers, the walk was one
    names = {case.attrib["name"] for case in ET.parse(tmp_path / "junit.xml").iter("testcase")}
    assert names == {f"test_filed_app[{BOARD}-{rule}]" for rule in RULES}
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = run_pytest(
        SCENARIOS, *field.options, "--harness-filed-list", filed, "--harness-rule", "points-ranking",
        "--harness-fail-on", "new", "--harness-baseline", empty, "--harness-evidence-dir", tmp_path / "all",
        cwd=tmp_path,
    )  # fmt: skip
    assert (ended.code, ended.outcomes) == (1, {"failed": 1}), ended.out


@pytest.mark.slow
def test_what_could_not_be_looked_at_is_skipped_with_its_reason_and_never_passes(field: Field, tmp_path: Path) -> None:
    filed = write_list(field.apps / "clean.csv", (f"便民,{CLEAN},,clean",))
    ended = run_pytest(
        SCENARIOS, "-rs", *field.options, "--harness-steps", "2", cwd=tmp_path,
        env={"HARNESS_FILED_LIST": str(filed), "HARNESS_EVIDENCE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert ended.outcomes == {"skipped": len(RULES)}, ended.out
    assert "无法判定" in ended.out
    assert "步数用完" in ended.out


@pytest.mark.slow
def test_a_scenario_of_ones_own_has_walker_device_and_a_growing_trail(field: Field, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(OWN_SCENARIO, encoding="utf-8")
    filed = write_list(field.apps / "own.csv", (f"便民,{CLEAN},,clean",))
    ended = run_pytest("-W", "error", *field.options, "--harness-filed-list", filed, cwd=tmp_path)
    assert (ended.code, ended.outcomes) == (0, {"passed": 1}), ended.out
    (bundle,) = bundles(tmp_path / "screenshots")
    assert verify(bundle).soundness is Soundness.SOUND
    assert "情景脚本到此结束" in (bundle / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        ("s.py::test_x[cn.a.b-points-ranking]@cn.a.b", "s.py::test_x[cn.a.b-points-ranking]"),
        ("s.py::test_x[cn.a.b@0011aabb-rule]@cn.a.b@0011aabb", "s.py::test_x[cn.a.b@0011aabb-rule]"),
        ("s.py::test_x[row-3]@row-3", "s.py::test_x[row-3]"),
        ("s.py::test_y[1]@somebodys", "s.py::test_y[1]@somebodys"),
        ("s.py::test_z", "s.py::test_z"),
    ],
)
def test_a_group_of_ours_leaves_no_trace_in_a_node_id(told: str, plain: str) -> None:
    assert without_group(told) == plain


def test_a_node_id_is_about_the_app_it_names_whole() -> None:
    about = app_in(["cn.a", "cn.a.b", "row-3"])
    ids = ("t.py::t[cn.a-rule]", "t.py::t[cn.a.b-rule]", "t.py::t[row-3]", "t.py::t[x-cn.a]", "t.py::t[cn.a.c-rule]")
    found = [about.search(name) for name in ids]
    assert [match and match[1] for match in found] == ["cn.a", "cn.a.b", "row-3", "cn.a", None]


# --- no device is an error -----------------------------------------------------------------------------------------


def clean_list(folder: Path) -> Path:
    write_clean(folder / "clean")
    return write_list(folder / "list.csv", (f"便民,{CLEAN},,clean",))


def test_without_an_adb_server_every_item_is_an_error_with_the_mend(tmp_path: Path) -> None:
    adb = f"127.0.0.1:{free_port()}"
    ended = run_pytest(
        SCENARIOS, "--harness-filed-list", clean_list(tmp_path), "--harness-adb-server", adb,
        "--harness-evidence-dir", tmp_path, "--junitxml", tmp_path / "junit.xml", cwd=tmp_path,
    )  # fmt: skip
    assert (ended.code, ended.outcomes) == (1, {"error": len(RULES)}), ended.out
    assert adb in ended.out
    assert "adb start-server" in ended.out
    assert "Traceback" not in ended.out
    case = next(iter(ET.parse(tmp_path / "junit.xml").iter("testcase")))
    told = {one.attrib["name"]: one.attrib["value"] for one in case.findall("properties/property")}
    assert (told["package"], told["rule"], told["verdict"]) == (CLEAN, RULES[0], "error")


@pytest.mark.slow
def test_an_unknown_device_and_a_device_in_use_are_errors_that_name_it(field: Field, tmp_path: Path) -> None:
    filed = clean_list(tmp_path)
    common = (SCENARIOS, "--harness-filed-list", filed, "--harness-evidence-dir", tmp_path / "e")
    ended = run_pytest(*common, "--harness-adb-server", field.adb, "--harness-serial", "no-such-phone", cwd=tmp_path)
    assert ended.outcomes == {"error": len(RULES)}, ended.out
    assert "no-such-phone" in ended.out
    assert field.serial in ended.out
    with pool.lease((field.serial,), wait_s=60):
        ended = run_pytest(*common, *field.options, "--harness-device-wait", "0.5", cwd=tmp_path)
    assert (ended.code, ended.outcomes) == (1, {"error": len(RULES)}), ended.out
    assert field.serial in ended.out
    assert "Traceback" not in ended.out


def test_a_mini_program_without_a_way_in_is_an_error_and_its_host_app_is_not_walked(tmp_path: Path) -> None:
    filed = tmp_path / "list.csv"
    filed.write_text("应用名称,包名,类型,入口\n办事,com.tencent.mm,小程序,\n", encoding="utf-8")
    ended = run_pytest(
        SCENARIOS, "--harness-filed-list", filed, "--harness-adb-server", f"127.0.0.1:{free_port()}",
        "--harness-evidence-dir", tmp_path, "--harness-rule", RULES[0], cwd=tmp_path,
    )  # fmt: skip
    assert ended.outcomes == {"error": 1}, ended.out
    assert "小程序没有写入口" in ended.out


# --- what was given ------------------------------------------------------------------------------------------------


def test_scenarios_without_a_list_say_what_is_missing(tmp_path: Path) -> None:
    ended = run_pytest(SCENARIOS, cwd=tmp_path)
    assert (ended.code, ended.outcomes) == (1, {"error": 1}), ended.out
    assert "--harness-filed-list" in ended.out
    assert "HARNESS_FILED_LIST" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--harness-filed-list", "nowhere.csv"), "nowhere.csv"),
        (("--harness-filed-list", "list.csv", "--harness-app", "cn.example.other"), "cn.example.other: not in"),
        (
            ("--harness-rule", "no-rule"),
            "--harness-rule no-rule: no such rule; rules: mandatory-check-in",
        ),
        (("--harness-fail-on", "sometimes"), "found, new, none"),
        (("--harness-fail-on", "new"), "--harness-baseline"),
        (("--harness-ocr", "paddle"), "ppocr, tesseract, both"),
        (("--harness-steps", "many"), "not a whole number"),
        (("--harness-seconds", "-1"), "1 or more"),
        (("--harness-adb-server", "here"), "--harness-adb-server: here: is not HOST:PORT"),
        (("--harness-sign-key", "nowhere.pem"), "harness keys new"),
        (("--harness-tsa", "http://127.0.0.1:1/"), "there is no key"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_what_cannot_be_meant_is_a_usage_error(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    clean_list(tmp_path)
    ended = run_pytest(SCENARIOS, *arguments, cwd=tmp_path)
    assert ended.code == 4, ended.out
    assert said in ended.out
    assert "Traceback" not in ended.out


def test_the_command_line_beats_the_environment_which_beats_the_ini_file(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nharness_steps = 5\nharness_seconds = 6.5\nharness_evidence_dir = kept\n"
        "harness_serial =\n  i1\n  i2\n",
        encoding="utf-8",
    )
    (tmp_path / "test_given.py").write_text(
        "def test_given(harness_settings, request):\n"
        "    s = harness_settings\n"
        "    print('GIVEN', s.steps, s.seconds, s.device_wait_s, s.evidence_dir.name, ','.join(s.serials))\n",
        encoding="utf-8",
    )
    below = tmp_path / "below"
    below.mkdir()
    ended = run_pytest("-s", tmp_path, cwd=below)
    assert "GIVEN 5 6.5 600.0 kept i1,i2" in ended.out, ended.out
    ended = run_pytest("-s", tmp_path, cwd=below, env={"HARNESS_STEPS": "7", "HARNESS_SERIAL": "e1, e2"})
    assert "GIVEN 7 6.5 600.0 kept e1,e2" in ended.out, ended.out
    ended = run_pytest(
        "-s", tmp_path, "--harness-steps", "9", "--harness-serial", "c1", "--harness-serial", "c2", cwd=below,
        env={"HARNESS_STEPS": "7", "HARNESS_SERIAL": "e1", "HARNESS_DEVICE_WAIT": "1"},
    )  # fmt: skip
    assert "GIVEN 9 6.5 1.0 kept c1,c2" in ended.out, ended.out


def test_a_run_of_chosen_apps_is_not_about_bad_rows_but_tells_of_them(tmp_path: Path) -> None:
    filed = write_list(tmp_path / "list.csv", (f"便民,{CLEAN},,clean", "坏,nothing,,"))
    chosen = run_pytest(
        SCENARIOS, "--collect-only", "-q", "--harness-filed-list", filed, "--harness-app", CLEAN, cwd=tmp_path
    )
    assert f"[{CLEAN}-{RULES[0]}]" in chosen.out, chosen.out
    assert "[row-3]" not in chosen.out
    assert "第 3 行无法使用" in chosen.out


def test_the_plugin_costs_next_to_nothing_when_unused(tmp_path: Path) -> None:
    (tmp_path / "test_light.py").write_text(
        f"import sys\n\ndef test_light():\n    assert sorted(set({HEAVY!r}) & set(sys.modules)) == []\n",
        encoding="utf-8",
    )
    ended = run_pytest(tmp_path, "-p", "no:hypothesispytest", cwd=tmp_path)
    assert ended.code == 0, ended.out
    assert "harness:" not in ended.out
