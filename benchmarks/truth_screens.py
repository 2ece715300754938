"""Chinese app screens rendered from HTML, with what the DOM says is written where. Starts a browser.

Screens for tuning and screens for testing come from seeds that never meet: settings are chosen on ``TUNE_SEEDS`` and
reported on ``TEST_SEEDS``.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.truth_pages import PAGES, page
from harness import machine
from harness.model import Box

TUNE_SEEDS = range(1_000, 1_060)
TEST_SEEDS = range(5_000, 5_060)
# Width and height in CSS pixels and the density: 720, 1080 and 1440 px wide, some a pixel off.
DISPLAYS = (
    (360, 800, 3.0),
    (360, 640, 2.0),
    (360, 800, 4.0),
    (393, 873, 2.75),
    (432, 960, 2.5),
    (360, 800, 2.0),
    (412, 915, 3.5),
    (360, 780, 3.0),
)
PACKAGE = "cn.gov.truth.app"

# What another element covers, even in part, is not cared for.
# Characters of a text node that share a line box are one line; a node whose line continues in a touching neighbour of
# the same size (a number inside a sentence) is joined with it, as a person would read it.
_TRUTH = """() => {
const out=[];const walk=document.createTreeWalker(document.body,NodeFilter.SHOW_TEXT);let node;
while(node=walk.nextNode()){const el=node.parentElement;
if(['SCRIPT','STYLE'].includes(el.tagName)||!node.data.trim())continue;
const care=!el.closest('[data-care=no]');const silent=!!el.closest('[data-silent]');let line=null;
for(let i=0;i<node.data.length;i++){const r=document.createRange();r.setStart(node,i);r.setEnd(node,i+1);
const b=r.getBoundingClientRect();const ch=node.data[i];if(!b.width||!b.height)continue;
const size=parseFloat(getComputedStyle(el).fontSize);
if(line&&Math.abs(line.t-b.top)<2&&b.left>=line.r-3&&b.left-line.r<1.5*size){line.x+=ch;line.r=b.right;line.b=Math.max(line.b,b.bottom)}
else{line={x:ch,l:b.left,t:b.top,r:b.right,b:b.bottom,size,care,silent,el};out.push(line)}}}
for(const line of out)for(const x of [line.l+1,(line.l+line.r)/2,line.r-1])
for(const y of [line.t+.2*(line.b-line.t),line.b-.2*(line.b-line.t)]){
const top=document.elementFromPoint(x,y);line.seen=(line.seen??true)&&!!top&&top.contains(line.el)}
for(const line of out)delete line.el;return out}"""
_SILENT = """() => [...document.querySelectorAll('[data-silent]')].map(e=>{
const b=e.getBoundingClientRect();return [b.left,b.top,b.right,b.bottom]})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueLine:
    """One line on the screen. ``cared`` is false where something covers it, ``silent`` where a hierarchy is."""

    text: str
    box: Box
    cared: bool
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthScreen:
    """One screen: its PNG, its lines, and regions that a hierarchy is silent about, in device pixels."""

    name: str
    png: bytes
    size_px: tuple[int, int]
    lines: tuple[TrueLine, ...]
    silent: tuple[Box, ...]

    def hierarchy(self, *, knows_all: bool = False) -> bytes:
        """Return the screen as a dump: a node per line it knows, and one without text per silent region."""
        nodes = [
            _node(line.text, line.box, "android.widget.TextView") for line in self.lines if knows_all or not line.silent
        ]
        nodes += [] if knows_all else [_node("", box, "android.view.SurfaceView") for box in self.silent]
        width, height = self.size_px
        root = _node("", Box(left=0, top=0, right=width, bottom=height), "android.widget.FrameLayout")
        return (
            f"<?xml version='1.0' encoding='UTF-8'?><hierarchy>{root[:-2]}>{''.join(nodes)}</node></hierarchy>".encode()
        )


def screens(seeds: Sequence[int], *, cache: Path | None = None) -> Iterator[TruthScreen]:
    """Yield a screen per seed. ``cache`` keeps what was rendered, because the browser costs more than the reading."""
    missing = [seed for seed in seeds if cache is None or not (cache / f"{seed}.json").exists()]
    with closing(_rendered(missing)) as rendered:
        for seed in seeds:
            if seed not in missing and cache is not None:
                yield _kept(seed, cache)
                continue
            screen = next(rendered)
            if cache is not None:
                _keep(screen, seed, cache)
            yield screen


def _rendered(seeds: Sequence[int]) -> Generator[TruthScreen, None, None]:
    browser_path = machine.find_browser(os.environ)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        try:
            for seed in seeds:
                yield _screen(browser, seed)
        finally:
            browser.close()


def _screen(browser: Any, seed: int) -> TruthScreen:
    kinds = tuple(PAGES)
    kind = kinds[seed % len(kinds)]
    width, height, density = DISPLAYS[(seed // len(kinds) + seed) % len(DISPLAYS)]
    tab = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=density)
    try:
        tab.set_content(page(kind, seed))
        png: bytes = tab.screenshot()
        lines = tab.evaluate(_TRUTH)
        silent = tab.evaluate(_SILENT)
    finally:
        tab.close()
    with Image.open(io.BytesIO(png)) as image:
        size_px = image.size
    found = []
    for line in _joined(lines):
        box = _box([line["l"], line["t"], line["r"], line["b"]], density)
        if box.top < size_px[1] and box.left < size_px[0]:
            cared = line["care"] and line["seen"]
            found.append(TrueLine(text=line["x"].strip(), box=box, cared=cared, silent=line["silent"]))
    return TruthScreen(
        name=f"{seed}-{kind}-{size_px[0]}",
        png=_noisy(png, seed),
        size_px=size_px,
        lines=tuple(line for line in found if line.text),
        silent=tuple(_clipped(_box(box, density), size_px) for box in silent),
    )


def _joined(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines with touching neighbours on one line made one, whatever their sizes."""
    joined: list[dict[str, Any]] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last is None or not _continues(last, line):
            joined.append(line)
            continue
        joined[-1] = last | {
            "x": last["x"] + line["x"],
            "r": line["r"],
            "t": min(last["t"], line["t"]),
            "b": max(last["b"], line["b"]),
            "seen": last["seen"] and line["seen"],
        }
    return joined


def _continues(last: dict[str, Any], line: dict[str, Any]) -> bool:
    shared = min(last["b"], line["b"]) - max(last["t"], line["t"])
    return abs(last["r"] - line["l"]) < 1.0 and bool(shared > 0.6 * min(last["b"] - last["t"], line["b"] - line["t"]))


def _noisy(png: bytes, seed: int) -> bytes:
    """Return two of five screens as a JPEG leaves them, as PNG again."""
    quality = {0: 50, 1: 75}.get(seed % 5)
    if quality is None:
        return png
    with Image.open(io.BytesIO(png)) as image:
        packed = io.BytesIO()
        image.convert("RGB").save(packed, format="JPEG", quality=quality)
    with Image.open(packed) as image:
        plain = io.BytesIO()
        image.save(plain, format="PNG", compress_level=1)
    return plain.getvalue()


def _box(sides: Sequence[float], density: float) -> Box:
    left, top, right, bottom = (round(side * density) for side in sides)
    return Box(left=left, top=top, right=right, bottom=bottom)


def _clipped(box: Box, size_px: tuple[int, int]) -> Box:
    return box.overlap(Box(left=0, top=0, right=size_px[0], bottom=size_px[1]))


def _node(text: str, box: Box, kind: str) -> str:
    bounds = f"[{box.left},{box.top}][{box.right},{box.bottom}]"
    return (
        f'<node index="0" text={quoteattr(text)} class="{kind}" package="{PACKAGE}" enabled="true" bounds="{bounds}"/>'
    )


def _keep(screen: TruthScreen, seed: int, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"{seed}.png").write_bytes(screen.png)
    lines = [[ln.text, _sides(ln.box), ln.cared, ln.silent] for ln in screen.lines]
    facts = {
        "name": screen.name,
        "size_px": screen.size_px,
        "lines": lines,
        "silent": [_sides(box) for box in screen.silent],
    }
    (cache / f"{seed}.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def _kept(seed: int, cache: Path) -> TruthScreen:
    facts = json.loads((cache / f"{seed}.json").read_text(encoding="utf-8"))
    lines = (
        TrueLine(text=text, box=_box(sides, 1.0), cared=cared, silent=silent)
        for text, sides, cared, silent in facts["lines"]
    )
    return TruthScreen(
        name=facts["name"],
        png=(cache / f"{seed}.png").read_bytes(),
        size_px=(facts["size_px"][0], facts["size_px"][1]),
        lines=tuple(lines),
        silent=tuple(_box(sides, 1.0) for sides in facts["silent"]),
    )


def _sides(box: Box) -> list[int]:
    return [box.left, box.top, box.right, box.bottom]
