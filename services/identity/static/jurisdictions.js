// Loading a jurisdiction: a file fills the text; every part shows what would change; then it is loaded at all of them,
// once every part has said, just before, that it can.
"use strict";
(() => {
  const file = document.querySelector("[data-fills]");
  if (file) {
    document.getElementById("from-file").hidden = false;
    file.addEventListener("change", async () => {
      if (file.files[0]) document.getElementById(file.dataset.fills).value = await file.files[0].text();
    });
  }

  const everywhere = document.getElementById("everywhere");
  if (!everywhere) return;
  everywhere.hidden = false;
  const button = document.getElementById("load-everywhere");
  const progress = document.getElementById("progress");
  const cards = [...document.querySelectorAll("[data-section]")];
  const outcomeOf = (card) => document.getElementById(`outcome-${card.dataset.section}`);
  const outcomes = () => cards.map((card) => outcomeOf(card).dataset.outcome);
  const say = (what) => {
    if (progress.textContent !== everywhere.dataset[what]) progress.textContent = everywhere.dataset[what];
  };
  const can = (outcome) => outcome === "changes" || outcome === "same";
  let loading = false;

  function show() {
    if (loading) return;
    const now = outcomes();
    const isHalf = now.includes("loaded") && !now.every((each) => each === "loaded");
    button.disabled = !(isHalf || (now.every(can) && now.includes("changes")));
    if (now.includes("waiting")) say("asking");
    else if (isHalf) say("half");
    else if (now.every((each) => each === "loaded")) say("loaded");
    else if (now.every((each) => each === "same")) say("same");
    else say(now.every(can) ? "ready" : "obstructed");
  }
  function failed(card, yes) {
    card.querySelector("[data-failed]").hidden = !yes;
    if (yes) outcomeOf(card).dataset.outcome = "failed";
  }
  const cardOf = (event) => event.target.closest?.("[data-section]");
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const card = cardOf(event);
    if (!card) return;
    if (event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
    failed(card, event.detail.xhr.status >= 400);
  });
  for (const kind of ["htmx:afterSettle", "htmx:afterRequest", "htmx:timeout", "htmx:sendError"]) {
    document.body.addEventListener(kind, (event) => {
      const card = cardOf(event);
      if (!card) return;
      if (kind === "htmx:timeout" || kind === "htmx:sendError") failed(card, true);
      show();
    });
  }

  async function post(card, address) {
    const form = card.querySelector("form");
    const target = `#outcome-${card.dataset.section}`;
    outcomeOf(card).dataset.outcome = "waiting";
    await htmx.ajax("POST", address, { source: form, target, select: target, swap: "outerHTML" }).catch(() => failed(card, true));
    return outcomeOf(card).dataset.outcome;
  }
  button.addEventListener("click", async () => {
    loading = true;
    button.disabled = true;
    say("asking");
    const asked = await Promise.all(cards.map((card) => post(card, card.querySelector("form").getAttribute("action"))));
    if (!asked.every(can)) {
      loading = false;
      show();
      return;
    }
    say("loading");
    for (const card of cards) {
      if ((await post(card, card.querySelector("form").dataset.load)) !== "loaded") break;
    }
    loading = false;
    show();
  });
  show();
})();
