"""Prints which public calls of uiautomator2 and of the adb command line hold against the embedded device.

``python -m benchmarks.conformance [--like NAME]``; exit 1 where one does not. The lists are the rows of what the
clients are known to ask (``conformance_client``) and of what the adb command line sends (``conformance_adb``).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from benchmarks.conformance_adb import ADB_CHECKS
from benchmarks.conformance_bench import PACKAGE, Bench, Check, Failed
from benchmarks.conformance_client import CLIENT_CHECKS
from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.virtual.personality import PERSONALITIES
from harness.virtual.server import VirtualDevices

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own imports warn
    import adbutils
    import uiautomator2

_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>符合</title><style>body{margin:0} button,input,a,p{display:block;height:44px;width:320px;margin:4px}</style>
<h1 id="title">一致性</h1>
<button id="press" onclick="said.textContent='pressed'; android.toast('已按下')">按下</button>
<a id="next" href="next.html">下一页</a>
<input id="typed" placeholder="请输入" oninput="said.textContent=this.value">
<label><input type="checkbox" id="agree">同意</label>
<p id="said">start</p><button id="held">长按</button>
<button id="late" onclick="setTimeout(() => { said.textContent = 'late come' }, 300)">稍后</button>
<button id="brief" onclick="setTimeout(() => { said.textContent = 'gone' }, 300)">离开</button>
<div id="lines"></div><button id="bottom">底部</button>
<script>
for (let line = 1; line <= 22; line += 1) lines.append(Object.assign(document.createElement('p'), {textContent: line}));
let downAt = 0, fingers = 1;
held.addEventListener('touchstart', (event) => { downAt = performance.now(); fingers = event.touches.length });
held.addEventListener('touchmove', (event) => event.preventDefault(), {passive: false});
held.addEventListener('touchend', () => {
  said.textContent = fingers > 1 ? `fingers ${fingers}` : performance.now() - downAt > 900 ? 'held' : 'short';
});
</script>"""
_NEXT = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><h1>第二页</h1>"""


def write_app(folder: Path) -> Path:
    """Write the app that the calls are tried on and return its folder."""
    folder.mkdir()
    manifest = {
        "package": PACKAGE,
        "label": "符合",
        "versionName": "3.1",
        "versionCode": 31,
        "launcher": ".MainActivity",
        "activities": {".MainActivity": "index.html", ".NextActivity": "next.html"},
        "permissions": ["android.permission.CAMERA"],
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    (folder / "index.html").write_text(_PAGE, encoding="utf-8")
    (folder / "next.html").write_text(_NEXT, encoding="utf-8")
    return folder


@contextmanager
def bench(like: str) -> Iterator[Bench]:
    """Yield an embedded device behind an adb server of its own, the client connected, the app in front."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as name, private_server(clock) as address:
        folder = Path(name)
        app = write_app(folder / "app")
        with VirtualDevices(apps=[app], personality=PERSONALITIES[like]) as devices:
            (serial,) = devices.connect(address)
            device = adbutils.AdbClient(host=address[0], port=address[1]).device(serial)
            client = uiautomator2.connect(device)
            client.settings["wait_timeout"] = 20.0
            try:
                yield Bench(d=client, handle=devices.devices[0], adb=address, serial=serial, folder=folder, app=app)
            finally:
                client.stop_uiautomator(wait=False)


def run(made: Bench, check: Check) -> str:
    """Run one check; return why it does not hold, empty where it does."""
    try:
        made.fresh()
        check.holds(made)
    except Failed as failed:
        return str(failed)
    except Exception:  # noqa: BLE001 - whatever a library raises is this check's failure and nobody else's
        return traceback.format_exc().strip().splitlines()[-1]
    return ""


def main() -> int:
    """Print a line for every call; return 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--like", default="android-11", choices=tuple(PERSONALITIES))
    like = parser.parse_args().like
    with bench(like) as made:
        print(f"{like}; adb {adbutils.adb_path()}; uiautomator2 {metadata.version('uiautomator2')}")
        wrong = 0
        for title, checks in (("uiautomator2 client", CLIENT_CHECKS), ("adb command line", ADB_CHECKS)):
            print(f"\n{title}")
            for check in checks:
                problem = run(made, check)
                wrong += bool(problem)
                said = f"FAIL  {check.name}: {problem}" if problem else f"pass  {check.name}"
                print(f"  {said}", flush=True)
    count = len(CLIENT_CHECKS) + len(ADB_CHECKS)
    print(f"\n{count - wrong} of {count} hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
