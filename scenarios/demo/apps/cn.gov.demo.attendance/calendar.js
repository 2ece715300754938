"use strict";
// The month with a mark under each day: signed, missed, or nothing for days still to come.

const MARK_STYLE = { 已签: "green", 缺卡: "red", 未签: "amber" };
const shown = new Date();
shown.setDate(1);

function dateOf(dayOfMonth) {
  const two = (value) => String(value).padStart(2, "0");
  return `${shown.getFullYear()}-${two(shown.getMonth() + 1)}-${two(dayOfMonth)}`;
}

function cell(text, mark, style) {
  const box = document.createElement("span");
  box.className = style;
  box.append(text);
  if (mark) {
    const small = document.createElement("small");
    small.textContent = mark;
    small.className = MARK_STYLE[mark];
    box.append(small);
  }
  return box;
}

function drawMonth() {
  document.getElementById("title").textContent = `${shown.getFullYear()}年${shown.getMonth() + 1}月`;
  const grid = document.getElementById("days");
  grid.replaceChildren(...["日", "一", "二", "三", "四", "五", "六"].map((name) => cell(name, "", "head")));
  const first = new Date(shown).getDay();
  for (let blank = 0; blank < first; blank += 1) {
    grid.append(document.createElement("i"));
  }
  const days = signedDays();
  const from = recall("recordFrom", day());
  const last = new Date(shown.getFullYear(), shown.getMonth() + 1, 0).getDate();
  for (let number = 1; number <= last; number += 1) {
    const date = dateOf(number);
    const isPast = date >= from && date < day();
    const mark = days[date] ? "已签" : isPast ? "缺卡" : date === day() ? "未签" : "";
    grid.append(cell(String(number), mark, date === day() ? "today" : ""));
  }
}

function drawMissed() {
  const missed = missedDays();
  document.getElementById("streak").textContent = streakDays();
  document.getElementById("missedCount").textContent = missed.length;
  document.getElementById("missed").replaceChildren(...missed.map((date) => {
    const row = document.createElement("div");
    row.className = "row";
    const text = document.createElement("span");
    text.className = "grow";
    text.textContent = `${dayText(date)} 缺卡（漏签）`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn sm line";
    button.textContent = "补签";
    button.dataset.press = "";
    button.dataset.toast = "补签申请须经科室负责人同意";
    row.append(text, button);
    return row;
  }));
}

function turn(months) {
  shown.setMonth(shown.getMonth() + months);
  drawMonth();
}

function draw() {
  drawMonth();
  drawMissed();
}

document.getElementById("before").addEventListener("click", () => turn(-1));
document.getElementById("after").addEventListener("click", () => turn(1));
document.addEventListener("visibilitychange", draw);
setInterval(draw, 60000);
draw();
