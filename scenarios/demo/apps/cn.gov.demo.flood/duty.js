"use strict";
// The duty page: one check-in per shift, by the day of the device's clock.

function drawDuty() {
  const at = recall("duty", {})[day()];
  document.getElementById("date").textContent = dayText(day());
  document.getElementById("duty").textContent = at ? `本班已打卡 ${at}` : "本班未打卡";
}

document.getElementById("sign").addEventListener("click", () => {
  const now = new Date();
  const duty = recall("duty", {});
  duty[day()] = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  keep("duty", duty);
  toast("打卡成功");
  drawDuty();
});
document.getElementById("notNow").addEventListener("click", () => {
  keep("notifyAsked", true);
  hide("notify");
});
document.getElementById("turnOn").addEventListener("click", async () => {
  keep("notifyAsked", true);
  hide("notify");
  if (bridge) {
    await bridge.requestPermission("android.permission.POST_NOTIFICATIONS");
  }
});
document.addEventListener("visibilitychange", drawDuty);
setInterval(drawDuty, 60000);
drawDuty();
if (!recall("notifyAsked", false)) {
  show("notify");
}
