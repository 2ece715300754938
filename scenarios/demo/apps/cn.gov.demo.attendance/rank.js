"use strict";
// The whole page is one canvas: an accessibility tree has nothing to say about it, only the pixels have.

const FONT = '"Noto Sans CJK SC", "Noto Sans SC", sans-serif';
const BAR_PX = 48;
const SEGMENT_PX = 48;
const BOARDS = {
  person: {
    columns: ["名次", "姓名", "单位", "积分"],
    rows: [["1", "何志远", "财政科", "86"], ["2", "林秀兰", "办公室", "84"], ["3", "马文斌", "人事科", "82"],
      ["4", "高慧敏", "规划科", "79"], ["5", "宋春生", "统计科", "75"], ["6", "唐丽华", "法规科", "71"]],
    own: "我的排名 第23名  积分 52",
  },
  unit: {
    columns: ["名次", "单位", "签到率", "积分"],
    rows: [["1", "财政科", "99%", "412"], ["2", "办公室", "97%", "405"], ["3", "人事科", "96%", "391"],
      ["4", "规划科", "93%", "377"], ["5", "统计科", "88%", "352"], ["6", "法规科", "81%", "318"]],
    own: "本单位排名 第5名  积分 352",
  },
};
const canvas = document.getElementById("board");
const pen = canvas.getContext("2d");
let board = "person";

function write(text, x, y, options) {
  const { size = 17, weight = 400, color = "#111111", align = "left" } = options || {};
  pen.font = `${weight} ${size}px ${FONT}`;
  pen.fillStyle = color;
  pen.textAlign = align;
  pen.textBaseline = "middle";
  pen.fillText(text, x, y);
}

function fill(x, y, width, height, color) {
  pen.fillStyle = color;
  pen.fillRect(x, y, width, height);
}

function drawHead(width) {
  fill(0, 0, width, BAR_PX, "#1a5fd0");
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(28, 16);
  pen.lineTo(20, 24);
  pen.lineTo(28, 32);
  pen.stroke();
  write("签到排行榜", width / 2, BAR_PX / 2, { size: 19, weight: 600, color: "#ffffff", align: "center" });
  const half = width / 2;
  for (const [index, [name, label]] of [["person", "个人排行"], ["unit", "单位排行"]].entries()) {
    const isOn = name === board;
    write(label, half * index + half / 2, BAR_PX + SEGMENT_PX / 2,
      { weight: isOn ? 700 : 400, color: isOn ? "#1a5fd0" : "#333333", align: "center" });
    if (isOn) {
      fill(half * index + half / 2 - 24, BAR_PX + SEGMENT_PX - 4, 48, 3, "#1a5fd0");
    }
  }
}

function drawRows(width, height) {
  const { columns, rows, own } = BOARDS[board];
  const at = [28, width * 0.24, width * 0.52, width - 24];
  const top = BAR_PX + SEGMENT_PX;
  fill(0, top, width, 40, "#f3f4f6");
  columns.forEach((name, index) => {
    write(name, at[index], top + 20, { size: 16, color: "#333333", align: index === 3 ? "right" : index === 0 ? "center" : "left" });
  });
  const pitch = Math.min(58, (height - top - 40 - 64) / rows.length);
  rows.forEach((row, line) => {
    const y = top + 40 + pitch * (line + 0.5);
    row.forEach((text, index) => {
      write(text, at[index], y, { size: 18, weight: index === 3 ? 700 : 400, align: index === 3 ? "right" : index === 0 ? "center" : "left" });
    });
    fill(16, y + pitch / 2 - 1, width - 32, 1, "#e5e7eb");
  });
  fill(0, height - 64, width, 64, "#fff4e0");
  write(own, width / 2, height - 32, { size: 18, weight: 700, align: "center" });
}

function draw() {
  const { innerWidth: width, innerHeight: height, devicePixelRatio: scale } = window;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  fill(0, 0, width, height, "#ffffff");
  drawHead(width);
  drawRows(width, height);
}

canvas.addEventListener("click", (event) => {
  if (event.clientY < BAR_PX) {
    if (event.clientX < 56) {
      history.back();
    }
  } else if (event.clientY < BAR_PX + SEGMENT_PX) {
    board = event.clientX < window.innerWidth / 2 ? "person" : "unit";
    draw();
  }
});
window.addEventListener("resize", draw);
draw();
document.fonts.ready.then(draw);
