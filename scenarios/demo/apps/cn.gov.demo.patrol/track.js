"use strict";
// The track of a patrol: nothing begins without the permission for the place.

async function locate() {
  const note = document.getElementById("place");
  const allowed = bridge ? await bridge.requestPermission("android.permission.ACCESS_FINE_LOCATION") : false;
  note.textContent = allowed ? "定位正常，当前位置：示例村三组" : "未开启定位权限，无法开始巡查";
}

document.getElementById("start").addEventListener("click", () => {
  document.getElementById("recording").hidden = false;
});

locate();
