"use strict";
// The wall: as long as today is unsigned, nothing but the rules and the calendar can be reached, and Back does not help.

function isSigned() {
  return Boolean(signedDays()[day()]);
}

function drawHome() {
  const date = dayText(day());
  document.getElementById("date").textContent = date;
  document.getElementById("wallDate").textContent = date;
  document.getElementById("signedAt").textContent = signedDays()[day()] || "";
  document.getElementById("streak").textContent = streakDays();
  document.body.classList.toggle("walled", !isSigned());
  setOpen("wall", !isSigned());
}

async function locate() {
  const place = document.getElementById("place");
  const allowed = bridge ? await bridge.requestPermission("android.permission.ACCESS_FINE_LOCATION") : false;
  place.textContent = allowed ? "当前位置：示例市政府大楼（在签到范围内）" : "未开启定位权限，无法确认签到位置";
}

document.getElementById("sign").addEventListener("click", () => {
  const now = new Date();
  const days = signedDays();
  days[day()] = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  keep("signed", days);
  toast("签到成功");
  drawHome();
});
if (bridge) {
  bridge.lastBack = () => {
    if (isSigned()) {
      return false;
    }
    toast("请先签到");
    return true;
  };
}
document.addEventListener("visibilitychange", drawHome);
window.addEventListener("pageshow", drawHome);
// Midnight passes while the page is open: the day is looked at again every minute of the device's clock.
setInterval(drawHome, 60000);

drawHome();
locate();
