"""JSON Schemas (2020-12) of a bundle's parts, derived from the same annotations that the codec obeys.

``harness/schemas/*.schema.json`` hold what this returns; a test compares the two, so neither can drift.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from harness.evidence import codec, layout
from harness.evidence.layout import EventType
from harness.evidence.redact import MaskFacts
from harness.evidence.roots import Root
from harness.evidence.shared import WithheldFacts
from harness.model import Moment, Observation

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS: Mapping[type, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    types.NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
}
_PARTS: Mapping[str, type] = {
    "run": layout.RunFacts,
    "subject": layout.SubjectFacts,
    "device": layout.DeviceFacts,
    "case": layout.CaseFacts,
    "coverage": layout.CoverageFacts,
    "findings": layout.FindingsFacts,
    "observation": Observation,
    "start": layout.StartFacts,
    "seal": layout.SealFacts,
    "time-gap": layout.TimeGap,
    "root": Root,
    "withheld": WithheldFacts,
    "masks": MaskFacts,
}


# RO-Crate is a standard of its own: only what every reader of it relies on is said here.
_CRATE: Schema = {
    "$schema": _DIALECT,
    "title": "crate",
    "type": "object",
    "properties": {
        "@context": {"const": "https://w3id.org/ro/crate/1.1/context"},
        "@graph": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "properties": {"@id": {"type": "string"}, "@type": {"type": "string"}},
                "required": ["@id", "@type"],
            },
            "contains": {"properties": {"@id": {"const": "ro-crate-metadata.json"}}},
        },
    },
    "required": ["@context", "@graph"],
    "additionalProperties": False,
}


def schemas() -> Mapping[str, bytes]:
    """Return every schema by file name, in canonical bytes. ``observation``, ``event`` and
    ``root`` describe one line each."""
    made = {name: document(name, cls) for name, cls in _PARTS.items()}
    made["event"] = _event_document()
    made["derived"] = _list_of(document("derived", layout.Derived))
    made["crate"] = _CRATE
    return {f"{name}.schema.json": _bytes(schema) for name, schema in sorted(made.items())}


def document(name: str, cls: type) -> Schema:
    """Return the schema of one kind of record, with ``format`` where the record has one."""
    definitions: dict[str, Schema] = {}
    _schema(cls, definitions)
    top = definitions.pop(cls.__name__)
    if "format" in top["properties"]:
        # Each kind of record has a number of its own: what a command prints changes at other times than a bundle.
        number = next(field.default for field in dataclasses.fields(cls) if field.name == "format")
        top["properties"]["format"] = {"const": number}
        top["required"] = sorted({*top["required"], "format"})
    return {"$schema": _DIALECT, "title": name, **top, "$defs": dict(sorted(definitions.items()))}


def _list_of(item: Schema) -> Schema:
    """Return the schema of a list of records, from that of one."""
    inner = {name: value for name, value in item.items() if name not in ("$schema", "title", "$defs")}
    outer = {"$schema": item["$schema"], "title": item["title"], "$defs": item["$defs"]}
    return {**outer, "type": "array", "items": inner}


def _event_document() -> Schema:
    definitions: dict[str, Schema] = {}
    kinds = []
    for kind in EventType:
        properties: dict[str, Schema] = {
            "seq": {"type": "integer", "minimum": 0},
            "type": {"const": str(kind)},
            "at": _schema(Moment, definitions),
            "prev": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "body": _schema(layout.BODIES[kind], definitions),
        }
        kinds.append(_object(properties, required=list(properties)))
    return {"$schema": _DIALECT, "title": "event", "oneOf": kinds, "$defs": dict(sorted(definitions.items()))}


def _schema(hint: Any, definitions: dict[str, Schema]) -> Schema:
    """Return the schema of one annotation; records go to ``definitions`` and are referred to."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_schema(arg, definitions) for arg in args]}
    if origin is frozenset:
        return {"type": "array", "items": _schema(args[0], definitions), "uniqueItems": True}
    if origin is tuple and args[1:] == (Ellipsis,):
        return {"type": "array", "items": _schema(args[0], definitions)}
    if origin is tuple:
        items = [_schema(arg, definitions) for arg in args]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}  # holds the place while the fields are looked at
        definitions[hint.__name__] = _record(hint, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _record(cls: type, definitions: dict[str, Schema]) -> Schema:
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)
    properties = {field.name: _schema(hints[field.name], definitions) for field in fields}
    required = [
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    tag = next((tag for tag, action in codec.ACTIONS.items() if action is cls), None)
    if tag is not None:
        properties = {codec.TAG: {"const": tag}, **properties}
        required = [codec.TAG, *required]
    return _object(properties, required=required)


def _object(properties: Mapping[str, Schema], *, required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": sorted(required),
        "additionalProperties": False,
    }


def _bytes(schema: Schema) -> bytes:
    return (json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")
