"use strict";
// First start: a privacy notice with a way to go on without agreeing.

for (const id of ["browse", "agree"]) {
  document.getElementById(id).addEventListener("click", () => {
    keep("privacyAnswer", id);
    hide("privacy");
  });
}
if (recall("privacyAnswer", "") === "") {
  show("privacy");
}
