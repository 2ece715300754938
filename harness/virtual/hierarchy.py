"""Turns what a page says about itself (page_scripts/hierarchy.js) into the node trees of ``phone``. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import VirtualDeviceError
from harness.virtual.phone import Bounds, Node, Window

_CHECKABLE, _CHECKED, _CLICKABLE, _DISABLED, _FOCUSABLE, _FOCUSED = 1, 2, 4, 8, 16, 32
_SCROLLABLE, _LONG_CLICKABLE, _PASSWORD, _SELECTED = 64, 128, 256, 512
_FIELDS = 9  # handle, class, bounds, text, id, desc, hint, flags, children


def web_window(raw: object, *, package: str, task: int, size_px: tuple[int, int]) -> Window:
    """Return an app's window: the decor views Android puts around a WebView, then the page's nodes."""
    full = (0, 0, *size_px)
    page = _node(raw, package=package, prefix=f"{task}:", screen=full)
    if page is None:
        page = Node(handle=f"{task}:0", class_name="android.webkit.WebView", package=package, bounds=full)
    content = _frame(f"{task}:content", package, full, (page,), resource_id="android:id/content")
    column = Node(
        handle=f"{task}:column",
        class_name="android.widget.LinearLayout",
        package=package,
        bounds=full,
        children=(content,),
    )
    return Window(package=package, root=_frame(f"{task}:decor", package, full, (column,)))


def system_window(raw: object, *, package: str, size_px: tuple[int, int]) -> Window:
    """Return the window of one of the device's own screens, whose nodes are plain views."""
    full = (0, 0, *size_px)
    node = _node(raw, package=package, prefix="system:", screen=full)
    return Window(package=package, root=_frame("system:decor", package, full, (node,) if node else ()))


def page_handle(handle: str) -> tuple[str, int] | None:
    """Return the owner ("system" or a task's number) and the page's own handle, or None for decor views."""
    owner, _, number = handle.partition(":")
    return (owner, int(number)) if number.isdigit() else None


def _frame(handle: str, package: str, bounds: Bounds, children: tuple[Node, ...], resource_id: str = "") -> Node:
    return Node(
        handle=handle,
        class_name="android.widget.FrameLayout",
        package=package,
        bounds=bounds,
        resource_id=resource_id,
        children=children,
    )


def _clipped(box: Sequence[object], screen: Bounds) -> Bounds | None:
    left, top, right, bottom = (int(value) for value in box if isinstance(value, (int, float)))
    left, top = max(left, screen[0]), max(top, screen[1])
    right, bottom = min(right, screen[2]), min(bottom, screen[3])
    return (left, top, right, bottom) if right > left and bottom > top else None


def _node(raw: object, *, package: str, prefix: str, screen: Bounds) -> Node | None:
    """Return the node, or None where rounding left nothing of it on the screen."""
    if raw is None:
        return None
    if not isinstance(raw, list) or len(raw) != _FIELDS:
        raise VirtualDeviceError(f"a page described itself in an unknown shape: {raw!r:.80}")
    handle, class_name, box, text, resource_id, desc, hint, flags, children = raw
    bounds = _clipped(box, screen)
    if bounds is None:
        return None
    nodes = (_node(child, package=package, prefix=prefix, screen=screen) for child in children)
    return Node(
        handle=f"{prefix}{handle}",
        class_name=str(class_name),
        package=package,
        bounds=bounds,
        text=str(text),
        resource_id=str(resource_id),
        content_desc=str(desc),
        hint=str(hint),
        checkable=bool(flags & _CHECKABLE),
        checked=bool(flags & _CHECKED),
        clickable=bool(flags & _CLICKABLE),
        enabled=not flags & _DISABLED,
        focusable=bool(flags & _FOCUSABLE),
        focused=bool(flags & _FOCUSED),
        scrollable=bool(flags & _SCROLLABLE),
        long_clickable=bool(flags & _LONG_CLICKABLE),
        password=bool(flags & _PASSWORD),
        selected=bool(flags & _SELECTED),
        children=tuple(node for node in nodes if node is not None),
    )
