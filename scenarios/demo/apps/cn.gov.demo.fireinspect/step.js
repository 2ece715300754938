"use strict";
// One step of an inspection: the next one opens once there is a picture. The album holds one made-up picture.

const next = document.getElementById("next");

function draw() {
  const has = recall("photo1", false);
  document.getElementById("count").textContent = has ? "1/1" : "0/1";
  document.getElementById("picture").hidden = !has;
  document.getElementById("drop").hidden = !has;
  next.disabled = !has;
}

document.getElementById("add").addEventListener("click", () => show("sheet"));
document.getElementById("shoot").addEventListener("click", () => toast("演示应用没有相机"));
document.getElementById("album").addEventListener("click", () => {
  hide("sheet");
  show("pictures");
});
document.getElementById("dummy").addEventListener("click", () => {
  keep("photo1", true);
  hide("pictures");
  draw();
});
document.getElementById("cancel").addEventListener("click", () => hide("sheet"));
document.getElementById("drop").addEventListener("click", () => {
  keep("photo1", false);
  draw();
});
next.addEventListener("click", () => { location.href = document.querySelector("link[rel=next]").href; });

draw();
