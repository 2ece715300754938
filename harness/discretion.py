"""Keeps an account's texts out of the record: stands between device, walker and recorder for one walk.

What is typed is recorded by name. While a form is being filled in, and wherever the password stands on the screen, the
picture and the hierarchy are not kept; that is a gap with its reason, never an empty screen. A user's name that an app
shows of itself afterwards is a part of its screens like any other.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.accounts import Account
from harness.errors import DeviceError, DeviceTimeout
from harness.model import (
    Action,
    Channel,
    Device,
    DeviceInfo,
    Frame,
    Gap,
    LongPress,
    Observation,
    OnCompanion,
    OneDevice,
    ProbeRun,
    Recorder,
    Refusal,
    Step,
    Swipe,
    Tap,
    Type,
    TypeSecret,
)

WITHHELD_FORM = "withheld-form"  # message keys of gaps
WITHHELD_PASSWORD = "withheld-password"
_MASK = "＊＊＊"
_LEAST_PART_CHARS = 5
_PART_RATIO = 0.6  # so much of a password in one piece gives it away, and a misread letter does not hide it


class Discretion:
    """What must not be recorded in one walk, and when. Used by one thread."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.is_filling = False
        self._parts = _parts(account.password)

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Keep nothing of the screens within the block."""
        self.is_filling = True
        try:
            yield
        finally:
            self.is_filling = False

    def shows(self, text: str) -> bool:
        """Return whether a text gives the password away."""
        return any(part in text for part in self._parts)

    def masked(self, text: str) -> str:
        """Return a text without the account's own: names in it stay readable where they are something else."""
        return _MASK if self.shows(text) or self.account.user in text else text

    def reason(self, observation: Observation, frame: Frame) -> str:
        """Return why a look must not be kept, empty where it may be."""
        if self.is_filling:
            return WITHHELD_FORM
        raw = "" if frame.xml is None else html.unescape(frame.xml.decode("utf-8", "replace"))
        texts = [raw, *observation.toasts, *(w.text for w in observation.words), *(w.norm for w in observation.words)]
        texts += [w.contradiction for w in observation.words if w.contradiction]
        texts += [span.text for span in observation.spans]
        return WITHHELD_PASSWORD if any(self.shows(text) for text in texts) else ""


def _parts(password: str) -> tuple[str, ...]:
    size = max(_LEAST_PART_CHARS, math.ceil(_PART_RATIO * len(password)))
    if len(password) <= size:
        return (password,)
    return tuple(password[at : at + size] for at in range(len(password) - size + 1))


class SecretTyping:
    """A device that types the account's texts where a step only names them; implements ``Device``."""

    def __init__(self, device: Device, discretion: Discretion) -> None:
        self._device = device
        self._discretion = discretion
        self.serial = device.serial

    def capture(self) -> Frame:
        return self._device.capture()

    def perform(self, action: Action) -> None:
        """Do one action. What goes wrong while a secret is typed is told without the device's words for it."""
        one = action.action if isinstance(action, OnCompanion) else action
        if not isinstance(one, TypeSecret):
            self._device.perform(action)
            return
        typed = Type(text=self._discretion.account.text(one.what))
        try:
            self._device.perform(OnCompanion(action=typed) if isinstance(action, OnCompanion) else typed)
        except DeviceTimeout as error:
            late = f"typing the {one.what}"
            raise DeviceTimeout(late, serial=error.serial, timeout_s=error.timeout_s) from None
        except DeviceError as error:
            raise type(error)(f"typing the {one.what} failed", serial=error.serial) from None

    def describe(self) -> DeviceInfo:
        return self._device.describe()

    def close(self) -> None:
        self._device.close()


class Withholding:
    """A recorder that passes on what may be kept; implements ``Recorder``."""

    def __init__(self, recorder: Recorder, discretion: Discretion) -> None:
        self._recorder = recorder
        self._discretion = discretion

    def observation(self, observation: Observation, frame: Frame) -> None:
        """Record one look, or that it happened and why nothing of it was kept."""
        reason = self._discretion.reason(observation, frame)
        if reason:
            gaps = tuple(Gap(channel=channel, reason=reason) for channel in (Channel.HIERARCHY, Channel.PICTURE))
            frame = replace(frame, png=None, xml=None, gaps=gaps, toasts=())
            observation = Observation(
                id=observation.id,
                size_px=observation.size_px,
                page=observation.page,
                screen=observation.screen,
                at=observation.at,
                elements=(),
                spans=(),
                words=(),
                gaps=gaps,
                moving=observation.moving,
                companion=observation.companion,
            )
        self._recorder.observation(observation, frame)

    def step(self, step: Step) -> None:
        gap = step.gap
        if gap is not None:
            gap = replace(gap, detail=self._discretion.masked(gap.detail))
        self._recorder.step(replace(step, action=self._masked(step.action), gap=gap))

    def refusal(self, refusal: Refusal) -> None:
        self._recorder.refusal(replace(refusal, label=self._discretion.masked(refusal.label)))

    def probe_run(self, run: ProbeRun) -> None:
        exchanges = tuple((self._masked(action), seen) for action, seen in run.exchanges)
        self._recorder.probe_run(replace(run, exchanges=exchanges))

    def _masked(self, action: Action) -> Action:
        if isinstance(action, OnCompanion):
            return OnCompanion(action=self._masked_one(action.action))
        return self._masked_one(action)

    def _masked_one(self, action: OneDevice) -> OneDevice:
        if isinstance(action, (Tap, LongPress, Swipe)):
            return replace(action, label=self._discretion.masked(action.label))
        return replace(action, text=self._discretion.masked(action.text)) if isinstance(action, Type) else action
