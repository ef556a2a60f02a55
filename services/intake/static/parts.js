// Figures that another service shows: one that does not answer leaves its place here, and says so.
"use strict";
(() => {
  const away = (event) => {
    const part = event.detail.elt;
    if (!part.hasAttribute("data-part") || (event.detail.xhr && event.detail.xhr.status < 400 && event.detail.xhr.status)) return;
    event.detail.shouldSwap = false;
    part.querySelector("[role=alert]").hidden = false;
  };
  document.addEventListener("htmx:beforeSwap", away);
  document.addEventListener("htmx:sendError", away);
})();
