"use strict";

document.getElementById("next").addEventListener("click", () => { location.href = "step3.html"; });
