"use strict";
// An ordinary player: seek anywhere, any speed, the next part at any time.

const video = document.getElementById("video");
const seek = document.getElementById("seek");

function clockText(seconds) {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

function draw() {
  const length = Number.isFinite(video.duration) ? video.duration : 60;
  const text = `${clockText(video.currentTime)}/${clockText(length)}`;
  seek.value = video.currentTime;
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
  video.currentTime = Number(seek.value);
  draw();
});
document.getElementById("play").addEventListener("click", () => {
  if (video.paused) {
    play();
  } else {
    video.pause();
  }
});
document.getElementById("speed").addEventListener("change", (event) => {
  video.playbackRate = Number(event.target.value);
});
document.getElementById("next").addEventListener("click", () => {
  document.getElementById("part").textContent = "第2集 门诊费用怎么结算";
  video.currentTime = 0;
  play();
});
for (const name of ["timeupdate", "play", "pause", "loadedmetadata"]) {
  video.addEventListener(name, draw);
}
draw();
play();
