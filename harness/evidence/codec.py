"""Model values to JSON and back, exactly. Pure.

The types of ``harness.model`` drive both directions; only the value classes listed here can come out of a file. What
comes in is checked against the annotations, and everything that does not fit is one ``BundleError`` that names the
member of the bundle and the path within it. A field that a file does not have is allowed only where the model has a
default for it; a field the model does not have is refused.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from harness import model
from harness.errors import BundleError

FORMAT = 2  # what was written in an older one goes through ``migrate.py``

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Decode = Callable[[Json, str], object]
T = TypeVar("T")

# The tags of the action union; a stored trail must stay readable, so these never change.
ACTIONS: Mapping[str, type] = {
    "tap": model.Tap,
    "long-press": model.LongPress,
    "swipe": model.Swipe,
    "type": model.Type,
    "type-secret": model.TypeSecret,
    "back": model.Back,
    "home": model.Home,
    "recents": model.Recents,
    "wait": model.Wait,
    "launch": model.Launch,
    "open-link": model.OpenLink,
    "stop": model.Stop,
    "deny-permission": model.DenyPermission,
    "restore-permission": model.RestorePermission,
    "mock-place": model.MockPlace,
    "real-place": model.RealPlace,
    "next-day": model.NextDay,
    "log-in": model.LogIn,
    "on-companion": model.OnCompanion,
}
_TAG_OF = {cls: tag for tag, cls in ACTIONS.items()}
TAG = "do"
_MOST_WHOLE = 1 << 53  # beyond it a float is no longer that number
_SCALARS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


class _Misfit(Exception):
    """What does not fit, and where; becomes a ``BundleError`` at the edge."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(problem)
        self.path = path
        self.problem = problem


# --- out -------------------------------------------------------------------------------------------------------


def to_json(value: object) -> Json:
    """Return the JSON form of a model value. Raises ``BundleError`` for anything that could not come back equal."""
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BundleError(f"{value!r} is not a number that JSON can hold")
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise BundleError(f"{value!r} has no time zone")
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, frozenset):
        return [to_json(item) for item in sorted(value)]
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields_of(value)
    raise BundleError(f"a {type(value).__name__} has no JSON form")


def _fields_of(value: Any) -> Json:
    cls: Any = type(value)
    floats = _float_fields(cls)
    found: dict[str, Json] = {}
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        # A whole number in a field for seconds is written as it would be after reading: the same value, the same bytes.
        found[field.name] = to_json(float(item) if field.name in floats and type(item) is int else item)
    tag = _TAG_OF.get(cls)
    return found if tag is None else {TAG: tag, **found}


@functools.cache
def _float_fields(cls: Any) -> frozenset[str]:
    return frozenset(name for name, hint in typing.get_type_hints(cls).items() if hint in (float, float | None))


def dump_page(value: object) -> bytes:
    """Return canonical JSON for a file of its own: sorted keys, two blanks of indent, UTF-8, newline at the end."""
    return _dump(value, indent=2) + b"\n"


def dump_line(value: object) -> bytes:
    """Return canonical JSON on one line, without the newline: sorted keys, no blanks, UTF-8."""
    return _dump(value, indent=None)


def _dump(value: object, *, indent: int | None) -> bytes:
    separators = (",", ":") if indent is None else (",", ": ")
    plain = to_json(value)
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=indent, separators=separators, allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair in an app's text: kept, as an escape
        text = json.dumps(plain, ensure_ascii=True, sort_keys=True, indent=indent, separators=separators)
        return text.encode("ascii")


# --- in --------------------------------------------------------------------------------------------------------


def parse(raw: bytes, *, member: str) -> Json:
    """Return the JSON value in ``raw``. Raises ``BundleError`` for doubled keys, NaN and all that is not JSON."""

    def no_doubles(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key is there twice")
        return found

    def no_constant(name: str) -> Json:
        raise ValueError(f"{name} is not JSON")

    def finite(text: str) -> Json:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text} is beyond what a number can hold")
        return number

    try:
        text = raw.decode("utf-8")
        value: Json = json.loads(text, object_pairs_hook=no_doubles, parse_constant=no_constant, parse_float=finite)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{member}: not readable as JSON: {error}") from error
    return value


def from_json(cls: type[T], value: Json, *, member: str, at: str = "") -> T:
    """Return the model value that ``value`` describes. Raises ``BundleError`` naming member and path."""
    try:
        hint: Any = cls
        decoded = decoder_of(hint)(value, at)
    except _Misfit as misfit:
        raise BundleError(f"{member}: {misfit.path or 'top'}: {misfit.problem}") from misfit
    return typing.cast("T", decoded)


@functools.cache
def decoder_of(hint: Any) -> Decode:
    """Return the function that checks and builds a value of one annotation; ``TypeError`` for one without a form."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return _union(typing.get_args(hint))
    if origin is tuple:
        return _tuple(typing.get_args(hint))
    if origin is frozenset:
        return _frozenset(typing.get_args(hint)[0])
    if isinstance(hint, type):
        if hint in _SCALARS:
            return _scalar(hint)
        if hint is datetime:
            return _time
        if issubclass(hint, Enum):
            return _enum(hint)
        if dataclasses.is_dataclass(hint):
            return _record(hint)
    raise TypeError(f"no JSON form for {hint!r}")


def _scalar(cls: type) -> Decode:
    wanted = _SCALARS[cls]

    def decode(value: Json, at: str) -> object:
        # A bool is an int to Python, a whole number is a float to JSON.
        if type(value) is cls:
            return value
        if cls is float and type(value) is int and abs(value) < _MOST_WHOLE:
            return float(value)
        raise _Misfit(at, f"{wanted} is wanted, not {_short(value)}")

    return decode


def _time(value: Json, at: str) -> object:
    if not isinstance(value, str):
        raise _Misfit(at, f"a time is wanted, not {_short(value)}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _Misfit(at, f"a time is wanted, not {_short(value)}") from None
    if moment.tzinfo is None:
        raise _Misfit(at, f"{_short(value)} has no time zone")
    return moment


def _enum(cls: type[Enum]) -> Decode:
    members: dict[object, Enum] = {member.value: member for member in cls}

    def decode(value: Json, at: str) -> object:
        if not isinstance(value, str) or value not in members:
            raise _Misfit(at, f"{_short(value)} is not one of {', '.join(map(str, members))}")
        return members[value]

    return decode


def _union(options: tuple[Any, ...]) -> Decode:
    rest = tuple(option for option in options if option is not types.NoneType)
    optional = len(rest) < len(options)
    inner: Decode
    if set(rest) <= set(ACTIONS.values()):
        tags = tuple(tag for tag, cls in ACTIONS.items() if cls in rest)
        inner = functools.partial(_action, tags)
    elif len(rest) == 1:
        inner = decoder_of(rest[0])
    else:
        inner = _either(rest)

    def decode(value: Json, at: str) -> object:
        return None if optional and value is None else inner(value, at)

    return decode


def _either(options: tuple[Any, ...]) -> Decode:
    """Return the decoder of a union of scalars; the JSON type alone decides, so 1 and 1.0 stay apart."""
    scalars = {option for option in options if isinstance(option, type) and option in _SCALARS}
    if len(scalars) != len(options):
        raise TypeError(f"no JSON form for a union of {options!r}")

    def decode(value: Json, at: str) -> object:
        if type(value) in scalars:
            return value
        raise _Misfit(at, f"one of {', '.join(sorted(_SCALARS[s] for s in scalars))} is wanted, not {_short(value)}")

    return decode


def _action(tags: tuple[str, ...], value: Json, at: str) -> object:
    if not isinstance(value, dict):
        raise _Misfit(at, f"an action is wanted, not {_short(value)}")
    tag = value.get(TAG)
    if not isinstance(tag, str) or tag not in tags:
        raise _Misfit(f"{at}.{TAG}", f"{_short(tag)} is not one of {', '.join(tags)}")
    return decoder_of(ACTIONS[tag])({key: item for key, item in value.items() if key != TAG}, at)


def _tuple(args: tuple[Any, ...]) -> Decode:
    if len(args) == 2 and args[1] is Ellipsis:
        item = decoder_of(args[0])

        def decode_any(value: Json, at: str) -> object:
            return tuple(item(entry, f"{at}[{index}]") for index, entry in enumerate(_list(value, at)))

        return decode_any
    items = tuple(decoder_of(arg) for arg in args)

    def decode(value: Json, at: str) -> object:
        entries = _list(value, at)
        if len(entries) != len(items):
            raise _Misfit(at, f"{len(items)} entries are wanted, not {len(entries)}")
        return tuple(f(entry, f"{at}[{i}]") for i, (f, entry) in enumerate(zip(items, entries, strict=True)))

    return decode


def _frozenset(arg: Any) -> Decode:
    item = decoder_of(arg)

    def decode(value: Json, at: str) -> object:
        entries = [item(entry, f"{at}[{index}]") for index, entry in enumerate(_list(value, at))]
        found = frozenset(entries)
        if len(found) != len(entries):
            raise _Misfit(at, "an entry is there twice")
        return found

    return decode


def _list(value: Json, at: str) -> list[Json]:
    if not isinstance(value, list):
        raise _Misfit(at, f"a list is wanted, not {_short(value)}")
    return value


def _record(cls: type) -> Decode:
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)
    decoders = {field.name: decoder_of(hints[field.name]) for field in fields}
    needed = frozenset(
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )

    def decode(value: Json, at: str) -> object:
        if not isinstance(value, dict):
            raise _Misfit(at, f"a {cls.__name__} is wanted, not {_short(value)}")
        missing = needed - value.keys()
        if missing:
            raise _Misfit(f"{at}.{min(missing)}", "is missing")
        unknown = value.keys() - decoders.keys()
        if unknown:
            raise _Misfit(f"{at}.{min(unknown)}", "is not known to this version of the harness")
        return cls(**{name: decoders[name](item, f"{at}.{name}") for name, item in value.items()})

    return decode


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
