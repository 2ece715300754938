"use strict";
// An ordinary player, seek anywhere; but whoever does nothing for a while is asked whether he is there, and it stops.

const IDLE_S = 90;
// The film of a minute plays at a fifth of its speed and is told in the time that it takes: time enough to be idle in.
const STRETCH = 5;
const video = document.getElementById("video");
const seek = document.getElementById("seek");
let idle = 0;

function clockText(seconds) {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

function draw() {
  const length = Number.isFinite(video.duration) ? video.duration : 60;
  const text = `${clockText(video.currentTime * STRETCH)}/${clockText(length * STRETCH)}`;
  seek.value = video.currentTime * STRETCH;
  seek.setAttribute("aria-valuetext", text);
  document.getElementById("time").textContent = text;
  document.getElementById("pauseIcon").hidden = video.paused;
  document.getElementById("playIcon").hidden = !video.paused;
  document.getElementById("play").setAttribute("aria-label", video.paused ? "播放" : "暂停");
}

function play() {
  // Refused where the page is hidden; the button stays for another try.
  video.play().catch(() => draw());
}

seek.addEventListener("input", () => {
  video.currentTime = Number(seek.value) / STRETCH;
  draw();
});
document.getElementById("play").addEventListener("click", () => {
  if (video.paused) {
    play();
  } else {
    video.pause();
  }
});
document.getElementById("goOn").addEventListener("click", () => {
  hide("idle");
  play();
});
document.addEventListener("pointerdown", () => { idle = 0; });
setInterval(() => {
  if (video.paused) {
    return;
  }
  idle += 1;
  if (idle >= IDLE_S) {
    video.pause();
    show("idle");
  }
}, 1000);
for (const name of ["timeupdate", "play", "pause", "ended", "loadedmetadata"]) {
  video.addEventListener(name, draw);
}
video.defaultPlaybackRate = 1 / STRETCH;  // what loading the film sets it to
video.playbackRate = 1 / STRETCH;
draw();
play();
