"""The hierarchy XML has the shape of the Android tools, to the attribute."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from harness.virtual.hierarchy_xml import DumpShape, dump_server, dump_stock, is_unfriendly, legal_text
from harness.virtual.phone import Node, Window
from tests.virtual_stand_ins import button, node


def window(root: Node) -> Window:
    return Window(package=root.package, root=root)


def test_the_server_writes_header_order_and_line_ends_of_the_jar() -> None:
    root = node("android.widget.FrameLayout", bounds=(0, 0, 200, 400), children=(button("签到"),))
    named = '<node index="0" text="{}" resource-id="" class="{}" package="cn.example.demo" content-desc="" '
    flags = (
        'checkable="false" checked="false" clickable="{0}" enabled="true" focusable="{0}" focused="false" '
        'scrollable="false" long-clickable="false" password="false" selected="false" '
    )
    placed = 'visible-to-user="true" bounds="{}" drawing-order="1" hint="" display-id="0"'
    frame = named.format("", "android.widget.FrameLayout") + flags.format("false") + placed.format("[0,0][200,400]")
    inner = named.format("签到", "android.widget.Button") + flags.format("true") + placed.format("[0,0][200,100]")
    assert dump_server([window(root)], DumpShape()) == "\r\n".join(
        [
            "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>",
            '<hierarchy rotation="0">',
            f"  {frame}>",
            f"    {inner} />",
            "  </node>",
            "</hierarchy>",
        ]
    )


def test_newer_attributes_are_left_out_on_older_android() -> None:
    def names(api: int) -> set[str]:
        return set(ET.fromstring(dump_server([window(node())], DumpShape(api=api)))[0].attrib)

    newer = {"drawing-order", "hint", "display-id"}
    assert [newer - names(api) for api in (19, 24, 26, 30)] == [
        newer,
        {"hint", "display-id"},
        {"display-id"},
        set(),
    ]


def test_an_empty_screen_is_the_empty_hierarchy_that_the_client_knows() -> None:
    assert '<hierarchy rotation="0" />' in dump_server([], DumpShape())
    assert '<hierarchy rotation="1" />' in dump_server([], DumpShape(rotation=1))


def test_every_window_is_a_node_at_the_top() -> None:
    xml = dump_server([window(node(text="app")), window(node(text="dialog"))], DumpShape())
    assert [(child.get("index"), child.get("text")) for child in ET.fromstring(xml)] == [("0", "app"), ("1", "dialog")]


def test_depth_is_cut() -> None:
    deep = node(text="bottom")
    for _ in range(60):
        deep = node(children=(deep,))
    assert len(list(ET.fromstring(dump_server([window(deep)], DumpShape())).iter("node"))) == 50
    assert len(list(ET.fromstring(dump_server([window(deep)], DumpShape(max_depth=3))).iter("node"))) == 3


def test_something_to_press_without_a_name_is_marked() -> None:
    assert is_unfriendly(node(clickable=True))
    assert not is_unfriendly(node(clickable=True, content_desc="x"))
    assert not is_unfriendly(node(clickable=True, children=(node(children=(node(text="x"),)),)))
    assert not is_unfriendly(node(clickable=True, enabled=False))
    assert not is_unfriendly(node("android.widget.ListView", clickable=True))
    assert dump_server([window(node(clickable=True))], DumpShape()).count('<node NAF="true" index="0"') == 1


def test_the_compressed_tree_keeps_what_matters_and_the_root() -> None:
    root = node(children=(node(children=(button("a"), node(children=(node(text="b"),)))), node()))
    short = ET.fromstring(dump_server([window(root)], DumpShape(compressed=True)))
    assert [child.get("text") for child in short[0]] == ["a", "b"]
    assert [child.get("index") for child in short[0]] == ["0", "1"]


def test_special_characters_are_written_as_the_platform_writes_them() -> None:
    xml = dump_server([window(node(text="a\n\"<&>'\U0001f600\x01\ud800"))], DumpShape())
    assert 'text="a&#10;&quot;&lt;&amp;&gt;\'&#128512;.."' in xml


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_gives_xml_that_can_be_read(text: str) -> None:
    fields: dict[str, Any] = {"text": text, "content_desc": text, "resource_id": text, "hint": text}
    for xml in (
        dump_server([window(node(**fields))], DumpShape()),
        dump_stock(window(node(**fields)), DumpShape()),
    ):
        top = ET.fromstring(xml.encode())[0]
        assert top.get("text") == legal_text(text)


def test_the_stock_dump_is_one_line_of_the_active_window() -> None:
    xml = dump_stock(window(node(text="x", children=(node(),))), DumpShape(rotation=1))
    assert "\n" not in xml
    assert xml.startswith(
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation=\"1\"><node index="
    )
    assert "visible-to-user" not in xml
    assert ET.fromstring(xml)[0].get("bounds") == "[0,0][100,100]"
    assert dump_stock(None, DumpShape()).endswith('<hierarchy rotation="0" />')
