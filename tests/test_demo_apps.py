"""The demo apps do what their truths say: seen from outside, in Chromium, over loopback."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from harness.demo import SHORT
from harness.fleet.filed import read_filed_list
from harness.machine import find_browser
from harness.model import Verdict
from harness.rules import ALL_RULES

DEMO = Path(__file__).resolve().parent.parent / "scenarios" / "demo"
APPS = DEMO / "apps"
PACKAGES = tuple(sorted(folder.name for folder in APPS.iterdir()))
STUDY, ATTENDANCE, SERVICE, FLOOD = SHORT
WAIT_MS = 30_000  # for what takes a moment on a quiet machine, a lesson played at 16 times its speed included
RULES = {str(rule.id) for rule in ALL_RULES}
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# what the device gives a page, remembering what was asked of it
BRIDGE = """
window.android = {
  toasts: [], asked: [], lastBack: null, finished: false,
  toast(text) { this.toasts.push(text); },
  requestPermission(name) { this.asked.push(name); return Promise.resolve(false); },
  checkPermission() { return Promise.resolve(false); },
  finish() { this.finished = true; },
};
"""
PAST_FIRST_START = """
localStorage.setItem("agreed", "true");
localStorage.setItem("privacyAnswer", '"agree"');
localStorage.setItem("notifyAsked", "true");
"""

Serve = Callable[[str, str], str]


# --- what is on disk -------------------------------------------------------------------------------------------------


def _json(package: str, name: str) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads((APPS / package / name).read_text(encoding="utf-8")))


def _links(package: str, page: str) -> set[str]:
    """Return the files of the app that a page names."""
    html = (APPS / package / page).read_text(encoding="utf-8")
    return {link.split("?")[0] for link in re.findall(r'(?:href|src)="([^"]+)"', html)}


def test_the_filed_list_names_exactly_the_demo_apps_with_their_labels() -> None:
    filed = read_filed_list(DEMO / "filed_apps.csv")

    assert filed.problems == ()
    assert {app.package: app.name for app in filed.apps} == {p: _json(p, "app.json")["label"] for p in PACKAGES}
    assert set(SHORT) <= set(PACKAGES)
    assert all((DEMO / app.apk / "app.json").is_file() for app in filed.apps)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_truth_names_each_rule_once_and_accepts_its_own_verdict(package: str) -> None:
    truth = _json(package, "truth.json")
    activities = set(_json(package, "app.json")["activities"])

    assert truth["format"] == 1
    assert truth["package"] == package
    named = [finding["rule"] for finding in truth["findings"]]
    assert len(named) == len(set(named))
    assert set(named) <= RULES
    for finding in truth["findings"]:
        assert finding["verdict"] in finding["accept"]
        assert {Verdict(verdict) for verdict in finding["accept"]}
        assert set(finding["screens"]) <= activities
        assert finding["why"]
    assert all(set(planted["screens"]) <= activities for planted in truth.get("planted", ()))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_page_is_an_activity_reached_by_links_and_names_only_files_of_the_app(package: str) -> None:
    folder = APPS / package
    manifest = _json(package, "app.json")
    pages = set(manifest["activities"].values())
    assert pages == {page.name for page in folder.glob("*.html")}

    reached, todo = set[str](), {manifest["activities"][manifest["launcher"]]}
    while todo:
        page = todo.pop()
        reached.add(page)
        links = _links(package, page)
        assert all((folder / link).is_file() for link in links), links
        todo |= {link for link in links if link.endswith(".html")} - reached
    assert reached == pages


@pytest.mark.parametrize("package", PACKAGES)
def test_an_app_is_small_and_knows_no_address_outside_itself(package: str) -> None:
    files = [path for path in (APPS / package).iterdir() if path.name != "truth.json"]

    assert sum(path.stat().st_size for path in files) < 250_000
    written = [path.read_text(encoding="utf-8") for path in files if path.suffix != ".webm"]
    assert written
    assert not any(re.search(r"https?:|fetch\(|XMLHttpRequest|sendBeacon|import\(", text) for text in written)


@pytest.mark.parametrize("shared", ["shell.css", "shell.js"])
def test_what_the_apps_share_is_the_same_in_each(shared: str) -> None:
    digests = {hashlib.sha256((APPS / package / shared).read_bytes()).hexdigest() for package in PACKAGES}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("package", "word"), [(STUDY, "签到"), (STUDY, "打卡"), (FLOOD, "积分"), (FLOOD, "排名"), (FLOOD, "排行")]
)
def test_an_app_without_a_feature_does_not_speak_of_it(package: str, word: str) -> None:
    pages = list((APPS / package).glob("*.html"))
    assert pages
    assert [page.name for page in pages if word in page.read_text(encoding="utf-8")] == []


# --- in a browser ----------------------------------------------------------------------------------------------------


class _AppFiles(http.server.SimpleHTTPRequestHandler):
    """Serves the apps with byte ranges, without which a video cannot be sought."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        return

    def do_GET(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        content = path.read_bytes()
        first, last = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(content[first : last + 1])


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Give a function (package, page) -> URL; each app has an origin of its own, as on the device."""

    def handler(*args: Any) -> _AppFiles:
        return _AppFiles(*args, directory=str(APPS))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield lambda package, page: f"http://{package}.app.localhost:{server.server_port}/{package}/{page}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        installed = find_browser(os.environ)
        assert installed is not None, "no Chromium, Chrome or Edge on this machine: harness doctor says how to get one"
        started = playwright.chromium.launch(executable_path=installed, args=FLAGS)
        yield started
        started.close()


@contextmanager
def _phone(browser: Browser, *, height: int = 800, is_new: bool = False) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 360, "height": height}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(BRIDGE + ("" if is_new else PAST_FIRST_START))
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    with _phone(browser) as context:
        yield context


def _open(phone: BrowserContext, url: str) -> Page:
    page = phone.new_page()
    page.goto(url)
    return page


def _toasts(page: Page) -> list[str]:
    return cast(list[str], page.evaluate("android.toasts"))


def _position_s(page: Page) -> float:
    return cast(float, page.evaluate("document.getElementById('video').currentTime"))


def _wait_position(page: Page, condition: str) -> None:
    page.wait_for_function(
        f"(() => {{ const at = document.getElementById('video').currentTime; return {condition}; }})()"
    )


def _drag_seek(page: Page, part: float) -> None:
    box = page.locator("#seek").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 6, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * part / 2, middle)
    page.mouse.move(box["x"] + box["width"] * part, middle)
    page.mouse.up()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_page_opens_without_errors_and_fits_a_narrow_screen(browser: Browser, serve: Serve, package: str) -> None:
    pages = sorted(_json(package, "app.json")["activities"].values())
    with _phone(browser, height=640) as phone:
        page = phone.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.on("response", lambda answer: troubles.append(answer.url) if answer.status >= 400 else None)
        for name in pages:
            page.goto(serve(package, name))
            assert page.title()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # leaving a page breaks off the loading of its video, and browsers ask for an icon that apps have no use for
    assert [trouble for trouble in troubles if not trouble.endswith((".webm", "/favicon.ico"))] == []


@pytest.mark.parametrize("package", SHORT)
def test_every_risky_press_is_remembered(phone: BrowserContext, serve: Serve, package: str) -> None:
    page = _open(phone, serve(package, "mine.html"))
    if page.get_by_text("设置", exact=True).count():
        page.get_by_text("设置", exact=True).click()
    page.get_by_text("退出登录").click()

    assert [press["label"] for press in page.evaluate("recall('pressed', [])")] == ["退出登录"]


def test_the_study_app_starts_with_a_privacy_notice_and_an_update_that_can_wait(browser: Browser, serve: Serve) -> None:
    with _phone(browser, is_new=True) as phone:
        page = _open(phone, serve(STUDY, "index.html"))
        expect(page.locator("#privacy")).to_be_visible()
        page.get_by_text("同意并继续").click()
        expect(page.locator("#update")).to_be_visible()
        page.get_by_text("以后再说").click()
        expect(page.locator(".mask.show")).to_have_count(0)
        page.reload()
        expect(page.locator(".mask.show")).to_have_count(0)
        assert page.evaluate("localStorage.getItem('pressed')") is None


def test_points_rows_give_their_progress_in_one_node_and_in_two(phone: BrowserContext, serve: Serve) -> None:
    page = _open(phone, serve(STUDY, "points.html"))

    leaves = page.locator(".task span").evaluate_all(
        "all => all.filter(s => !s.children.length).map(s => s.textContent)"
    )
    assert {"0分/6分", "3分", "/12分"} <= set(leaves)


# --- the watch gate --------------------------------------------------------------------------------------------------


def test_seeking_forward_is_undone_and_the_next_lesson_is_locked(phone: BrowserContext, serve: Serve) -> None:
    page = _open(phone, serve(STUDY, "video.html?course=relief"))
    _wait_position(page, "at > 1")
    # The jump lasts 0.4 s, which a busy machine is not quick enough to see from outside: the page keeps it.
    page.evaluate(
        "const video = document.getElementById('video'); window.farthest = 0;"
        "video.addEventListener('seeking', () => { window.farthest = Math.max(window.farthest, video.currentTime) })"
    )
    _drag_seek(page, 0.9)
    page.wait_for_function("android.toasts.includes('不可拖动进度条')")

    assert page.evaluate("window.farthest") > 60

    assert _position_s(page) < 10
    assert page.locator("#next").get_attribute("aria-disabled") == "true"
    page.locator("#next").click(force=True)
    assert _toasts(page)[-1] == "请先学完本节"
    assert page.locator("select, [aria-label=倍速]").count() == 0


def test_leaving_the_app_pauses_the_lesson_and_its_counter(phone: BrowserContext, serve: Serve) -> None:
    page = _open(phone, serve(STUDY, "video.html?course=relief"))
    _wait_position(page, "at > 1")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { value: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )

    assert page.evaluate("document.getElementById('video').paused") is True
    expect(page.locator("#status")).to_have_text("已离开学习页面，停止计时")


def test_a_lesson_left_before_its_end_starts_again(phone: BrowserContext, serve: Serve) -> None:
    page = _open(phone, serve(STUDY, "course.html"))
    page.get_by_text("第1节").click()
    _wait_position(page, "at > 2")
    page.go_back()
    expect(page.locator("#first")).to_have_text("未完成")
    page.get_by_text("第1节").click()
    first_seen = page.wait_for_function("(() => document.getElementById('video').currentTime || false)()")

    assert first_seen.json_value() < 2


def test_a_question_stops_the_lesson_until_it_is_answered_and_the_end_unlocks_everything(
    phone: BrowserContext, serve: Serve
) -> None:
    page = _open(phone, serve(STUDY, "video.html?course=relief"))
    page.evaluate("document.getElementById('video').playbackRate = 16")
    expect(page.locator("#quiz")).to_be_visible()
    assert page.evaluate("document.getElementById('video').paused") is True
    assert _position_s(page) == pytest.approx(36, abs=0.6)

    page.get_by_label("A. 意见反馈").check()
    page.get_by_text("提交", exact=True).click()
    expect(page.locator("#quiz")).to_be_visible()
    page.get_by_label("B. 强制使用功能").check()
    page.get_by_text("提交", exact=True).click()
    expect(page.locator("#quiz")).to_be_hidden()
    expect(page.locator("#status")).to_have_text("本节已学完")
    expect(page.locator("#next")).to_have_attribute("aria-disabled", "false")

    page.goto(serve(STUDY, "video.html?course=relief"))
    _drag_seek(page, 0.9)
    _wait_position(page, "at > 70")
    assert "不可拖动进度条" not in _toasts(page)


def test_a_finished_course_can_be_sought_freely(phone: BrowserContext, serve: Serve) -> None:
    page = _open(phone, serve(STUDY, "video.html?course=writing"))
    _wait_position(page, "at > 0")
    _drag_seek(page, 0.8)
    _wait_position(page, "at > 40 && !document.getElementById('video').paused")
    seen_s = _position_s(page)
    _wait_position(page, f"at > {seen_s} + 0.7")

    assert _toasts(page) == []
    assert page.locator("#quiz").is_hidden()


@pytest.mark.parametrize(("package", "name"), [(SERVICE, "video.html"), (FLOOD, "training.html")])
def test_ordinary_players_seek_change_speed_and_go_on(
    phone: BrowserContext, serve: Serve, package: str, name: str
) -> None:
    page = _open(phone, serve(package, name))
    _wait_position(page, "at > 0")
    _drag_seek(page, 0.8)
    _wait_position(page, "at > 40")
    page.get_by_label("倍速").select_option("2")
    assert page.evaluate("document.getElementById('video').playbackRate") == 2
    page.get_by_text("下一集").click()
    expect(page.locator("#part")).to_contain_text("第2集")
    _wait_position(page, "at > 0 && at < 5")


# --- the check-in wall -----------------------------------------------------------------------------------------------


def test_the_wall_swallows_back_hides_the_app_and_leaves_only_rules_and_calendar(
    phone: BrowserContext, serve: Serve
) -> None:
    page = _open(phone, serve(ATTENDANCE, "index.html"))
    expect(page.locator("#wall")).to_be_visible()
    assert page.locator("main, nav, header").filter(visible=True).count() == 0
    assert [link.inner_text() for link in page.locator("a").filter(visible=True).all()] == ["查看签到规则", "签到日历"]
    assert page.evaluate("android.lastBack()") is True
    assert _toasts(page) == ["请先签到"]
    assert page.evaluate("android.asked") == ["android.permission.ACCESS_FINE_LOCATION"]

    page.get_by_text("查看签到规则").click()
    expect(page.get_by_text("漏签纳入年度考核")).to_be_visible()
    page.go_back()
    expect(page.locator("#wall")).to_be_visible()


def test_tomorrow_is_unsigned_again_and_a_day_without_check_in_becomes_missed(
    phone: BrowserContext, serve: Serve
) -> None:
    phone.clock.install(time="2026-11-22T09:00:00")
    page = _open(phone, serve(ATTENDANCE, "index.html"))
    page.get_by_text("立即签到").click()
    expect(page.locator("#wall")).to_be_hidden()
    assert page.evaluate("android.lastBack()") is False
    assert [press["label"] for press in page.evaluate("recall('pressed', [])")] == ["立即签到"]

    phone.clock.fast_forward("24:00:00")  # the page is open over midnight
    expect(page.locator("#wall")).to_be_visible()
    page.goto(serve(ATTENDANCE, "calendar.html"))
    expect(page.locator("#streak")).to_have_text("3")
    assert "11月23日" not in page.locator("#missed").inner_text()

    phone.clock.fast_forward("24:00:00")
    expect(page.locator("#missed")).to_contain_text("11月23日 缺卡")
    assert "11月22日" not in page.locator("#missed").inner_text()
    expect(page.locator("#streak")).to_have_text("0")
    expect(page.locator("#days")).to_contain_text("23缺卡")


@pytest.mark.parametrize("today", ["2026-03-01", "2026-12-31", "2027-01-01"])
def test_missed_days_are_on_record_on_the_first_of_a_month_too(phone: BrowserContext, serve: Serve, today: str) -> None:
    phone.clock.install(time=f"{today}T09:00:00")
    page = _open(phone, serve(ATTENDANCE, "calendar.html"))

    expect(page.locator("#missedCount")).to_have_text("3")
    expect(page.locator("#streak")).to_have_text("2")
    expect(page.locator("#missed > div")).to_have_count(3)


def test_the_ranking_is_pixels_alone_and_declares_it(phone: BrowserContext, serve: Serve) -> None:
    page = _open(phone, serve(ATTENDANCE, "rank.html"))

    assert page.locator("body").inner_text().strip() == ""
    assert page.locator("meta[name=android-hierarchy]").get_attribute("content") == "opaque"
    persons = page.screenshot()
    page.mouse.click(270, 72)
    assert page.screenshot() != persons


# --- the others ------------------------------------------------------------------------------------------------------


def test_the_duty_app_states_its_exemption_beside_the_check_in_and_records_a_missed_shift(
    phone: BrowserContext, serve: Serve
) -> None:
    page = _open(phone, serve(FLOOD, "index.html"))
    expect(page.get_by_text("应急响应期间，值守人员须每班打卡签到")).to_be_visible()
    expect(page.locator("#duty")).to_have_text("本班未打卡")
    page.goto(serve(FLOOD, "records.html"))
    expect(page.get_by_text("缺卡", exact=True)).to_have_count(1)


def test_the_countdowns_of_the_service_app_end(phone: BrowserContext, serve: Serve) -> None:
    phone.clock.install(time="2026-11-22T09:00:00")
    page = _open(phone, serve(SERVICE, "bind.html"))
    expect(page.locator("#resend")).to_contain_text(re.compile(r"重新获取\((60|[1-5]\d)s\)"))  # it ticks in real time
    phone.clock.run_for("01:01")
    expect(page.locator("#consent")).to_have_text("同意")
    expect(page.locator("#resend")).to_have_text("重新获取")
