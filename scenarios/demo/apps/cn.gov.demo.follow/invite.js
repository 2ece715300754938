"use strict";
// An invitation that can be put off: the page below it works without.

document.getElementById("later").addEventListener("click", () => document.getElementById("invite").remove());
