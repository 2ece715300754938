"""A stored picture of a screen, from any origin, as a frame. Reads files."""

from __future__ import annotations

from pathlib import Path

from harness.errors import BadInput
from harness.model import Channel, Frame, Gap, Moment
from harness.perceive.pictures import UnreadablePicture, png_of


def frame_from_image(path: Path, *, at: Moment, xml: Path | None = None) -> Frame:
    """Return a frame of a stored PNG, JPEG, WebP or BMP and, where given, its hierarchy file.

    A PNG's bytes are kept; others become PNG without loss. Raises ``BadInput`` naming file and mend.
    """
    try:
        png, size_px = png_of(_bytes(path), name=path.name)
    except UnreadablePicture as error:
        mend = "give a whole PNG, JPEG, WebP or BMP of one screen"
        raise BadInput(source=str(path), place="picture", problem=str(error), mend=mend) from error
    tree = None if xml is None else _bytes(xml)
    gaps = [Gap(channel=Channel.PAGE, reason="page-unknown", detail="a stored picture")]
    if tree is None:
        gaps.append(Gap(channel=Channel.HIERARCHY, reason="hierarchy-absent", detail="a stored picture"))
    return Frame(size_px=size_px, png=png, xml=tree, page=None, began=at, ended=at, gaps=tuple(gaps))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise BadInput(source=str(path), place="file", problem=problem, mend="give a readable file") from error
