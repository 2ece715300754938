"""Draws screens with icons in many styles among look-alikes and clutter, and says where they are. Seeded."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.icon_shapes import ALIKE, OTHERS, outline_of
from harness.model import Box
from harness.perceive.pictures import Colour
from harness.perceive.pictures.outline import Outline, drawn_outline, read_outline

SIZE_PX = (1080, 2400)
BASE_PX = 84  # side of the square an icon is drawn in at scale 1
STYLES = ("same", "recoloured", "button", "dark", "gradient", "photo", "circle")
_FONTS = tuple(Path("/usr/share/fonts/opentype/noto").glob("NotoSansCJK-Regular.ttc"))
_TEXT = "我的积分签到日历学习中心通知公告办事大厅查询服务事项进度审批材料上传下载消息设置个人中心排行今日任务已完成待办"
_INK = {"light": (34, 34, 34), "dark": (232, 232, 232), "tinted": (60, 44, 30)}
_GROUND = {"light": (250, 250, 250), "dark": (24, 22, 20), "tinted": (246, 238, 226)}
_VIVID = ((46, 60, 220), (200, 96, 30), (70, 160, 40), (30, 150, 240), (160, 60, 150), (120, 110, 20), (60, 60, 60))
_CELL_PX = 232

# What is looked for (left) among what looks like it (right); names of @mdi/svg 7.4.47.
MDI: Mapping[str, tuple[str, ...]] = {
    "trophy": ("trophy-outline", "trophy-broken", "trophy-variant"),
    "medal": ("medal-outline", "seal"),
    "crown": ("crown-outline", "chess-queen"),
    "calendar-check": ("calendar-blank", "calendar-remove", "calendar-today", "calendar-check-outline"),
    "lock": ("lock-open", "lock-outline", "lock-open-variant"),
    "play": ("play-outline", "skip-next"),
    "star": ("star-outline", "star-half-full"),
    "heart": ("heart-outline", "heart-broken", "heart-half-full"),
    "bell": ("bell-outline", "bell-off"),
    "account": ("account-outline", "account-check"),
    "cog": ("cog-outline", "cog-off"),
    "gift": ("gift-outline", "gift-off"),
    "home": ("home-outline", "home-variant-outline"),
    "flag": ("flag-outline", "flag-off"),
    "thumb-up": ("thumb-up-outline", "thumb-down"),
    "check-circle": ("close-circle", "check-circle-outline", "minus-circle"),
    "clock-outline": ("clock", "timer-outline"),
    "bookmark": ("bookmark-outline", "bookmark-check"),
    "eye": ("eye-outline", "eye-off"),
    "camera": ("camera-outline", "camera-off"),
}
_OTHERS = ("cart", "magnify", "microphone", "download", "shield", "fire", "chart-bar", "wifi", "phone", "qrcode-scan")


@dataclass(frozen=True, slots=True, kw_only=True)
class IconSet:
    """The shapes of one benchmark: what is looked for, with look-alikes, and others."""

    wanted: Mapping[str, Outline]
    alike: Mapping[str, Mapping[str, Outline]]
    others: Sequence[Outline]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One icon on a screen: what it is, the box of its glyph, and how it was drawn."""

    name: str
    box: Box
    style: str
    scale: float
    covered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A screen and its truth; ``alike`` names the wanted icons of which a look-alike, but not they, is shown."""

    pixels: Colour
    placed: tuple[Placed, ...]
    alike: frozenset[str]


def mdi_icons(folder: Path) -> IconSet:
    """Return the set drawn from ``@mdi/svg``, whose ``svg`` folder is given."""

    def outline(name: str) -> Outline:
        return read_outline((folder / f"{name}.svg").read_bytes())

    return IconSet(
        wanted={name: outline(name) for name in MDI},
        alike={name: {other: outline(other) for other in others} for name, others in MDI.items()},
        others=[outline(name) for name in _OTHERS],
    )


def own_icons() -> IconSet:
    """Return the set of our own templates and their look-alikes."""
    folder = Path(__file__).resolve().parent.parent / "harness" / "rules" / "pictures"
    wanted = {path.stem: read_outline(path.read_bytes()) for path in sorted(folder.rglob("*.svg"))}
    alike = {name: {other: outline_of(path) for other, path in ALIKE[name].items()} for name in wanted}
    return IconSet(wanted=wanted, alike=alike, others=[outline_of(path) for path in OTHERS.values()])


def scene(icons: IconSet, seed: int) -> Scene:
    """Return a screen with up to 14 icons: wanted ones at scales 0.5 to 2, look-alikes of others, unrelated ones."""
    chance = random.Random(seed)
    theme = chance.choice(tuple(_GROUND))
    pixels = _cluttered(chance, theme)
    names = list(icons.wanted)
    chance.shuffle(names)
    shown, alike = names[: max(3, len(names) * 3 // 10)], names[max(3, len(names) * 3 // 10) :][:5]
    items: list[tuple[str, Outline]] = [(name, icons.wanted[name]) for name in shown]
    items += [("", chance.choice(list(icons.alike[name].values()))) for name in alike]
    items += [("", outline) for outline in chance.sample(list(icons.others), min(3, len(icons.others)))]
    cells = [(x, y) for y in range(120, SIZE_PX[1] - _CELL_PX, _CELL_PX) for x in range(30, 900, _CELL_PX + 20)]
    placed = []
    for (name, outline), cell in zip(items, chance.sample(cells, len(items)), strict=True):
        one = _place(pixels, (name, outline), cell, chance, theme)
        if name:
            placed.append(one)
    if chance.random() < 0.3:
        done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, chance.choice((50, 75, 90))])
        assert done
        again = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert again is not None
        pixels = again.astype(np.uint8, copy=False)
    return Scene(pixels=pixels, placed=tuple(placed), alike=frozenset(alike))


def icon_free(seed: int) -> Colour:
    """Return a screen of text, cards, buttons, portraits and photos without any icon."""
    chance = random.Random(seed)
    return _cluttered(chance, chance.choice(tuple(_GROUND)))


def _place(
    pixels: Colour, icon: tuple[str, Outline], cell: tuple[int, int], chance: random.Random, theme: str
) -> Placed:
    scale = math.exp(chance.uniform(math.log(0.5), math.log(2.0)))
    side = BASE_PX * scale
    style = chance.choice(STYLES)
    room = _CELL_PX - side - 24
    x = cell[0] + 12 + chance.uniform(0, room)
    y = cell[1] + 12 + chance.uniform(0, room)
    square = Box(left=round(x), top=round(y), right=round(x + side), bottom=round(y + side))
    ink = _ground_for(pixels, square, style, chance, theme)
    left, top = math.floor(x), math.floor(y)
    glyph = drawn_outline(icon[1], side, shift_px=(x - left, y - top))
    mask = glyph.astype(np.float32)[:, :, None] / 255
    area = pixels[top : top + mask.shape[0], left : left + mask.shape[1]]
    area[:] = np.round(area * (1 - mask) + np.array(ink, dtype=np.float32) * mask).astype(np.uint8)
    covered = chance.random() < 0.12
    if covered:
        radius = round(side * chance.uniform(0.16, 0.24))
        centre = (square.right - round(0.1 * side), square.top + round(0.12 * side))
        cv2.circle(pixels, centre, radius, (50, 50, 240), -1, cv2.LINE_AA)
    rows, columns = np.nonzero(glyph > 96)
    box = Box(
        left=left + int(columns.min()),
        top=top + int(rows.min()),
        right=left + int(columns.max()) + 1,
        bottom=top + int(rows.max()) + 1,
    )
    return Placed(name=icon[0], box=box, style=style, scale=scale, covered=covered)


def _ground_for(pixels: Colour, box: Box, style: str, chance: random.Random, theme: str) -> tuple[int, int, int]:
    """Draw what an icon stands on and return its ink."""
    pad = round(0.22 * box.width_px) + 4
    outer = (max(0, box.left - pad), max(0, box.top - pad), box.right + pad, box.bottom + pad)
    vivid = chance.choice(_VIVID)
    area = pixels[outer[1] : outer[3], outer[0] : outer[2]]
    if style in ("same", "recoloured"):
        area[:] = _GROUND[theme]
        return _INK[theme] if style == "same" else vivid
    if style == "dark":
        area[:] = (28, 24, 22)
        return (238, 238, 238)
    if style == "button":
        _rounded(pixels, outer, vivid, radius=pad)
        return (255, 255, 255)
    if style == "circle":
        centre = ((outer[0] + outer[2]) // 2, (outer[1] + outer[3]) // 2)
        area[:] = _GROUND[theme]
        cv2.circle(pixels, centre, round(0.78 * box.width_px), vivid, -1, cv2.LINE_AA)
        return (255, 255, 255)
    if style == "gradient":
        area[:] = _gradient(area.shape[1], area.shape[0], vivid, chance.choice(_VIVID), chance)
        return (255, 255, 255)
    area[:] = photo(area.shape[1], area.shape[0], chance)
    return (250, 250, 250)


def _rounded(pixels: Colour, box: tuple[int, int, int, int], colour: tuple[int, int, int], *, radius: int) -> None:
    left, top, right, bottom = box
    radius = max(1, min(radius, (right - left) // 2 - 1, (bottom - top) // 2 - 1))
    cv2.rectangle(pixels, (left + radius, top), (right - radius, bottom), colour, -1)
    cv2.rectangle(pixels, (left, top + radius), (right, bottom - radius), colour, -1)
    for x in (left + radius, right - radius):
        for y in (top + radius, bottom - radius):
            cv2.circle(pixels, (x, y), radius, colour, -1, cv2.LINE_AA)


def _gradient(
    width: int, height: int, one: tuple[int, int, int], other: tuple[int, int, int], chance: random.Random
) -> NDArray[np.uint8]:
    angle = chance.uniform(0, 2 * math.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    along = x * math.cos(angle) + y * math.sin(angle)
    along = ((along - along.min()) / max(1e-6, float(np.ptp(along))))[:, :, None]
    mixed = np.array(one, dtype=np.float32) * (1 - along) + np.array(other, dtype=np.float32) * along
    return np.asarray(np.clip(mixed * 0.9, 0, 255), dtype=np.uint8)


def photo(width: int, height: int, chance: random.Random) -> NDArray[np.uint8]:
    """Return something like a photograph: noise that is stronger the coarser it is, shapes, a colour cast, a scrim."""
    noise = np.random.default_rng(chance.randrange(1 << 30))
    total = np.zeros((height, width, 3), dtype=np.float32)
    for octave in range(1, 8):
        cells = (max(1, height * 2**octave // 512) + 1, max(1, width * 2**octave // 512) + 1)
        layer = noise.normal(0, 1, (*cells, 3)).astype(np.float32)
        layer = 0.7 * layer.mean(axis=2, keepdims=True) + 0.3 * layer
        total += cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC) * (0.62**octave * 90)
    cast = np.array([chance.uniform(50, 150) for _ in range(3)], dtype=np.float32)
    painted = np.asarray(np.clip(total + cast, 0, 255), dtype=np.uint8)
    for _ in range(chance.randrange(2, 7)):
        points = [(chance.randrange(width), chance.randrange(height)) for _ in range(4)]
        cv2.fillConvexPoly(painted, cv2.convexHull(np.array(points, dtype=np.int32)), chance.choice(_VIVID))
    painted = cv2.GaussianBlur(painted, (3, 3), 0).astype(np.uint8, copy=False)
    return np.asarray(painted * 0.8, dtype=np.uint8)


def _cluttered(chance: random.Random, theme: str) -> Colour:
    width, height = SIZE_PX
    pixels: Colour = np.full((height, width, 3), _GROUND[theme], dtype=np.uint8)
    y = 90
    texts: list[tuple[int, int, int, tuple[int, int, int], str]] = []
    while y < height - 120:
        kind = chance.choice(("text", "text", "card", "photo", "button", "list", "list"))
        tall = chance.randrange(90, 300)
        tall = min(tall, height - 20 - y)
        if kind == "photo":
            pixels[y : y + tall, 30 : width - 30] = photo(width - 60, tall, chance)
        elif kind in ("card", "button"):
            right = width - 30 if kind == "card" else chance.randrange(400, width - 30)
            tall = tall if kind == "card" else min(tall, 120)
            shade = 244 if theme == "light" else 46
            fill = (shade, shade, shade) if kind == "card" else chance.choice(_VIVID)
            _rounded(pixels, (30, y, right, y + tall), fill, radius=24)
            ink = _INK[theme] if kind == "card" else (255, 255, 255)
            texts.append((60, y + tall // 3, chance.randrange(26, 52), ink, _words(chance)))
        else:
            texts.append((200 if kind == "list" else 40, y + 10, chance.randrange(24, 60), _INK[theme], _words(chance)))
            if kind == "list":
                cv2.circle(pixels, (110, y + 50), 40, chance.choice(_VIVID), -1, cv2.LINE_AA)
                texts.append((width - 200, y + 20, 40, _INK[theme], f"{chance.randrange(10, 999)}分"))
                cv2.line(pixels, (40, y + tall - 4), (width - 40, y + tall - 4), (200, 200, 200), 2)
        y += tall + chance.randrange(10, 40)
    return _written(pixels, texts)


def _words(chance: random.Random) -> str:
    return "".join(chance.choice(_TEXT) for _ in range(chance.randrange(3, 16)))


def _written(pixels: Colour, texts: Sequence[tuple[int, int, int, tuple[int, int, int], str]]) -> Colour:
    image = Image.fromarray(pixels)
    pen = ImageDraw.Draw(image)
    for x, y, size_px, ink, said in texts:
        if _FONTS:
            pen.text((x, y), said, font=ImageFont.truetype(str(_FONTS[0]), size_px), fill=ink)
        else:
            pen.text((x, y), "".join(str(ord(c) % 10) for c in said), font=ImageFont.load_default(size_px), fill=ink)
    return np.array(image, dtype=np.uint8)
