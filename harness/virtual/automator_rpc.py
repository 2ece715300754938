"""JSON-RPC as the uiautomator2 server speaks it: method tables with Java's overloads, and its error shapes."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.virtual.selectors import BadSelector, Query, Selector

logger = logging.getLogger(__name__)

NOT_FOUND = "androidx.test.uiautomator.UiObjectNotFoundException"
_EXCEPTION, _NO_METHOD, _BAD_PARAMETERS, _BAD_JSON, _BAD_REQUEST = -32001, -32601, -32602, -32700, -32600


class JavaException(Exception):
    """What a method of the server throws: ``java_class`` is its name, ``detail`` the stack trace's first line."""

    def __init__(self, java_class: str, detail: str) -> None:
        super().__init__(f"{java_class}: {detail}")
        self.java_class = java_class
        self.detail = detail


class Mismatch(Exception):
    """A parameter does not fit this overload."""


Kind = Callable[[object], object]
Run = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One signature of a method and what runs for it."""

    kinds: tuple[Kind, ...]
    run: Run


Methods = Mapping[str, Sequence[Overload]]


def overload(run: Run, *kinds: Kind) -> Overload:
    """Return the overload of these parameter kinds."""
    return Overload(kinds=kinds, run=run)


async def answer(methods: Methods, body: bytes, server: object, gone: tuple[str, str] | None = None) -> bytes:
    """Return the reply to one request; ``server`` is the first argument of every method.

    ``gone`` is the exception (class, message) that every method meets where UiAutomation is not connected.
    """
    try:
        request = json.loads(body)
    except ValueError:
        return _error(None, _BAD_JSON, "JSON parse error", None)
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _error(None, _BAD_REQUEST, "invalid request", None)
    number, name = request.get("id"), str(request["method"])
    if gone is not None:
        return _thrown(number, JavaException(*gone))
    overloads = methods.get(name)
    if overloads is None:
        return _error(number, _NO_METHOD, "method not found", None)
    try:
        chosen = _choose(overloads, request.get("params"))
        if chosen is None:
            return _error(number, _BAD_PARAMETERS, "method parameters invalid", None)
        run, values = chosen
        result = await run(server, *values)
    except BadSelector as e:
        return _thrown(number, JavaException(e.java_class, str(e)))
    except JavaException as e:
        return _thrown(number, e)
    except HarnessError as e:
        logger.warning("a method of the ui server failed", extra={"method": name, "problem": str(e)})
        return _thrown(number, JavaException("java.lang.RuntimeException", str(e)))
    return _packed({"jsonrpc": "2.0", "id": number, "result": result})


def called_method(body: bytes) -> str:
    """Return the name of the method that a request calls, empty where it is no request."""
    try:
        request = json.loads(body)
    except ValueError:
        return ""
    return str(request.get("method")) if isinstance(request, dict) else ""


def _choose(overloads: Sequence[Overload], params: object) -> tuple[Run, list[object]] | None:
    # The client sends a list, or an empty object where a method takes nothing.
    if params is None or params == {}:
        params = []
    if not isinstance(params, list):
        return None
    for candidate in overloads:
        if len(candidate.kinds) != len(params):
            continue
        try:
            values = [kind(value) for kind, value in zip(candidate.kinds, params, strict=True)]
        except Mismatch:
            continue
        return candidate.run, values
    return None


def _thrown(number: object, exception: JavaException) -> bytes:
    # For a missing object the server sends the bare message, for everything else a stack trace.
    trace = exception.detail
    if exception.java_class != NOT_FOUND:
        trace = f"{exception.java_class}: {exception.detail}\n\tat com.wetest.uia2.stub.AutomatorServiceImpl"
    return _error(number, _EXCEPTION, exception.java_class, trace)


def _error(number: object, code: int, message: str, data: str | None) -> bytes:
    error: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return _packed({"jsonrpc": "2.0", "id": number, "error": error})


def _packed(reply: object) -> bytes:
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


# Parameter kinds: what Jackson makes of a JSON value for a Java parameter.


def whole(value: object) -> object:
    """Return a number without its fraction, as Jackson reads a float for an ``int``."""
    if isinstance(value, (bool, dict, list)):
        raise Mismatch
    if value is None:
        return 0
    try:
        return int(value) if isinstance(value, (int, float)) else int(str(value))
    except (ValueError, OverflowError) as e:  # Python reads NaN and Infinity as JSON numbers
        raise Mismatch from e


def decimal(value: object) -> object:
    """Return a ``float``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Mismatch
    return float(value)


def boolean(value: object) -> object:
    """Return a ``boolean``; Jackson takes numbers, "true" and "false" too."""
    if isinstance(value, (bool, int)):
        return bool(value)
    if value is None:
        return False
    if value in ("true", "false"):
        return value == "true"
    raise Mismatch


def text(value: object) -> object:
    """Return a ``String`` or null."""
    if isinstance(value, (dict, list)):
        raise Mismatch
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def selector(value: object) -> object:
    """Return a ``Selector``. Raises ``BadSelector`` for an object that is none."""
    if not isinstance(value, dict):
        raise Mismatch
    return Selector.parse(value)


def target(value: object) -> object:
    """Return a ``Query`` for a selector, or the name under which the server keeps an object."""
    if isinstance(value, str):
        return value
    return Query(selector=Selector.parse(value)) if isinstance(value, dict) else _mismatch()


def point(value: object) -> object:
    """Return ``(x, y)`` of a ``Point`` object."""
    if not isinstance(value, dict) or not {"x", "y"} <= value.keys():
        raise Mismatch
    return whole(value["x"]), whole(value["y"])


def numbers(value: object) -> object:
    """Return a list of whole numbers."""
    if not isinstance(value, list):
        raise Mismatch
    return [whole(item) for item in value]


def selectors(value: object) -> object:
    """Return a list of selectors."""
    if not isinstance(value, list):
        raise Mismatch
    return [selector(item) for item in value]


def texts(value: object) -> object:
    """Return a list of strings."""
    if not isinstance(value, list):
        raise Mismatch
    return [text(item) for item in value]


def fields(value: object) -> object:
    """Return a JSON object as it is."""
    if not isinstance(value, dict):
        raise Mismatch
    return value


def _mismatch() -> object:
    raise Mismatch
