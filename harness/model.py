"""The vocabulary: every value that passes between parts of the harness, and the seams between them.

Frozen values only. Pixels are device pixels in the rotation of the capture, boxes are half-open, durations are
seconds, wall times are timezone-aware UTC. Nothing here does anything but hold and name.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Protocol

PackageName = NewType("PackageName", str)
RuleId = NewType("RuleId", str)
ScreenKey = NewType("ScreenKey", str)
ObservationId = NewType("ObservationId", str)  # "o0001", in the order of capture within one walk
CheckpointId = NewType("CheckpointId", str)


# --- closed sets -----------------------------------------------------------------------------------------------


class Channel(StrEnum):
    """One way of perceiving a screen."""

    HIERARCHY = "hierarchy"
    OCR = "ocr"
    PICTURE = "picture"
    PAGE = "page"  # which package and activity is in front
    TOAST = "toast"  # what the device said in passing; no hierarchy holds it


class Verdict(StrEnum):
    """What the harness says of one rule in one app; a person decides what it means."""

    FOUND = "found"  # 疑似违规
    FOUND_EXEMPTION_CLAIMED = "found_exemption_claimed"  # 主张例外
    PRESENT = "present"  # 功能存在待核
    INCONCLUSIVE = "inconclusive"  # 无法判定
    CLEAR = "clear"  # 未见
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


class Reach(StrEnum):
    """What became of a checkpoint."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    BLOCKED = "blocked"
    ERROR = "error"
    NOT_RUN = "not_run"
    OUT_OF_SCOPE = "out_of_scope"


class Marker(StrEnum):
    """A sign of compulsion, as numbered in the rule catalogue."""

    GATE = "M1"
    QUOTA = "M2"
    CONSEQUENCE = "M3"
    COMPARISON = "M4"
    CONTINUITY = "M5"
    NAGGING = "M6"
    NO_OPT_OUT = "M7"
    ASSIGNMENT = "M8"
    CREDIT_CONDITION = "M9"


class Audience(StrEnum):
    """Whom an app serves; decides whether the measures bind directly or by reference."""

    INTERNAL_STAFF = "internal-staff"
    PUBLIC = "public"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How closely a finding matches the wording of the prohibitions; S1 is the wording itself."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class Stage(StrEnum):
    """Maturity of a rule."""

    PREVIEW = "preview"
    STABLE = "stable"


class EntryKind(StrEnum):
    """How an app of the filed list is entered."""

    APP = "app"
    MINI_PROGRAM = "mini-program"
    H5 = "h5"


class Actor(StrEnum):
    """On whose behalf a step was taken."""

    START = "start"
    EXPLORE = "explore"
    POPUP = "popup"
    PROBE = "probe"
    FLOW = "flow"
    RECOVER = "recover"


class Role(StrEnum):
    """What a piece of evidence shows within a finding."""

    BEFORE = "before"
    TRIGGER = "trigger"
    AFTER = "after"
    CONTEXT = "context"


# --- looking ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Box:
    """A rectangle in device pixels; ``right`` and ``bottom`` are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width_px(self) -> int:
        return max(0, self.right - self.left)

    @property
    def height_px(self) -> int:
        return max(0, self.bottom - self.top)

    @property
    def area_px(self) -> int:
        return self.width_px * self.height_px

    @property
    def centre_px(self) -> tuple[int, int]:
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def overlap(self, other: Box) -> Box:
        """Return the common rectangle; its area is 0 where there is none."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return Box(
            left=left,
            top=top,
            right=max(left, min(self.right, other.right)),
            bottom=max(top, min(self.bottom, other.bottom)),
        )

    def holds(self, x_px: float, y_px: float) -> bool:
        return self.left <= x_px < self.right and self.top <= y_px < self.bottom

    def around(self, other: Box) -> Box:
        """Return the smallest rectangle that holds both."""
        return Box(
            left=min(self.left, other.left),
            top=min(self.top, other.top),
            right=max(self.right, other.right),
            bottom=max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A channel that could not be read. ``reason`` is a message key, ``detail`` what the machine said."""

    channel: Channel
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The foreground page; ``activity`` is the full class name, empty where Android did not say."""

    package: PackageName
    activity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One instant on both clocks. ``mono_s`` only compares within one walk."""

    wall: datetime
    mono_s: float
    device_wall: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a device handed over for one instant: original bytes, untouched.

    ``png`` or ``xml`` is ``None`` only where ``gaps`` says why; a black screenshot is kept and has a gap too.
    ``moving`` is true when the hierarchy before and after the screenshot still differed after the last allowed try.
    """

    size_px: tuple[int, int]
    png: bytes | None
    xml: bytes | None
    page: Page | None
    began: Moment
    ended: Moment
    gaps: tuple[Gap, ...] = ()
    moving: bool = False
    toasts: tuple[str, ...] = ()  # shown since the capture before; not asked for where the hierarchy was not read
    process: int | None = None  # of the app in front, where the device tells
    companion: bool = False  # seen on the second device of the walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One hierarchy node. ``parent`` is an index into the same tuple (document order), ``None`` at a window's root."""

    parent: int | None
    depth: int
    class_name: str
    package: str
    box: Box
    text: str = ""
    desc: str = ""
    resource_id: str = ""
    hint: str = ""
    clickable: bool = False
    long_clickable: bool = False
    checkable: bool = False
    checked: bool = False
    enabled: bool = True
    focused: bool = False
    scrollable: bool = False
    selected: bool = False
    password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One line of text read from pixels. ``confidence`` is 0 to 1 as the engine gives it."""

    text: str
    box: Box
    confidence: float
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One piece of text on screen, whichever channel saw it.

    ``norm`` is for matching (NFKC, blanks between CJK removed); ``text`` is the original. ``elements`` and ``spans``
    index the observation's tuples and are the provenance; ``contradiction`` holds what the other channel reads at the
    same place when the two disagree. ``enabled`` and ``clickable`` come from the nearest node that has them.
    """

    text: str
    norm: str
    box: Box
    channels: frozenset[Channel]
    confidence: float = 1.0
    elements: tuple[int, ...] = ()
    spans: tuple[int, ...] = ()
    clickable: bool = False
    enabled: bool = True
    contradiction: str | None = None


class GroupKind(StrEnum):
    """How words that belong together stand on the screen."""

    ROW = "row"  # on one line
    TABLE = "table"  # at least three lines whose words stand below one another: leaderboards, schedules
    COLUMN = "column"  # of a table
    CALENDAR = "calendar"  # days of a month in their weeks, with what is written in the cells
    PAIR = "pair"  # a label and its value, in this order
    CARD = "card"  # one row of a list or one tile, with all that is written on it
    BUTTON = "button"  # the label of what can be pressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Words that belong together, as positions in the observation's ``words``; in reading order, a label first."""

    kind: GroupKind
    box: Box
    words: tuple[int, ...]


class ShapeKind(StrEnum):
    """What something drawn is, apart from text."""

    BUTTON = "button"
    PROGRESS = "progress"  # a bar that fills
    SEEK = "seek"  # a bar with a thumb
    SWITCH = "switch"
    DOT = "dot"  # a red dot, with or without a number
    CALENDAR = "calendar"  # a grid of seven columns
    MEDAL = "medal"  # gold, silver, bronze at the head of list rows; ``name`` says which
    ICON = "icon"  # ``name`` is the template's
    SKELETON = "skeleton"  # grey blocks in place of what is still to come
    SPINNER = "spinner"


# A drawn screen with one of these shows nothing else yet.
WAITING_SHAPES = (ShapeKind.SKELETON, ShapeKind.SPINNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Something drawn that pixels alone show. ``match_ratio`` tells how surely, 0 to 1.

    ``fill_ratio`` is how far a bar is filled; of a switch 1 is on and 0 is off; ``None`` for what cannot fill.
    """

    kind: ShapeKind
    box: Box
    match_ratio: float
    method: str
    name: str = ""
    fill_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything perceived in one frame; the only thing a rule sees.

    ``words`` are in reading order. ``opaque`` are regions for which the hierarchy has no text (canvas, image,
    WebView without nodes); ``shapes`` are looked for there and nowhere else, and not without a picture. ``engines``
    names what read the pixels, with versions; empty when nothing had to be read.
    """

    id: ObservationId
    size_px: tuple[int, int]
    page: Page | None
    screen: ScreenKey
    at: Moment
    elements: tuple[Element, ...]
    spans: tuple[Span, ...]
    words: tuple[Word, ...]
    opaque: tuple[Box, ...] = ()
    gaps: tuple[Gap, ...] = ()
    engines: tuple[str, ...] = ()
    moving: bool = False
    png_sha256: str | None = None
    xml_sha256: str | None = None
    toasts: tuple[str, ...] = ()  # shown since the observation before, in their order
    shapes: tuple[Shape, ...] = ()
    companion: bool = False  # seen on the second device of the walk


# --- acting ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """Tap a point; ``label`` is the word or id that was meant, for the trail."""

    x_px: int
    y_px: int
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongPress:
    """Press a point and hold it."""

    x_px: int
    y_px: int
    hold_s: float = 0.8
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swipe:
    """Move one finger from one point to another."""

    x1_px: int
    y1_px: int
    x2_px: int
    y2_px: int
    duration_s: float = 0.3
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """Type text into the focused field."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSecret:
    """Type a credential into the focused field; ``what`` names it (``user``, ``password``), nothing holds its text."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Press Back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Press Home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recents:
    """Open the list of recent apps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Let time pass on the device."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Bring an app to front, starting it where needed; an empty activity means its launcher activity."""

    package: PackageName
    activity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink:
    """Open an address in the app of that package: a page in a browser, a mini-program in its host."""

    url: str
    package: PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Force-stop an app."""

    package: PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyPermission:
    """Revoke one runtime permission."""

    package: PackageName
    permission: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePermission:
    """Give back a permission that ``DenyPermission`` took away in this walk; one that was not held stays so."""

    package: PackageName
    permission: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MockPlace:
    """Let the device tell its apps that it is somewhere else; refused where Android has no test providers."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RealPlace:
    """End what ``MockPlace`` began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDay:
    """Move the device's clock to the same time tomorrow; refused by every device whose clock is not ours to move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """Pass the log-in page in front with the walk's test account; the walker takes the steps of the account's flow."""


OneDevice = (
    Tap
    | LongPress
    | Swipe
    | Type
    | TypeSecret
    | Back
    | Home
    | Recents
    | Wait
    | Launch
    | OpenLink
    | Stop
    | DenyPermission
    | RestorePermission
    | MockPlace
    | RealPlace
    | NextDay
    | LogIn
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCompanion:
    """Do it on the second device of the walk; what is seen after it is that device's screen."""

    action: OneDevice


Action = OneDevice | OnCompanion


ACTION_REFUSED = "action-refused"  # a message key


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action with the observations before and after it; ``after`` is ``None`` where ``gap`` says why.

    A gap with the reason ``ACTION_REFUSED`` is an answer of the device, not a lost look.
    """

    seq: int
    actor: Actor
    action: Action
    why: str
    before: ObservationId | None
    after: ObservationId | None
    began: Moment
    ended: Moment
    gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A control that was not pressed, and the danger class that forbade it."""

    seq: int
    observation: ObservationId
    label: str
    box: Box
    danger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRun:
    """One probe as it happened: the observation it started from, then every action with what was seen after it.

    ``cut`` says why the run ended before the probe did; such a run proves nothing.
    """

    rule: RuleId
    start: ObservationId
    exchanges: tuple[tuple[Action, ObservationId], ...]
    cut: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One segment of film of a probe, or why there is none; ``number`` counts from 1 within the probe.

    ``began`` and ``ended`` hold the segment on the walk's clock. Where a device is told that time passes, the film
    shows the host's seconds only.
    """

    rule: RuleId
    number: int
    began: Moment
    ended: Moment
    sha256: str | None
    size_bytes: int
    gap: Gap | None = None


# --- the object under test -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledApp:
    """One row of the filed-app list."""

    package: PackageName
    name: str
    sponsor_unit: str = ""
    user_unit: str = ""
    level: str = ""
    audience: Audience = Audience.UNKNOWN
    filing_number: str = ""
    filed_functions: tuple[str, ...] = ()
    apk: str = ""
    apk_sha256: str = ""
    entry_kind: EntryKind = EntryKind.APP
    entry: str = ""
    account: str = ""
    exemption_claimed: str = ""
    exemption_basis: str = ""
    case_id: str = ""
    filed_on: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIdentity:
    """Which build was looked at, as the device tells it; empty where it did not."""

    package: PackageName
    version_name: str = ""
    version_code: str = ""
    apk_sha256: str = ""
    signer_sha256: str = ""  # of the signing certificate, DER
    launcher_activity: str = ""
    signer_scheme: str = ""  # which of the APK's signatures names it: "v3", "v2", "v1"; "device" where Android told


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """Which device looked, as it describes itself."""

    serial: str
    model: str = ""
    android_release: str = ""
    sdk: int = 0
    abi: str = ""
    size_px: tuple[int, int] = (0, 0)
    density_dpi: int = 0
    build_fingerprint: str = ""
    is_virtual: bool = False
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointReach:
    """What became of one checkpoint; ``reason`` is a message key, ``observation`` the proof of a reach."""

    checkpoint: CheckpointId
    reach: Reach
    reason: str = ""
    observation: ObservationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was looked at in one app, and what was left."""

    reaches: tuple[CheckpointReach, ...]
    screens: int
    steps: int
    untried: int
    finished: bool  # the explorer had nothing left to try within its scope
    cut_pages: int = 0  # pages that went on below what was scrolled to, endless feeds among them
    stopped_by: str = ""  # message key of what ended the walk, where it did not finish
    gaps: tuple[Gap, ...] = ()

    def reached(self, checkpoint: CheckpointId) -> bool:
        return any(r.checkpoint == checkpoint and r.reach is Reach.REACHED for r in self.reaches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One walk through one app on one device, as gathered: all that judging needs."""

    app: FiledApp
    identity: AppIdentity
    device: DeviceInfo
    engines: tuple[str, ...]
    observations: tuple[Observation, ...]
    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...]
    probe_runs: tuple[ProbeRun, ...]
    began: Moment
    ended: Moment
    finished: bool
    untried: int
    cut_pages: int = 0
    loops: tuple[ScreenKey, ...] = ()
    stopped_by: str = ""
    seed: int = 0


# --- judging ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """The sentence being enforced, verbatim. ``confidence`` is A to D, G or U as regulation notes tag it."""

    document: str
    number: str
    date: str
    item: str  # "（二）" where known, else ""
    quote: str
    confidence: str
    url: str = ""
    article_no: str = ""  # stays empty where unconfirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The words of one rule: signs, supporting signs, words of compulsion, of free will, look-alikes."""

    must: tuple[str, ...]
    support: tuple[str, ...] = ()
    compulsion: tuple[str, ...] = ()
    voluntary: tuple[str, ...] = ()
    lookalike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on a screen that carries part of an outcome; ``why`` is a message key."""

    observation: ObservationId
    box: Box
    text: str
    why: str
    role: Role = Role.TRIGGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measured value of a probe. ``name`` is a message key, ``at_s`` is seconds since the probe began."""

    at_s: float
    name: str
    value: float | None
    unit: str
    observation: ObservationId | None = None
    note: str = ""


DEMO_PACKAGES: Final = "cn.gov.demo."  # how the packages of the made-up apps begin

WHETHER: Final = "whether"  # the unit of a measure that is yes (1) or no (0)

Datum = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A verdict with its reason key, the data the reason's text needs, and the places that show it.

    ``signs`` are normalised words for joining screens and for the fingerprint.
    """

    verdict: Verdict
    reason: str
    data: tuple[tuple[str, Datum], ...] = ()
    marks: tuple[Mark, ...] = ()
    markers: frozenset[Marker] = frozenset()
    signs: frozenset[str] = frozenset()
    measures: tuple[Measure, ...] = ()
    observation: ObservationId | None = None
    screen: ScreenKey | None = None
    from_probe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A kind of screen that a rule must have looked at before absence can be claimed.

    A screen is at the checkpoint when any of ``words`` is one of its words, whole; no words means any screen of the
    app. Where no control that leads there was ever seen (``entries``), the app has no such place.
    """

    id: CheckpointId
    words: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


Detect = Callable[[Observation], Outcome]
Probe = Callable[[Observation], Generator[Action, Observation, Outcome]]
Conclude = Callable[[Sequence[Outcome], Coverage], Outcome]
OfRow = Callable[[Outcome, FiledApp], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One clause made executable. ``may_press`` are the words its probe is allowed to press in a filed app.

    ``may_press_demo`` are more that it may press in a made-up app (``DEMO_PACKAGES``), where nobody's record changes.
    ``of_row`` weighs the one verdict of an app again with its row of the filed list, where that matters.
    """

    id: RuleId
    name_zh: str
    name_en: str
    clause: Clause
    also: tuple[Clause, ...]
    lexicon: Lexicon
    needs: frozenset[Channel]
    stage: Stage
    severity: Severity
    checkpoints: tuple[Checkpoint, ...]
    known_limits: tuple[str, ...]
    detect: Detect
    conclude: Conclude
    probe: Probe | None = None
    may_press: tuple[str, ...] = ()
    may_press_demo: tuple[str, ...] = ()
    of_row: OfRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRef:
    """A piece of evidence: content (digest) and position in the log (step), so that pictures cannot move."""

    role: Role
    observation: ObservationId
    png_sha256: str | None
    xml_sha256: str | None
    step: int | None
    box: Box | None
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's verdict on one app, with its evidence; made by ``judge`` only.

    ``entry`` are the labels pressed on the shortest known way from the app's start to the screen.
    """

    id: str
    rule: RuleId
    package: PackageName
    verdict: Verdict
    reason: str
    data: tuple[tuple[str, Datum], ...]
    severity: Severity
    markers: tuple[Marker, ...]
    signs: tuple[str, ...]
    screen: ScreenKey | None
    entry: tuple[str, ...]
    evidence: tuple[EvidenceRef, ...]
    measures: tuple[Measure, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything judged about one walk: one finding per rule, and the coverage it rests on."""

    findings: tuple[Finding, ...]
    coverage: tuple[tuple[RuleId, Coverage], ...]


# --- judging several apps together -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AppShare:
    """What one app adds to a finding across apps: what it asks, and the places that show it."""

    package: PackageName
    name: str
    sponsor_unit: str
    level: str
    subject: str  # the title of the form
    items: tuple[str, ...]  # its fields, as compared
    marks: tuple[Mark, ...]
    evidence: tuple[EvidenceRef, ...] = ()  # filled from the marks by ``across``


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossOutcome:
    """What a rule across apps says of some of them; ``shares`` is empty where nothing was seen or looked at."""

    verdict: Verdict
    reason: str
    data: tuple[tuple[str, Datum], ...] = ()
    shares: tuple[AppShare, ...] = ()
    signs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossRule:
    """One clause that only several apps together can touch; kept apart from the rules of one app.

    ``part`` is what ``compare`` needs of a walk: a night compares many.
    """

    id: RuleId
    name_zh: str
    name_en: str
    clause: Clause
    also: tuple[Clause, ...]
    stage: Stage
    severity: Severity
    known_limits: tuple[str, ...]
    part: Callable[[Walk], Walk]
    compare: Callable[[Sequence[Walk]], tuple[AcrossOutcome, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossFinding:
    """A verdict on several apps together, with the evidence of each; made by ``across`` only."""

    id: str
    rule: RuleId
    verdict: Verdict
    reason: str
    data: tuple[tuple[str, Datum], ...]
    severity: Severity
    shares: tuple[AppShare, ...]
    fingerprint: str


# --- seams -----------------------------------------------------------------------------------------------------


class Device(Protocol):
    """One emulator, phone or virtual device. Errors are ``DeviceError`` only."""

    serial: str

    def capture(self) -> Frame:
        """Return one moment of the screen; partial failures are gaps, total failure raises ``CaptureFailed``."""
        ...

    def perform(self, action: Action) -> None: ...
    def describe(self) -> DeviceInfo: ...
    def close(self) -> None: ...


class OcrEngine(Protocol):
    """Reads text from pixels. ``name`` carries version and language and goes into every manifest."""

    name: str

    def read(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Span, ...]: ...


class Recorder(Protocol):
    """Where a walk is written while it happens; every call is durable when it returns."""

    def observation(self, observation: Observation, frame: Frame) -> None: ...
    def step(self, step: Step) -> None: ...
    def refusal(self, refusal: Refusal) -> None: ...
    def probe_run(self, run: ProbeRun) -> None: ...
