"use strict";
// The last five shifts before today; the one three days ago was missed.

const PAST = [[1, "白班", "07:52"], [2, "夜班", "19:48"], [3, "白班", ""], [4, "夜班", "19:55"], [5, "白班", "07:49"]];
const duty = recall("duty", {});

document.getElementById("shifts").replaceChildren(...PAST.map(([back, shift, time]) => {
  const row = document.createElement("tr");
  const at = duty[day(-back)] || time;
  for (const text of [dayText(day(-back)), shift, at ? `已打卡 ${at}` : "缺卡"]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    row.append(cell);
  }
  row.lastChild.className = at ? "green" : "red";
  return row;
}));
