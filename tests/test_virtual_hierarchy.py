"""What the accessibility tree of a page looks like, as Android's WebView gives it; from a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import VirtualDeviceError
from harness.virtual.hierarchy import page_handle, system_window, web_window
from harness.virtual.phone import Node
from tests.live_screen import HEAD, STUDY, STYLE, LiveScreen, app, nodes

PAGES = {
    "Controls": """<h1 id="title">学习<b>积分</b></h1><p id="para">今日已累积<b>3</b>积分</p>
<button id="ok" disabled>提交</button><a id="rules" href="#r">积分规则</a>
<input id="name" placeholder="姓名" value="张三"><input id="secret" type="password" value="abc">
<label><input id="agree" type="checkbox" checked>同意</label><input id="one" type="radio" name="r" aria-label="甲">
<div id="switch" role="switch" aria-checked="true" tabindex="0">提醒</div>
<img id="alt" alt="徽章" src="x.png" width="40" height="40"><img id="bare" src="/img/crown.png" width="40" height="40">
<img id="decor" alt="" width="40" height="40"><progress id="bar" value="40" max="100"></progress>
<input id="seek" type="range" value="30" max="90">
<select id="unit"><option>办公室</option><option>财务科</option></select>
<canvas id="canvas" width="100" height="50"></canvas><textarea id="notes">笔记</textarea>
<div id="edit" contenteditable>可编辑</div><input type="submit" id="send" value="立即提交">""",
    "Structure": """<ul id="list"><li>第一名</li><li><span>张三</span><button>点赞</button></li></ul>
<table id="table"><tr><td>排名</td><td>积分</td></tr></table>
<div id="row" onclick="1"><span style="display:inline-block">左</span><span style="display:inline-block">右</span></div>
<div id="listener"><p>听</p><p>众</p></div><div id="pointer" style="cursor:pointer">手形</div>
<div id="tab" role="tab" aria-selected="true" tabindex="0">首页</div><div id="host"></div>
<iframe id="frame" srcdoc="<body style='margin:0'><button id=inner>框内</button>"
style="border:0;width:200px;height:60px"></iframe>
<div id="labelled" aria-label="说明" tabindex="0"><p>甲</p><button>乙</button></div>
<script>document.getElementById('listener').addEventListener('click', () => {});
const shadow = document.getElementById('host').attachShadow({mode: 'open'});
shadow.innerHTML = '<button id="shadow">影内</button>';</script>""",
    "Unseen": """<p style="display:none">无一</p><p style="visibility:hidden">无二</p><p style="opacity:0">无三</p>
<p aria-hidden="true">无四</p><p style="position:absolute;left:-9999px">无五</p>
<div style="height:0;overflow:hidden">无六<b style="position:absolute;left:4px;top:500px">可见零</b></div>
<div style="height:0;overflow:hidden;position:relative"><b style="position:absolute">无九</b></div>
<div id="scroller" style="height:100px;overflow:auto;background:#eee"><div style="height:60px">可见一</div>
<div id="half" style="height:80px">可见二</div><div style="height:60px">无七</div></div><p id="shown">可见三</p>
<div style="height:3000px"></div><p>无八</p>""",
    "Modal": """<p>背景</p><dialog id="d"><p>有新版本</p><button>以后再说</button></dialog>
<script>document.getElementById('d').showModal();</script>""",
    "Opaque": '<meta name="android-hierarchy" content="opaque"><p>看不见的字</p><button>按</button>',
    "Many": """<div id="all" style="display:grid;grid-template-columns:repeat(3,1fr);font-size:11px"></div><script>
document.getElementById('all').innerHTML = Array.from({length: 150}, (_, i) =>
  `<p style="margin:0"><a href="#" style="display:inline">第${i}条</a><b onclick="1">看</b></p>`).join('');</script>""",
    "Deep": "<script>let e = document.body; for (let i = 0; i < 120; i++) { const d = document.createElement('div');"
    "d.style.margin = 0; d.id = 'd' + i; e.append(d); e = d; } e.textContent = '最深';</script>",
}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveScreen]:
    root = tmp_path_factory.mktemp("pages")
    for name, body in PAGES.items():
        style = STYLE.replace("8px", "4px")
        (root / f"{name}.html").write_text(f"{HEAD}{style}<title>{name}</title><body>{body}", "utf-8")
    screen = LiveScreen(
        tmp_path_factory.mktemp("device"), [app(STUDY, "学习在线", root, {name: f"{name}.html" for name in PAGES})]
    )
    yield screen
    screen.close()


def shown(live: LiveScreen, page: str) -> dict[str, Node]:
    """Open the page and return its nodes by resource id."""
    live.stop(STUDY)
    live.launch(STUDY, f"{STUDY}.{page}")
    live.find(lambda node: node.class_name.endswith("WebView") and node.text in (page, ""))
    return {node.resource_id: node for node in live.all() if node.resource_id}


def web_view(live: LiveScreen) -> Node:
    return next(node for node in live.all() if node.class_name == "android.webkit.WebView")


def test_the_page_hangs_below_the_decor_views_of_its_window(live: LiveScreen) -> None:
    shown(live, "Controls")
    decor = live.root()
    assert decor.class_name == "android.widget.FrameLayout"
    assert decor.bounds == (0, 0, 1080, 2400)
    content = decor.children[0].children[0]
    assert content.resource_id == "android:id/content"
    assert content.children[0].class_name == "android.webkit.WebView"
    assert content.children[0].text == "Controls"
    assert {node.package for node in nodes(decor)} == {STUDY}


@pytest.mark.parametrize(
    ("element", "class_name", "text"),
    [
        ("title", "android.widget.TextView", "学习积分"),
        ("para", "android.widget.TextView", "今日已累积3积分"),
        ("ok", "android.widget.Button", "提交"),
        ("rules", "android.view.View", "积分规则"),
        ("name", "android.widget.EditText", "张三"),
        ("secret", "android.widget.EditText", "•••"),
        ("agree", "android.widget.CheckBox", "同意"),
        ("one", "android.widget.RadioButton", "甲"),
        ("switch", "android.widget.ToggleButton", "提醒"),
        ("alt", "android.widget.Image", "徽章"),
        ("bare", "android.widget.Image", "crown"),
        ("bar", "android.widget.ProgressBar", "40.0"),
        ("seek", "android.widget.SeekBar", "30"),
        ("unit", "android.widget.Spinner", "办公室"),
        ("canvas", "android.view.View", ""),
        ("notes", "android.widget.EditText", "笔记"),
        ("edit", "android.widget.EditText", "可编辑"),
        ("send", "android.widget.Button", "立即提交"),
    ],
)
def test_an_element_becomes_the_view_that_android_gives_for_it(
    live: LiveScreen, element: str, class_name: str, text: str
) -> None:
    if "Controls" not in live.texts():
        shown(live, "Controls")
    node = next(node for node in live.all() if node.resource_id == element)
    assert (node.class_name, node.text) == (class_name, text)


def test_flags_follow_the_state_of_the_elements(live: LiveScreen) -> None:
    page = shown(live, "Controls")
    assert not page["ok"].enabled
    assert page["ok"].clickable
    assert page["secret"].password
    assert page["agree"].checkable
    assert page["agree"].checked
    assert page["one"].checkable
    assert not page["one"].checked
    assert page["switch"].checked
    assert page["name"].hint == "姓名"
    assert page["rules"].clickable
    assert not page["para"].clickable
    assert "decor" not in page
    live.tap(page["name"])
    assert live.by_id("name").focused


def test_lists_tables_frames_and_shadow_trees_keep_their_structure(live: LiveScreen) -> None:
    page = shown(live, "Structure")
    first, second = page["list"].children
    assert page["list"].class_name == "android.widget.ListView"
    assert (first.class_name, first.text) == ("android.view.View", "第一名")
    assert [child.text for child in second.children] == ["张三", "点赞"]
    assert page["table"].class_name == "android.widget.GridView"
    assert [node.text for node in nodes(page["table"]) if node.text] == ["排名", "积分"]
    assert page["shadow"].text == "影内"
    inner, frame = page["inner"].bounds, page["frame"].bounds
    assert page["inner"].text == "框内"
    assert frame[0] <= inner[0] < inner[2] <= frame[2]
    assert frame[1] <= inner[1] < inner[3] <= frame[3]
    assert page["labelled"].content_desc == "说明"
    assert page["tab"].selected


def test_what_listens_to_clicks_is_clickable_and_its_texts_are_not(live: LiveScreen) -> None:
    page = shown(live, "Structure")
    assert page["row"].clickable
    assert [(child.text, child.clickable) for child in page["row"].children] == [("左", False), ("右", False)]
    assert page["listener"].clickable
    assert page["pointer"].clickable


def test_nothing_that_cannot_be_seen_is_in_the_tree(live: LiveScreen) -> None:
    page = shown(live, "Unseen")
    texts = live.texts()
    assert [text for text in texts if text.startswith("无")] == []
    assert [text for text in texts if text.startswith("可见")] == ["可见零", "可见一", "可见二", "可见三"]
    assert page["scroller"].scrollable
    assert page["half"].bounds[3] == page["scroller"].bounds[3]
    assert page["half"].bounds[3] - page["half"].bounds[1] < 80 * 3
    assert web_view(live).scrollable


def test_a_modal_dialog_hides_the_page_behind_it(live: LiveScreen) -> None:
    page = shown(live, "Modal")
    assert page["d"].class_name == "android.app.Dialog"
    assert "背景" not in live.texts()
    assert "以后再说" in live.texts()


def test_an_opaque_page_is_one_node_with_bounds_and_no_text(live: LiveScreen) -> None:
    shown(live, "Opaque")
    view = web_view(live)
    assert view.children == ()
    assert view.text == ""
    assert view.bounds == (0, 0, 1080, 2400)


def test_three_hundred_nodes_are_described_in_one_round_trip(live: LiveScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(live, "Many")
    live.wait_for(lambda: len(live.all()) > 300)
    desktop = live.screen._desktop
    assert desktop is not None
    tab, asked = desktop.surface, []
    answer = tab.send

    async def counted(method: str, *arguments: Any, **parameters: Any) -> dict[str, Any]:
        asked.append(method)
        return await answer(method, *arguments, **parameters)

    monkeypatch.setattr(tab, "send", counted)
    assert len(live.all()) > 300
    assert asked == ["Runtime.evaluate"]


def test_a_tree_deeper_than_the_limit_is_cut_and_said_so(live: LiveScreen) -> None:
    shown(live, "Deep")

    def depth(node: Node) -> int:
        return 1 + max((depth(child) for child in node.children), default=0)

    assert 40 < depth(live.root()) <= 50
    assert any("cut" in message for _, message in live.logged)


def test_a_handle_names_its_element_until_the_page_changes(live: LiveScreen) -> None:
    page = shown(live, "Controls")
    handle = page["name"].handle
    assert live.by_id("name").handle == handle
    assert live.do(live.screen.set_text(handle, "李四"))
    assert live.by_id("name").text == "李四"
    assert not live.do(live.screen.set_text(page["para"].handle, "不可写"))
    assert not live.do(live.screen.set_text("999:1", "别的任务"))
    assert not live.do(live.screen.set_text("nonsense", "x"))


def test_handles_of_decor_views_belong_to_no_page() -> None:
    assert page_handle("3:17") == ("3", 17)
    assert page_handle("system:4") == ("system", 4)
    assert page_handle("3:decor") is None


def test_nodes_that_rounding_leaves_without_area_are_dropped() -> None:
    leaf = [2, "android.view.View", [10, 10, 10, 40], "薄", "", "", "", 0, []]
    outside = [3, "android.view.View", [-50, -50, 20, 20], "角", "", "", "", 0, []]
    raw = [1, "android.webkit.WebView", [0, 0, 100, 100], "", "", "", "", 0, [leaf, outside]]
    window = web_window(raw, package="p", task=1, size_px=(100, 100))
    inner = [node for node in nodes(window.root) if node.class_name == "android.view.View"]
    assert [(node.text, node.bounds) for node in inner] == [("角", (0, 0, 20, 20))]


def test_a_page_without_a_tree_is_still_a_web_view_and_a_foreign_shape_is_an_error() -> None:
    window = web_window(None, package="p", task=1, size_px=(10, 20))
    assert [node.class_name for node in nodes(window.root)][-1] == "android.webkit.WebView"
    assert system_window(None, package="p", size_px=(10, 20)).root.children == ()
    with pytest.raises(VirtualDeviceError):
        web_window({"x": 1}, package="p", task=1, size_px=(10, 20))


def test_page_scripts_and_system_pages_are_in_the_package() -> None:
    folder = Path(__file__).parents[1] / "harness" / "virtual"
    assert {path.name for path in (folder / "page_scripts").iterdir()} == {
        "address_bar.js",
        "bridge.js",
        "clock.js",
        "hierarchy.js",
    }
    assert {path.name for path in (folder / "system_pages").iterdir()} == {"system.html", "system.css", "system.js"}
