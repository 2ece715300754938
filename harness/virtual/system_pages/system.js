// The device's own screens: launcher, recents, dialogs. The device calls show(…); taps answer through act(…).
window.__androidViews = true;
const COLOURS = ['#c0392b', '#d35400', '#b7791f', '#2e7d32', '#00796b', '#1565c0', '#4527a0', '#ad1457', '#455a64', '#5d4037'];

function view(className, style, details = {}, children = []) {
  const element = document.createElement(className === 'android.widget.EditText' ? 'input' : 'div');
  element.dataset.class = className;
  element.className = style;
  const {text, id, desc, action, checked} = details;
  if (text !== undefined) {
    element.dataset.text = text;
    if (!children.length) element.textContent = text;
  }
  if (id) element.dataset.id = id;
  if (desc) element.dataset.desc = desc;
  if (checked !== undefined) element.dataset.checked = String(checked);
  if (action) {
    element.dataset.action = '';
    element.addEventListener('click', () => window.__androidCall('act', action()));
  }
  element.append(...children);
  return element;
}

const FRAME = 'android.widget.FrameLayout';
const LINEAR = 'android.widget.LinearLayout';
const TEXT = 'android.widget.TextView';
const BUTTON = 'android.widget.Button';

function plain(style, text = '') {
  const element = document.createElement('div');
  element.className = style;
  element.textContent = text;
  return element;
}

function colourOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length];
}

function appIcon(app) {
  const tile = plain('tile', [...app.label][0] || '?');
  tile.style.background = colourOf(app.package);
  return view(TEXT, 'icon', {text: app.label, desc: app.label, id: 'com.android.launcher3:id/icon',
    action: () => ({launch: app.package})}, [tile, plain('label', app.label)]);
}

function launcher(spec) {
  const grid = view('android.view.ViewGroup', 'icons', {id: 'com.android.launcher3:id/workspace'}, spec.apps.map(appIcon));
  const day = view(TEXT, 'date', {text: spec.date, id: 'com.android.launcher3:id/clock'});
  return view('android.widget.ScrollView', 'launcher', {id: 'com.android.launcher3:id/launcher'}, [day, grid]);
}

function card(task) {
  const title = view(TEXT, 'title', {text: task.label, id: 'com.android.launcher3:id/title'});
  const shot = view('android.view.View', 'shot', {id: 'com.android.launcher3:id/snapshot', desc: task.label,
    action: () => ({launch: task.package})});
  if (task.picture) shot.style.backgroundImage = `url(${task.picture})`;
  return view(FRAME, 'card', {id: 'com.android.launcher3:id/task', desc: task.label}, [title, shot]);
}

function recents(spec) {
  const panel = view(FRAME, 'recents', {id: 'com.android.launcher3:id/overview_panel'});
  panel.style.setProperty('--screen', spec.shape);
  if (!spec.tasks.length) {
    panel.append(view(TEXT, 'empty', {text: '近期没有任何内容'}));
    return panel;
  }
  panel.append(view('android.widget.HorizontalScrollView', 'cards', {}, spec.tasks.map(card)));
  panel.append(view(BUTTON, 'clear', {text: '全部清除', id: 'com.android.launcher3:id/clear_all', action: () => ({clear: true})}));
  return panel;
}

function dialog(spec) {
  const parts = [];
  let field = null;
  const answer = (choice) => () => ({dialog: spec.id, choice, text: field ? field.value : null});
  if (spec.badge) parts.push(plain('badge', spec.badge));
  if (spec.title) parts.push(view(TEXT, 'heading', spec.title));
  if (spec.message) parts.push(view(TEXT, 'message', spec.message));
  if (spec.field) {
    field = view('android.widget.EditText', 'field', {id: spec.field.id});
    field.value = spec.field.text;
    parts.push(field);
  }
  if (spec.items.length) {
    const rows = spec.items.map((item, index) => {
      const row = view('android.widget.CheckedTextView', item.off ? 'item off' : 'item', {text: item.text, id: 'android:id/text1',
        checked: item.checked, action: item.off ? null : answer(index)});
      return row;
    });
    parts.push(view('android.widget.ListView', 'items', {id: 'android:id/select_dialog_listview'}, rows));
  }
  const buttons = spec.buttons.map((button, index) => view(BUTTON, 'button', {...button, action: answer(index)}));
  if (buttons.length) parts.push(view(LINEAR, 'buttons', {id: spec.buttonsId}, buttons));
  const panel = view(LINEAR, spec.stacked ? 'dialog stacked' : 'dialog', {id: spec.panelId}, parts);
  const shade = view(FRAME, 'shade', {id: 'android:id/content'}, [panel]);
  const scrim = view(FRAME, 'scrim', {}, [shade]);
  if (spec.picture) scrim.style.backgroundImage = `url(${spec.picture})`;
  queueMicrotask(() => field?.focus());
  return scrim;
}

// Resolves when the pictures are there, so that the next screenshot is complete.
window.show = async (spec) => {
  const content = {launcher, recents, dialog}[spec.screen](spec);
  document.body.replaceChildren(content);
  const waits = [...document.querySelectorAll('[style*="background-image"]')].map((element) => {
    const picture = new Image();
    picture.src = element.style.backgroundImage.slice(5, -2);
    return picture.decode().catch(() => { element.style.backgroundImage = ''; });
  });
  await Promise.all(waits);
  return true;
};
