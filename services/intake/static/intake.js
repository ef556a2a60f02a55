// On every page of intake: F2 begins a call.
"use strict";
addEventListener("keydown", (event) => {
  if (event.key !== "F2" || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const form = document.getElementById("call");
  if (form && !form.dataset.incident) document.getElementById("place").focus();
  else location.assign("/intake/raise");
});
// Calls that were begun and never finished are forgotten after twelve hours, whichever page is open then.
for (const name of Object.keys(localStorage).filter((each) => each.startsWith("zakrila-call."))) {
  if (Date.now() - JSON.parse(localStorage.getItem(name)).at > 12 * 3600 * 1000) localStorage.removeItem(name);
}
