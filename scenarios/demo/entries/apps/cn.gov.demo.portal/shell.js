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
