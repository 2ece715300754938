// The device's clock on a page: Date, performance.now, timers, animation frames and playing media follow it.
// Real time flows one to one; `advance` lets the page live through a span of time in order, event by event.
// Runs before the page's own scripts, in every frame, with `config` = {dateOffsetMs, advancedMs, hidden, fontScale}.
const device = {hidden: config.hidden, frozen: null};
Object.defineProperty(window, '__androidDevice', {value: device});

const NativeDate = window.Date;
const nativeWall = NativeDate.now.bind(NativeDate); // before Date.now is replaced below
const nativeNow = performance.now.bind(performance);
const nativeSetTimeout = window.setTimeout.bind(window);
const nativeClearTimeout = window.clearTimeout.bind(window);
const nativeFrame = window.requestAnimationFrame.bind(window);
const MEDIA_STEP_MS = 250; // browsers fire timeupdate four times a second
const FRAME_STEP_MS = 100; // animation frames need not be sixty a second while time is made up
const NESTED_TIMER_MS = 4; // the shortest delay of the timers standard once timers nest
const EXACT_BUDGET_MS = 2500; // real time spent on exact order; then steps grow so that any span ends
const COARSE_STEPS = 1500;

let dateOffsetMs = config.dateOffsetMs;
let advancedMs = 0;
let wallAtFreeze = 0;
let frozenAt = 0;

const monotonic = () => (device.frozen === null ? nativeNow() + advancedMs : device.frozen);
const wall = () => Math.floor(device.frozen === null
  ? nativeWall() + dateOffsetMs
  : wallAtFreeze + (device.frozen - frozenAt));

// Date and performance

const DeviceDate = new Proxy(NativeDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length ? args : [wall()], newTarget === DeviceDate ? target : newTarget),
  apply: () => new NativeDate(wall()).toString(),
});
NativeDate.now = new Proxy(NativeDate.now, {apply: wall});
NativeDate.prototype.constructor = DeviceDate;
window.Date = DeviceDate;
const nativeOrigin = performance.timeOrigin;
Object.defineProperty(performance, 'now', {value: function now() { return monotonic(); }, configurable: true});
Object.defineProperty(performance, 'timeOrigin', {get: () => nativeOrigin + config.dateOffsetMs, configurable: true});

// timers

const timers = new Map();
let lastTimer = 0;

function arm(timer) {
  timer.native = nativeSetTimeout(() => { if (device.frozen === null) fire(timer); }, Math.max(0, timer.due - monotonic()));
}

function fire(timer) {
  if (!timers.has(timer.id)) return;
  if (timer.every === null) {
    timers.delete(timer.id);
  } else {
    timer.due = Math.max(timer.due + timer.every, monotonic());
    if (device.frozen === null) arm(timer);
  }
  if (typeof timer.callback === 'function') timer.callback.apply(window, timer.args);
  else (0, eval)(String(timer.callback));
}

function addTimer(callback, delay, args, repeats) {
  const shortest = device.frozen === null && !repeats ? 0 : NESTED_TIMER_MS;
  const wait = Math.max(shortest, Math.min(2 ** 31 - 1, Number(delay) || 0));
  const timer = {id: ++lastTimer, due: monotonic() + wait, every: repeats ? wait : null, callback, args, native: 0};
  timers.set(timer.id, timer);
  if (device.frozen === null) arm(timer);
  return timer.id;
}

function dropTimer(id) {
  const timer = timers.get(Number(id));
  if (!timer) return;
  timers.delete(timer.id);
  nativeClearTimeout(timer.native);
}

window.setTimeout = function setTimeout(callback, delay, ...args) { return addTimer(callback, delay, args, false); };
window.setInterval = function setInterval(callback, delay, ...args) { return addTimer(callback, delay, args, true); };
window.clearTimeout = function clearTimeout(id) { dropTimer(id); };
window.clearInterval = function clearInterval(id) { dropTimer(id); };

// animation frames: none while the page is hidden

let frames = new Map();
let lastFrame = 0;
let frameRequested = false;

function runFrames() {
  const due = frames;
  frames = new Map();
  for (const callback of due.values()) guarded(callback, monotonic());
}

device.requestFrames = () => {
  if (frameRequested || device.hidden || device.frozen !== null || !frames.size) return;
  frameRequested = true;
  nativeFrame(() => {
    frameRequested = false;
    if (!device.hidden && device.frozen === null) runFrames();
    device.requestFrames();
  });
};
window.requestAnimationFrame = function requestAnimationFrame(callback) {
  frames.set(++lastFrame, callback);
  device.requestFrames();
  return lastFrame;
};
window.cancelAnimationFrame = function cancelAnimationFrame(handle) { frames.delete(handle); };

function guarded(callback, ...args) {
  try { callback(...args); } catch (error) { reportError(error); }
}

// media: while time is made up a playing element has a position of its own; afterwards the real one is moved
// there without the page hearing of a seek

const Media = HTMLMediaElement.prototype;
const position = Object.getOwnPropertyDescriptor(Media, 'currentTime');
const seekingFlag = Object.getOwnPropertyDescriptor(Media, 'seeking');
const playedRanges = Object.getOwnPropertyDescriptor(Media, 'played');
const nativePlay = Media.play;
const moving = new Map(); // element -> position in seconds
const quiet = new Set(); // elements in a seek of ours
const lived = new WeakMap(); // element -> [[start, end], …] played in made-up time
const started = new Set(); // elements that play without being in the document

Object.defineProperty(Media, 'currentTime', {
  ...position,
  get() { return moving.has(this) ? moving.get(this) : position.get.call(this); },
  set(seconds) {
    moving.delete(this);
    quiet.delete(this);
    position.set.call(this, seconds);
  },
});
Object.defineProperty(Media, 'seeking', {
  ...seekingFlag, get() { return !quiet.has(this) && seekingFlag.get.call(this); },
});
Object.defineProperty(Media, 'played', {
  ...playedRanges,
  get() {
    const ours = lived.get(this);
    const theirs = playedRanges.get.call(this);
    return ours ? joinedRanges(ours, theirs) : theirs;
  },
});
Media.play = function play() {
  if (!this.isConnected) started.add(this);
  return nativePlay.call(this);
};

function joinedRanges(ours, theirs) {
  const all = ours.map((range) => [...range]);
  for (let i = 0; i < theirs.length; i++) all.push([theirs.start(i), theirs.end(i)]);
  all.sort((a, b) => a[0] - b[0]);
  const merged = [];
  for (const range of all) {
    const last = merged[merged.length - 1];
    if (last && range[0] <= last[1] + 0.05) last[1] = Math.max(last[1], range[1]);
    else merged.push(range);
  }
  return {length: merged.length, start: (i) => merged[i][0], end: (i) => merged[i][1]};
}

for (const type of ['seeking', 'seeked', 'waiting', 'stalled', 'playing', 'canplay', 'canplaythrough']) {
  window.addEventListener(type, (event) => {
    if (event.isTrusted && quiet.has(event.target)) event.stopImmediatePropagation();
  }, true);
}

const hop = (() => {
  const channel = new MessageChannel();
  let wake = null;
  channel.port1.onmessage = () => wake();
  return () => new Promise((resolve) => { wake = resolve; channel.port2.postMessage(0); });
})();

async function until(condition, limitMs) {
  const end = nativeNow() + limitMs;
  while (!condition() && nativeNow() < end) await new Promise((resolve) => nativeSetTimeout(resolve, 4));
  return condition();
}

const isPlaying = (element) => !element.paused && !element.ended && element.readyState >= 2 && element.playbackRate > 0;

function playingElements() {
  const all = new Set(document.querySelectorAll('video, audio'));
  for (const element of started) {
    if (element.paused) started.delete(element);
    else all.add(element);
  }
  return [...all].filter((element) => !element.paused && !element.ended);
}

async function settleOnPosition(element) {
  const seconds = moving.get(element);
  if (seconds === undefined) return;
  quiet.add(element);
  position.set.call(element, seconds);
  moving.delete(element);
  await until(() => !seekingFlag.get.call(element), 2000);
  nativeSetTimeout(() => quiet.delete(element), 250); // events of the seek that follow its end
}

async function playToEnd(element) {
  moving.set(element, element.duration);
  element.dispatchEvent(new Event('timeupdate'));
  if (element.paused || !moving.has(element)) return;
  await settleOnPosition(element);
  await until(() => element.ended || element.paused, 2000);
  await hop();
}

async function followPlayers() {
  for (const element of [...moving.keys()]) {
    if (!isPlaying(element)) await settleOnPosition(element);
  }
  for (const element of playingElements()) {
    if (moving.has(element)) continue;
    if (element.readyState < 2 || seekingFlag.get.call(element)) {
      await until(() => element.paused || (element.readyState >= 2 && !seekingFlag.get.call(element)), 1500);
    }
    if (isPlaying(element)) moving.set(element, position.get.call(element));
  }
}

async function movePlayers(ms) {
  for (const [element, from] of [...moving]) {
    if (element.paused) continue;
    const to = from + (ms / 1000) * element.playbackRate;
    const length = element.duration;
    const ranges = lived.get(element) || [];
    const end = Number.isFinite(length) ? Math.min(to, length) : to;
    if (ranges.length && Math.abs(ranges[ranges.length - 1][1] - from) < 0.001) ranges[ranges.length - 1][1] = end;
    else ranges.push([from, end]);
    lived.set(element, ranges);
    if (to < length || !Number.isFinite(length)) moving.set(element, to);
    else if (element.loop) moving.set(element, length ? to % length : 0);
    else await playToEnd(element);
  }
}

// answers from the network that a timer waits for should arrive before the next timers fire

let pending = 0;
const nativeFetch = window.fetch;
window.fetch = function fetch(...args) {
  pending += 1;
  const answer = nativeFetch.apply(window, args);
  const done = () => { pending -= 1; };
  answer.then(done, done);
  return answer;
};
const nativeSend = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function send(...args) {
  pending += 1;
  this.addEventListener('loadend', () => { pending -= 1; }, {once: true});
  return nativeSend.apply(this, args);
};

function earliestTimer() {
  let first = null;
  for (const timer of timers.values()) if (!first || timer.due < first.due) first = timer;
  return first;
}

async function liveThrough(end) {
  const startedAt = nativeNow();
  let networkBudget = 1500;
  let coarse = 0;
  let mediaDue = device.frozen + MEDIA_STEP_MS;
  let frameDue = device.frozen + FRAME_STEP_MS;
  for (;;) {
    if (pending && networkBudget > 0) {
      const before = nativeNow();
      await until(() => !pending, Math.min(150, networkBudget));
      networkBudget -= nativeNow() - before;
    }
    if (!coarse && nativeNow() - startedAt > EXACT_BUDGET_MS) coarse = (end - device.frozen) / COARSE_STEPS;
    await followPlayers();
    let next = Math.min(end, moving.size ? mediaDue : end, frames.size && !device.hidden ? frameDue : end);
    const timer = earliestTimer();
    if (timer) next = Math.min(next, timer.due);
    next = Math.min(end, Math.max(next, device.frozen + coarse));
    await movePlayers(next - device.frozen);
    device.frozen = next;
    fireDue(coarse);
    if (next >= mediaDue) {
      mediaDue = next + MEDIA_STEP_MS;
      for (const element of moving.keys()) if (!element.paused) element.dispatchEvent(new Event('timeupdate'));
    }
    if (next >= frameDue) {
      frameDue = next + FRAME_STEP_MS;
      if (!device.hidden) runFrames();
    }
    await hop();
    const rest = earliestTimer();
    if (device.frozen >= end && !(rest && rest.due <= end)) return;
  }
}

// one timer a step while order is exact; every one that is due, once, when steps have grown
function fireDue(coarse) {
  const due = [...timers.values()].filter((timer) => timer.due <= device.frozen).sort((a, b) => a.due - b.due);
  for (const timer of coarse ? due : due.slice(0, 1)) {
    if (coarse && timer.every !== null) timer.due = device.frozen;
    guarded(() => fire(timer));
  }
}

function moveAnimations(ms) {
  for (const animation of document.getAnimations()) {
    if (animation.playState === 'running' && typeof animation.currentTime === 'number') animation.currentTime += ms;
  }
}

device.advance = async (ms, offsetMs) => {
  if (device.frozen !== null) await until(() => device.frozen === null, 20000);
  if (ms > 0) {
    wallAtFreeze = nativeWall() + dateOffsetMs;
    frozenAt = monotonic();
    device.frozen = frozenAt;
    for (const timer of timers.values()) nativeClearTimeout(timer.native);
    try {
      await liveThrough(frozenAt + ms);
      await Promise.all([...moving.keys()].map(settleOnPosition));
      moveAnimations(ms);
    } finally {
      advancedMs += ms;
      device.frozen = null;
      dateOffsetMs = offsetMs;
      for (const timer of timers.values()) arm(timer);
      device.requestFrames();
    }
  }
  dateOffsetMs = offsetMs;
};
// A page that Back returns to stood still meanwhile: what time the device made up is over, and timers that are due fire once.
device.catchUp = (madeUpMs, offsetMs) => {
  if (device.frozen !== null) return;
  advancedMs = madeUpMs - config.advancedMs;
  dateOffsetMs = offsetMs;
  for (const timer of timers.values()) {
    nativeClearTimeout(timer.native);
    arm(timer);
  }
};
device.isMediaQuiet = () => quiet.size === 0;
