// Sends the position of this telephone when its crew presses the button, and at no other time.
"use strict";
(() => {
  const { refused } = document.currentScript.dataset;
  function offer() {
    for (const form of document.querySelectorAll("form.position")) form.hidden = !("geolocation" in navigator);
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form.position") || form.elements["latitude:number"].value) return;
    event.preventDefault();
    delete form.dataset.sending;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements["latitude:number"].value = coords.latitude.toFixed(6);
        form.elements["longitude:number"].value = coords.longitude.toFixed(6);
        form.requestSubmit();
      },
      () => { form.querySelector("output").textContent = refused; },
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  }, true);
  offer();
  document.body.addEventListener("htmx:afterSettle", offer);
})();
