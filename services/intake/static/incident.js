// An incident's page: the facts are read again (and the look at them noted) only when the incident has a new version.
"use strict";
(() => {
  document.body.addEventListener("htmx:afterSettle", () => {
    const { version } = document.getElementById("standing").dataset;
    const facts = document.getElementById("facts");
    // Whoever decides now has seen this version.
    for (const seen of document.querySelectorAll('.decision input[name="version"]')) seen.value = version;
    if (facts && facts.dataset.version !== version) {
      facts.dataset.version = version;
      htmx.trigger(facts, "changed");
    }
  });
  const print = document.getElementById("print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
})();
