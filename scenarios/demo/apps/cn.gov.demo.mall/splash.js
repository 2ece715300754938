"use strict";
// The advertisement shown once at each start of the app, for five seconds or until it is skipped.

const splash = document.getElementById("splash");

function endSplash() {
  sessionStorage.setItem("splash", "seen");
  splash.remove();
  for (const other of document.body.children) {
    other.inert = false;
  }
}

if (sessionStorage.getItem("splash") === "seen") {
  splash.remove();
} else {
  for (const other of document.body.children) {
    other.inert = other !== splash;
  }
  document.getElementById("skip").addEventListener("click", endSplash);
  setTimeout(endSplash, 5000);
}
