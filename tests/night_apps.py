"""Twelve small apps for nights on embedded devices: what each shows on which night is told in a list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.model import FiledApp, PackageName

RANKING: Final = "points-ranking"
NAMES: Final = tuple(f"app{number:02d}" for number in range(1, 13))
_STYLE = (
    "body{margin:0;font:18px sans-serif}header,a,p,td,th,label{display:block;padding:12px}"
    "table{width:100%}td,th{display:table-cell}"
)
_ROWS = (("何志远", "财政科", 986), ("林秀兰", "办公室", 884), ("马文斌", "人事科", 782), ("赵国强", "信息科", 655))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an app shows. ``other`` is another design of all its pages; ``wall`` a log-in that nothing gets past."""

    board: bool = True
    wall: bool = False
    other: bool = False
    version: int = 1


# The second night: two repaired, one worse, one behind a log-in, one renamed throughout; the last is off the list.
FIRST: Final = {name: Shown(board=name != "app03") for name in NAMES}
SECOND: Final = {
    **FIRST,
    "app01": Shown(board=False, version=2),
    "app02": Shown(board=False, version=2),
    "app03": Shown(version=2),
    "app04": Shown(wall=True),
    "app05": Shown(board=False, other=True, version=2),
}
WITHDRAWN: Final = "app06"


def filed(name: str) -> FiledApp:
    """Return the row of the list."""
    return FiledApp(
        package=PackageName(f"cn.gov.demo.{name}"),
        name=f"示例应用{name[3:]}",
        sponsor_unit="示例市数据管理局",
        filing_number=f"示例备2026{name[3:]}号",
        account="已登录",
    )


def write_app(folder: Path, name: str, shown: Shown) -> Path:
    """Write the app as a folder that an embedded device installs, and return it."""
    app = filed(name)
    root = folder / f"{name}-v{shown.version}-{shown.wall}"
    root.mkdir(parents=True, exist_ok=True)
    pages = _other(app) if shown.other else _pages(app, board=shown.board)
    if shown.wall:
        pages = {
            "index": (
                "登录",
                "<label>手机号</label><input><label>密码</label><input type=password><button>登录</button>",
            )
        }
    for page, (title, body) in pages.items():
        (root / f"{page}.html").write_text(_page(title, body), encoding="utf-8")
    described = {
        "package": app.package,
        "label": app.name,
        "versionName": f"{shown.version}.0",
        "versionCode": shown.version,
        "launcher": ".MainActivity",
        "activities": {".MainActivity" if p == "index" else f".{p.title()}Activity": f"{p}.html" for p in pages},
        "permissions": [],
        "abis": [],
        "signer": "demo",
    }
    (root / "app.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    return root


def _pages(app: FiledApp, *, board: bool) -> dict[str, tuple[str, str]]:
    ranked = '<a href="board.html">积分排行榜</a>' if board else ""
    about = f"<p>主办单位：{app.sponsor_unit}</p><p>备案编号：{app.filing_number}</p><p>投诉建议电话：12345</p>"
    pages = {
        "index": ("首页", f'<a href="notice.html">通知公告</a>{ranked}<a href="mine.html">我的</a>'),
        "notice": ("通知公告", "<p>关于国庆假期值班安排的通知</p><p>办公楼东侧停车场施工</p>"),
        "mine": ("我的", '<p>何同志</p><a href="about.html">关于我们</a>'),
        "about": ("关于我们", about),
    }
    if board:
        rows = "".join(f"<tr><td>{n}</td><td>{who}</td><td>{unit}</td><td>{points}</td></tr>"
                       for n, (who, unit, points) in enumerate(_ROWS, 1))  # fmt: skip
        head = "<tr><th>名次</th><th>姓名</th><th>单位</th><th>积分</th></tr>"
        pages["board"] = ("积分排行榜", f"<table>{head}{rows}</table>")
    return pages


def _other(app: FiledApp) -> dict[str, tuple[str, str]]:
    about = f"<p>主办单位：{app.sponsor_unit}</p><p>备案编号：{app.filing_number}</p><p>客服电话：12345</p>"
    return {
        "index": ("智慧服务大厅", '<a href="today.html">今日要闻</a><a href="person.html">个人中心</a>'),
        "today": ("今日要闻", "<p>全市重点项目观摩会举行</p><p>老旧小区加装电梯有新进展</p>"),
        "person": ("个人中心", '<p>何同志</p><a href="version.html">版本信息</a>'),
        "version": ("版本信息", about),
    }


def _page(title: str, body: str) -> str:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html><html lang="zh-CN"><head>{head}<title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><header><h1>{title}</h1></header><main>{body}</main></body></html>"
    )
