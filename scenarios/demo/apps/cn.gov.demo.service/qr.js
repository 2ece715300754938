"use strict";
// A picture that looks like a QR code; it encodes nothing.

const CELLS = 21;
const SIZE = 8;
const pen = document.getElementById("qr").getContext("2d");

function square(x, y, cells, color) {
  pen.fillStyle = color;
  pen.fillRect(x * SIZE, y * SIZE, cells * SIZE, cells * SIZE);
}

square(0, 0, CELLS, "#ffffff");
for (let y = 0; y < CELLS; y += 1) {
  for (let x = 0; x < CELLS; x += 1) {
    if ((x * 7 + y * 11 + x * y * 5) % 3 === 0) {
      square(x, y, 1, "#111111");
    }
  }
}
for (const [x, y] of [[0, 0], [14, 0], [0, 14]]) {
  square(x, y, 7, "#111111");
  square(x + 1, y + 1, 5, "#ffffff");
  square(x + 2, y + 2, 3, "#111111");
}
