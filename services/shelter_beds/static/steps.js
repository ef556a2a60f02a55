// Steps that fold open to ask once more close when they were pressed.
"use strict";
(() => {
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
