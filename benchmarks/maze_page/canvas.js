"use strict";
// An H5 page without nodes: everything is drawn, presses are told by their place alone.

window.drawCanvas = (name, page) => {
  const width = innerWidth;
  const height = innerHeight;
  const canvas = make("canvas", { width: String(width * devicePixelRatio), height: String(height * devicePixelRatio), style: `width:${width}px;height:${height}px` });
  document.body.append(canvas);
  const pen = canvas.getContext("2d");
  pen.scale(devicePixelRatio, devicePixelRatio);
  const write = (text, x, y, size, colour) => {
    pen.fillStyle = colour;
    pen.font = `${size}px "Noto Sans CJK SC", sans-serif`;
    pen.textAlign = "center";
    pen.fillText(text, x, y);
  };
  pen.fillStyle = "#f3f4f6";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#7c2d12";
  pen.fillRect(0, 0, width, 48);
  write(page.title, width / 2, 31, 18, "#fff");
  const places = page.parts.flatMap((part) => part.items).map((item, n) => ({ item, top: 72 + n * 88, bottom: 72 + n * 88 + 68 }));
  for (const place of places) {
    pen.fillStyle = place.item.danger ? "#b91c1c" : "#1d4f8c";
    pen.fillRect(32, place.top, width - 64, 68);
    write(place.item.label, width / 2, place.top + 41, 19, "#fff");
  }
  write(`今日访问 ${hash(name) % 900 + 100} 次`, width / 2, height - 24, 14, "#777");
  canvas.addEventListener("click", (event) => {
    const hit = places.find((place) => event.clientY >= place.top && event.clientY < place.bottom && event.clientX > 32 && event.clientX < width - 32);
    if (hit) press(hit.item);
  });
  arrive(name);
};
