"use strict";

document.getElementById("next").addEventListener("click", () => { location.href = document.querySelector("link[rel=next]").href; });
