"""Writes what a form asks into one line of text and back, so that forms of many screens can be compared. Pure.

No value that somebody typed goes in: only whether a field was empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.rules.form_labels import Addressed, specific
from harness.rules.forms import Form

_EMPTY, _FILLED, _UNKNOWN = "empty", "filled", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one form asks. ``empty`` and ``filled`` are the keys seen so at first; the rest could not be told."""

    title: str
    addressed: Addressed
    periodic: bool
    keys: tuple[str, ...]
    empty: frozenset[str]
    filled: frozenset[str]

    @property
    def specific(self) -> frozenset[str]:
        """The keys that say what the form is about."""
        return specific(self.keys)


def asked(form: Form) -> Asked:
    """Return what a form asks, without what is filled in."""
    return Asked(
        title=form.title,
        addressed=form.addressed,
        periodic=form.periodic,
        keys=tuple(f.key for f in form.fields),
        empty=frozenset(f.key for f in form.fields if f.value == ""),
        filled=frozenset(f.key for f in form.fields if f.value),
    )


def written(form: Asked) -> str:
    """Return a form as text."""
    head = "\t".join((form.title, form.addressed, "periodic" if form.periodic else ""))
    return "\n".join((head, *(f"{key}\t{_how(form, key)}" for key in form.keys)))


def read_back(text: str) -> Asked:
    """Return the form that ``written`` wrote."""
    head, *rows = text.split("\n")
    title, addressed, periodic = head.split("\t")
    fields = [tuple(row.split("\t")) for row in rows]
    return Asked(
        title=title,
        addressed=Addressed(addressed),
        periodic=bool(periodic),
        keys=tuple(key for key, _ in fields),
        empty=frozenset(key for key, how in fields if how == _EMPTY),
        filled=frozenset(key for key, how in fields if how == _FILLED),
    )


def by_title(forms: Iterable[Asked]) -> tuple[Asked, ...]:
    """Return one form for each title, in the order of first sight; what a field held at first counts.

    Later the walk itself may have chosen something.
    """
    found: dict[str, Asked] = {}
    for form in forms:
        held = found.get(form.title)
        if held is None:
            found[form.title] = form
            continue
        new = [k for k in form.keys if k not in held.keys]
        told = held.empty | held.filled
        found[form.title] = replace(
            held,
            keys=(*held.keys, *new),
            empty=held.empty | (form.empty - told),
            filled=held.filled | (form.filled - told),
        )
    return tuple(found.values())


def _how(form: Asked, key: str) -> str:
    return _EMPTY if key in form.empty else _FILLED if key in form.filled else _UNKNOWN
