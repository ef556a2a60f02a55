// Steps that fold open to ask once more: what is open stays open while the page reads itself anew, and closes when it
// was pressed.
"use strict";
(() => {
  // A region that reads itself anew forgets what was folded open; the reader has not.
  let open = [];
  document.body.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("main details[open][id]")].map((each) => each.id);
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  });
  document.addEventListener("zakrila:pressed", (event) => {
    const asked = event.target.closest("details");
    if (!asked) return;
    const inside = asked.contains(document.activeElement);
    asked.removeAttribute("open");
    if (inside) asked.querySelector("summary").focus();
  });
  document.addEventListener("zakrila:saved", ({ detail }) => {
    const form = document.querySelector(`form[data-then][action="${detail.address}"]`);
    if (form) location.assign(form.dataset.then);
  });
})();
