"""What a reviewer is given to read: coverage first, nothing from an app taken for our own, nothing decided."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html
from playwright.sync_api import Page, sync_playwright

from harness import machine
from harness.errors import BundleError
from harness.evidence import layout
from harness.evidence.bundle import BundleWriter, StoredBundle, open_bundle, read_bundle
from harness.evidence.verify import Soundness, verify
from harness.messages import catalogue
from harness.model import (
    WHETHER,
    Box,
    Channel,
    EvidenceRef,
    Finding,
    Gap,
    Judgement,
    Measure,
    Observation,
    Reach,
    Role,
    Severity,
    Verdict,
    Word,
)
from harness.report.chart import ROW_PX, chart
from harness.report.html import bundle_pages, write_report
from harness.report.phrases import Phrases, clock_s
from harness.report.probes import value_in_words
from harness.report.shots import Gallery, Links
from harness.rules import ALL_RULES
from tests.evidence_walks import CHECK_IN, GATE, HOME, START, Hands, TickingClock, app, start_of, write_study, zipped

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'</style>{{7*7}}\u202egnp.exe\x07"
REPORT = Path(__file__).parent.parent / "harness" / "report"


def pages(bundle: StoredBundle, judgement: Judgement) -> Mapping[str, bytes]:
    return bundle_pages(bundle, judgement, ALL_RULES)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study"), pages=pages)


@pytest.fixture(scope="module")
def page(study: Path) -> html.HtmlElement:
    return parsed((study / layout.REPORT).read_bytes())


def parsed(raw: bytes) -> html.HtmlElement:
    page = html.document_fromstring(raw, parser=html.HTMLParser(encoding="utf-8"))
    assert isinstance(page, html.HtmlElement)
    return page


def said(element: html.HtmlElement) -> str:
    return " ".join(" ".join(str(text) for text in element.itertext()).split())


def article(page: html.HtmlElement, rule: str) -> html.HtmlElement:
    return page.get_element_by_id(f"r-{rule}")


def links(page: html.HtmlElement) -> Iterator[str]:
    for element, attribute, link, _ in page.iterlinks():
        if attribute != "style" and not link.startswith("#"):
            assert element.tag in {"a", "img"}
            yield link


# --- what stands where -----------------------------------------------------------------------------------------


def test_a_bundle_with_its_report_is_sound_and_not_called_unfinished(study: Path, page: html.HtmlElement) -> None:
    assert verify(study).soundness is Soundness.SOUND
    assert "没有完成" not in said(page)
    assert "没有走完全部页面" in said(page)


def test_coverage_comes_before_any_finding(page: html.HtmlElement) -> None:
    sections = [section.get("id") for section in page.iter("section")]
    assert sections == ["coverage", "map", "findings", "details", "refusals", "conditions", "steps"]


def test_a_place_not_reached_is_a_row_like_one_that_was(page: html.HtmlElement) -> None:
    rows = [said(row) for row in page.get_element_by_id("coverage").iter("tr")]
    assert any("签到页面 未看到 步数用完" in row for row in rows)
    assert any("视频播放页 已看到" in row for row in rows)
    assert "看到 5 处，未看到 1 处" in said(page.get_element_by_id("coverage"))


def test_a_finding_shows_statement_way_clause_and_marks(page: html.HtmlElement) -> None:
    text = said(article(page, "video-watch-gate"))
    assert "从 0:16 拖动进度条到 1:21，随后播放位置为 0:17" in text
    assert "打开应用 在线课程" in text
    assert "国办函〔2026〕12号 2026-01-25" in text
    assert "条款号未经核对" in text
    assert "在已学完的视频上可自由拖动" in text
    assert "无法回避" in text
    marks = article(page, "video-watch-gate").find_class("mark")
    assert marks
    for mark in marks:
        places = [float(value) for value in re.findall(r":([\d.]+)%", mark.get("style"))]
        assert len(places) == 4
        left, top, width, height = places
        assert 0 <= left < left + width <= 100
        assert 0 <= top < top + height <= 100


def test_before_and_after_stand_side_by_side_at_one_scale(page: html.HtmlElement) -> None:
    pairs = article(page, "video-watch-gate").find_class("pair")
    assert pairs
    for pair in pairs:
        sizes = {(image.get("width"), image.get("height")) for image in pair.iter("img")}
        assert sizes == {("1080", "2400")}
        assert len(list(pair.iter("img"))) == 2


def test_waits_in_a_row_are_one_action(page: html.HtmlElement) -> None:
    did = [said(element) for element in article(page, "video-watch-gate").find_class("did")]
    assert any("等待 70 秒" in text for text in did)
    assert len(did) == 8


def test_the_position_is_drawn_against_time(page: html.HtmlElement) -> None:
    (drawing,) = article(page, "video-watch-gate").find_class("chart")
    assert len(list(drawing.iter("polyline"))) == 1
    assert "播放位置" in said(drawing)


def test_a_button_that_was_not_pressed_is_listed(page: html.HtmlElement) -> None:
    assert "退出登录 会退出登录或注销账号" in said(page.get_element_by_id("refusals"))


def test_conditions_tell_both_clocks_and_every_version(page: html.HtmlElement) -> None:
    text = said(page.get_element_by_id("conditions"))
    for fact in ("3.2.1", "Android 13", "tesseract 5.3.0", "2026-11-20 09:30:00", "2026-11-20 09:30:02", "+2.0 秒"):
        assert fact in text


def test_the_decision_is_a_person_s_and_always_empty(page: html.HtmlElement) -> None:
    boxes = page.find_class("decide")
    assert len(boxes) == 3
    for box in boxes:
        assert said(box).startswith("人工认定 认定 不认定 待核 理由： 核查人（签字）： 复核人（签字）： 日期：")
        assert not list(box.iter("input"))
    assert "checked" not in {attribute for box in boxes for element in box.iter() for attribute in element.attrib}


def test_every_link_leads_to_a_file_of_the_bundle(study: Path, page: html.HtmlElement) -> None:
    found = list(links(page))
    assert found
    for link in found:
        assert urlsplit(link).scheme == ""
        assert (study / unquote(link)).is_file()


def test_small_pictures_say_what_they_were_made_from(study: Path) -> None:
    origins = (study / layout.DERIVED / "derived.json").read_text(encoding="utf-8")
    for path in (study / layout.DERIVED).glob("*.jpg"):
        assert path.name in origins


# --- what an app cannot do -------------------------------------------------------------------------------------


def hostile(judgement: Judgement) -> Judgement:
    def poisoned(finding: Finding) -> Finding:
        refs = tuple(dataclasses.replace(ref, text=HOSTILE, why=HOSTILE) for ref in finding.evidence)
        return dataclasses.replace(
            finding,
            evidence=refs,
            entry=(HOSTILE,),
            reason="mandatory-check-in-quota",
            data=(("said", HOSTILE), ("exemption", HOSTILE)),
        )

    return dataclasses.replace(judgement, findings=tuple(poisoned(f) for f in judgement.findings))


def test_text_from_an_app_stays_text(tmp_path: Path) -> None:
    path = write_study(tmp_path, name=HOSTILE, pages=lambda bundle, judgement: pages(bundle, hostile(judgement)))
    raw = (path / layout.REPORT).read_text(encoding="utf-8")
    page = parsed(raw.encode("utf-8"))
    assert not list(page.iter("script", "iframe", "object", "embed", "base", "form"))
    assert not [name for element in page.iter() for name in element.attrib if str(name).startswith("on")]
    assert all(link == "../index.html" or (path / link).is_file() for link in links(page))
    assert "\u202e" not in raw
    assert "\x07" not in raw
    assert "[U+202E]gnp.exe[U+0007]" in said(page)
    assert "{{7*7}}" in said(page)


def test_data_from_an_app_are_never_looked_up_as_keys() -> None:
    finding = _finding(Verdict.PRESENT, reason="mandatory-check-in-quota", data=(("said", "device-lost"),))
    assert "device-lost" in Phrases().statement(finding)


def test_data_that_are_keys_are_told_in_words() -> None:
    data = (("checkpoint", "check-in-page"), ("why", "steps-spent"))
    finding = _finding(Verdict.INCONCLUSIVE, reason="coverage-checkpoint-open", data=data)
    assert Phrases().statement(finding) == "检查点“签到页面”未看到（步数用完，仍有未看的内容），不能认定未见"


# --- what is missing -------------------------------------------------------------------------------------------


def test_an_unfinished_bundle_is_reported_as_unfinished(tmp_path: Path) -> None:
    with BundleWriter(tmp_path, start_of(app()), clock=TickingClock()) as writer:
        Hands(writer).see(HOME)
    judgement = Judgement(findings=(_finding(Verdict.INCONCLUSIVE, reason="coverage-nothing-seen"),), coverage=())
    with pytest.raises(BundleError, match="never judged"):
        write_report([writer.path], tmp_path / "r", ALL_RULES, made=START)
    index = write_report([writer.path], tmp_path / "r", ALL_RULES, made=START, judgements={writer.path: judgement})
    for path in (index, index.parent / writer.name / "index.html"):
        assert "本次检查没有完成" in path.read_text(encoding="utf-8")


def test_a_screen_without_a_picture_says_why(tmp_path: Path) -> None:
    gap = Gap(channel=Channel.PICTURE, reason="picture-black", detail="secure window")
    with BundleWriter(tmp_path, start_of(app()), clock=TickingClock()) as writer:
        hands = Hands(writer)
        seen = hands.see(HOME, (gap,))
        writer.walk_ended(hands.end())
        with open_bundle(writer.path) as bundle:
            blind = dataclasses.replace(seen, png_sha256=None)
            walk = dataclasses.replace(bundle.walk, observations=(blind,))
            ref = EvidenceRef(
                role=Role.TRIGGER,
                observation=seen.id,
                png_sha256=None,
                xml_sha256=seen.xml_sha256,
                step=None,
                box=seen.words[0].box,
                text="签到",
                why="checkpoint-reached",
            )
            finding = _finding(Verdict.PRESENT, reason="mandatory-check-in-control-only", evidence=(ref,))
            judgement = Judgement(findings=(finding,), coverage=())
            made = bundle_pages(dataclasses.replace(bundle, walk=walk), judgement, ALL_RULES)
    page = parsed(made[layout.REPORT])
    (missing,) = page.find_class("missing")
    assert "没有截图" in said(missing)
    assert "secure window" in said(missing)


def test_a_copy_without_originals_says_so_and_links_to_none(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / study.name
    shutil.copytree(study, copy)
    gone = sorted((copy / layout.SHOTS).iterdir())
    for shot in gone:
        shot.unlink()
    index = write_report([copy], tmp_path / "r", ALL_RULES, made=START)
    page = parsed((index.parent / study.name / "index.html").read_bytes())
    assert "此副本中没有原图" in said(article(page, GATE))
    assert list(article(page, GATE).iter("img"))  # the small pictures are there
    assert not [link for link in links(page) if link.endswith(".png")]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_word_and_only_open_ones_ask_for_a_decision(study: Path, verdict: Verdict) -> None:
    with open_bundle(study) as bundle:
        judgement = Judgement(findings=(_finding(verdict, reason="mandatory-check-in-not-seen"),), coverage=())
        page = parsed(bundle_pages(bundle, judgement, ALL_RULES)[layout.REPORT])
    words = {
        "found": "疑似违规",
        "found_exemption_claimed": "主张例外",
        "present": "功能存在待核",
        "inconclusive": "无法判定",
        "clear": "未见",
        "not_applicable": "不适用",
        "error": "出错",
    }
    assert words[verdict] in said(article(page, CHECK_IN))
    asks = verdict in {Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT, Verdict.INCONCLUSIVE}
    assert bool(page.find_class("decide")) is asks
    claims = verdict is Verdict.FOUND_EXEMPTION_CLAIMED
    assert ("由哪一项规定作出" in said(page)) is claims


def test_words_of_free_will_and_look_alikes_are_counter_evidence(study: Path) -> None:
    rule = next(rule for rule in ALL_RULES if rule.id == CHECK_IN)
    spoken = [rule.lexicon.lookalike[0], rule.lexicon.voluntary[0]]
    with open_bundle(study) as bundle:
        first: Observation = bundle.walk.observations[0]
        extra = tuple(
            Word(text=word, norm=word, box=first.words[0].box, channels=frozenset({Channel.OCR})) for word in spoken
        )
        walk = dataclasses.replace(
            bundle.walk,
            observations=(dataclasses.replace(first, words=(*first.words, *extra)), *bundle.walk.observations[1:]),
        )
        judgement = Judgement(findings=(_finding(Verdict.CLEAR, reason="mandatory-check-in-not-seen"),), coverage=())
        made = bundle_pages(dataclasses.replace(bundle, walk=walk), judgement, ALL_RULES)
    page = parsed(made[layout.REPORT])
    (counter,) = page.find_class("counter")
    for word in spoken:
        assert word in said(counter)


# --- several apps ----------------------------------------------------------------------------------------------


def test_a_run_is_apps_by_rules_with_links_that_work(study: Path, tmp_path: Path) -> None:
    other = write_study(tmp_path, run="r2", name="另一应用", pages=pages)
    packed = zipped(other, tmp_path / "other.zip")
    index = write_report([study, packed], tmp_path / "报告 1", ALL_RULES, made=START)
    run = parsed(index.read_bytes())
    assert [section.get("id") for section in run.iter("section")] == ["coverage", "matrix", "findings", "across"]
    assert json.loads((index.parent / "across.json").read_bytes())["across"][0]["verdict"] == "not_applicable"
    assert not (index.parent / study.name / "derived.json").exists()
    table = said(run.get_element_by_id("matrix"))
    assert all(rule.name_zh in table for rule in ALL_RULES)
    assert table.count("疑似违规") >= 4
    for link in links(run):
        target = index.parent / unquote(urlsplit(link).path)
        assert target.is_file()
        app_page = parsed(target.read_bytes())
        if urlsplit(link).fragment:
            assert app_page.get_element_by_id(urlsplit(link).fragment) is not None
        for inner in links(app_page):
            assert (target.parent / unquote(inner)).is_file(), inner


def test_small_pictures_of_a_bundle_are_linked_and_not_made_again(study: Path, tmp_path: Path) -> None:
    index = write_report([study], tmp_path / "r", ALL_RULES, made=START)
    assert [path.name for path in (index.parent / study.name).iterdir()] == ["index.html"]


def test_a_small_picture_that_is_not_its_name_is_made_again(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / study.name
    shutil.copytree(study, copy)
    one, other, *_ = sorted((copy / layout.DERIVED).glob("*.jpg"))
    one.write_bytes(other.read_bytes())
    index = write_report([copy], tmp_path / "r", ALL_RULES, made=START)
    assert [path.name for path in (index.parent / study.name).glob("*.jpg")] == [one.name]
    assert "不通过" in said(parsed((index.parent / study.name / "index.html").read_bytes()))


def test_a_report_says_under_four_headings_whether_the_bundle_is_sound(study: Path, tmp_path: Path) -> None:
    index = write_report([study], tmp_path / "r", ALL_RULES, made=START)
    vetting = said(parsed((index.parent / study.name / "index.html").read_bytes()).get_element_by_id("vetting"))
    for words in ("真实性", "完整性", "可用性", "安全性", "内容完整、前后一致", "未签名", "任何格式都不能证明的"):
        assert words in vetting


def test_the_same_bundle_gives_the_same_report(study: Path, tmp_path: Path) -> None:
    one, two = (write_report([study], tmp_path / "r", ALL_RULES, made=START).read_bytes() for _ in range(2))
    assert one == two


@contextmanager
def opened(page: Path, *, width_px: int = 1280, scripts: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """Yield a tab with a page from its file, and what the browser complains of."""
    browser_path = machine.find_browser(os.environ)
    assert browser_path is not None, "no browser on this machine: `harness doctor` says how to get one"
    complaints: list[str] = []
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        try:
            tab = browser.new_page(viewport={"width": width_px, "height": 844}, java_script_enabled=scripts)
            tab.on("console", lambda message: complaints.append(message.text))
            tab.goto(page.as_uri())
            yield tab, complaints
        finally:
            browser.close()


@pytest.mark.parametrize("width_px", [1280, 420])
def test_it_opens_in_a_browser_with_every_picture_and_no_complaint(study: Path, width_px: int) -> None:
    with opened(study / layout.REPORT, width_px=width_px) as (tab, complaints):
        broken = tab.evaluate(
            "async () => { const all = [...document.images];"
            " for (const i of all) i.loading = 'eager';"
            " await Promise.all(all.map(i => i.decode().catch(() => 0)));"
            " return all.filter(i => !i.naturalWidth).map(i => i.src); }"
        )
        wide = tab.evaluate("document.documentElement.scrollWidth")
        marks = tab.locator("#r-video-watch-gate .shots .mark")
        assert marks.first.is_visible()
        tab.locator("label[for=m-r-video-watch-gate]").click()
        assert not marks.first.is_visible()
    assert broken == []
    assert complaints == []
    assert wide <= width_px


def test_rows_are_filtered_by_app_unit_rule_and_verdict_and_show_without_a_script(study: Path, tmp_path: Path) -> None:
    other = write_study(tmp_path, run="r2", name="另一应用", pages=pages)
    index = write_report([study, other], tmp_path / "r", ALL_RULES, made=START)
    with opened(index) as (tab, complaints):
        rows = tab.locator("#findings tr.row:visible")
        assert rows.count() == 6
        tab.select_option("select[name=verdict]", "found")
        assert rows.count() == 4
        tab.select_option("select[name=app]", "2")
        assert rows.count() == 2
        tab.select_option("select[name=rule]", GATE)
        assert [text.split()[0] for text in rows.all_inner_texts()] == ["另一应用"]
        assert tab.locator("#matrix th.rule:visible").count() == 1
        assert tab.locator("output").inner_text() == "已筛选：显示 1 条，共 6 条"
        tab.select_option("select[name=unit]", "某市干部教育中心")
        assert rows.count() == 1
    assert complaints == []
    with opened(index, scripts=False) as (tab, complaints):
        assert tab.locator("#findings tr.row:visible").count() == 6
        assert tab.locator("#filter:visible").count() == 0
    assert complaints == []


# --- parts -----------------------------------------------------------------------------------------------------


def test_a_chart_needs_two_readings() -> None:
    one = Measure(at_s=0, name="p", value=1.0, unit="s")
    assert chart([], []) is None
    assert chart([one], [0.0]) is None
    assert chart([one, dataclasses.replace(one, at_s=2.0, value=None)], []) is None


def test_a_chart_keeps_all_it_draws_within_its_frame() -> None:
    read = [Measure(at_s=float(s), name="p", value=float(v), unit="s") for s, v in ((0, 5), (3, 8), (4, 0), (4000, 90))]
    drawn = chart(read, [0.0, 0.1, 0.2, 5000.0])
    assert drawn is not None
    for point in drawn.points:
        assert drawn.left <= point.x <= drawn.right
        assert drawn.top <= point.y <= drawn.bottom
    assert {action.row for action in drawn.actions} == {0, 1, 2}
    assert drawn.actions[-1].row == 0


def test_no_number_of_an_action_covers_a_reading() -> None:
    read = [Measure(at_s=float(s), name="p", value=90.0, unit="s") for s in range(3)]
    drawn = chart(read, [0.1 * place for place in range(6)])
    assert drawn is not None
    lowest = max(14 + action.row * ROW_PX + 9 for action in drawn.actions)  # as it is drawn
    assert all(point.y > lowest for point in drawn.points)


def test_readings_of_a_control_run_are_on_no_line() -> None:
    read = [Measure(at_s=float(s), name="p", value=float(s), unit="s") for s in range(3)]
    control = Measure(at_s=3.0, name="p", value=80.0, unit="s", note="control-seek")
    drawn = chart([*read, control], [])
    assert drawn is not None
    assert [point.control for point in drawn.points] == [False, False, False, True]
    assert chart([control, control], []) is None


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (9.96, "0:10"), (12.3, "0:12.3"), (59.96, "1:00"), (90, "1:30"), (3661, "61:01")]
)
def test_a_position_is_told_in_minutes_and_seconds(seconds: float, said: str) -> None:
    assert clock_s(seconds) == said


def test_a_yes_or_no_is_told_as_such_and_a_count_as_a_number() -> None:
    phrases = Phrases()
    whether = Measure(at_s=0.0, name="p", value=1.0, unit=WHETHER)
    assert value_in_words(whether, phrases) == "是"
    assert value_in_words(dataclasses.replace(whether, value=0.0), phrases) == "否"
    assert value_in_words(dataclasses.replace(whether, value=4.0, unit=""), phrases) == "4"


def test_numbers_of_marks_at_one_corner_stand_side_by_side(study: Path) -> None:
    walk = read_bundle(study)
    links = Links(original=lambda digest: digest, small=lambda digest: digest)
    seen = next(o for o in walk.observations if o.png_sha256 is not None)
    box, other = Box(left=90, top=900, right=300, bottom=960), Box(left=90, top=1400, right=300, bottom=1460)
    what = [(place, "立即签到", "why") for place in (box, other, box)]
    shot = Gallery(walk, links, Phrases()).shot(seen.id, boxes=what, numbers=(1, 2, 3))
    assert [mark.covers for mark in shot.marks] == [0, 0, 1]


def test_every_key_of_the_report_has_words_in_both_languages() -> None:
    sources = [*REPORT.glob("templates/*.html"), *REPORT.glob("templates/*.typ"), *REPORT.glob("*.py")]
    keys = {key for path in sources for key in re.findall(r"['\"](report-[a-z0-9-]+[a-z0-9])['\"]", path.read_text())}
    keys |= {f"report-verdict-{v}" for v in Verdict} | {f"report-verdict-means-{v}" for v in Verdict}
    keys |= {f"report-reach-{r}" for r in Reach} | {f"report-role-{r}" for r in Role}
    keys |= {f"report-severity-{s}" for s in Severity}
    keys |= {f"checkpoint-{checkpoint.id}" for rule in ALL_RULES for checkpoint in rule.checkpoints}
    assert len(keys) > 100
    for language in ("zh_CN", "en"):
        assert sorted(key for key in keys if key not in catalogue(language)) == []
    assert catalogue("zh_CN").keys() >= {key for key in catalogue("en") if key.startswith("report-")}


def _finding(
    verdict: Verdict,
    *,
    reason: str,
    data: tuple[tuple[str, str], ...] = (),
    evidence: tuple[EvidenceRef, ...] = (),
) -> Finding:
    return Finding(
        id="F-1",
        rule=CHECK_IN,
        package=app().package,
        verdict=verdict,
        reason=reason,
        data=data,
        severity=Severity.S1,
        markers=(),
        signs=(),
        screen=None,
        entry=(),
        evidence=evidence,
        measures=(),
        fingerprint="fp1:0",
    )
