"use strict";
// The watch gate: seeking forward is undone, time counts only in front and while playing, the next lesson stays locked,
// a question stops the video, and leaving the page forgets the lesson's progress. A finished course has no gate.

const SEEK_TOLERANCE_S = 1;
const REBOUND_MS = 400;
const QUIZ_AT = 0.4;

const finishedCourse = new URLSearchParams(location.search).get("course") === "writing";
const video = document.getElementById("video");
const seek = document.getElementById("seek");
let free = finishedCourse || recall("lessonDone", false);
let watchedTo = 0;
let countedTo = 0;
let dragTo = null;
let rebounding = false;
let answered = false;
let left = false;

function at(id) {
  return document.getElementById(id);
}

function lengthOf() {
  return Number.isFinite(video.duration) ? video.duration : 90;
}

function clockText(seconds) {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

function draw() {
  const now = dragTo === null ? video.currentTime : dragTo;
  const part = `${(now / lengthOf()) * 100}%`;
  at("fill").style.width = part;
  at("knob").style.left = part;
  const text = `${clockText(now)}/${clockText(lengthOf())}`;
  at("time").textContent = text;
  seek.setAttribute("aria-valuemax", Math.floor(lengthOf()));
  seek.setAttribute("aria-valuenow", Math.floor(now));
  seek.setAttribute("aria-valuetext", text);
  at("pauseIcon").hidden = video.paused;
  at("playIcon").hidden = !video.paused;
  at("play").setAttribute("aria-label", video.paused ? "播放" : "暂停");
  at("counted").textContent = Math.floor(countedTo);
  at("next").setAttribute("aria-disabled", String(!free));
}

function play() {
  // Refused where the page is hidden or the question is open; the button stays for another try.
  video.play().catch(() => draw());
}

function stopForQuiz() {
  video.pause();
  video.currentTime = lengthOf() * QUIZ_AT;
  watchedTo = Math.min(watchedTo, lengthOf() * QUIZ_AT);
  show("quiz");
}

function advance() {
  if (rebounding || dragTo !== null) {
    return;
  }
  if (!free && video.currentTime > watchedTo) {
    countedTo += video.currentTime - watchedTo;
    watchedTo = video.currentTime;
    if (!answered && watchedTo >= lengthOf() * QUIZ_AT) {
      stopForQuiz();
    }
    if (!left) {
      at("status").textContent = `本节未学完，已看${Math.floor((watchedTo / lengthOf()) * 100)}%`;
    }
  }
  draw();
}

function seekTo(target) {
  video.currentTime = target;
  if (free || target <= watchedTo + SEEK_TOLERANCE_S) {
    draw();
    return;
  }
  rebounding = true;
  setTimeout(() => {
    video.currentTime = watchedTo;
    rebounding = false;
    toast("不可拖动进度条");
    draw();
  }, REBOUND_MS);
}

function pointed(event) {
  const box = seek.getBoundingClientRect();
  return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.995) * lengthOf();
}

seek.addEventListener("pointerdown", (event) => {
  seek.setPointerCapture(event.pointerId);
  dragTo = pointed(event);
  draw();
});
seek.addEventListener("pointermove", (event) => {
  if (dragTo !== null) {
    dragTo = pointed(event);
    draw();
  }
});
seek.addEventListener("pointerup", () => {
  const target = dragTo;
  dragTo = null;
  if (target !== null) {
    seekTo(target);
  }
});
seek.addEventListener("pointercancel", () => {
  dragTo = null;
  draw();
});

at("play").addEventListener("click", () => {
  if (video.paused) {
    play();
  } else {
    video.pause();
  }
});
at("next").addEventListener("click", () => {
  toast(free ? "已是最后一节" : "请先学完本节");
});
at("answer").addEventListener("click", () => {
  const chosen = document.querySelector("input[name=answer]:checked");
  if (!chosen) {
    toast("请选择答案");
  } else if (chosen.value === "b") {
    answered = true;
    hide("quiz");
    toast("回答正确");
    play();
  } else {
    toast("回答错误，请重新作答");
  }
});

video.addEventListener("timeupdate", advance);
video.addEventListener("play", () => {
  left = false;
  draw();
});
video.addEventListener("pause", draw);
video.addEventListener("loadedmetadata", draw);
video.addEventListener("ended", () => {
  if (!finishedCourse && !free) {
    free = true;
    keep("lessonDone", true);
  }
  at("status").textContent = "本节已学完";
  draw();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && !video.ended) {
    video.pause();
    left = true;
    if (!free) {
      at("status").textContent = "已离开学习页面，停止计时";
    }
    draw();
  }
});

if (finishedCourse) {
  at("lesson").textContent = "公文写作规范（一）";
  at("rules").hidden = true;
  at("counting").hidden = true;
}
if (free) {
  at("status").textContent = "本节已学完";
}
video.src = finishedCourse ? "writing.webm" : "lesson.webm";
draw();
play();
