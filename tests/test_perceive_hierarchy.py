"""Hierarchy bytes to elements."""

from __future__ import annotations

from itertools import permutations

import pytest

from harness.model import Box, Channel, Element, Gap
from harness.perceive.hierarchy import read_hierarchy
from tests.screen_drawing import APP, SIZE_PX, button, node, tree, window


def elements_of(xml: bytes) -> tuple[Element, ...]:
    read = read_hierarchy(xml, size_px=SIZE_PX)
    assert not isinstance(read, Gap), read
    return read


def gap_of(xml: bytes | None) -> Gap:
    read = read_hierarchy(xml, size_px=SIZE_PX)
    assert isinstance(read, Gap)
    return read


def test_nodes_come_in_document_order_with_parents_and_all_attributes() -> None:
    row = node(
        "", (0, 100, 1080, 300), node("积分", (40, 120, 200, 180), id="name"), button("去学习", (800, 120, 1000, 200))
    )
    elements = elements_of(tree(window(row, node("末", (0, 400, 100, 450)))))
    assert [e.text for e in elements] == ["", "", "积分", "去学习", "末"]
    assert [e.parent for e in elements] == [None, 0, 1, 1, 0]
    assert elements[2].resource_id == f"{APP}:id/name"
    assert elements[2].box == Box(left=40, top=120, right=200, bottom=180)
    assert (elements[3].clickable, elements[3].class_name, elements[3].depth) == (True, "android.widget.Button", 2)


def test_the_output_of_uiautomator_dump_with_its_trailing_sentence_is_read() -> None:
    xml = tree(window(node("签到", (0, 0, 10, 10)))) + b"UI hierchary dumped to: /dev/tty\n"
    assert [e.text for e in elements_of(xml)] == ["", "签到"]


def test_an_emoji_written_as_two_surrogate_references_is_one_character() -> None:
    xml = tree(window(node("MARK", (0, 0, 10, 10)))).replace(b"MARK", b"&#55357;&#56842;a&#55357;b&#56842;")
    assert elements_of(xml)[1].text == "\U0001f60aa\ufffdb\ufffd"


def test_windows_are_sorted_whatever_order_the_server_gave_them_in() -> None:
    windows = (
        window(node("背景", (0, 0, 9, 9))),
        window(node("对话框", (100, 900, 900, 1000)), bounds=(90, 800, 990, 1500)),
        window(node("10:00", (0, 0, 90, 60)), package="com.android.systemui", bounds=(0, 0, 1080, 80)),
    )
    orders = {tuple(e.text for e in elements_of(tree(*order))) for order in permutations(windows)}
    assert orders == {("", "背景", "", "对话框", "", "10:00")}


def test_invisible_nodes_are_left_out_and_boxes_are_clipped_to_the_screen() -> None:
    hidden = node("藏", (0, 0, 50, 50), node("里", (0, 0, 20, 20)), visible_to_user="false")
    elements = elements_of(tree(window(hidden, node("边", (-40, 2300, 200, 2600)))))
    assert [e.text for e in elements] == ["", "边"]
    assert elements[1].box == Box(left=0, top=2300, right=200, bottom=2400)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (None, "hierarchy-absent"),
        (b"", "hierarchy-empty"),
        (b'<hierarchy rotation="0" />', "hierarchy-empty"),
        (tree(), "hierarchy-empty"),
        (tree(window(bounds=(0, 0, 0, 0))), "hierarchy-empty"),
        (b"null root node returned by UiTestAutomationBridge.", "hierarchy-malformed"),
        (tree(window(node("a")))[:-40], "hierarchy-malformed"),
        (b"<html><body/></html>", "hierarchy-malformed"),
        ("<hierarchy/>".encode("utf-16"), "hierarchy-malformed"),
        (b"<hierarchy>" + b" " * 20_000_001 + b"</hierarchy>", "hierarchy-too-large"),
    ],
)
def test_what_cannot_be_read_is_a_gap_with_its_reason(xml: bytes | None, reason: str) -> None:
    gap = gap_of(xml)
    assert (gap.channel, gap.reason) == (Channel.HIERARCHY, reason)


def test_a_document_type_with_entities_is_refused_unread() -> None:
    bomb = b'<!DOCTYPE h [<!ENTITY a "x"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    xml = bomb + b'<hierarchy><node class="v" text="&f;&b;" bounds="[0,0][9,9]"/></hierarchy>'
    assert gap_of(xml).reason == "hierarchy-malformed"


def test_even_a_harmless_document_type_is_refused() -> None:
    xml = b'<!DOCTYPE hierarchy [<!ENTITY a "x">]>' + b'<hierarchy><node class="v" bounds="[0,0][9,9]"/></hierarchy>'
    assert "document type" in gap_of(xml).detail


def test_a_tree_deeper_than_any_screen_is_a_gap_and_no_crash() -> None:
    deep = '<node class="v" bounds="[0,0][9,9]">' * 5000 + "</node>" * 5000
    assert gap_of(f"<hierarchy>{deep}</hierarchy>".encode()).reason in ("hierarchy-too-large", "hierarchy-malformed")


def test_a_node_with_broken_bounds_is_kept_without_a_place() -> None:
    xml = tree(window(node("a", (0, 0, 9, 9)))).replace(b"[0,0][9,9]", b"[0,zero][9,9]")
    assert elements_of(xml)[1].box.area_px == 0
