"""One app on many kinds of device: the same findings, or a named reason why not, and never a clear that nobody saw.

A share with a quick app runs by default. ``pytest -m matrix -s`` runs the demo's short list on every kind (an hour and
more) and prints a table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness import session
from harness.demo import DEMO, SHORT, UNNAMED
from harness.errors import InstallRefused
from harness.evidence.bundle import read_bundle
from harness.fleet.filed import read_filed_list
from harness.model import FiledApp, PackageName, Verdict
from harness.virtual.personality import PERSONALITIES, Personality
from harness.virtual.server import VirtualDevices
from tests.plugin_scenes import BOARD, write_board
from tests.virtual_fixtures import BUNDLED_ADB, AdbServer, adb_server

STEP_S = 120.0  # by the host's clock; a step looks several times, each look has deadlines of its own
ARM_ONLY = ["arm64-v8a"]


def scaled(kind: Personality) -> Personality:
    """Return the kind with its long dumps shortened: how long they take is another test's matter."""
    quirks = kind.quirks
    return replace(kind, quirks=replace(quirks, dump_s=quirks.dump_s / 12, video_dump_s=quirks.video_dump_s / 12))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a walk on one kind of device gave."""

    verdicts: dict[str, Verdict]
    stopped_by: str
    steps: int
    gaps: tuple[str, ...]  # reasons, each once

    def __str__(self) -> str:
        count = {verdict: list(self.verdicts.values()).count(verdict) for verdict in Verdict}
        said = " ".join(f"{verdict.value}={number}" for verdict, number in count.items() if number)
        return f"{self.steps:3} steps  {said}  {self.stopped_by or 'finished'}  gaps: {', '.join(self.gaps) or 'none'}"


def walked(kind: Personality, app: FiledApp, adb: AdbServer, folder: Path, *, steps: int = 200) -> Row:
    """Walk the app on a device of this kind; every finding that says nothing names its reason."""
    settings = session.Settings(evidence_dir=folder, adb=("127.0.0.1", adb.port), steps=steps, ocr="ppocr")
    with VirtualDevices(personality=scaled(kind)) as devices:
        (serial,) = devices.connect(("127.0.0.1", adb.port))
        inspection = session.inspect(app, serial, settings, DEMO)
    walk = read_bundle(inspection.bundle)
    assert all((step.ended.wall - step.began.wall).total_seconds() < STEP_S for step in walk.steps)
    findings = inspection.judgement.findings
    assert all(finding.reason for finding in findings)
    gaps = [gap.reason for observation in walk.observations for gap in observation.gaps]
    gaps += [step.gap.reason for step in walk.steps if step.gap is not None]
    return Row(
        verdicts={str(finding.rule): finding.verdict for finding in findings},
        stopped_by=inspection.stopped_by,
        steps=len(walk.steps),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def told(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Print a row of the table."""
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdbServer]:
    with adb_server(BUNDLED_ADB, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> FiledApp:
    folder = write_board(tmp_path_factory.mktemp("app") / "board")
    return FiledApp(package=PackageName(BOARD), name="积分排行榜", apk=str(folder))


# What a look or a step may lack there, and nothing else; the first three run by default.
GAPS: dict[str, set[str]] = {
    "android-4.4": set(),
    "android-15": set(),
    "mumu": {"black-frame", "device-unreachable"},
    "android-7": {"action-failed"},
    "android-9": set(),
    "android-11": set(),
    "android-13": set(),
    "android-14": set(),
    "ldplayer": set(),
    "redroid": set(),
    "uc-webview": set(),
    "slow": set(),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if number < 3 else pytest.mark.matrix) for number, name in enumerate(GAPS)]
)
def test_a_ranking_is_found_on_every_kind_of_device(
    name: str, board: FiledApp, adb: AdbServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = walked(PERSONALITIES[name], board, adb, tmp_path, steps=12)
    told(f"{name:12} {BOARD:22} {row}", capsys)
    assert row.verdicts["points-ranking"] is Verdict.FOUND, row
    assert set(row.gaps) <= GAPS[name], row


def test_an_app_for_another_processor_is_refused_or_blocked_and_never_clear(
    board: FiledApp, adb: AdbServer, tmp_path: Path
) -> None:
    manifest = Path(board.apk) / "app.json"
    arm = tmp_path / "arm"
    arm.mkdir()
    for file in Path(board.apk).iterdir():
        (arm / file.name).write_bytes(file.read_bytes())
    said = json.loads(manifest.read_text(encoding="utf-8"))
    (arm / "app.json").write_text(json.dumps({**said, "abis": ARM_ONLY}), encoding="utf-8")
    app = replace(board, apk=str(arm))
    with pytest.raises(InstallRefused, match="NO_MATCHING_ABIS") as refused:
        walked(PERSONALITIES["android-11"], app, adb, tmp_path / "a")
    assert refused.value.reason == "install-no-matching-abi"
    row = walked(PERSONALITIES["redroid"], app, adb, tmp_path / "b")
    assert row.stopped_by == "blocked-launch", row
    assert set(row.verdicts.values()) == {Verdict.INCONCLUSIVE}, row


@pytest.mark.matrix
@pytest.mark.parametrize("package", SHORT)
@pytest.mark.parametrize("name", PERSONALITIES)
def test_the_demo_says_the_same_on_every_kind_of_device(
    name: str, package: str, adb: AdbServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = next(row for row in read_filed_list(DEMO / "filed_apps.csv").apps if row.package == package)
    row = walked(PERSONALITIES[name], app, adb, tmp_path)
    told(f"{name:12} {package:22} {row}", capsys)
    truth = json.loads((DEMO / "apps" / package / "truth.json").read_text(encoding="utf-8"))
    expected = {item["rule"]: item for item in truth["findings"]}
    skin = "opaque" if PERSONALITIES[name].quirks.no_web_nodes else "text"
    # Not to have seen it needs a loss with a name; a walk that lost nothing and was finished says what is true.
    excused = {Verdict.INCONCLUSIVE.value} if row.gaps or row.stopped_by or skin == "opaque" else set()
    other = {}
    for rule, verdict in row.verdicts.items():
        item = expected.get(rule, {"accept": UNNAMED})
        accepted = item.get(f"accept_{skin}", item["accept"])
        if verdict.value not in {*accepted, *excused}:
            other[rule] = (verdict.value, accepted)
    assert other == {}
