"""Finds nodes by the selectors of the uiautomator2 client, with UiSelector's own matching rules.

A selector arrives as the JSON object described at ``Selector.parse``; a ``Query`` is what the server may keep
under a name: a selector, optionally narrowed to children that carry a text. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.virtual.phone import Node, Window

_INSTANCE = 0x1000000


class BadSelector(ValueError):
    """A selector that cannot be read; ``java_class`` is what the server on a phone would throw."""

    def __init__(self, message: str, *, java_class: str = "java.lang.IllegalArgumentException") -> None:
        super().__init__(message)
        self.java_class = java_class


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A node with its place: parent, index among its siblings, and window number."""

    node: Node
    parent: Placed | None
    index: int
    window: int

    def descendants(self) -> Iterator[Placed]:
        """Yield everything below this node, in document order."""
        for position, child in enumerate(self.node.children):
            below = Placed(node=child, parent=self, index=position, window=self.window)
            yield below
            yield from below.descendants()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One step of a selector chain: below a match (``child``) or below a match's parent (``sibling``)."""

    kind: str
    selector: Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Conditions on one node, an instance number, and the chain that leads on from a match."""

    conditions: tuple[tuple[str, object], ...]
    instance: int = 0
    has_instance: bool = False
    links: tuple[Link, ...] = ()

    @classmethod
    def parse(cls, fields: object) -> Selector:
        """Return the selector of a client's JSON object.

        ``mask`` says which fields count (bits as in the client); ``childOrSibling`` and
        ``childOrSiblingSelector`` are parallel lists. Raises ``BadSelector`` for anything else.
        """
        if not isinstance(fields, Mapping):
            raise BadSelector("selector is not an object")
        mask = fields.get("mask", 0)
        if not isinstance(mask, int):
            raise BadSelector("selector mask is not a number")
        conditions = tuple((name, _condition(name, fields.get(name))) for bit, name in _MASK.items() if mask & bit)
        instance = fields.get("instance", 0) if mask & _INSTANCE else 0
        if not isinstance(instance, int) or instance < 0:
            raise BadSelector("selector instance is not a number of 0 or more")
        return cls(
            conditions=conditions,
            instance=instance,
            has_instance=bool(mask & _INSTANCE),
            links=_links(fields),
        )

    def matches(self, placed: Placed) -> bool:
        """Return whether the node itself meets every condition; instance and chain are not looked at."""
        return all(_TESTS[name](placed, wanted) for name, wanted in self.conditions)

    def __str__(self) -> str:
        """Return the selector as UiSelector prints itself in error messages."""
        parts = [f"{_upper(name)}={_plain(wanted)}" for name, wanted in self.conditions]
        if self.has_instance:
            parts.append(f"INSTANCE={self.instance}")
        parts += [f"{'CHILD' if link.kind == 'child' else 'PARENT'}={link.selector}" for link in self.links]
        return f"UiSelector[{', '.join(parts)}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A selector, or children of one that carry a text (``childByText`` and its family)."""

    selector: Selector
    children: Selector | None = None
    text: str | None = None
    description: str | None = None
    instance: int | None = None

    def __str__(self) -> str:
        return str(self.selector) if self.children is None else f"{self.selector} > {self.children}"


def find(windows: Sequence[Window], query: Query) -> Iterator[Placed]:
    """Yield the nodes that ``query`` means, in document order, windows in the given order."""
    found = _select(_everything(windows), query.selector)
    if query.children is None:
        yield from found
        return
    pattern = query.children
    matches = (
        child
        for collection in islice(found, 1)
        for child in collection.descendants()
        if pattern.matches(child) and _carries(child, query)
    )
    start = query.instance if query.instance is not None else pattern.instance
    yield from islice(matches, start, start + 1)


def first(windows: Sequence[Window], query: Query) -> Placed | None:
    """Return the first node that ``query`` means, or None."""
    return next(find(windows, query), None)


def _everything(windows: Sequence[Window]) -> Iterator[Placed]:
    for number, window in enumerate(windows):
        root = Placed(node=window.root, parent=None, index=0, window=number)
        yield root
        yield from root.descendants()


def _select(candidates: Iterator[Placed], selector: Selector) -> Iterator[Placed]:
    """Yield matches of the whole chain; a step's ``instance`` counts over all matches of that step."""
    found = _narrowed((placed for placed in candidates if selector.matches(placed)), selector)
    for link in selector.links:
        found = _narrowed(_follow(found, link), link.selector)
    return found


def _narrowed(found: Iterator[Placed], selector: Selector) -> Iterator[Placed]:
    if not selector.has_instance:
        return found
    return islice(found, selector.instance, selector.instance + 1)


def _follow(found: Iterator[Placed], link: Link) -> Iterator[Placed]:
    seen: set[tuple[int, ...]] = set()
    for placed in found:
        start = placed if link.kind == "child" else placed.parent
        if start is None:
            continue
        for candidate in start.descendants():
            path = _path(candidate)
            if path in seen or not link.selector.matches(candidate):
                continue
            seen.add(path)
            yield from _select(iter((candidate,)), _without_instance(link.selector))


def _without_instance(selector: Selector) -> Selector:
    return Selector(conditions=selector.conditions, links=selector.links)


def _path(placed: Placed) -> tuple[int, ...]:
    steps = [placed.index]
    above = placed.parent
    while above is not None:
        steps.append(above.index)
        above = above.parent
    return (placed.window, *reversed(steps))


def _carries(child: Placed, query: Query) -> bool:
    if query.text is None and query.description is None:
        return True
    nodes = [child.node, *(below.node for below in child.descendants())]
    if query.text is not None:
        return any(node.text == query.text for node in nodes)
    return any(node.content_desc == query.description for node in nodes)


def _links(fields: Mapping[object, object]) -> tuple[Link, ...]:
    kinds = fields.get("childOrSibling") or []
    selectors = fields.get("childOrSiblingSelector") or []
    if not isinstance(kinds, list) or not isinstance(selectors, list) or len(kinds) != len(selectors):
        raise BadSelector("childOrSibling and childOrSiblingSelector differ")
    for kind in kinds:
        if kind not in ("child", "sibling"):
            raise BadSelector(f"unknown relation {kind!r}")
    return tuple(
        Link(kind=str(kind), selector=Selector.parse(selector)) for kind, selector in zip(kinds, selectors, strict=True)
    )


def _condition(name: str, value: object) -> object:
    if name in _FLAGS:
        return bool(value)
    if name == "index":
        if not isinstance(value, int):
            raise BadSelector("index is not a number")
        return value
    if not isinstance(value, str):
        raise BadSelector(f"{name} is not a string", java_class="java.lang.NullPointerException")
    if not name.endswith("Matches"):
        return value
    try:
        return re.compile(value, re.DOTALL if "(?s)" in value else 0)
    except re.error as e:
        raise BadSelector(f"{e} near {value}", java_class="java.util.regex.PatternSyntaxException") from e


def _plain(wanted: object) -> object:
    return wanted.pattern if isinstance(wanted, re.Pattern) else wanted


def _upper(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).upper()


_Test = Callable[[Placed, object], bool]


def _equals(read: Callable[[Node], str]) -> _Test:
    return lambda placed, wanted: read(placed.node) == wanted


def _contains(read: Callable[[Node], str]) -> _Test:
    # UiSelector lowers both sides for "contains" and "starts with", and only for them.
    return lambda placed, wanted: str(wanted).lower() in read(placed.node).lower()


def _starts(read: Callable[[Node], str]) -> _Test:
    return lambda placed, wanted: read(placed.node).lower().startswith(str(wanted).lower())


def _fullmatch(read: Callable[[Node], str]) -> _Test:
    def test(placed: Placed, wanted: object) -> bool:
        return isinstance(wanted, re.Pattern) and wanted.fullmatch(read(placed.node)) is not None

    return test


def _flag(read: Callable[[Node], bool]) -> _Test:
    return lambda placed, wanted: read(placed.node) == wanted


_FLAGS: Mapping[str, Callable[[Node], bool]] = {
    "checkable": lambda node: node.checkable,
    "checked": lambda node: node.checked,
    "clickable": lambda node: node.clickable,
    "longClickable": lambda node: node.long_clickable,
    "scrollable": lambda node: node.scrollable,
    "enabled": lambda node: node.enabled,
    "focusable": lambda node: node.focusable,
    "focused": lambda node: node.focused,
    "selected": lambda node: node.selected,
}

_TESTS: Mapping[str, _Test] = {
    "text": _equals(lambda node: node.text),
    "textContains": _contains(lambda node: node.text),
    "textMatches": _fullmatch(lambda node: node.text),
    "textStartsWith": _starts(lambda node: node.text),
    "className": _equals(lambda node: node.class_name),
    "classNameMatches": _fullmatch(lambda node: node.class_name),
    "description": _equals(lambda node: node.content_desc),
    "descriptionContains": _contains(lambda node: node.content_desc),
    "descriptionMatches": _fullmatch(lambda node: node.content_desc),
    "descriptionStartsWith": _starts(lambda node: node.content_desc),
    **{name: _flag(read) for name, read in _FLAGS.items()},
    "packageName": _equals(lambda node: node.package),
    "packageNameMatches": _fullmatch(lambda node: node.package),
    "resourceId": _equals(lambda node: node.resource_id),
    "resourceIdMatches": _fullmatch(lambda node: node.resource_id),
    "index": lambda placed, wanted: placed.index == wanted,
}

# Bit of each field, lowest first, in the order of ``_TESTS``; ``instance`` (the last bit) is no condition.
_MASK: Mapping[int, str] = {1 << position: name for position, name in enumerate(_TESTS)}
