"""Texts for people. Code holds keys; ``<language>/*.toml`` hold the texts, one file per area, Chinese first."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

LANGUAGES = ("zh_CN", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return every key of one language; a key defined twice raises ``ValueError``."""
    texts: dict[str, str] = {}
    folder = resources.files(__package__) / language
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        for key, text in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if key in texts:
                raise ValueError(f"{language}/{file.name}: {key!r} is defined twice")
            texts[key] = str(text)
    return texts


def text(key: str, data: Iterable[tuple[str, object]] = (), language: str = "zh_CN") -> str:
    """Return the text of a key with ``{name}`` filled in from ``data``; an unknown key is returned as it is.

    Values are inserted as text and never interpreted: attribute and index access in a template is refused.
    """
    template = catalogue(language).get(key)
    if template is None:
        return key
    values = {name: str(value) for name, value in data}
    parts: list[str] = []
    for literal, field, _spec, _conversion in string.Formatter().parse(template):
        parts.append(literal)
        if field is not None:
            parts.append(values.get(field, "{" + field + "}"))
    return "".join(parts)
