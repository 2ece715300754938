"use strict";
// One page for every entry behind which nothing was ever built; it carries the entry's name.

const called = new URLSearchParams(location.search).get("name");
if (called) {
  document.title = called;
  document.querySelector("h1").textContent = called;
}
