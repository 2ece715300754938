// The page as Android's accessibility sees it: roles to view classes, names to texts, clipped bounds in device
// pixels. `dump` returns nested arrays [handle, class, [l, t, r, b], text, id, desc, hint, flags, children].
const FLAGS = {checkable: 1, checked: 2, clickable: 4, disabled: 8, focusable: 16, focused: 32, scrollable: 64,
  longClickable: 128, password: 256, selected: 512};
const MAX_NODES = 5000;
const MAX_VISITED = 40000;
const MAX_DEPTH = 45; // leaves room for the decor within uiautomator's own limit of 50
const MAX_TEXT = 4000;

const CLASS_OF_ROLE = {
  button: 'android.widget.Button', textbox: 'android.widget.EditText', searchbox: 'android.widget.EditText',
  spinbutton: 'android.widget.EditText', slider: 'android.widget.SeekBar', combobox: 'android.widget.Spinner',
  datepicker: 'android.widget.Spinner', color: 'android.widget.Spinner', checkbox: 'android.widget.CheckBox',
  switch: 'android.widget.ToggleButton', toggle: 'android.widget.ToggleButton', radio: 'android.widget.RadioButton',
  radiogroup: 'android.widget.RadioGroup', img: 'android.widget.Image', progressbar: 'android.widget.ProgressBar',
  meter: 'android.widget.ProgressBar', tablist: 'android.widget.TabWidget', table: 'android.widget.GridView',
  grid: 'android.widget.GridView', list: 'android.widget.ListView', listbox: 'android.widget.ListView',
  dialog: 'android.app.Dialog', alertdialog: 'android.app.Dialog',
  menuitem: 'android.view.MenuItem', menuitemcheckbox: 'android.view.MenuItem', menuitemradio: 'android.view.MenuItem',
};
const VIEW = 'android.view.View';
const TEXT_VIEW = 'android.widget.TextView';
const TEXT_ROLES = new Set(['generic', 'paragraph', 'heading', 'label', 'legend', 'caption', 'blockquote', 'code', 'time',
  'term', 'definition', 'status', 'note']);
const NAME_FROM_CONTENTS = new Set(['button', 'link', 'checkbox', 'switch', 'toggle', 'radio', 'tab', 'menuitem',
  'menuitemcheckbox', 'menuitemradio', 'option', 'heading', 'treeitem', 'tooltip']);
const LEAF_ROLES = new Set(['button', 'toggle', 'textbox', 'searchbox', 'spinbutton', 'slider', 'combobox', 'datepicker',
  'color', 'checkbox', 'switch', 'radio', 'img', 'progressbar', 'meter', 'canvas', 'video', 'audio', 'menuitem',
  'menuitemcheckbox', 'menuitemradio']);
const NEVER_LEAF = new Set(['link', 'tablist', 'tabpanel']);
const TABLE_PARTS = new Set(['table', 'grid', 'row', 'cell', 'gridcell']);
const CLICK_ROLES = new Set(['button', 'toggle', 'link', 'textbox', 'searchbox', 'spinbutton', 'combobox', 'datepicker', 'color',
  'checkbox', 'switch', 'radio', 'tab', 'option', 'menuitem', 'menuitemcheckbox', 'menuitemradio']);
const CHECK_ROLES = new Set(['checkbox', 'switch', 'toggle', 'radio', 'menuitemcheckbox', 'menuitemradio']);
const EDIT_ROLES = new Set(['textbox', 'searchbox', 'spinbutton']);
const ROLE_OF_TAG = {
  A: null, BUTTON: 'button', SUMMARY: 'button', TEXTAREA: 'textbox', SELECT: 'combobox', PROGRESS: 'progressbar', METER: 'meter',
  IMG: 'img', CANVAS: 'canvas', VIDEO: 'video', AUDIO: 'audio', UL: 'list', OL: 'list', DL: 'list', LI: 'listitem', TABLE: 'table',
  TR: 'row', TD: 'cell', TH: 'cell', DIALOG: 'dialog', P: 'paragraph', LABEL: 'label', LEGEND: 'legend', CAPTION: 'caption',
  FIGCAPTION: 'caption', BLOCKQUOTE: 'blockquote', PRE: 'code', TIME: 'time', DT: 'term', DD: 'definition', IFRAME: 'iframe',
  H1: 'heading', H2: 'heading', H3: 'heading', H4: 'heading', H5: 'heading', H6: 'heading', NAV: 'navigation', MAIN: 'main',
  FORM: 'form', ARTICLE: 'article', HEADER: 'banner', FOOTER: 'contentinfo', FIGURE: 'figure', OPTION: 'option',
};
const ROLE_OF_INPUT = {
  button: 'button', submit: 'button', reset: 'button', image: 'button', file: 'button', checkbox: 'checkbox', radio: 'radio',
  range: 'slider', number: 'spinbutton', search: 'searchbox', date: 'datepicker', time: 'datepicker', month: 'datepicker',
  week: 'datepicker', 'datetime-local': 'datepicker', color: 'color', hidden: 'none',
};
const ROLE_ALIASES = {image: 'img', presentation: 'none', generic: 'generic', text: 'generic'};
const SKIPPED_TAGS = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'NOSCRIPT', 'HEAD', 'META', 'LINK', 'TITLE', 'SOURCE', 'TRACK', 'BR',
  'WBR', 'AREA', 'MAP', 'DATALIST', 'PARAM', 'COL', 'COLGROUP']);

const handles = new WeakMap();
const elements = new Map();
let lastHandle = 0;

function handleOf(element) {
  let handle = handles.get(element);
  if (!handle) {
    handle = ++lastHandle;
    handles.set(element, handle);
    elements.set(handle, new WeakRef(element));
  }
  return handle;
}

const squeezed = (text) => text.replace(/[\s\u00a0]+/g, ' ').trim().slice(0, MAX_TEXT);

function roleOf(element) {
  const asked = (element.getAttribute('role') || '').trim().split(/\s+/)[0].toLowerCase();
  const role = asked ? ROLE_ALIASES[asked] || asked : nativeRole(element);
  if (role === 'button' && element.hasAttribute('aria-pressed')) return 'toggle';
  return role;
}

function nativeRole(element) {
  const tag = element.tagName;
  if (tag === 'INPUT') return ROLE_OF_INPUT[element.type] || 'textbox';
  if (tag === 'A') return element.hasAttribute('href') ? 'link' : 'generic';
  if (tag === 'IMG' && element.getAttribute('alt') === '') return 'none';
  if (tag === 'svg') return element.hasAttribute('aria-label') || element.querySelector(':scope > title') ? 'img' : 'ignored';
  if (element.isContentEditable && !element.parentElement?.isContentEditable) return 'textbox';
  return ROLE_OF_TAG[tag] || 'generic';
}

const STYLE_SKIPS = (style) => style.display === 'none' || style.opacity === '0' || style.contentVisibility === 'hidden';

function isHiddenSubtree(element, style) {
  return STYLE_SKIPS(style) || element.getAttribute('aria-hidden') === 'true' || element.inert === true || deviceOwned.has(element);
}

const childrenOf = (element) => {
  if (element.shadowRoot) return element.shadowRoot.childNodes;
  if (element.tagName === 'SLOT') {
    const assigned = element.assignedNodes({flatten: true});
    if (assigned.length) return assigned;
  }
  return element.childNodes;
};

function rendered(textNode, style) {
  let text = textNode.data;
  if (style.textTransform === 'uppercase') text = text.toUpperCase();
  else if (style.textTransform === 'lowercase') text = text.toLowerCase();
  return squeezed(text);
}

function pseudoText(element, which) {
  const content = getComputedStyle(element, which).content;
  if (!content || content[0] !== '"') return '';
  return squeezed(content.slice(1, content.lastIndexOf('"')).replace(/\\"/g, '"'));
}

// names

function textIn(element, depth = 0) {
  if (depth > 20) return '';
  const parts = [];
  for (const child of childrenOf(element)) {
    if (child.nodeType === 3) {
      parts.push(child.data);
    } else if (child.nodeType === 1 && !SKIPPED_TAGS.has(child.tagName)) {
      const style = getComputedStyle(child);
      if (isHiddenSubtree(child, style) || style.visibility !== 'visible') continue;
      const label = child.getAttribute('aria-label') || (child.tagName === 'IMG' ? child.alt : '');
      const inner = label || textIn(child, depth + 1);
      parts.push(style.display.startsWith('inline') ? inner : ` ${inner} `);
    }
  }
  return squeezed(pseudoText(element, '::before') + parts.join('') + pseudoText(element, '::after'));
}

function nameFromAttributes(element) {
  const ids = element.getAttribute('aria-labelledby');
  if (ids) {
    const texts = ids.trim().split(/\s+/).map((id) => element.getRootNode().getElementById?.(id)).filter(Boolean);
    const name = squeezed(texts.map((item) => item.getAttribute('aria-label') || item.innerText || '').join(' '));
    if (name) return name;
  }
  return squeezed(element.getAttribute('aria-label') || '');
}

function baseName(address) {
  const path = address.startsWith('data:') ? '' : address.split(/[?#]/)[0].replace(/\/+$/, '');
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
}

function nativeName(element, role) {
  if (element.tagName === 'INPUT' && role === 'button') {
    const standard = {submit: '提交', reset: '重置', image: element.alt, file: '选择文件'}[element.type] || '';
    return squeezed(element.value && element.type !== 'file' ? element.value : standard);
  }
  if (role === 'img') return squeezed(element.getAttribute('alt') || element.querySelector?.('title')?.textContent || '');
  if (element.labels && element.labels.length) return squeezed([...element.labels].map((label) => textIn(label)).join(' '));
  if (NAME_FROM_CONTENTS.has(role)) return textIn(element);
  return '';
}

function valueOf(element, role) {
  const spoken = element.getAttribute('aria-valuetext');
  if (spoken) return squeezed(spoken);
  const now = element.getAttribute('aria-valuenow');
  if (role === 'progressbar' || role === 'meter') {
    const number = now !== null ? Number(now) : element.tagName === 'PROGRESS' && !element.hasAttribute('value') ? NaN : element.value;
    if (!Number.isFinite(number)) return '';
    return Number.isInteger(number) ? `${number}.0` : String(number); // as a Java float prints
  }
  if (role === 'slider') return String(now !== null ? now : element.value ?? '');
  return '';
}

function fieldText(element) {
  if (element.type === 'password') return '•'.repeat(element.value.length);
  return 'value' in element ? element.value.slice(0, MAX_TEXT) : squeezed(element.innerText || '');
}

// what to say of an element: {text, desc, hint, fromAttribute}
function wording(element, role) {
  const label = nameFromAttributes(element);
  if (EDIT_ROLES.has(role)) {
    const hints = [label || nativeName(element, role), element.getAttribute('placeholder') || element.getAttribute('aria-placeholder')];
    return {text: fieldText(element), desc: '', hint: squeezed(hints.filter(Boolean).join(' ')), fromAttribute: false};
  }
  if (role === 'combobox' && element.tagName === 'SELECT') {
    return {text: squeezed(element.selectedOptions[0]?.label || ''), desc: label, hint: '', fromAttribute: false};
  }
  if (role === 'datepicker' || role === 'color') return {text: element.value || '', desc: label, hint: '', fromAttribute: false};
  const value = valueOf(element, role);
  if (value) return {text: value, desc: label || nativeName(element, role), hint: '', fromAttribute: Boolean(label)};
  let text = label || nativeName(element, role);
  if (!text && (role === 'img' || role === 'link') && !element.hasAttribute('alt')) {
    text = baseName(element.currentSrc || element.getAttribute('href') || '');
  }
  const title = squeezed(element.getAttribute('title') || '');
  if (!text && title && role !== 'generic') return {text: title, desc: '', hint: '', fromAttribute: true};
  return {text, desc: '', hint: title && title !== text ? title : '', fromAttribute: Boolean(label)};
}

// bounds

const EMPTY = null;
function cut(box, clip) {
  const left = Math.max(box[0], clip[0]);
  const top = Math.max(box[1], clip[1]);
  const right = Math.min(box[2], clip[2]);
  const bottom = Math.min(box[3], clip[3]);
  return right - left > 0 && bottom - top > 0 ? [left, top, right, bottom] : EMPTY;
}
const moved = (rect, origin) => [rect.left + origin[0], rect.top + origin[1], rect.right + origin[0], rect.bottom + origin[1]];

function insideClip(element, style, box, clip) {
  if (style.overflowX === 'visible' && style.overflowY === 'visible') return clip;
  const inner = [box[0] + element.clientLeft, box[1] + element.clientTop,
    box[0] + element.clientLeft + element.clientWidth, box[1] + element.clientTop + element.clientHeight];
  return cut(inner, clip);
}

function isScrollable(element, style) {
  const scrolls = (value) => value === 'auto' || value === 'scroll';
  return (scrolls(style.overflowY) && element.scrollHeight > element.clientHeight + 1)
    || (scrolls(style.overflowX) && element.scrollWidth > element.clientWidth + 1);
}

// the walk

class Walk {
  constructor(toDevice) {
    this.toDevice = toDevice;
    this.nodes = 0;
    this.visited = 0;
    this.truncated = false;
  }

  // -> array of items: nodes (arrays) and texts ({text, box, parent})
  children(element, scope) {
    const items = [];
    const before = this.pseudo(element, '::before', scope);
    if (before) items.push(before);
    for (const child of childrenOf(element)) {
      if (child.nodeType === 3) {
        const item = this.textItem(child, element, scope);
        if (item) items.push(item);
      } else if (child.nodeType === 1) {
        for (const item of this.element(child, scope)) items.push(item);
      }
    }
    const after = this.pseudo(element, '::after', scope);
    if (after) items.push(after);
    return items;
  }

  pseudo(element, which, scope) {
    if (!scope.visible || !scope.clip) return null;
    const text = pseudoText(element, which);
    if (!text) return null;
    const box = cut(moved(element.getBoundingClientRect(), scope.origin), scope.clip);
    return box && {text, box, parent: element};
  }

  textItem(node, parent, scope) {
    if (!scope.visible || !scope.clip || !/\S/.test(node.data)) return null;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = cut(moved(range.getBoundingClientRect(), scope.origin), scope.clip);
    return box && {text: rendered(node, scope.style), box, parent};
  }

  element(element, scope) {
    if (SKIPPED_TAGS.has(element.tagName) || scope.depth > 400) return [];
    if (++this.visited > MAX_VISITED || this.nodes > MAX_NODES) {
      this.truncated = true;
      return [];
    }
    const style = getComputedStyle(element);
    if (isHiddenSubtree(element, style)) return [];
    const role = roleOf(element);
    if (role === 'ignored') return [];
    const rect = element.getBoundingClientRect();
    const box = moved(rect, scope.origin);
    const clips = {fixed: scope.screen, absolute: scope.containerClip};
    const outer = style.position in clips ? clips[style.position] : scope.clip;
    const clip = style.display === 'contents' ? scope.clip : outer && insideClip(element, style, box, outer);
    const contains = style.position !== 'static' || style.transform !== 'none';
    const inner = {...scope, depth: scope.depth + 1, visible: style.visibility === 'visible', style, clip,
      containerClip: contains ? clip : scope.containerClip, pointer: style.cursor === 'pointer'};
    const shown = outer && inner.visible && style.display !== 'contents' ? cut(box, outer) : EMPTY;
    const facts = this.facts(element, role, style, scope);
    if (role === 'iframe') return this.frame(element, facts, shown, inner);
    if (LEAF_ROLES.has(role)) return shown ? [this.node(element, facts, shown, [])] : [];
    const items = this.children(element, inner);
    if (!facts.included && !this.isTextBlock(element, style, items)) return items;
    if (!shown) return items.map((item) => this.settled(item));
    return [this.folded(element, facts, shown, items)];
  }

  facts(element, role, style, scope) {
    const isRoot = element === document.body || element === document.documentElement;
    const focusable = !isRoot && (element.tabIndex >= 0 || EDIT_ROLES.has(role)) && role !== 'iframe';
    const listens = clickListeners.get(element)?.size > 0 || typeof element.onclick === 'function' || element.hasAttribute('onclick');
    const clickable = !isRoot && (CLICK_ROLES.has(role) || listens || (style.cursor === 'pointer' && !scope.pointer));
    const scrollable = !isRoot && isScrollable(element, style);
    const label = role === 'generic' ? nameFromAttributes(element) || element.id : '';
    const semantic = role !== 'generic' && role !== 'none';
    return {role, focusable, clickable, scrollable,
      included: !isRoot && (semantic || focusable || clickable || scrollable || Boolean(label))};
  }

  // a block with text of its own is a node even without a meaning
  isTextBlock(element, style, items) {
    return style.display !== 'inline' && style.display !== 'contents' && items.some((item) => item.parent)
      && element !== document.body && element !== document.documentElement;
  }

  settled(item) {
    return item.parent ? this.textNode(item) : item;
  }

  textNode(item) {
    this.nodes += 1;
    const handle = item.parent ? handleOf(item.parent) : 0;
    return [handle, TEXT_VIEW, this.toDevice(item.box), item.text, '', '', '', 0, []];
  }

  folded(element, facts, shown, items) {
    const said = wording(element, facts.role);
    const onlyText = items.length > 0 && items.every((item) => item.parent);
    const keepsChildren = NEVER_LEAF.has(facts.role) || (facts.focusable && said.fromAttribute && items.length > 0);
    const own = said.text || (onlyText || (facts.focusable && items.length) ? textIn(element) : '');
    const isLeaf = !keepsChildren && own && (onlyText || ((facts.role === 'heading' || facts.focusable) && this.mayDrop(items)));
    if (isLeaf) {
      const node = this.node(element, facts, shown, [], {...said, text: own});
      if (onlyText && TEXT_ROLES.has(facts.role)) node[1] = TEXT_VIEW;
      return node;
    }
    if (facts.role === 'generic' && said.text) Object.assign(said, {desc: said.text, text: ''});
    return this.node(element, facts, shown, items.map((item) => this.settled(item)), said);
  }

  mayDrop(items) {
    return items.every((item) => item.parent
      || (!(item[7] & FLAGS.focusable) && !item.isTablePart && this.mayDrop(item[8])));
  }

  frame(element, facts, shown, inner) {
    let page = null;
    try {
      page = element.contentDocument;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
    if (!shown) return [];
    if (!page || !page.documentElement) return [this.node(element, facts, shown, [])];
    const rect = element.getBoundingClientRect();
    const origin = [inner.origin[0] + rect.left + element.clientLeft, inner.origin[1] + rect.top + element.clientTop];
    const items = this.children(page.documentElement, {...inner, origin, clip: shown, containerClip: shown, screen: shown, pointer: false,
      style: page.defaultView.getComputedStyle(page.documentElement)});
    return [this.node(element, facts, shown, items.map((item) => this.settled(item)), {text: page.title, desc: '', hint: ''})];
  }

  node(element, facts, shown, children, said = wording(element, facts.role)) {
    this.nodes += 1;
    const node = [handleOf(element), CLASS_OF_ROLE[facts.role] || VIEW, this.toDevice(shown), said.text, element.id || '',
      said.desc, said.hint, flagsOf(element, facts), children];
    node.isTablePart = TABLE_PARTS.has(facts.role);
    return node;
  }
}

function flagsOf(element, facts) {
  let flags = 0;
  const role = facts.role;
  if (CHECK_ROLES.has(role)) flags |= FLAGS.checkable;
  const pressed = element.getAttribute('aria-checked') || element.getAttribute('aria-pressed');
  if (element.checked === true || pressed === 'true') flags |= FLAGS.checked;
  if (facts.clickable) flags |= FLAGS.clickable;
  if (element.matches(':disabled') || element.getAttribute('aria-disabled') === 'true') flags |= FLAGS.disabled;
  if (facts.focusable) flags |= FLAGS.focusable;
  const root = element.getRootNode();
  if (root.activeElement === element && element !== element.ownerDocument.body) flags |= FLAGS.focused;
  if (facts.scrollable) flags |= FLAGS.scrollable;
  if (element.type === 'password' && element.tagName === 'INPUT') flags |= FLAGS.password;
  if (element.getAttribute('aria-selected') === 'true') flags |= FLAGS.selected;
  return flags;
}

// CSS pixels of the layout viewport -> device pixels of the screen, page zoom included
function deviceMapper() {
  const port = window.visualViewport;
  const zoom = port.scale * window.devicePixelRatio;
  const map = (box) => [Math.round((box[0] - port.offsetLeft) * zoom), Math.round((box[1] - port.offsetTop) * zoom),
    Math.round((box[2] - port.offsetLeft) * zoom), Math.round((box[3] - port.offsetTop) * zoom)];
  const screen = [port.offsetLeft, port.offsetTop, port.offsetLeft + port.width, port.offsetTop + port.height];
  return {map, screen};
}

function pageTree() {
  const {map, screen} = deviceMapper();
  const opaque = document.querySelector('meta[name="android-hierarchy"][content="opaque" i]');
  const root = [0, 'android.webkit.WebView', map(screen), '', '', '', '', FLAGS.focusable, []];
  if (opaque || !document.documentElement) return {root, truncated: false};
  const walk = new Walk(map);
  const scope = {origin: [0, 0], clip: screen, containerClip: screen, screen, visible: true, depth: 0, pointer: false,
    style: getComputedStyle(document.documentElement)};
  const modal = [...document.querySelectorAll('dialog:modal')].pop();
  const top = document.fullscreenElement || modal;
  const items = top ? walk.element(top, scope) : walk.children(document.documentElement, scope);
  root[8] = limited(items.map((item) => walk.settled(item)), MAX_DEPTH, walk);
  root[3] = squeezed(document.title);
  const scroller = document.scrollingElement;
  if (scroller && scroller.scrollHeight > scroller.clientHeight + 1) root[7] |= FLAGS.scrollable;
  if (!document.activeElement || document.activeElement === document.body) root[7] |= FLAGS.focused;
  return {root, truncated: walk.truncated};
}

function limited(nodes, depth, walk) {
  if (depth <= 0 && nodes.length) {
    walk.truncated = true;
    return [];
  }
  for (const node of nodes) node[8] = limited(node[8], depth - 1, walk);
  return nodes;
}

// The device's own pages are native views: elements say their class (data-class), id and texts themselves.
function viewTree(root) {
  const {map, screen} = deviceMapper();
  const visit = (element) => {
    const children = [...element.children].flatMap(visit);
    const name = element.dataset.class;
    if (!name || !element.checkVisibility()) return children;
    const box = cut(moved(element.getBoundingClientRect(), [0, 0]), screen);
    if (!box) return children;
    const clickable = 'action' in element.dataset || name.endsWith('EditText');
    const scrollable = isScrollable(element, getComputedStyle(element));
    const facts = {role: 'generic', clickable, focusable: clickable, scrollable};
    const text = name.endsWith('EditText') ? element.value : element.dataset.text || '';
    let flags = flagsOf(element, facts);
    if ('checked' in element.dataset) flags |= FLAGS.checkable | (element.dataset.checked === 'true' ? FLAGS.checked : 0);
    return [[handleOf(element), name, map(box), text, element.dataset.id || '', element.dataset.desc || '', '', flags, children]];
  };
  return {root: visit(root)[0] || null, truncated: false};
}

device.dump = () => (window.__androidViews ? viewTree(document.body) : pageTree());
device.isSecure = () => Boolean(document.querySelector('meta[name="android-window"][content="secure" i]'));

// fields

function deepActive() {
  let element = document.activeElement;
  for (;;) {
    if (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    else if (element?.tagName === 'IFRAME' && element.contentDocument?.activeElement) element = element.contentDocument.activeElement;
    else return element;
  }
}
const NOT_TYPED = new Set(['button', 'submit', 'reset', 'checkbox', 'radio', 'range', 'file', 'image', 'color', 'hidden']);
const isField = (element) => Boolean(element) && !element.disabled && !element.readOnly
  && (element.tagName === 'TEXTAREA' || element.isContentEditable || (element.tagName === 'INPUT' && !NOT_TYPED.has(element.type)));
device.fieldFocused = () => isField(deepActive());
device.selectedText = () => {
  const field = deepActive();
  return typeof field?.selectionStart === 'number' ? field.value.slice(field.selectionStart, field.selectionEnd) : String(getSelection());
};

function setNative(element, text) {
  const owner = element.ownerDocument.defaultView;
  const kind = element.tagName === 'TEXTAREA' ? owner.HTMLTextAreaElement : owner.HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(element, text); // past a framework's own setter
  element.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertText', data: text}));
  element.dispatchEvent(new Event('change', {bubbles: true}));
}

device.setText = (handle, text) => {
  const element = elements.get(handle)?.deref();
  if (!element || !element.isConnected) return false;
  if (element.tagName === 'SELECT') {
    const index = [...element.options].findIndex((option) => option.label === text);
    if (index < 0) return false;
    element.selectedIndex = index;
    element.dispatchEvent(new Event('input', {bubbles: true}));
    element.dispatchEvent(new Event('change', {bubbles: true}));
    return true;
  }
  const isRange = element.tagName === 'INPUT' && ['range', 'date', 'time', 'month', 'week', 'datetime-local', 'color'].includes(element.type);
  if (!isRange && !isField(element)) return false;
  element.focus();
  if (element.isContentEditable) {
    element.textContent = text;
    element.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertText', data: text}));
  } else {
    setNative(element, text);
  }
  return true;
};
