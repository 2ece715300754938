(function () {
  // Hides rows and columns that are not asked for. Without it every row shows, and the form does not.
  var form = document.getElementById("filter"), said = form.querySelector("output");
  var names = ["app", "unit", "rule", "verdict"];
  function fits(element) {
    return names.every(function (name) {
      var wanted = form.elements[name].value, has = element.getAttribute("data-" + name);
      return wanted === "" || has === null || has === wanted;
    });
  }
  function show() {
    var shown = 0, rows = 0;
    document.querySelectorAll("[data-app],[data-rule]").forEach(function (element) {
      element.hidden = !fits(element);
      if (element.classList.contains("row")) { rows += 1; shown += element.hidden ? 0 : 1; }
    });
    said.textContent = shown === rows ? "" : said.getAttribute("data-words").replace("{shown}", shown).replace("{all}", rows);
  }
  form.addEventListener("change", show);
  form.hidden = false;
})();
