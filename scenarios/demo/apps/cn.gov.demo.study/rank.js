"use strict";
// Switches between the boards of persons and of units.

const tabs = document.querySelectorAll("[data-board]");
for (const tab of tabs) {
  tab.addEventListener("click", () => {
    for (const other of tabs) {
      other.classList.toggle("on", other === tab);
      other.setAttribute("aria-selected", String(other === tab));
    }
    for (const part of document.querySelectorAll("[data-show]")) {
      part.hidden = part.dataset.show !== tab.dataset.board;
    }
  });
}
