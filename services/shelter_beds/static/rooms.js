// A reduced list of the rooms stays on the device for when there is no network (decision 0020): their names and states,
// and nothing of anybody.
"use strict";
(() => {
  const { worker, whose } = document.currentScript.dataset;
  const KEPT = "zakrila-kept-rooms"; // "kept": every page lets go of it when the sign-in ends or locks
  const EVERY_MS = 5 * 60 * 1000;

  function keep() {
    if (document.getElementById("lock")?.open) return;
    const rooms = [...document.querySelectorAll("[data-room]")].map(({ dataset }) => ({
      id: dataset.room,
      group: Number(dataset.group),
      name: dataset.name,
      state: dataset.state,
      version: Number(dataset.version),
      taken: dataset.taken === "yes",
    }));
    localStorage.setItem(KEPT, JSON.stringify({ whose, at: zakrila.now(), rooms }));
  }

  document.body.addEventListener("htmx:afterSwap", keep);
  setInterval(() => zakrila.refresh(), EVERY_MS); // ages are words, not clocks
  keep();
  navigator.serviceWorker?.register(worker).catch(() => {}); // without one the page needs the network, as any page
})();
