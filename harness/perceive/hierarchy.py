"""Hierarchy bytes to elements: the uiautomator2 server's XML and that of ``uiautomator dump``. Pure.

The bytes come from a device under test and are not trusted: no entities, no network, bounded size and depth.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from lxml import etree

from harness.model import Box, Channel, Element, Gap

_MAX_BYTES = 20_000_000
_MAX_DEPTH = 200
_MAX_NODES = 60_000
_BOUNDS = re.compile(r"\s*\[(-?\d{1,7}),(-?\d{1,7})\]\[(-?\d{1,7}),(-?\d{1,7})\]\s*")
# Android's serialiser writes characters beyond the basic plane as two references, which XML forbids.
_SURROGATES = re.compile(rb"&#(5[5-7]\d{3});(?:&#(5[5-7]\d{3});)?")
_END = b"</hierarchy>"

_Root = etree._Element


def read_hierarchy(xml: bytes | None, *, size_px: tuple[int, int]) -> tuple[Element, ...] | Gap:
    """Return the visible nodes in document order, or the gap that says why there are none.

    Top-level windows come in no stable order and are sorted: background (largest) first, system bars last. Boxes are
    clipped to the screen. An empty or broken hierarchy is a gap, never an empty tuple.
    """
    if xml is None:
        return _gap("hierarchy-absent", "")
    if len(xml) > _MAX_BYTES:
        return _gap("hierarchy-too-large", f"{len(xml)} bytes, limit {_MAX_BYTES}")
    root = _parse(xml)
    if isinstance(root, Gap):
        return root
    windows = sorted((c for c in root if _is_node(c)), key=_window_order)
    elements: list[Element] = []
    for window in windows:
        problem = _collect(window, elements, size_px=size_px)
        if problem is not None:
            return problem
    if not any(element.box.area_px for element in elements):
        return _gap("hierarchy-empty", f"{len(elements)} nodes, none visible")
    return tuple(elements)


def children_of(elements: tuple[Element, ...]) -> tuple[tuple[int, ...], ...]:
    """Return, for each element, the indices of its children in document order."""
    children: list[list[int]] = [[] for _ in elements]
    for index, element in enumerate(elements):
        if element.parent is not None:
            children[element.parent].append(index)
    return tuple(tuple(c) for c in children)


def ancestors_of(elements: tuple[Element, ...], index: int) -> Iterator[int]:
    """Yield the indices from ``index`` itself up to its window's root."""
    at: int | None = index
    while at is not None:
        yield at
        at = elements[at].parent


def _gap(reason: str, detail: str) -> Gap:
    return Gap(channel=Channel.HIERARCHY, reason=reason, detail=detail[:300])


def _parse(xml: bytes) -> _Root | Gap:
    start = xml.find(b"<")
    if start < 0:
        return _gap("hierarchy-empty" if not xml.strip() else "hierarchy-malformed", repr(xml[:80]))
    end = xml.rfind(_END)
    # ``uiautomator dump /dev/tty`` writes a sentence behind the document.
    body = xml[start : end + len(_END)] if end >= 0 else xml[start:]
    if re.search(rb"<!(DOCTYPE|ENTITY)|\x00", body, re.IGNORECASE):  # a zero byte: UTF-16, which would hide one
        return _gap("hierarchy-malformed", "a document type declaration is not accepted")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=False, remove_comments=True
    )
    try:
        root = etree.fromstring(_SURROGATES.sub(_joined_surrogates, body), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return _gap("hierarchy-malformed", str(error))
    if root.tag != "hierarchy":
        return _gap("hierarchy-malformed", f"root is {str(root.tag)[:60]!r}, not 'hierarchy'")
    return root


def _joined_surrogates(match: re.Match[bytes]) -> bytes:
    high, low = int(match[1]), int(match[2] or 0)
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    kept = [b"&#65533;" if 0xD800 <= code < 0xE000 else b"&#%d;" % code for code in (high, low) if code]
    return b"".join(kept)


def _is_node(node: _Root) -> bool:
    return "bounds" in node.attrib  # comments and instructions have no attributes


def _window_order(window: _Root) -> tuple[bool, int, str, str, bytes]:
    box = _box(window.get("bounds", ""), size_px=(10_000_000, 10_000_000))
    package = window.get("package", "")
    digest = hashlib.sha256(etree.tostring(window)).digest()
    return package == "com.android.systemui", -box.area_px, package, window.get("bounds", ""), digest


def _collect(window: _Root, elements: list[Element], *, size_px: tuple[int, int]) -> Gap | None:
    """Append the window's visible nodes in document order; return a gap where a limit is passed."""
    pending: list[tuple[_Root, int | None, int]] = [(window, None, 0)]
    while pending:
        node, parent, depth = pending.pop()
        if depth > _MAX_DEPTH:
            return _gap("hierarchy-too-large", f"deeper than {_MAX_DEPTH}")
        if len(elements) >= _MAX_NODES:
            return _gap("hierarchy-too-large", f"more than {_MAX_NODES} nodes")
        if node.get("visible-to-user") == "false":
            continue
        index = len(elements)
        elements.append(_element(node, parent=parent, depth=depth, size_px=size_px))
        pending.extend((child, index, depth + 1) for child in reversed(node) if _is_node(child))
    return None


def _element(node: _Root, *, parent: int | None, depth: int, size_px: tuple[int, int]) -> Element:
    def flag(name: str) -> bool:
        return node.get(name) == "true"

    return Element(
        parent=parent,
        depth=depth,
        class_name=node.get("class") or str(node.tag),
        package=node.get("package", ""),
        box=_box(node.get("bounds", ""), size_px=size_px),
        text=node.get("text", ""),
        desc=node.get("content-desc", ""),
        resource_id=node.get("resource-id", ""),
        hint=node.get("hint", ""),
        clickable=flag("clickable"),
        long_clickable=flag("long-clickable"),
        checkable=flag("checkable"),
        checked=flag("checked"),
        enabled=node.get("enabled") != "false",
        focused=flag("focused"),
        scrollable=flag("scrollable"),
        selected=flag("selected"),
        password=flag("password"),
    )


def _box(bounds: str, *, size_px: tuple[int, int]) -> Box:
    match = _BOUNDS.fullmatch(bounds)
    if match is None:
        return Box(left=0, top=0, right=0, bottom=0)
    left, top, right, bottom = (int(part) for part in match.groups())
    left, right = (min(max(x, 0), size_px[0]) for x in (left, right))
    top, bottom = (min(max(y, 0), size_px[1]) for y in (top, bottom))
    return Box(left=left, top=top, right=max(left, right), bottom=max(top, bottom))
