"use strict";
// Two ordinary countdowns: time to read an agreement, and time before a text message may be asked for again.

/** Counts `seconds` down on the button `id`; `label` makes its text from what is left. */
function countDown(id, seconds, label) {
  const button = document.getElementById(id);
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    button.textContent = label(left);
    button.setAttribute("aria-disabled", String(left > 0));
    if (left > 0) {
      setTimeout(tick, 1000);
    }
  };
  tick();
}

countDown("consent", 5, (left) => (left > 0 ? `同意（${left}秒）` : "同意"));
countDown("resend", 60, (left) => (left > 0 ? `重新获取(${left}s)` : "重新获取"));
