"use strict";
// Draws one screen of the maze from window.MAZE and writes what happens to the console: the app's own journal.

const query = new URLSearchParams(location.search);
const screens = window.MAZE.screens;
const home = window.MAZE.home;
const launches = counted("launches", sessionStorage.getItem("here") === null);
sessionStorage.setItem("here", "1");
let shown = ""; // the truth's name of what is in front now
let overlay = null;

function counted(key, more) {
  const value = Number(localStorage.getItem(key) || 0) + (more ? 1 : 0);
  localStorage.setItem(key, String(value));
  return value;
}

function journal(what, name) {
  console.log(`MAZE ${what} ${name}`);
}

function arrive(name) {
  shown = name;
  journal("screen", name);
}

/** A number that is the same for the same words, and another at another start of the app. */
function hash(text) {
  let value = 2166136261 ^ (launches * 7919);
  for (const letter of text) {
    value = Math.imul(value ^ letter.codePointAt(0), 16777619);
  }
  return value >>> 0;
}

const pick = (list, text) => list[hash(text) % list.length];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else {
      element.setAttribute(name, value);
    }
  }
  element.append(...children);
  return element;
}

function sentence(seed) {
  const words = window.MAZE.words;
  return `${pick(words.places, seed + "a")}${pick(words.verbs, seed + "b")}${pick(words.things, seed + "c")}${pick(words.ends, seed + "d")}`;
}

const day = (seed) => `${(hash(seed + "m") % 12) + 1}月${(hash(seed + "d") % 28) + 1}日`;

function address(to) {
  const goal = screens[to];
  return `${goal.file}?s=${to}`;
}

/** What a press on an item does: go somewhere, open something over the page, or something that is on record. */
function press(item) {
  if (item.danger) {
    journal("danger", item.danger);
    android.toast("操作成功");
  } else if (item.over) {
    open(item.over);
  } else if (item.tab) {
    showTab(item.tab);
  } else if (item.out) {
    location.href = item.out;
  } else if (item.to) {
    const index = item.content ? `&c=${encodeURIComponent(item.content)}` : "";
    location.href = address(item.to) + index;
  }
}

const row = (item, tail = "") =>
  make("a", { class: "row", href: "#", click: (event) => { event.preventDefault(); press(item); } },
    make("span", {}, item.label), make("small", {}, tail));

const draw = {
  grid: (part) => make("nav", { class: "grid" }, ...part.items.map((item) =>
    make("a", { href: "#", click: (event) => { event.preventDefault(); press(item); } }, make("b"), item.label))),
  rows: (part, key) => make("section", {}, ...part.items.map((item, n) =>
    row(item, item.counted ? `${hash(key + n) % 90 + 1}` : "›"))),
  filler: (part, key) => make("section", {}, ...Array.from({ length: part.count }, (_, n) => {
    const text = sentence(`${key}/${n}`);
    return row({ label: text, to: part.to, content: text }, day(`${key}/${n}`));
  })),
  feed: (part, key) => {
    const box = make("section");
    let count = 0;
    const more = () => {
      for (let n = 0; n < 10; n += 1) {
        count += 1;
        const text = sentence(`${key}/${count}`);
        box.append(row({ label: text, to: part.to, content: text }, `${hash(key + count) % 59 + 1}分钟前`));
      }
    };
    more();
    requestAnimationFrame(() => box.parentElement.addEventListener("scroll", (event) => {
      const main = event.target;
      if (count < 400 && main.scrollTop + main.clientHeight > main.scrollHeight - 300) more();
    }));
    return box;
  },
  cards: (part) => make("div", { class: "cards" }, ...part.items.map((item) =>
    make("a", { href: "#", click: (event) => { event.preventDefault(); press(item); } }, item.label))),
  text: (part, key) => make("section", {}, ...Array.from({ length: part.count }, (_, n) =>
    make("p", {}, `${sentence(`${key}/${n}`)}。`))),
  words: (part) => make("section", {}, ...part.lines.map((line) => make("p", {}, line))),
  danger: (part) => dangers[part.form](part),
  field: (part) => make("input", { placeholder: part.label, "aria-label": part.label }),
  button: (part) => make("div", { class: "btn", role: "button", click: () => press(part) }, part.label),
};

const dangers = {
  button: (part) => make("div", { class: "btn", role: "button", click: () => press(part) }, part.label),
  row: (part) => row(part),
  named: (part) => make("div", { class: "btn", role: "button", "aria-label": part.label, click: () => press(part) }, make("b")),
  split: (part) => make("div", { class: "pair", click: () => press(part) },
    ...[...part.label].map((letter) => make("div", {}, letter))),
  halves: (part) => make("div", { class: "pair" },
    ...[...part.label].map((letter) => make("div", { click: () => press(part) }, letter))),
  icon: (part) => make("div", { class: "grid" }, make("div", {},
    make("b", { style: "display:block;margin:0 auto", click: () => press(part) }), make("p", { style: "text-align:center" }, part.label))),
  canvas: (part) => {
    const canvas = make("canvas", { width: "600", height: "144", style: "width:200px;height:48px;margin:10px auto", click: () => press(part) });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#b91c1c";
    pen.fillRect(0, 0, 600, 144);
    pen.fillStyle = "#fff";
    pen.font = '54px "Noto Sans CJK SC", sans-serif';
    pen.textAlign = "center";
    pen.fillText(part.label, 300, 92);
    return canvas;
  },
};

const parts = (list, key) => list.map((part, n) => draw[part.kind](part, `${key}#${n}`));

/** Puts a mask over all that is there; returns what takes it away again and shows what was below, a sheet perhaps. */
function cover(mask) {
  const beneath = overlay;
  const active = [...document.body.children].filter((other) => !other.inert);
  for (const other of active) other.inert = true;
  document.body.append(mask);
  return () => {
    mask.remove();
    overlay = beneath;
    for (const other of active) other.inert = false;
  };
}

/** Opens a sheet, a drawer or a dialog over the page; Back closes it. */
function open(name) {
  const top = screens[name];
  const under = shown;
  const mask = make("div", { class: `mask ${top.over}`, role: "dialog" },
    make("section", {}, make("p", {}, top.title), ...parts(top.parts, name)));
  mask.addEventListener("click", (event) => { if (event.target === mask) overlay(); });
  const uncover = cover(mask);
  overlay = () => { uncover(); arrive(under); };
  arrive(name);
}

/** Shows something that nobody asked for; it is in the way and no screen of its own. */
function interrupt(popup) {
  if (overlay || document.querySelector(".splash")) {
    setTimeout(() => interrupt(popup), 500);
    return;
  }
  const buttons = popup.buttons.map((button) => make("div", {
    class: `btn ${button.danger ? "" : "grey"}`, role: "button",
    click: () => { if (button.danger) journal("danger", button.danger); overlay(); },
  }, button.label));
  const mask = make("div", { class: "mask dialog", role: "dialog" },
    make("section", {}, make("p", {}, popup.title), make("p", {}, popup.text), make("div", { class: "two" }, ...buttons)));
  const uncover = cover(mask);
  overlay = () => { uncover(); arrive(shown); };
  journal("popup", popup.title);
}

function splash() {
  let left = 5;
  const skip = make("a", { class: "skip", href: "#", click: (event) => { event.preventDefault(); end(); } }, "跳过 5");
  const mask = make("div", { class: "mask splash" }, make("div", {}, window.MAZE.label), skip);
  const uncover = cover(mask);
  journal("popup", "splash");
  const move = () => { skip.style.cssText = left % 2 ? "top:40px;right:20px" : "bottom:60px;right:24px"; skip.textContent = `跳过 ${left}`; };
  const timer = setInterval(() => { left -= 1; move(); if (left <= 0) end(); }, 1000);
  const end = () => {
    clearInterval(timer);
    uncover();
    arrive(shown);
    if (!localStorage.getItem("declined")) update();
  };
  move();
}

function update() {
  interrupt(window.MAZE.update);
  const close = overlay;
  overlay = () => { localStorage.setItem("declined", "1"); close(); };
  document.querySelector(".mask .grey").addEventListener("click", () => localStorage.setItem("declined", "1"));
}

function showTab(name) {
  history.replaceState(null, "", `${location.pathname}?s=${query.get("s") || home}&t=${name}`);
  const page = screens[query.get("s") || home];
  document.body.replaceChildren();
  page.tabs.find((tab) => tab.name === name) && drawTabbed(page, name);
  arrive(name);
}

function header(title, root, drawer) {
  const left = drawer ? make("a", { href: "#", "aria-label": "菜单", click: (event) => { event.preventDefault(); open(drawer); } }, "☰")
    : root ? make("i") : make("a", { href: "#", "aria-label": "返回", click: (event) => { event.preventDefault(); history.back(); } }, "‹");
  const now = new Date();
  return make("header", {}, left, make("h1", {}, title), make("i", {}, `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`));
}

function drawTabbed(page, name) {
  const tab = page.tabs.find((each) => each.name === name);
  const bar = (shape) => make("nav", { class: shape, role: "tablist" }, ...page.tabs.map((each) => make("a", {
    href: "#", role: "tab", class: each === tab ? "on" : "", "aria-selected": String(each === tab),
    click: (event) => { event.preventDefault(); showTab(each.name); },
  }, each.label)));
  const main = make("main", {}, ...parts(tab.parts, name));
  document.body.append(header(page.file === "index.html" ? tab.label : page.title, page.file === "index.html", tab.drawer));
  if (page.file === "index.html") document.body.append(main, bar("tabs"));
  else document.body.append(bar("strip"), main);
  document.querySelector(".strip .on")?.scrollIntoView({ inline: "center", block: "nearest" });
}

const odd = {
  crash: () => setTimeout(() => { journal("crash", shown); android.finish(); }, 150),
  restless: () => {
    const main = document.querySelector("main");
    setInterval(() => {
      main.replaceChildren(...Array.from({ length: 2 + Math.floor(Math.random() * 6) }, () => make("p", {}, `${Math.random()}`)));
    }, 40);
  },
  // Longer than Android waits for an answer to a touch, and not for ever.
  frozen: () => setTimeout(() => { journal("frozen", shown); const until = Date.now() + 12000; while (Date.now() < until); }, 100),
  loading: () => document.querySelector("main").replaceChildren(make("p", {}, "加载中…")),
  black: () => { document.body.replaceChildren(); document.body.style.background = "#000"; },
};

function begin() {
  const name = query.get("s") || home;
  const page = screens[name];
  if (page.file === "web.html") {
    window.drawCanvas(name, page);
    return;
  }
  if (page.tabs) {
    const tab = query.get("t") || page.tabs[0].name;
    drawTabbed(page, tab);
    arrive(tab);
  } else {
    document.body.append(header(query.get("c") && page.named ? query.get("c").slice(0, 8) : page.title, false, null),
      make("main", {}, ...parts(page.parts, name + (query.get("c") || ""))));
    arrive(name);
  }
  if (page.odd) odd[page.odd]();
  if (page.popup && !sessionStorage.getItem(name)) {
    setTimeout(() => { sessionStorage.setItem(name, "1"); interrupt(window.MAZE.popups[page.popup]); }, page.popupAfterMs);
  }
  if (page.file === "index.html" && !sessionStorage.getItem("splash")) {
    sessionStorage.setItem("splash", "1");
    splash();
  }
}

android.lastBack = () => {
  if (!overlay) return false;
  overlay();
  return true;
};
window.addEventListener("pageshow", (event) => { if (event.persisted) journal("screen", shown); });
document.addEventListener("DOMContentLoaded", begin);
