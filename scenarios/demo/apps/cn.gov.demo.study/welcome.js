"use strict";
// First start: privacy agreement, then an update prompt once a day, which can be declined.

function offerUpdate() {
  if (recall("updateAskedOn", "") !== day()) {
    show("update");
  }
}

document.getElementById("agree").addEventListener("click", () => {
  keep("agreed", true);
  hide("privacy");
  offerUpdate();
});
document.getElementById("disagree").addEventListener("click", () => {
  toast("您需要同意后才能继续使用");
  if (bridge) {
    bridge.finish();
  }
});
document.getElementById("later").addEventListener("click", () => {
  keep("updateAskedOn", day());
  hide("update");
});
document.getElementById("upgrade").addEventListener("click", () => {
  toast("正在前往应用市场");
  hide("update");
});

if (recall("agreed", false)) {
  offerUpdate();
} else {
  show("privacy");
}
