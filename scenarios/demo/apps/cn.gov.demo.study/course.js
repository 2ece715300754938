"use strict";
// The course page shows how far the account is and keeps the second lesson locked.

function drawCourse() {
  const done = recall("lessonDone", false);
  document.getElementById("first").textContent = done ? "已完成" : "未完成";
  document.getElementById("lock").textContent = done ? "待学习" : "未解锁";
  document.getElementById("progress").textContent = `学习进度：已完成${done ? 1 : 0}/2节`;
  document.getElementById("meter").style.width = done ? "50%" : "0";
}

document.getElementById("second").addEventListener("click", () => {
  toast(recall("lessonDone", false) ? "课程内容准备中" : "未解锁，请先学完上一节");
});
// Back brings the page from memory without running it again.
window.addEventListener("pageshow", drawCourse);
drawCourse();
