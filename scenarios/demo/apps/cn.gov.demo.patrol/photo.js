"use strict";
// Photos of the spot. There is no camera here: a press is remembered and nothing is taken.

document.getElementById("shoot").addEventListener("click", () => toast("演示应用没有相机"));
document.getElementById("send").addEventListener("click", () => toast("请上传现场照片，至少3张"));
