"""One account on two virtual devices before one server: a whole walk with a companion, judged again from its bundle.

And the probe alone on a lesson that nobody is thrown out of, and on one whose notice gives way.
"""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from harness import session
from harness.device.pair import Pair
from harness.evidence.bundle import open_bundle, read_bundle
from harness.evidence.verify import Soundness, verify
from harness.judge import judge
from harness.model import (
    Action,
    Actor,
    FiledApp,
    Launch,
    LogIn,
    Observation,
    OnCompanion,
    PackageName,
    RuleId,
    Tap,
    TypeSecret,
    Verdict,
    Word,
)
from harness.rules import ALL_RULES, single_session_lock
from harness.virtual.server import VirtualDevices
from tests.live_stories import FILM, HEAD, devices, tell, word_on, write_app
from tests.virtual_fixtures import adb_binaries, adb_server, eventually

DEMO = Path(__file__).resolve().parent.parent / "scenarios" / "demo" / "apps"
PACKAGE = PackageName("cn.gov.demo.hall")  # so that the flow of that name logs in
USER, PASSWORD = "13800000001", "Mi-Ma#2026!"
LOCK = RuleId("single-session-lock")
_HEAD = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{{margin:0;font-size:17px}} h1,p{{font-size:18px;margin:8px}} button,input{{height:44px;margin:6px}}</style>
<script>const server = "{server}";
const ask = (path) => fetch(server + path).then((answer) => answer.json());</script>"""
_LOG_IN = """<title>在线学习</title><h1>在线学习</h1>
<input id="user" placeholder="请输入手机号"><br><input id="password" type="password" placeholder="请输入密码"><br>
<button id="go">登录</button>
<script>
if (localStorage.token) location.replace("lesson.html");
go.onclick = async () => {{
  localStorage.token = (await ask(`/log-in?user=${{user.value}}`)).token;
  location.replace("lesson.html");
}};
</script>"""
_LESSON = """<title>课程学习</title><h1>课程学习</h1>
<video id="v" src="lesson.webm" muted playsinline width="360" height="200"></video>
<div><button id="play" aria-label="播放">▶</button>
<input type="range" id="seek" min="0" max="60" value="0" aria-label="播放进度"> <span id="t">00:00/01:00</span></div>
<p>第1课 基层减负政策解读</p><p>应修学时 50，已学 12 学时</p>
<div id="out" hidden style="position:fixed;inset:0;background:#fff"><p>提示</p>
<p>您的账号已在其他设备登录，本设备学习已停止计时</p><button id="known">知道了</button></div>
<script>
const two = (value) => String(Math.floor(value)).padStart(2, "0");
v.ontimeupdate = () => {{ t.textContent = `${{two(v.currentTime / 60)}}:${{two(v.currentTime % 60)}}/01:00`;
  seek.value = v.currentTime; play.setAttribute("aria-label", v.paused ? "播放" : "暂停"); }};
play.onclick = () => v.paused ? v.play().catch(() => 0) : v.pause();
seek.oninput = () => {{ v.currentTime = seek.value; }};
known.onclick = () => {{ localStorage.removeItem("token"); location.replace("index.html"); }};
if (!localStorage.token) location.replace("index.html"); else v.play().catch(() => 0);
setInterval(async () => {{
  if ((await ask(`/mine?token=${{localStorage.token}}`)).valid) return;
  v.pause();
  out.hidden = false;
}}, 1000);
</script>"""


class _Sessions(http.server.BaseHTTPRequestHandler):
    """The app's server: an account is logged in where it logged in last."""

    newest = 0

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/log-in":
            _Sessions.newest += 1
            told: dict[str, object] = {"token": _Sessions.newest}
        else:
            told = {"valid": parse_qs(address.query).get("token") == [str(_Sessions.newest)]}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("access-control-allow-origin", "*")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Sessions)
    thread = threading.Thread(target=host.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{host.server_port}"
    host.shutdown()
    host.server_close()
    thread.join()


def _app(folder: Path, server: str) -> Path:
    manifest = {
        "package": PACKAGE,
        "label": "在线学习",
        "versionName": "1",
        "versionCode": 1,
        "launcher": ".LogIn",
        "activities": {".LogIn": "index.html", ".Lesson": "lesson.html"},
        "permissions": [],
    }
    (folder / "app.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name, page in (("index", _LOG_IN), ("lesson", _LESSON)):
        (folder / f"{name}.html").write_text((_HEAD + page).format(server=server), encoding="utf-8")
    shutil.copy(DEMO / "cn.gov.demo.promotion" / "training.webm", folder / "lesson.webm")
    return folder


@pytest.mark.slow
def test_a_walk_with_a_companion_finds_the_lock_and_its_bundle_says_the_same_again(
    server: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_ACCOUNT_LEARNER_USER", USER)
    monkeypatch.setenv("HARNESS_ACCOUNT_LEARNER_PASSWORD", PASSWORD)
    app = FiledApp(package=PACKAGE, name="在线学习", account="env:LEARNER")
    folder = _app(tmp_path_factory.mktemp("app"), server)
    with VirtualDevices(count=2, apps=[folder]) as devices, adb_server(adb_binaries()[0], tmp_path / "home") as adb:
        first, second = (device.serial for device in devices.devices)
        for serial in (first, second):
            adb.connect(serial)
        settings = session.Settings(
            evidence_dir=tmp_path / "evidence",
            adb=("127.0.0.1", adb.port),
            flows=DEMO.parent.parent / "flows",
            companion=second,
            steps=45,
        )
        inspection = session.inspect(app, first, settings)
    finding = next(f for f in inspection.judgement.findings if f.rule == LOCK)
    walk = read_bundle(inspection.bundle)
    assert (finding.verdict, finding.reason) == (Verdict.FOUND, "single-session-lock-thrown-out")
    assert [m.value for m in finding.measures if m.name.endswith("back-in")] == [1.0]
    run = next(run for run in walk.probe_runs if run.rule == LOCK)
    assert OnCompanion(action=LogIn()) in [action for action, _ in run.exchanges]
    elsewhere = {o.id for o in walk.observations if o.companion}
    assert elsewhere & {ref.observation for ref in finding.evidence}
    typed = [step for step in walk.steps if step.action == OnCompanion(action=TypeSecret(what="password"))]
    assert [(step.actor, step.after in elsewhere) for step in typed] == [(Actor.FLOW, True)]
    assert dict(walk.device.facts)["companion"].startswith(second)
    assert verify(inspection.bundle).soundness is Soundness.SOUND
    everything = b"".join(path.read_bytes() for path in sorted(inspection.bundle.rglob("*")) if path.is_file())
    assert PASSWORD.encode() not in everything
    with open_bundle(inspection.bundle) as stored:
        assert judge(stored.walk, ALL_RULES).findings == inspection.judgement.findings


# --- the probe alone

_IN = """{head}<title>在线学习</title><h1>在线学习</h1>
<input type="password" placeholder="请输入密码"><button id="go">登录</button>
<script>
if (localStorage.in) location.replace("Lesson.html");
go.onclick = async () => {{ await fetch("{server}/log-in"); localStorage.in = 1; location.replace("Lesson.html"); }};
</script>"""
# What the first device does once the account is logged in elsewhere.
_NOTICE = """
let told = false;
setInterval(async () => {{
  if (told || (await (await fetch("{server}/mine?token=1")).json()).valid) return;
  told = true;
  ask("<p>提示</p><p>{says}</p><button onclick='{then}'>知道了</button>");
}}, 1000);"""
_OF_SAFETY = ("您的账号已在其他设备登录，如非本人操作请修改密码", "localStorage.clear(); location=`LogIn.html`")
_OF_LEARNING = ("您的账号已在其他设备登录，本设备学习已停止计时", "goOn()")
_ELSEWHERE = {"plays.on": None, "account.safety": _OF_SAFETY, "gives.way": _OF_LEARNING}


@pytest.mark.slow
def test_a_lesson_that_plays_on_is_clear_and_a_notice_of_safety_or_one_that_gives_way_is_left_to_a_person(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []
    for name, said in _ELSEWHERE.items():
        script = _NOTICE.format(server=server, says=said[0], then=said[1]) if said else ""
        counted = "<p>应修学时 50，已学 12 学时</p>"
        lesson = FILM.format(head=HEAD, length=90, said=counted, grey="", script=script)
        pages = {"LogIn": _IN.format(head=HEAD, server=server), "Lesson": lesson}
        folders.append(write_app(tmp_path / name, f"cn.example.{name}", pages))
    with devices(folders, tmp_path / "home", count=2) as (first, second):
        told = {}
        for name in _ELSEWHERE:
            monkeypatch.setattr(_Sessions, "newest", 0)
            package = f"cn.example.{name}"
            first.perform(Launch(package=PackageName(package)))
            button = eventually(lambda: word_on(first, "登录"))
            assert button is not None
            first.perform(_press(button))
            story = tell(Pair(first, second), single_session_lock.RULE, (package, "课程学习"), tmp_path / "e", _log_in)
            told[name] = (story.outcome.verdict, story.outcome.reason)
    assert told == {
        "plays.on": (Verdict.CLEAR, "single-session-lock-both-devices"),
        "account.safety": (Verdict.PRESENT, "single-session-lock-thrown-out-only"),
        "gives.way": (Verdict.PRESENT, "single-session-lock-thrown-out-gives-way"),
    }


def _press(word: Word) -> Tap:
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)


def _log_in(page: Observation, do: Callable[[Action], Observation | None]) -> None:
    do(_press(next(word for word in page.words if word.norm == "登录")))
