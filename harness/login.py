"""Logging in: what a log-in page is, and the flows that pass one. A flow is sans-IO and never sees a credential.

``scenarios/flows/<package>.py`` has ``log_in(observation)``, a generator that yields actions and receives what was seen
after each, like a probe; it yields ``TypeSecret("user")`` where the user's name belongs. ``field`` and ``press`` find
things for it.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Generator
from pathlib import Path

from harness.errors import BadInput, FlowLost
from harness.model import Action, Box, Observation, PackageName, Tap
from harness.wording import normalise

Flow = Callable[[Observation], Generator[Action, Observation, None]]

_MOST_STEPS = 40
_BUTTON = re.compile(
    r"(?:立即|一键|确认|账号|密码|手机号?|验证码|短信)?登[录陆](?:[/／]注册)?|(?:sign|log)\s?in", re.IGNORECASE
)
_ONE_PRESS = re.compile(r"本机号码?一键登[录陆]|一键登[录陆]")
_ASKS = re.compile(
    r"请?输入.{0,8}(?:密码|验证码|手机号|账号|用户名)|^(?:密码|登录密码|短信验证码|手机号码?|账号|用户名)$"
)
_FIELDS = ("EditText", "AutoCompleteTextView")


def login_page(observation: Observation) -> bool:
    """Return whether the screen asks for an account: a button that logs in, and a field or a phone number for it."""
    words = [word.norm for word in observation.words]
    if any(_ONE_PRESS.fullmatch(word) for word in words):
        return True
    if not any(_BUTTON.fullmatch(word) for word in words):
        return False
    fields = [element for element in observation.elements if _is_field(element.class_name)]
    said = [normalise(text) for element in fields for text in (element.text, element.hint, element.desc)]
    return any(element.password for element in fields) or any(_ASKS.search(text) for text in (*said, *words))


def load_flow(folder: Path | None, package: PackageName) -> Flow | None:
    """Return ``log_in`` of ``<package>.py`` in a folder, ``None`` where there is no such file. Raises ``BadInput``."""
    path = None if folder is None else folder / f"{package}.py"
    if path is None or not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"flow_{re.sub(r'[^A-Za-z0-9]', '_', package)}", path)
    if spec is None or spec.loader is None:
        raise BadInput(source=str(path), place="flow", problem="cannot be loaded", mend="write a Python module")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a flow is a user's file: whatever it raises is told with its name
        problem = f"{type(error).__name__}: {error}"
        raise BadInput(source=str(path), place="flow", problem=problem, mend="correct the file") from error
    flow = getattr(module, "log_in", None)
    if not callable(flow):
        raise BadInput(source=str(path), place="flow", problem="has no log_in", mend="def log_in(observation): ...")
    loaded: Flow = flow
    return loaded


def follow(flow: Flow, observation: Observation, do: Callable[[Action], Observation | None]) -> None:
    """Let a flow take its steps from the screen on; what cannot be seen after one ends it. Raises ``FlowLost``."""
    steps = flow(observation)
    try:
        action = next(steps)
        for _ in range(_MOST_STEPS):
            seen = do(action)
            if seen is None:
                break
            action = steps.send(seen)
    except StopIteration:
        pass
    finally:
        steps.close()


def field(observation: Observation, *hints: str) -> Tap:
    """Return the tap into the field that says one of ``hints``, or is beside it. Raises ``FlowLost``."""
    fields = [e for e in observation.elements if _is_field(e.class_name) and e.box.area_px]
    for hint in hints:
        for element in fields:
            said = normalise(f"{element.hint} {element.desc} {element.resource_id.rpartition('/')[2]}")
            if hint in said or (hint == "密码" and element.password):
                return _tap(element.box, hint)
        label = next((word for word in observation.words if hint in word.norm), None)
        if label is not None and fields:
            return _tap(min((e.box for e in fields), key=lambda box: _apart(box, label.box)), hint)
    raise FlowLost(f"no field {' / '.join(hints)}")


def press(observation: Observation, *labels: str) -> Tap:
    """Return the tap on the word that is one of ``labels``, pressable ones first. Raises ``FlowLost``."""
    for label in labels:
        words = [word for word in observation.words if word.norm == label]
        if words:
            word = min(words, key=lambda w: not w.clickable)
            return _tap(word.box, word.text)
    raise FlowLost(f"no {' / '.join(labels)}")


def _is_field(class_name: str) -> bool:
    return class_name.rpartition(".")[2] in _FIELDS


def _apart(one: Box, other: Box) -> int:
    return sum(abs(a - b) for a, b in zip(one.centre_px, other.centre_px, strict=True))


def _tap(box: Box, label: str) -> Tap:
    x_px, y_px = box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=label)
