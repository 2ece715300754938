"""What a run was asked to do: command line over environment over ini file over default."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from harness.errors import BadInput, HarnessError

if TYPE_CHECKING:
    from harness.evidence.seal import Sealing
    from harness.session import Settings

FAIL_ON = ("found", "new", "none")
FILM = ("auto", "on", "off")
TYPING = ("plain", "helper")
OCR = ("ppocr", "tesseract", "both")  # as harness.perceive.engines, which is too heavy to be imported for its names


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option; the flag and the environment variable are made from its name."""

    name: str  # "harness_serial"
    help: str
    type: Literal["string", "linelist", "int", "float"] = "string"

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return self.name.upper()


OPTIONS = (
    Option(name="harness_filed_list", help="filed-app list, CSV or XLSX"),
    Option(name="harness_serial", help="device to use, as `adb devices` lists it (repeatable)", type="linelist"),
    Option(name="harness_companion", help="serial of a second device, for probes that log in on two with one account"),
    Option(name="harness_app", help="only this package of the filed list (repeatable)", type="linelist"),
    Option(name="harness_rule", help="only this rule, see `harness rules` (repeatable)", type="linelist"),
    Option(name="harness_adb_server", help="adb server as HOST:PORT; default as for adb itself"),
    Option(name="harness_evidence_dir", help="where bundles go, one folder per run; default: screenshots"),
    Option(name="harness_fail_on", help=f"what fails a test: {', '.join(FAIL_ON)}; default: found"),
    Option(name="harness_ocr", help=f"who reads pixels: {', '.join(OCR)}; default: {OCR[0]}"),
    Option(name="harness_baseline", help="folder of earlier bundles, for --harness-fail-on new"),
    Option(name="harness_steps", help="most steps per app", type="int"),
    Option(name="harness_seconds", help="most seconds per app, on the device's clock", type="float"),
    Option(name="harness_sign_key", help="key that bundles are signed with: PEM file, keyring:NAME, command:FILE.toml"),
    Option(name="harness_sm2_key", help="private key (PEM) of a second signature (SM2); needs --harness-sign-key"),
    Option(name="harness_tsa", help="URL of a time-stamping authority (RFC 3161); needs --harness-sign-key"),
    Option(name="harness_film", help=f"film probes: {', '.join(FILM)}; default: auto, all but embedded devices"),
    Option(
        name="harness_typing",
        help=f"{', '.join(TYPING)}: may a keyboard be installed for a while, for fields that need one; default: plain",
    ),
    Option(name="harness_operator", help="who runs this, as the evidence names the person; default: the login name"),
    Option(name="harness_flows", help="folder of log-in flows, PACKAGE.py; default: scenarios/flows"),
    Option(name="harness_device_wait", help="seconds to wait for a free device", type="float"),
)


def add_options(parser: pytest.Parser) -> None:
    """Declare every option as a flag and as an ini value; defaults are where the values are used."""
    group = parser.getgroup("harness", "compliance harness for filed Android apps")
    for option in OPTIONS:
        action = "append" if option.type == "linelist" else "store"
        metavar = option.name.removeprefix("harness_").upper()
        group.addoption(option.flag, action=action, dest=option.name, default=None, metavar=metavar, help=option.help)
        parser.addini(option.name, option.help, type=option.type, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An option's value, where it was given, and the folder that a relative path in it starts from."""

    value: Any
    source: str
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / str(self.value)

    def wrong(self, problem: str) -> pytest.UsageError:
        """Return the error to raise; it names where the value was given."""
        return pytest.UsageError(f"{self.source} {self.value}: {problem}")


def given(config: pytest.Config, name: str) -> Given | None:
    """Return what was given for an option, ``None`` for nothing. An empty value is nothing given."""
    option = next(option for option in OPTIONS if option.name == name)
    here = config.invocation_params.dir
    if value := config.getoption(name):
        return Given(value=value, source=option.flag, folder=here)
    if value := os.environ.get(option.variable, "").strip():
        several = re.split(r"[\s,]+", value) if option.type == "linelist" else value
        return Given(value=several, source=option.variable, folder=here)
    try:
        value = config.getini(name)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{config.inipath}: {name}: {error}") from error
    if value in (None, "", []):
        return None
    return Given(value=value, source=f"{config.inipath}: {name}", folder=_home(config))


def _home(config: pytest.Config) -> Path:
    """Return the ini file's folder, where there is none that of the invocation."""
    return config.inipath.parent if config.inipath else config.invocation_params.dir


def many(config: pytest.Config, name: str) -> tuple[str, ...]:
    """Return the values of a repeatable option, each once."""
    found = given(config, name)
    return tuple(dict.fromkeys(map(str, found.value))) if found else ()


def fail_on(config: pytest.Config) -> str:
    """Return what fails a test, one of ``FAIL_ON``."""
    found = given(config, "harness_fail_on")
    return str(found.value) if found else FAIL_ON[0]


def settings(config: pytest.Config, run: str) -> Settings:
    """Return the settings of a run. Raises ``UsageError``."""
    from harness import session

    named = ("ocr", "operator", "film", "typing", "companion")
    ocr, operator, film, typing, companion = (given(config, f"harness_{name}") for name in named)
    limits: dict[str, Any] = {
        "steps": number(config, "harness_steps", least=1),
        "seconds": number(config, "harness_seconds", least=1),
        "device_wait_s": number(config, "harness_device_wait", least=0),
    }
    return session.Settings(
        evidence_dir=evidence_dir(config),
        sealing=sealing(config),
        flows=flows(config),
        adb=adb_server(config),
        serials=many(config, "harness_serial"),
        run=run,
        ocr=str(ocr.value) if ocr else OCR[0],
        operator=str(operator.value) if operator else "",
        film=str(film.value) if film else FILM[0],
        typing=str(typing.value) if typing else TYPING[0],
        companion=str(companion.value) if companion else "",
        **{name: limit for name, limit in limits.items() if limit is not None},
    )


def number(config: pytest.Config, name: str, *, least: int) -> float | None:
    """Return a number of at least ``least``, whole where the option says so. Raises ``UsageError``."""
    found = given(config, name)
    if found is None:
        return None
    whole = next(option for option in OPTIONS if option.name == name).type == "int"
    try:
        value = int(found.value) if whole else float(found.value)
    except ValueError as error:
        raise found.wrong("is not a whole number" if whole else "is not a number") from error
    if not math.isfinite(value) or value < least:
        raise found.wrong(f"must be {least} or more")
    return value


def adb_server(config: pytest.Config) -> tuple[str, int]:
    """Return host and port of the adb server. Raises ``UsageError``."""
    from harness import session

    found = given(config, "harness_adb_server")
    try:
        return session.adb_address(str(found.value), source=found.source) if found else session.adb_address()
    except BadInput as error:
        raise pytest.UsageError(str(error)) from error


def evidence_dir(config: pytest.Config) -> Path:
    """Return where bundles go."""
    folder = given(config, "harness_evidence_dir")
    return (folder.path if folder else _home(config) / "screenshots").absolute()


def flows(config: pytest.Config) -> Path:
    """Return the folder of log-in flows; it need not be there where no app has an account."""
    folder = given(config, "harness_flows")
    return (folder.path if folder else _home(config) / "scenarios" / "flows").absolute()


def sealing(config: pytest.Config) -> Sealing | None:
    """Return who signs this run's bundles, ``None`` for nobody. Raises ``UsageError`` for a key that cannot be used."""
    from harness.evidence.seal import sealing_for
    from harness.evidence.signers import key_place

    key, tsa, sm2 = (given(config, f"harness_{name}") for name in ("sign_key", "tsa", "sm2_key"))
    place = key_place(str(key.value), key.folder) if key else None
    try:
        return sealing_for(evidence_dir(config), place, str(tsa.value) if tsa else "", sm2.path if sm2 else None)
    except HarnessError as error:
        source = next((one.source for one in (key, tsa, sm2) if one is not None), "")
        raise pytest.UsageError(f"{source}: {error}") from error


def refuse_nonsense(config: pytest.Config) -> None:
    """Raise ``UsageError`` for what cannot be meant, before anything is collected; costs nothing when unused."""
    chosen, baseline = given(config, "harness_fail_on"), given(config, "harness_baseline")
    if chosen is not None and chosen.value not in FAIL_ON:
        raise chosen.wrong(f"choose from {', '.join(FAIL_ON)}")
    for name, words in (("harness_ocr", OCR), ("harness_film", FILM), ("harness_typing", TYPING)):
        said = given(config, name)
        if said is not None and said.value not in words:
            raise said.wrong(f"choose from {', '.join(words)}")
    if chosen is not None and chosen.value == "new" and baseline is None:
        raise chosen.wrong("compares with earlier bundles: give --harness-baseline DIR")
    if baseline is not None and not baseline.path.is_dir():
        raise baseline.wrong("is not a folder")
    for name, least in (("harness_steps", 1), ("harness_seconds", 1), ("harness_device_wait", 0)):
        number(config, name, least=least)
    if given(config, "harness_adb_server") is not None:
        adb_server(config)
    if any(given(config, f"harness_{name}") is not None for name in ("sign_key", "tsa", "sm2_key")):
        sealing(config)
