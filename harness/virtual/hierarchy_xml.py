"""Writes window trees as uiautomator XML, byte for byte in the shape that the Android tools give.

Two writers exist on a device and both are here: the uiautomator2 server's (``dump_server``: indented, CRLF,
more attributes) and the stock ``uiautomator dump`` command's (``dump_stock``: one line, active window only).
Pure: trees in, text out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.virtual.phone import Bounds, Node, Window

HEADER = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>"

# Characters that Android's dumper replaces by a dot; the XML serializer would refuse them.
# The list is the one of the platform's AccessibilityNodeInfoDumper plus what XML itself forbids.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufddf\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
_ESCAPED = re.compile('[&<>"\n\r\t\U00010000-\U0010ffff]')
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_NAF_EXCLUDED = (
    "android.widget.GridView",
    "android.widget.GridLayout",
    "android.widget.ListView",
    "android.widget.TableLayout",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpShape:
    """How much of a tree is written, and which attributes this Android version knows."""

    rotation: int = 0
    max_depth: int = 50
    compressed: bool = False
    api: int = 30


def legal_text(text: str) -> str:
    """Return ``text`` with every character that XML or Android's dumper refuses replaced by a dot."""
    return _ILLEGAL.sub(".", text)


def dump_server(windows: Sequence[Window], shape: DumpShape) -> str:
    """Return the XML of all ``windows`` as the uiautomator2 server writes it, one top node per window."""
    if not windows:
        return f'{HEADER}\r\n<hierarchy rotation="{shape.rotation}" />'
    lines = [HEADER, f'<hierarchy rotation="{shape.rotation}">']
    for index, window in enumerate(windows):
        lines.extend(_server_lines(_shaped(window.root, shape), index, 1, shape))
    lines.append("</hierarchy>")
    return "\r\n".join(lines)


def dump_stock(active: Window | None, shape: DumpShape) -> str:
    """Return the XML of the ``active`` window as ``uiautomator dump`` writes it, on one line."""
    if active is None:
        return f'{HEADER}<hierarchy rotation="{shape.rotation}" />'
    parts = [f'{HEADER}<hierarchy rotation="{shape.rotation}">']
    parts.extend(_stock_parts(_shaped(active.root, shape), 0))
    parts.append("</hierarchy>")
    return "".join(parts)


def is_unfriendly(node: Node) -> bool:
    """Return whether ``node`` gets ``NAF="true"``: it can be pressed but nothing in it has a name."""
    if node.class_name.endswith(_NAF_EXCLUDED):
        return False
    if not (node.clickable and node.enabled) or node.content_desc or node.text:
        return False
    return not any(_named(child) for child in node.children)


def _named(node: Node) -> bool:
    return bool(node.text or node.content_desc) or any(_named(child) for child in node.children)


def _shaped(root: Node, shape: DumpShape) -> Node:
    return _compress(root) if shape.compressed else root


def _compress(node: Node) -> Node:
    """Return the tree without views that matter to nobody; their children move up, the root stays."""
    children: list[Node] = []
    for child in node.children:
        small = _compress(child)
        if _important(small):
            children.append(small)
        else:
            children.extend(small.children)
    return replace(node, children=tuple(children))


def _important(node: Node) -> bool:
    named = node.text or node.content_desc or node.resource_id
    usable = node.clickable or node.long_clickable or node.focusable or node.scrollable or node.checkable
    return bool(named or usable or node.class_name.endswith("WebView"))


def _server_lines(node: Node, index: int, depth: int, shape: DumpShape) -> Iterator[str]:
    indent = "  " * depth
    attributes = "".join(f' {name}="{_escape(value)}"' for name, value in _server_attributes(node, index, shape))
    children = node.children if depth < shape.max_depth else ()
    if not children:
        yield f"{indent}<node{attributes} />"
        return
    yield f"{indent}<node{attributes}>"
    for position, child in enumerate(children):
        yield from _server_lines(child, position, depth + 1, shape)
    yield f"{indent}</node>"


def _server_attributes(node: Node, index: int, shape: DumpShape) -> list[tuple[str, str]]:
    pairs = _shared_attributes(node, index)
    pairs.append(("visible-to-user", "true"))
    pairs.append(("bounds", _bounds(node.bounds)))
    if shape.api >= 24:
        pairs.append(("drawing-order", str(index + 1)))
    if shape.api >= 26:
        pairs.append(("hint", node.hint))
    if shape.api >= 30:
        pairs.append(("display-id", "0"))
    return pairs


def _stock_parts(node: Node, index: int) -> Iterator[str]:
    pairs = [*_shared_attributes(node, index), ("bounds", _bounds(node.bounds))]
    attributes = "".join(f' {name}="{_escape(value)}"' for name, value in pairs)
    if not node.children:
        yield f"<node{attributes} />"
        return
    yield f"<node{attributes}>"
    for position, child in enumerate(node.children):
        yield from _stock_parts(child, position)
    yield "</node>"


def _shared_attributes(node: Node, index: int) -> list[tuple[str, str]]:
    pairs = [("NAF", "true")] if is_unfriendly(node) else []
    pairs += [
        ("index", str(index)),
        ("text", node.text),
        ("resource-id", node.resource_id),
        ("class", node.class_name),
        ("package", node.package),
        ("content-desc", node.content_desc),
    ]
    flags = (
        ("checkable", node.checkable),
        ("checked", node.checked),
        ("clickable", node.clickable),
        ("enabled", node.enabled),
        ("focusable", node.focusable),
        ("focused", node.focused),
        ("scrollable", node.scrollable),
        ("long-clickable", node.long_clickable),
        ("password", node.password),
        ("selected", node.selected),
    )
    pairs += [(name, "true" if value else "false") for name, value in flags]
    return pairs


def _bounds(bounds: Bounds) -> str:
    left, top, right, bottom = bounds
    return f"[{left},{top}][{right},{bottom}]"


def _escape(text: str) -> str:
    return _ESCAPED.sub(_entity, legal_text(text))


def _entity(match: re.Match[str]) -> str:
    # Android's serializer writes line breaks and anything beyond the BMP as numeric references.
    return _NAMED.get(match[0]) or f"&#{ord(match[0])};"
