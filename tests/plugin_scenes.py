"""Two made-up apps of one page each, small enough to be walked in seconds, and the lists that file them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

BOARD, CLEAN = "cn.example.board", "cn.example.clean"
_HEAD = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{margin:12px;font-size:18px}} td,th{{padding:8px 14px}} button{{height:48px;width:200px}}</style>
<h1>{title}</h1>"""
_RANKING = """<table><tr><th>名次</th><th>姓名</th><th>单位</th><th>积分</th></tr>
<tr><td>1</td><td>刘建设</td><td>市财政局</td><td>2316</td></tr>
<tr><td>2</td><td>赵文静</td><td>市统计局</td><td>2254</td></tr>
<tr><td>3</td><td>孙立新</td><td>市审计局</td><td>2190</td></tr>
<tr><td>4</td><td>吴晓梅</td><td>市教育局</td><td>2077</td></tr>
<tr><td>12</td><td>陈同志（我）</td><td>市发展改革局</td><td>1268</td></tr></table>
<p>我的排名 第12名</p><p>每月对排名后三位的单位予以通报。</p>"""
_PLAIN = """<p>办事大厅工作日九点开门。</p>
<button onclick="said.textContent='窗口在一楼'">查看地址</button><p id="said"></p>"""


def write_app(folder: Path, package: str, label: str, body: str) -> Path:
    """Write an app of one page and return its folder."""
    folder.mkdir(parents=True)
    manifest = {
        "package": package,
        "label": label,
        "versionName": "1.2.3",
        "versionCode": 123,
        "launcher": ".MainActivity",
        "activities": {".MainActivity": "index.html"},
    }
    (folder / "app.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    (folder / "index.html").write_text(_HEAD.format(title=label) + body, encoding="utf-8")
    return folder


def write_board(folder: Path) -> Path:
    """Write an app that ranks people by points."""
    return write_app(folder, BOARD, "积分排行榜", _RANKING)


def write_clean(folder: Path) -> Path:
    """Write an app with nothing to be found."""
    return write_app(folder, CLEAN, "便民服务", _PLAIN)


def write_list(path: Path, rows: Sequence[str]) -> Path:
    """Write a filed list; a row is name, package, case, apk."""
    path.write_text("\n".join(["应用名称,包名,案件编号,安装包", *rows, ""]), encoding="utf-8")
    return path
