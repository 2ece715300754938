// What a page may ask of the device, and what the device tells the page. Runs after clock.js in the same scope.
const call = (method, argument) => window.__androidCall(method, argument === undefined ? null : argument);
const isTop = window === window.top;

window.android = {
  toast: (text) => { call('toast', String(text)); },
  requestPermission: (name) => call('requestPermission', String(name)),
  checkPermission: (name) => call('checkPermission', String(name)),
  finish: () => { call('finish'); },
  openPackage: (name) => call('openPackage', String(name)),
  lastBack: null,
};
device.back = () => {
  if (document.fullscreenElement) {
    document.exitFullscreen();
    return true;
  }
  return typeof window.android.lastBack === 'function' && window.android.lastBack() === true;
};

// the size of text that the person chose, as a WebView applies it

if (config.fontScale !== 1) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`html { text-size-adjust: ${config.fontScale * 100}%; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

// the place: a WebView tells it where its app holds the permission, and nowhere else

const LOCATION = 'ACCESS_FINE_LOCATION';
if (navigator.geolocation) {
  const {getCurrentPosition, watchPosition, clearWatch} = Geolocation.prototype;
  const refused = {code: 1, message: 'User denied Geolocation', PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3};
  const watches = new Map();
  let watchCount = 0;
  Geolocation.prototype.getCurrentPosition = function getPosition(told, failed, options) {
    call('checkPermission', LOCATION).then((held) => {
      if (held) getCurrentPosition.call(this, told, failed, options);
      else if (typeof failed === 'function') failed(refused);
    });
  };
  Geolocation.prototype.watchPosition = function watch(told, failed, options) {
    const id = ++watchCount;
    watches.set(id, null);
    call('checkPermission', LOCATION).then((held) => {
      if (held && watches.has(id)) watches.set(id, watchPosition.call(this, told, failed, options));
      else if (!held && typeof failed === 'function') failed(refused);
    });
    return id;
  };
  Geolocation.prototype.clearWatch = function clear(id) {
    if (watches.get(id)) clearWatch.call(this, watches.get(id));
    watches.delete(id);
  };
}

// visibility: Chromium shows every tab, the device knows which one is in front

const visibility = () => (device.hidden ? 'hidden' : 'visible');
for (const [name, get] of [['hidden', () => device.hidden], ['visibilityState', visibility],
  ['webkitHidden', () => device.hidden], ['webkitVisibilityState', visibility]]) {
  Object.defineProperty(Document.prototype, name, {get, configurable: true, enumerable: true});
}
Document.prototype.hasFocus = function hasFocus() { return !device.hidden; };
document.addEventListener('visibilitychange', (event) => {
  if (event.isTrusted) event.stopImmediatePropagation();
}, true);

device.setHidden = (hidden) => {
  for (let i = 0; i < window.frames.length; i++) {
    try {
      window.frames[i].__androidDevice.setHidden(hidden);
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error; // another origin's frame
    }
  }
  if (device.hidden === hidden) return;
  device.hidden = hidden;
  if (hidden) window.dispatchEvent(new Event('blur'));
  document.dispatchEvent(new Event('visibilitychange', {bubbles: true}));
  if (!hidden) window.dispatchEvent(new Event('focus'));
  device.requestFrames();
};

// Back shows a page as it was left, scrolled and all; it hears of that once its clock is right again

window.addEventListener('pageshow', (event) => {
  if (!event.isTrusted || !event.persisted) return;
  event.stopImmediatePropagation();
  call('returned').then(({hidden, advancedMs, dateOffsetMs}) => {
    device.catchUp(advancedMs, dateOffsetMs);
    device.setHidden(hidden);
    window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
  });
}, true);

// which elements listen to clicks: accessibility calls them clickable

const CLICK_TYPES = new Set(['click', 'mousedown', 'mouseup', 'dblclick', 'pointerup', 'touchend', 'touchstart']);
const clickListeners = new WeakMap();
const nativeAdd = EventTarget.prototype.addEventListener;
const nativeRemove = EventTarget.prototype.removeEventListener;
EventTarget.prototype.addEventListener = function addEventListener(type, listener, options) {
  if (listener && CLICK_TYPES.has(type) && this instanceof Element) {
    if (!clickListeners.has(this)) clickListeners.set(this, new Set());
    clickListeners.get(this).add(listener);
  }
  return nativeAdd.call(this === undefined ? window : this, type, listener, options);
};
EventTarget.prototype.removeEventListener = function removeEventListener(type, listener, options) {
  if (CLICK_TYPES.has(type) && this instanceof Element) clickListeners.get(this)?.delete(listener);
  return nativeRemove.call(this === undefined ? window : this, type, listener, options);
};

// other windows: an app has one; what is foreign opens in the browser app

function openElsewhere(address) {
  let url;
  try {
    url = new URL(address, document.baseURI);
  } catch (error) {
    if (error instanceof TypeError) return;
    throw error;
  }
  if (url.origin === location.origin || url.protocol === 'javascript:') window.top.location.href = url.href;
  else call('openUrl', url.href);
}
window.open = function open(address) {
  if (address) openElsewhere(address);
  return null;
};
nativeAdd.call(window, 'click', (event) => {
  const link = event.composedPath().find((item) => item instanceof HTMLAnchorElement && item.href);
  if (!link || event.defaultPrevented) return;
  if (link.target && !['_self', '_top', '_parent'].includes(link.target)) {
    event.preventDefault();
    openElsewhere(link.href);
  }
});

// other kinds of addresses (tel:, market:, an app's own scheme) are for apps that this phone does not have
const PAGE_SCHEMES = new Set(['http:', 'https:', 'about:', 'data:', 'blob:', 'javascript:']);
window.navigation?.addEventListener('navigate', (event) => {
  if (PAGE_SCHEMES.has(new URL(event.destination.url).protocol)) return;
  event.preventDefault();
  call('openUrl', event.destination.url);
});
// frames as carriers of such addresses are stopped too: Chromium would ask a question that nobody can see
const frameSource = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'src');
const isForeignKind = (address) => /^[a-z][a-z0-9+.-]*:/i.test(address) && URL.canParse(address)
  && !PAGE_SCHEMES.has(new URL(address).protocol);
Object.defineProperty(HTMLIFrameElement.prototype, 'src', {
  ...frameSource,
  set(address) {
    if (isForeignKind(String(address))) call('openUrl', String(address));
    else frameSource.set.call(this, address);
  },
});
const nativeSetAttribute = Element.prototype.setAttribute;
HTMLIFrameElement.prototype.setAttribute = function setAttribute(name, value) {
  if (String(name).toLowerCase() === 'src') this.src = value;
  else nativeSetAttribute.call(this, name, value);
};

// lists of choices: a headless browser draws none, so the device shows its own

nativeAdd.call(window, 'mousedown', (event) => {
  const list = event.composedPath()[0];
  const box = list instanceof HTMLOptionElement ? list.parentElement : list;
  if (!(box instanceof HTMLSelectElement) || box.multiple || box.size > 1 || box.disabled) return;
  event.preventDefault();
  box.focus();
  const options = [...box.options].map((option) => ({text: option.label, disabled: option.disabled}));
  call('choose', {options, selected: box.selectedIndex}).then((index) => {
    if (index === null || index === box.selectedIndex) return;
    box.selectedIndex = index;
    box.dispatchEvent(new Event('input', {bubbles: true}));
    box.dispatchEvent(new Event('change', {bubbles: true}));
  });
}, true);

// pickers that only a desktop has would be drawn where nobody sees them: the field takes its value as text
const PICKED = new Set(['date', 'time', 'month', 'week', 'datetime-local', 'color']);
nativeAdd.call(window, 'click', (event) => {
  const field = event.composedPath()[0];
  if (field instanceof HTMLInputElement && PICKED.has(field.type)) event.preventDefault();
}, true);

// a long press gives a context menu event and no click, as on a phone; desktop Chromium makes a late click of it

const LONG_PRESS_MS = 400;
const LIFT_MS = 40; // a page that was busy hears of the finger's lifting only now: then it was no long press
const TOUCH_SLOP = 12;
let press = null; // {timer, x, y, isLong}
nativeAdd.call(window, 'touchstart', (event) => {
  if (!event.isTrusted) return;
  if (press) nativeClearTimeout(press.timer);
  const {clientX, clientY} = event.touches[0];
  const target = event.composedPath()[0];
  const mine = press = {x: clientX, y: clientY, isLong: false, timer: 0};
  const begin = () => {
    mine.isLong = true;
    target.dispatchEvent(new MouseEvent('contextmenu', {bubbles: true, cancelable: true, composed: true, clientX, clientY, button: 0}));
  };
  mine.timer = nativeSetTimeout(() => { mine.timer = nativeSetTimeout(begin, LIFT_MS); }, LONG_PRESS_MS);
  if (event.touches.length > 1) nativeClearTimeout(mine.timer);
}, {capture: true, passive: true});
nativeAdd.call(window, 'touchmove', (event) => {
  const {clientX, clientY} = event.touches[0];
  if (press && Math.hypot(clientX - press.x, clientY - press.y) > TOUCH_SLOP) nativeClearTimeout(press.timer);
}, {capture: true, passive: true});
for (const type of ['touchend', 'touchcancel']) {
  nativeAdd.call(window, type, () => {
    if (!press) return;
    nativeClearTimeout(press.timer);
    const ended = press;
    nativeSetTimeout(() => { if (press === ended) press = null; }, 60);
  }, {capture: true, passive: true});
}
for (const type of ['mousedown', 'mouseup', 'click']) {
  nativeAdd.call(window, type, (event) => {
    if (!event.isTrusted || !press?.isLong) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}

// the clipboard is the device's

nativeAdd.call(document, 'copy', () => {
  const field = document.activeElement;
  const inField = field && typeof field.selectionStart === 'number';
  const text = inField ? field.value.slice(field.selectionStart, field.selectionEnd) : String(getSelection());
  if (text) call('setClipboard', text);
});
if (navigator.clipboard) {
  navigator.clipboard.writeText = (text) => call('setClipboard', String(text));
}

// toasts are drawn by the device over whatever is in front; the hierarchy does not know them

const deviceOwned = new WeakSet();
device.showToast = (text, ms) => {
  const host = document.createElement('div');
  deviceOwned.add(host);
  host.style.cssText = 'all:initial;position:fixed;left:0;right:0;top:auto;bottom:9%;width:auto;height:auto;margin:0;border:0;'
    + 'padding:0;background:none;overflow:visible;pointer-events:none;z-index:2147483647;text-align:center';
  const label = document.createElement('span');
  label.textContent = text;
  label.style.cssText = 'display:inline-block;max-width:80%;padding:10px 18px;border-radius:20px;background:rgba(50,50,50,.92);'
    + 'color:#fff;font:14px/1.4 sans-serif;pointer-events:none';
  host.attachShadow({mode: 'closed'}).append(label);
  document.documentElement.append(host);
  host.popover = 'manual';
  host.showPopover?.();
  addTimer(() => host.remove(), ms, [], false);
};

// resolves once the events of a touch have reached the page: a frame was drawn and the tasks before it have run
device.settled = () => new Promise((resolve) => {
  const done = () => nativeSetTimeout(resolve, 0);
  nativeFrame(done);
  nativeSetTimeout(resolve, 150);
});
