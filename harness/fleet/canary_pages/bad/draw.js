// Draws the rows of a table, so that only a reader of pixels can read them.
const canvas = document.querySelector("canvas");
const rows = JSON.parse(document.querySelector("script[type='application/json']").textContent);
const [width, row] = [1080, 150];
canvas.width = width;
canvas.height = row * (rows.length + 1);
const pen = canvas.getContext("2d");
pen.fillStyle = "#fff";
pen.fillRect(0, 0, canvas.width, canvas.height);
pen.fillStyle = "#111827";
pen.font = "44px sans-serif";
rows.forEach((cells, y) => cells.forEach((cell, x) => pen.fillText(cell, 50 + (x * width) / cells.length, row * (y + 1))));
