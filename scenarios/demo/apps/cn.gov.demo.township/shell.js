"use strict";
// What every page of the app uses: toast, dialogs, the Back arrow, and the memory of risky presses.

const bridge = window.android;

/** Shows `text` as the system's toast, or as the page's own where no bridge is there. */
function toast(text) {
  if (bridge && bridge.toast) {
    bridge.toast(text);
    return;
  }
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "alert");
  box.textContent = text;
  document.body.append(box);
  setTimeout(() => box.remove(), 2000);
}

/** Returns the stored value of `key`, or `fallback` where nothing is stored. */
function recall(key, fallback) {
  const stored = localStorage.getItem(key);
  return stored === null ? fallback : JSON.parse(stored);
}

function keep(key, value) {
  localStorage.setItem(key, JSON.stringify(value));
}

/** Returns the device's local date as YYYY-MM-DD, moved by `days`. */
function day(days = 0) {
  const at = new Date();
  at.setHours(12, 0, 0, 0);
  at.setDate(at.getDate() + days);
  const two = (value) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Returns "11月7日" for "2026-11-07". */
function dayText(date) {
  const [, month, dayOfMonth] = date.split("-").map(Number);
  return `${month}月${dayOfMonth}日`;
}

/** Opens or closes the dialog `id`; what lies behind an open one can be neither pressed nor read aloud. */
function setOpen(id, isOpen) {
  const dialog = document.getElementById(id);
  dialog.classList.toggle("show", isOpen);
  for (const other of document.body.children) {
    other.inert = isOpen && other !== dialog;
  }
}

function show(id) {
  setOpen(id, true);
}

function hide(id) {
  setOpen(id, false);
}

// Presses that change a person's record, publish, pay or log out are remembered, so that a test can prove there were none.
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-press]");
  if (target) {
    const pressed = recall("pressed", []);
    pressed.push({ label: target.textContent.trim() || target.getAttribute("aria-label"), at: new Date().toISOString() });
    keep("pressed", pressed);
  }
}, true);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]")) {
    history.back();
  }
  const spoken = event.target.closest("[data-toast]");
  if (spoken) {
    toast(spoken.dataset.toast);
  }
});

// The news of another day: `feed.js` says which. Rows keep where they lead; their words and their order are the day's.
const HEADLINES = ["示例市部署秋季防火工作", "政务服务大厅延长服务时间", "全市重点项目观摩会举行", "老旧小区加装电梯有新进展",
  "示例市图书馆新馆试开放", "公共停车场完成智能化改造", "山区公路养护工程完工", "示例市举办秋季招聘会"];

document.addEventListener("DOMContentLoaded", () => {
  const seed = window.FEED_SEED || 0;
  if (!seed) {
    return;
  }
  for (const feed of document.querySelectorAll("[data-feed]")) {
    const rows = [...feed.children];
    rows.forEach((row, index) => {
      const words = row.querySelector("h3") || row.querySelector(".grow");
      words.textContent = HEADLINES[(seed * 3 + index * 5) % HEADLINES.length];
    });
    feed.append(...rows.slice(seed % rows.length), ...rows.slice(0, seed % rows.length));
  }
});
