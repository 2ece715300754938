"""What can be done to a bundle, by somebody without a key: each function changes a folder in place."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from harness.evidence import bag, layout
from tests.evidence_walks import START

Attack = Callable[[Path], None]


def first_shot(bundle: Path) -> Path:
    return min((bundle / layout.SHOTS).iterdir())


def rebuild(bundle: Path) -> None:
    """Make all manifests anew, as an attacker without a key can."""
    (bundle / layout.TAG_MANIFEST).unlink(missing_ok=True)
    bag.close_bag(bundle, made=START)


def flip(bundle: Path) -> None:
    path = first_shot(bundle)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def swap(bundle: Path) -> None:
    one, two = sorted((bundle / layout.SHOTS).iterdir())[:2]
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def edit(member: str, old: bytes, new: bytes) -> Attack:
    def attack(bundle: Path) -> None:
        path = bundle / member
        raw = path.read_bytes()
        assert old in raw
        path.write_bytes(raw.replace(old, new, 1))

    return attack


def add(member: str) -> Attack:
    def attack(bundle: Path) -> None:
        (bundle / member).parent.mkdir(exist_ok=True)
        (bundle / member).write_bytes(b"added")

    return attack


def remove(member: str) -> Attack:
    def attack(bundle: Path) -> None:
        (bundle / member).unlink()

    return attack


def drop_shot_from_manifest(bundle: Path) -> None:
    path = bundle / layout.MANIFEST
    name = first_shot(bundle).name
    path.write_text("".join(line for line in path.read_text().splitlines(True) if name not in line))


def climb_in_manifest(bundle: Path) -> None:
    with (bundle / layout.MANIFEST).open("a") as file:
        file.write(f"{'0' * 64}  ../secret.txt\n")


def double_manifest(bundle: Path) -> None:
    path = bundle / layout.MANIFEST
    path.write_bytes(path.read_bytes() * 2)


def remove_event(bundle: Path) -> None:
    path = bundle / layout.EVENTS
    lines = path.read_bytes().splitlines(True)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))


def retell_event(bundle: Path) -> None:
    """Change one event, and nothing after it."""
    edit(layout.EVENTS, "在线课程".encode(), "在线签到".encode())(bundle)


def retell_words(bundle: Path) -> None:
    edit(layout.OBSERVATIONS, "第 17 名".encode(), "第 99 名".encode())(bundle)


def then_rebuild(attack: Attack) -> Attack:
    def both(bundle: Path) -> None:
        attack(bundle)
        rebuild(bundle)

    return both


def swap_refs(bundle: Path) -> None:
    """Give one finding the pictures of another: content and manifests right, place in the log wrong."""
    path = bundle / layout.FINDINGS
    value = json.loads(path.read_bytes())
    refs = [ref for finding in value["judgement"]["findings"] for ref in finding["evidence"]]
    one, two = refs[0], refs[-1]
    for name in ("png_sha256", "xml_sha256"):
        one[name], two[name] = two[name], one[name]
    path.write_bytes((json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode())


def rechain(bundle: Path) -> None:
    """Make the chain and the digest of the findings anew too: all that can be done without a key."""
    path = bundle / layout.EVENTS
    head, lines = layout.FIRST_PREV, []
    for old in path.read_bytes().splitlines():
        event = json.loads(old)
        event["prev"] = head
        if event["type"] == "judged":
            for member in event["body"]["members"]:
                member["sha256"] = hashlib.sha256((bundle / member["member"]).read_bytes()).hexdigest()
        line = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        head = hashlib.sha256(line).hexdigest()
        lines.append(line + b"\n")
    path.write_bytes(b"".join(lines))


def swap_refs_and_all(bundle: Path) -> None:
    swap_refs(bundle)
    rechain(bundle)
    rebuild(bundle)


def entries(bundle: Path) -> list[tuple[str, bytes]]:
    return [
        (f"{bundle.name}/{path.relative_to(bundle).as_posix()}", path.read_bytes())
        for path in sorted(bundle.rglob("*"))
        if path.is_file()
    ]


def pack(to: Path, content: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(to, "w", method) as archive:
        for name, raw in content:
            archive.writestr(name, raw)
    return to
