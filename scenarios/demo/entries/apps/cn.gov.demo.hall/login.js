"use strict";
// The log-in: one made-up account is let in, everybody else is told why not, with what they typed.

if (recall("loggedIn", false)) {
  location.replace("home.html");
}
document.getElementById("login").addEventListener("click", () => {
  const user = document.getElementById("user").value;
  const password = document.getElementById("password").value;
  if (user === "13800000001" && password === "Mi-Ma#2026!") {
    keep("loggedIn", true);
    location.replace("home.html");
  } else {
    document.getElementById("said").textContent = `账号或密码错误（您输入的是 ${password}）`;
  }
});
