"""Makes demo apps to get lost in: 60 to 150 screens, seeded, features, walls and dangers planted. Pure but ``write``.

An app keeps a journal on the device's log, one console line per event: ``MAZE screen NAME`` when a screen is shown,
``MAZE danger NAME`` when something was pressed that must not be. What a walk reached and pressed is read there, not in
what the walker believes.
"""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.maze_words import (
    DANGER_FORMS,
    DANGERS,
    FEATURES,
    FIELDS,
    LOOK_ALIKES,
    PLACES,
    PLAIN,
    POPUPS,
    SENTENCES,
    SPLIT,
    UPDATE,
)

PAGES = Path(__file__).resolve().parent / "maze_page"
_LEAST, _MOST = 60, 150
_FEATURES = 10
_TABS = (("首页", "服务", "消息", "我的"), ("首页", "办事", "学习", "我的"), ("要闻", "服务", "党建", "社区", "我的"))

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A planted screen: its title and the labels that lead to it from the start."""

    screen: str
    title: str
    way: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maze:
    """One made app. ``screens`` are the names of all distinct screens, ``dangers`` what each danger says."""

    package: str
    seed: int
    screens: tuple[str, ...]
    features: tuple[Feature, ...]
    dangers: tuple[tuple[str, str], ...]
    data: Facts

    def write(self, folder: Path) -> Path:
        """Write the app's folder below ``folder``, with its truth beside the files; return it."""
        root = folder / self.package
        root.mkdir(parents=True)
        for name in ("maze.js", "maze.css", "canvas.js", "web.html"):
            shutil.copy(PAGES / name, root / name)
        for name in ("index.html", "page.html"):
            shutil.copy(PAGES / "page.html", root / name)
        activities = {".MainActivity": "index.html", ".ContentActivity": "page.html", ".H5Activity": "web.html"}
        manifest = {
            "package": self.package,
            "label": self.data["label"],
            "versionName": "1.0.0",
            "versionCode": 1,
            "launcher": ".MainActivity",
            "activities": activities,
            "permissions": [],
            "abis": [],
            "signer": "demo",
        }
        truth = {
            "format": 1,
            "seed": self.seed,
            "screens": self.screens,
            "features": [{"screen": f.screen, "title": f.title, "way": f.way} for f in self.features],
            "dangers": dict(self.dangers),
        }
        (root / "app.json").write_text(_json(manifest), encoding="utf-8")
        (root / "truth.json").write_text(_json(truth), encoding="utf-8")
        (root / "data.js").write_text(f"window.MAZE = {json.dumps(self.data, ensure_ascii=False)};\n", encoding="utf-8")
        return root


def make_maze(seed: int) -> Maze:
    """Return the maze of a seed, the same every time."""
    builder = _Builder(seed)
    builder.build()
    return builder.maze()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


class _Builder:
    """A maze while it grows. A *spot* is something with ``parts`` that can still take an entry."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"maze {seed}")
        self._seed = seed
        self._target = self._random.randint(_LEAST, _MOST)
        self._screens: dict[str, Facts] = {}  # what the pages draw
        self._names: list[str] = []  # what the truth counts: tabs and overlays too
        self._spots: list[tuple[str, int, Facts]] = []  # name, taps from the start, the facts with ``parts``
        self._ways: dict[str, tuple[str, ...]] = {}
        self._features: list[Feature] = []
        self._dangers: dict[str, str] = {}
        pairs = [field + place for field in FIELDS for place in PLACES]
        self._random.shuffle(pairs)
        self._labels = [*self._random.sample(PLAIN, len(PLAIN)), *pairs]

    # --- the whole

    def build(self) -> None:
        self._home()
        titles = self._random.sample(FEATURES, _FEATURES)
        for number, title in enumerate(titles):
            self._plant(title, taps=3 + number % 4)
        self._oddities()
        while len(self._names) < self._target - len(LOOK_ALIKES) - 1:
            self._grow()
        self._spread_dangers()
        self._freeze()

    def maze(self) -> Maze:
        label = f"迷宫{self._seed}"
        data = {
            "home": "home",
            "label": label,
            "screens": self._screens,
            "words": SENTENCES,
            "popups": POPUPS,
            "update": UPDATE,
        }
        return Maze(
            package=f"cn.gov.demo.maze{self._seed}",
            seed=self._seed,
            screens=tuple(self._names),
            features=tuple(self._features),
            dangers=tuple(self._dangers.items()),
            data=data,
        )

    # --- pieces

    def _label(self) -> str:
        return self._labels.pop(0) if self._random.random() < 0.2 else self._labels.pop()

    def _count(self, name: str, way: tuple[str, ...]) -> None:
        self._names.append(name)
        self._ways[name] = way

    def _screen(self, title: str, way: tuple[str, ...], **facts: Any) -> str:
        """Add a page with a title and nothing on it; return its name."""
        name = f"s{len(self._screens)}"
        self._screens[name] = {"title": title, "file": "page.html", "parts": [], **facts}
        if "tabs" not in facts:
            self._count(name, way)
        return name

    def _home(self) -> None:
        tabs = []
        for number, label in enumerate(self._random.choice(_TABS)):
            tab: Facts = {"name": f"tab{number}", "label": label, "parts": []}
            self._count(tab["name"], (label,))
            self._spots.append((tab["name"], 1 if number else 0, tab))
            tabs.append(tab)
        self._screens["home"] = {"title": "", "file": "index.html", "tabs": tabs, "parts": []}
        detail = self._screen("新闻详情", ("首页", "新闻"))
        self._screens[detail]["parts"] = [{"kind": "text", "count": 12}]
        drawer = self._overlay("全部功能", "drawer", (tabs[0]["label"], "菜单"))
        tabs[0]["drawer"] = drawer
        cards = [self._leaf(self._label(), (tabs[0]["label"],)) for _ in range(4)]
        tabs[0]["parts"] += [{"kind": "cards", "items": cards}]
        tabs[0]["feed"] = {"kind": "feed", "to": detail}
        self._nested(tabs[1], (tabs[1]["label"],))
        self._detail = detail

    def _overlay(self, title: str, form: str, way: tuple[str, ...]) -> str:
        name = self._screen(title, way, over=form)
        self._spots.append((name, len(way), self._screens[name]))
        return name

    def _leaf(self, label: str, way: tuple[str, ...]) -> Facts:
        """Return an entry to a new page that only shows something."""
        name = self._screen(label, (*way, label))
        self._screens[name]["parts"] = [{"kind": "text", "count": self._random.randint(2, 14)}]
        self._spots.append((name, len(way) + 1, self._screens[name]))
        return {"label": label, "to": name}

    def _nested(self, spot: Facts, way: tuple[str, ...]) -> None:
        """Hang up lists in lists: units, their offices, their people. Each level is one screen, whatever its rows."""
        label = "通讯录"
        units, offices, people = (
            self._screen(title, (*way, label), named=named)
            for title, named in (("通讯录", False), ("部门", True), ("人员", True))
        )
        person = self._screen("联系人", (*way, label))
        self._screens[person]["parts"] = [{"kind": "text", "count": 2}]
        for name, to, count in ((units, offices, 14), (offices, people, 9), (people, person, 20)):
            self._screens[name]["parts"] = [{"kind": "filler", "count": count, "to": to}]
            self._spots.append((name, 3, self._screens[name]))
        spot["parts"].append({"kind": "rows", "items": [{"label": label, "to": units}]})

    def _entry(self, spot: Facts, item: Facts, *, deep: bool) -> None:
        """Put an entry on a screen: in a grid, a row, a carousel or, ``deep``, below a list that has to be scrolled."""
        if spot["parts"] and spot["parts"][0]["kind"] == "drawn":
            spot["parts"][0]["items"].append(item)
            return
        if deep:
            spot["parts"].append({"kind": "filler", "count": self._random.randint(9, 26), "to": self._detail})
            spot["parts"].append({"kind": "rows", "items": [item]})
            return
        kind = self._random.choice(("grid", "rows", "rows"))
        for part in spot["parts"]:
            if part["kind"] == kind and len(part["items"]) < (8 if kind == "grid" else 6):
                part["items"].append(item)
                return
        spot["parts"].insert(self._random.randint(0, min(1, len(spot["parts"]))), {"kind": kind, "items": [item]})

    # --- ways to features

    def _plant(self, title: str, *, taps: int) -> None:
        name, depth, spot = self._random.choice([s for s in self._spots if s[1] < 2])
        way = self._ways[name]
        while (left := taps - 1 - depth) > 0:
            name, spot = self._step(spot, way, deep=self._random.random() < 0.5, most_taps=left)
            depth += len(self._ways[name]) - len(way)
            way = self._ways[name]
        goal = self._screen(title, (*way, title))
        self._screens[goal]["parts"] = [{"kind": "words", "lines": [f"这里是{title}", "数据每日更新"]}]
        self._entry(spot, {"label": title, "to": goal}, deep=self._random.random() < 0.6)
        self._features.append(Feature(screen=goal, title=title, way=(*way, title)))

    def _step(self, spot: Facts, way: tuple[str, ...], *, deep: bool, most_taps: int = 2) -> tuple[str, Facts]:
        """Add a screen of some kind behind ``spot``, one or two taps away; return it as the next spot."""
        label = self._label()
        here = (*way, label)
        kinds = ("page", "page", "sheet", "drawn", "strip", "carousel")
        kind = self._random.choice(kinds if most_taps > 1 else kinds[:4])
        if kind == "strip":
            return self._strip(spot, label, here, deep=deep)
        if kind == "sheet":
            name = self._overlay(label, self._random.choice(("sheet", "drawer")), here)
            self._entry(spot, {"label": label, "over": name}, deep=deep)
            return name, self._screens[name]
        facts: Facts = {"file": "web.html", "parts": [{"kind": "drawn", "items": []}]} if kind == "drawn" else {}
        name = self._screen(label, here, **facts)
        self._entry(spot, {"label": label, "to": name}, deep=deep)
        self._spots.append((name, len(here), self._screens[name]))
        if kind == "carousel":
            cards = [self._leaf(self._label(), here) for _ in range(self._random.randint(2, 3))]
            hidden = self._screen(inner := self._label(), (*here, inner))
            cards.append({"label": inner, "to": hidden})
            self._screens[name]["parts"].append({"kind": "cards", "items": cards})
            return hidden, self._screens[hidden]
        return name, self._screens[name]

    def _strip(self, spot: Facts, label: str, here: tuple[str, ...], *, deep: bool) -> tuple[str, Facts]:
        """Add a page with a strip of tabs, most of them beyond the screen's edge; return the last tab."""
        tabs = []
        for _ in range(self._random.randint(5, 8)):
            tab: Facts = {"name": f"t{len(self._names)}", "label": self._label()[:4], "parts": []}
            tab["parts"].append({"kind": "filler", "count": self._random.randint(3, 12), "to": self._detail})
            self._count(tab["name"], (*here, tab["label"]))
            tabs.append(tab)
        name = self._screen(label, here, tabs=tabs)
        self._entry(spot, {"label": label, "to": name}, deep=deep)
        self._spots += [(tab["name"], len(here) + 1, tab) for tab in tabs]
        return tabs[-1]["name"], tabs[-1]

    def _grow(self) -> None:
        """Add something that leads to no feature."""
        name, depth, spot = self._random.choice([s for s in self._spots if s[1] < 5])
        if self._random.random() < 0.35 and depth < 4:
            self._step(spot, self._ways[name], deep=self._random.random() < 0.3)
        else:
            self._entry(spot, self._leaf(self._label(), self._ways[name]), deep=self._random.random() < 0.2)

    # --- what is in the way

    def _oddities(self) -> None:
        shallow = [s for s in self._spots if s[1] < 3]
        for title, odd in (
            ("系统公告栏", "crash"),
            ("实时数据屏", "restless"),
            ("数据看板", "loading"),
            ("监控画面", "black"),
        ):
            name, _, spot = self._random.choice(shallow)
            page = self._screen(title, (*self._ways[name], title), odd=odd)
            self._entry(spot, {"label": title, "to": page}, deep=False)
        self._loop(shallow)
        wall = self._screen("登录", ("登录",))
        self._screens[wall]["parts"] = [
            {"kind": "field", "label": "请输入手机号"},
            {"kind": "field", "label": "请输入密码"},
            self._danger("一键登录", "button"),
        ]
        for label in ("我的订单", "个人档案"):
            self._entry(self._random.choice(shallow)[2], {"label": label, "to": wall}, deep=False)
        for label, out in (
            ("官方网站", "https://www.example.gov.cn/"),
            ("联系电话", "tel:12345"),
            ("应用市场", "market://a"),
        ):
            self._entry(self._random.choice(shallow)[2], {"label": label, "out": out}, deep=False)
        for number, name in enumerate(self._random.sample([n for n, s in self._screens.items() if "over" not in s], 5)):
            after_ms = self._random.randint(300, 3000)
            self._screens[name] |= {"popup": str(number % len(POPUPS)), "popupAfterMs": after_ms}

    def _freeze(self) -> None:
        """Add a page that answers nothing for a while, by a chance of its own: the rest of the maze is as it was."""
        spots = [s for s in self._spots if s[1] < 3 and not any(p["kind"] == "drawn" for p in s[2]["parts"])]
        name, _, spot = random.Random(f"freeze {self._seed}").choice(spots)
        page = self._screen("办理进度", (*self._ways[name], "办理进度"), odd="frozen")
        spot["parts"].insert(0, {"kind": "rows", "items": [{"label": "办理进度", "to": page}]})

    def _loop(self, shallow: list[tuple[str, int, Facts]]) -> None:
        """Add a page whose every next page is the same again: a tarpit."""
        name, _, spot = self._random.choice(shallow)
        page = self._screen("随机阅读", (*self._ways[name], "随机阅读"), named=True)
        self._screens[page]["parts"] = [
            {"kind": "text", "count": 3},
            {"kind": "filler", "count": 1, "to": page},
            {"kind": "rows", "items": [{"label": "换一篇", "to": page}]},
        ]
        self._entry(spot, {"label": "随机阅读", "to": page}, deep=False)

    def _danger(self, label: str, form: str) -> Facts:
        name = f"d{len(self._dangers)} {form}"
        self._dangers[name] = label
        return {"kind": "danger", "form": form, "label": label, "danger": name}

    def _spread_dangers(self) -> None:
        for tab in self._screens["home"]["tabs"]:
            if "feed" in tab:
                tab["parts"].append(tab.pop("feed"))
        open_spots = [s for s in self._spots if not any(p["kind"] == "feed" for p in s[2]["parts"])]
        for number in range(len(self._names) // 3):
            form = DANGER_FORMS[number % len(DANGER_FORMS)]
            label = self._random.choice(SPLIT if form in ("split", "halves") else DANGERS)
            _, _, spot = self._random.choice(open_spots)
            danger = self._danger(label, form)
            if spot["parts"] and spot["parts"][0]["kind"] == "drawn":
                if len(spot["parts"][0]["items"]) < 7:
                    spot["parts"][0]["items"].append({"label": label, "danger": danger["danger"]})
            else:
                spot["parts"].insert(self._random.randint(0, len(spot["parts"])), danger)
        for label in LOOK_ALIKES:
            name, _, spot = self._random.choice([s for s in open_spots if s[1] < 5])
            self._entry(spot, self._leaf(label, self._ways[name]), deep=False)
