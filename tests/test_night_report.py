"""The report of a night: changes and gaps first, then dates, then each app, the same from either database."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from lxml import html

from harness.baseline import ChangeKind, Look, Sight, Standing, compare
from harness.calendar import WorkingCalendar
from harness.cli.night import written_again
from harness.errors import BadInput
from harness.fleet.due import DATES_GIVEN, DueOptions, as_noted, due, from_noted, read_events
from harness.fleet.ledger import Ledger, Result, ledger_url
from harness.fleet.ledger_devices import UNUSED_ROWS
from harness.fleet.morning import SUMMARY, Morning, write_morning
from harness.messages import text
from harness.model import CheckpointReach, FiledApp, PackageName, Reach, RuleId, ScreenKey, Verdict
from harness.report.night import cell_of
from harness.report.night_views import NightFacts, NightMark
from harness.report.trend import trend
from harness.rules import ALL_RULES
from tests.ledger_databases import fresh_database, postgresql, postgresql_bin

ROOT = Path(__file__).resolve().parent.parent
RULES = ALL_RULES[:3]
HOSTILE = "<script>alert(1)</script>\u202e局"
NIGHTS = ("N1", "N2", "N3")
# What each app shows on the three nights: f seen, c clear, b blocked by a login, x the walk died, - not listed.
STORY = {
    "repaired": "fcc",
    "worse": "ccf",
    "walled": "fbb",
    "dead": "ffx",
    "withdrawn": "ff-",
    "same": "fff",
}


class SetClock:
    """A clock that is set by the nights."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)

    def wall(self) -> datetime:
        return self.now

    def monotonic_s(self) -> float:
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(0.0, seconds))


def _app(name: str) -> FiledApp:
    shown = HOSTILE if name == "same" else name
    filing = "" if name == "worse" else "示例备2026号"
    return FiledApp(
        package=PackageName(f"cn.gov.{name}"), name=shown, sponsor_unit="示例局", filing_number=filing, case_id="HC-1"
    )


def _told(ledger: Ledger, clock: SetClock) -> NightFacts:
    """Hold the three nights without walks, as the workers' deliveries would be, and return the last."""
    for number, night in enumerate(NIGHTS):
        apps = [_app(name) for name, shown in STORY.items() if shown[number] != "-"]
        ledger.begin(night, "f" * 64, "r1", dict.fromkeys(apps, RULES))
        while (claim := ledger.claim(night, "w", 60.0, most_attempts=1)) is not None:
            clock.sleep(30)
            shown = STORY[claim.app.package.rsplit(".", 1)[1]][number]
            if shown == "x":
                ledger.fail(claim, "night-no-bundle", again=False)
                continue
            ledger.deliver(claim, _result(night, shown))
        ledger.finalise(night)
        known, previous = ledger.known_before(night)
        tonight = ledger.looks(night)
        gone = {s: Look(night=night, verdict=None, reach=Reach.OUT_OF_SCOPE, reason="app-withdrawn") for s in known}
        tonight = type(tonight)(night=night, looks={**gone, **tonight.looks}, coverage=tonight.coverage)
        ledger.store_comparison(night, compare(known, None, tonight, looked_at=frozenset(known)), previous)
        clock.sleep(86_400)
    facts = ledger.facts(NIGHTS[-1])
    assert facts is not None
    return facts


def _result(night: str, shown: str) -> Result:
    verdict = {"f": Verdict.FOUND, "c": Verdict.CLEAR, "b": Verdict.INCONCLUSIVE}[shown]
    reach = Reach.BLOCKED if shown == "b" else Reach.REACHED
    looks = {}
    for rule in RULES:
        seen = verdict if rule is RULES[0] else Verdict.CLEAR
        seen = verdict if shown == "b" else seen
        why = (("checkpoint", "mine"), ("why", "blocked-login")) if shown == "b" else ()
        looks[RuleId(rule.id)] = Look(
            night=night,
            verdict=seen,
            reach=reach,
            reason="coverage-checkpoint-open" if shown == "b" else "said",
            data=why,
            screens=frozenset({ScreenKey("home")}),
        )
    reaches = {
        RuleId(rule.id): [
            CheckpointReach(checkpoint=c.id, reach=reach, reason="blocked-login") for c in rule.checkpoints
        ]
        for rule in RULES
    }
    return Result(looks=looks, reaches=reaches, device="emulator-5554")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> NightFacts:
    clock = SetClock()
    ledger = Ledger(ledger_url(str(tmp_path_factory.mktemp("ledger") / "nights.sqlite")), clock)
    facts = _told(ledger, clock)
    ledger.close()
    return facts


@pytest.fixture(scope="module")
def page(told: NightFacts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(told, tmp_path_factory.mktemp("evidence"))


def _written(facts: NightFacts, folder: Path) -> Path:
    dates = DueOptions(events={"HC-1": {"received": date(2026, 10, 20)}, "HC-9": {"submitted": date(2026, 11, 20)}})
    return write_morning(replace(facts, problems=("第 7 行",)), Morning(evidence_dir=folder, due=dates), SetClock())


def _read(page: Path) -> html.HtmlElement:
    document: html.HtmlElement = html.document_fromstring(page.read_bytes())
    return document


def _section(page: Path, name: str) -> html.HtmlElement:
    found: html.HtmlElement = _read(page).get_element_by_id(name)
    return found


def test_changes_and_gaps_come_first_then_dates_then_the_apps(page: Path) -> None:
    sections = [s.get("id") for s in _read(page).iter("section")]
    assert sections == ["changes", "gaps", "deadlines", "trends", "apps"]


def test_the_changes_name_what_changed_and_the_gaps_what_could_not_be_looked_at(page: Path) -> None:
    changed = [(row.xpath("string(preceding-sibling::h3[1])"), row.xpath("string(.//a)")) for row in
               _section(page, "changes").find_class("followed")]  # fmt: skip
    kinds = {(re.sub(r" \d+$", "", kind), name) for kind, name in changed}
    assert kinds == {("新发现", "worse"), ("已整改", "repaired"), ("不再检查", "withdrawn")}
    gaps = _section(page, "gaps").text_content()
    assert "检查没有留下证据包" in gaps
    assert "已有线索今夜没能看 2" in gaps
    assert "第 7 行" in gaps
    assert "repaired" not in gaps


def test_each_finding_has_a_box_for_every_night(page: Path) -> None:
    strips = {
        row.xpath("string(ancestor::article/@id)"): [box.get("class") for box in row.find_class("strip")[0].iter("i")]
        for row in _section(page, "apps").iter("tr")
        if row.find_class("strip")
    }
    assert strips == {
        "app-cn.gov.repaired": ["n-seen", "n-pending", "n-fixed"],
        "app-cn.gov.worse": ["n-clear", "n-clear", "n-seen"],
        "app-cn.gov.walled": ["n-seen", "n-blocked", "n-blocked"],
        "app-cn.gov.dead": ["n-seen", "n-seen", "n-unseen"],
        "app-cn.gov.same": ["n-seen", "n-seen", "n-seen"],
        "off-list": ["n-seen", "n-seen", "n-closed"],
    }


@pytest.mark.parametrize("sight", [s for s in Sight if s not in {Sight.SEEN, Sight.ABSENT}])
@pytest.mark.parametrize("standing", list(Standing))
def test_no_night_that_could_not_look_shows_as_anything_else(sight: Sight, standing: Standing) -> None:
    mark = NightMark(night="N", standing=standing, kind=ChangeKind.UNSEEN, sight=sight)
    assert cell_of(mark) in {"unseen", "blocked"}


def test_names_from_a_list_are_text_and_nothing_is_fetched(page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    assert "<script" not in written
    assert "&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]局" in written
    document = html.document_fromstring(written)
    links = [str(value) for element in document.iter() for name, value in element.items() if name in {"src", "href"}]
    assert links
    assert [link for link in links if not link.startswith(("#", "data:", "../"))] == []


def test_every_text_of_the_page_is_there(page: Path) -> None:
    words = _read(page).text_content()
    assert re.findall(r"\b(?:night|standing|report|change|sight)-[a-z_-]+", words.replace(HOSTILE, "")) == []
    assert re.findall(r"{\w+}", words) == []
    assert words.count("检查点“我的页面”未看到（登录页挡住，没有可用的账号）") > len(RULES)


def test_dates_are_counted_for_the_apps_they_meet_and_a_late_one_is_told(page: Path) -> None:
    rows = [re.sub(r"\s+", " ", row.text_content()) for row in _section(page, "deadlines").iter("tr")]
    assert any("HC-1" in row and "2026-11-17" in row and "逾期 3 天" in row for row in rows)
    assert any("T2" in row and "worse" in row and "repaired" not in row for row in rows)
    assert any("HC-9" in row and "未能核实" in row for row in rows)


def test_the_summary_holds_the_same_and_fits_its_schema(page: Path) -> None:
    summary = json.loads((page.parent / SUMMARY).read_bytes())
    schema = json.loads((ROOT / "harness" / "schemas" / "night.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(summary, schema)
    counts = summary["counts"]
    assert (counts["new"], counts["fixed"], counts["closed_scope"], counts["unseen_open"]) == (1, 1, 1, 2)
    assert summary["apps"] == {"waiting": 0, "leased": 0, "done": 4, "failed": 1, "not_run": 0}
    assert summary["rows_without_result"] == len(RULES)


def test_the_report_of_a_night_is_written_again_from_the_ledger_alone(tmp_path: Path) -> None:
    clock = SetClock()
    ledger = Ledger(ledger_url(str(tmp_path / "nights.sqlite")), clock)
    _told(ledger, clock)
    ledger.note(NIGHTS[-1], UNUSED_ROWS, {"lines": ["第 7 行"]})
    events = {"HC-1": {"received": date(2026, 10, 20)}, "HC-9": {"submitted": date(2026, 11, 20)}}
    given = DueOptions(events=events, lengths={"T3": 15}, calendar=WorkingCalendar(added={date(2026, 11, 21): True}))
    assert from_noted(json.loads(json.dumps(as_noted(given)))) == given
    ledger.note(NIGHTS[-1], DATES_GIVEN, as_noted(given))
    ledger.close()
    page = written_again(tmp_path / NIGHTS[-1], "")
    assert page == tmp_path / NIGHTS[-1] / "index.html"
    assert "worse" in _section(page, "changes").text_content()
    assert "HC-9" in _section(page, "deadlines").text_content()
    assert "第 7 行" in _section(page, "gaps").text_content()
    assert json.loads((page.parent / SUMMARY).read_bytes())["rows_not_used"] == ["第 7 行"]
    assert written_again(tmp_path / "no-night", "") is None
    assert written_again(tmp_path / "elsewhere" / NIGHTS[-1], "") is None


def test_both_databases_give_the_same_report(told: NightFacts, page: Path, tmp_path: Path) -> None:
    found = postgresql_bin()
    if found is None:
        pytest.skip("PostgreSQL is not installed here")
    with postgresql(found) as cluster:
        clock = SetClock()
        ledger = Ledger(ledger_url(fresh_database(cluster, "report")), clock)
        facts = _told(ledger, clock)
        ledger.close()
    assert facts == told
    again = _written(facts, tmp_path)
    assert again.read_bytes() == page.read_bytes()
    assert (again.parent / SUMMARY).read_bytes() == (page.parent / SUMMARY).read_bytes()


def test_a_curve_has_a_gap_where_a_night_has_no_value_and_none_leaves_its_frame() -> None:
    curve = trend("t", ["1", "2", "3", "4"], [("a", "red", [0.0, 37.0, None, 5.0])])
    (line,) = curve.lines
    assert len(line.stretches) == 1
    assert [dot.night for dot in line.dots] == [0, 1, 3]
    assert all(0 < dot.y <= curve.bottom and curve.left <= dot.x <= curve.right for dot in line.dots)
    assert max(value for _, value in curve.y_ticks) >= 37


def test_a_bad_line_of_the_dates_is_named(tmp_path: Path) -> None:
    written = tmp_path / "dates.csv"
    written.write_text("case,event,date\nHC-1,received,2026-10-20\nHC-1,eaten,2026-10-20\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 3"):
        read_events(written)
    written.write_text("cn.gov.worse,feedback,2026-11-18\n", encoding="utf-8")
    dates = due([_app("worse"), _app("same")], DueOptions(events=read_events(written)))
    assert [(one.case, one.deadline.period.id, one.apps) for one in dates if one.case] == [
        ("cn.gov.worse", "T6", ("worse",))
    ]


def test_every_kind_and_progress_has_its_words() -> None:
    keys = [f"night-kind-{kind}" for kind in ("new", "regressed", "worse", "fixed", "fixed_pending", "closed_scope")]
    keys += [f"night-cell-{kind}" for kind in ("seen", "pending", "fixed", "clear", "unseen", "blocked", "closed")]
    keys += [f"standing-{standing}" for standing in Standing]
    keys += [f"night-sight-{s}" for s in Sight if s not in {Sight.SEEN, Sight.ABSENT, Sight.OUT_OF_SCOPE}]
    for language in ("zh_CN", "en"):
        assert [key for key in keys if text(key, language=language) == key] == []
