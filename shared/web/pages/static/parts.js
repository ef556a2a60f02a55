// The cards of parts: each keeps what it showed while its part does not answer, and says so; each answer also says
// how this browser's clock stands to the part's.
"use strict";
(() => {
  const language = document.documentElement.lang;
  const WRONG_BY_MS = 2000;
  const begun = new Map();
  const measured = new Map();

  const cardOf = (event) => event.target.closest?.("[data-part]");

  function answers(card, yes) {
    card.querySelector("[data-away]").hidden = yes;
    card.classList.toggle("is-away", !yes);
    const shown = card.querySelector("[data-bus]");
    note(card.dataset.part, "answers", yes ? "ok" : "away");
    note(card.dataset.part, "store", yes && shown ? shown.dataset.store : "unknown");
    note(card.dataset.part, "bus", yes && shown ? shown.dataset.bus : "unknown");
    note(card.dataset.part, "cache", yes && shown ? shown.dataset.cache : "unknown");
  }

  // The table that has all parts side by side, where there is one.
  function note(part, what, state) {
    const cell = document.getElementById(`${what}-${part}`);
    if (!cell) return;
    cell.textContent = cell.closest("table").dataset[state];
    cell.classList.toggle("wrong", state === "away");
  }

  function spelled(milliseconds, signDisplay) {
    const inSeconds = Math.abs(milliseconds) >= 1000;
    const form = { style: "unit", unit: inSeconds ? "second" : "millisecond", maximumFractionDigits: 1, signDisplay };
    return new Intl.NumberFormat(language, form)
      .format(inSeconds ? milliseconds / 1000 : milliseconds)
      .replace("-", "−");
  }
  function showClock(card) {
    const shown = card.querySelector("[data-browser-clock]");
    const window_ = measured.get(card.dataset.part);
    if (!shown || !window_) return;
    const [asked, answered] = window_;
    const ahead = (asked + answered) / 2 - Date.parse(shown.dataset.at);
    const unsure = (answered - asked) / 2;
    const isWrong = Math.abs(ahead) - unsure > WRONG_BY_MS;
    shown.classList.toggle("wrong", isWrong);
    const within = shown.dataset.within.replace("{}", spelled(unsure, "never"));
    shown.textContent = `${isWrong ? "▲ " : ""}${spelled(Math.round(ahead), "exceptZero")} (${within})`;
  }

  const body = document.body;
  body.addEventListener("htmx:beforeSend", (event) => {
    const card = cardOf(event);
    if (card) begun.set(card.dataset.part, Date.now());
  });
  body.addEventListener("htmx:beforeSwap", (event) => {
    const card = cardOf(event);
    if (!card) return;
    if (event.detail.xhr.status >= 400) {
      event.detail.shouldSwap = false;
      event.detail.isError = false; // the card says so
      answers(card, false);
    } else measured.set(card.dataset.part, [begun.get(card.dataset.part), Date.now()]);
  });
  body.addEventListener("htmx:afterSettle", (event) => {
    const card = cardOf(event);
    if (!card) return;
    answers(card, true);
    showClock(card);
  });
  for (const failure of ["htmx:timeout", "htmx:sendError"]) {
    body.addEventListener(failure, (event) => {
      const card = cardOf(event);
      if (card) answers(card, false);
    });
  }

  // A part's own page: the page itself was the first answer.
  const [came] = performance.getEntriesByType("navigation");
  for (const card of document.querySelectorAll("[data-part]")) {
    if (!card.querySelector("[data-browser-clock]")) continue;
    measured.set(card.dataset.part, [performance.timeOrigin + came.requestStart, performance.timeOrigin + came.responseStart]);
    showClock(card);
  }
})();
