"""Puts screenshots into an MP4, each at its own time. The only importer of av in this package."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from PIL import Image

FilmError = av.FFmpegError
_TICKS_PER_S = 1000


class FrameFilm:
    """One film, made for the size of its first frame; a screen that was turned is fitted into it.

    Raises ``FilmError`` where the encoder fails, ``OSError`` for a picture that cannot be decoded.
    """

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._container = av.open(self._buffer, "w", format="mp4")
        self._stream: av.VideoStream | None = None
        self._last_tick = -1

    def add(self, png: bytes, at_s: float) -> None:
        """Append a picture that was seen ``at_s`` after the film's beginning."""
        with Image.open(io.BytesIO(png)) as picture:
            even = picture.convert("RGB").resize((max(2, picture.width // 2 * 2), max(2, picture.height // 2 * 2)))
        if self._stream is None:
            self._stream = self._container.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
            self._stream.width, self._stream.height, self._stream.pix_fmt = *even.size, "yuv420p"
            self._stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
        elif even.size != (self._stream.width, self._stream.height):
            even = even.resize((self._stream.width, self._stream.height))
        frame = av.VideoFrame.from_ndarray(np.asarray(even), format="rgb24")
        self._last_tick = max(self._last_tick + 1, round(at_s * _TICKS_PER_S))
        frame.pts, frame.time_base = self._last_tick, Fraction(1, _TICKS_PER_S)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> bytes:
        """Return the film, empty where no frame was added."""
        if self._stream is None:
            return b""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._buffer.getvalue()
