// Where: a combobox over the gazetteer (ARIA: combobox with a listbox), or coordinates as they are read out.
"use strict";
(() => {
  const { form } = zakrila.fields;
  const input = document.getElementById("place");
  const list = document.getElementById("places");
  const status = document.getElementById("place-status");
  const language = document.documentElement.lang.slice(0, 2);
  const FEWEST = 2;
  let found = [];
  let at = -1;
  let asked = null; // the newest question, with what was typed when it was asked
  let chosen = null;

  input.setAttribute("role", "combobox");
  for (const [name, value] of [["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "places"]]) input.setAttribute(name, value);

  const named = (names) => names[language] ?? names.en ?? Object.values(names)[0];
  function coordinates(text) {
    const number = "([+-]?\\d{1,3}(?:\\.\\d+|,\\d+)?)\\s*°?";
    const match = new RegExp(`^\\(?\\s*${number}\\s*[NnСс]?\\s*(?:[,;]\\s*|\\s+)${number}\\s*[EeИи]?\\s*\\)?$`).exec(text.trim());
    return match && match.slice(1).map((each) => Number(each.replace(",", ".")));
  }
  function put(place) {
    chosen = place;
    for (const part of ["municipality", "settlement"]) form.elements[`location.${part}`].value = place?.[part] ?? "";
    for (const part of ["latitude", "longitude"]) form.elements[`location.${part}:number`].value = place?.[part] ?? "";
    document.dispatchEvent(new CustomEvent("zakrila:place", { detail: place }));
  }
  const placeOf = (each) => ({ municipality: each.municipality, ...(each.kind === "settlement" ? { settlement: each.code } : {}) });

  function show() {
    list.replaceChildren(...found.map((each, number) => {
      const option = Object.assign(document.createElement("li"), { id: `place-${number}` });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(number === at));
      const within = each.kind === "settlement" ? named(each.within) : form.dataset.municipality;
      option.append(named(each.names), Object.assign(document.createElement("span"), { className: "quiet", textContent: ` · ${within}` }));
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        at = number;
        take();
      });
      return option;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (at >= 0 && !list.hidden) input.setAttribute("aria-activedescendant", `place-${at}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }
  function hide() {
    found = [];
    at = -1;
    show();
  }
  function take() {
    const each = found[at];
    if (!each) return;
    input.value = named(each.names);
    put(placeOf(each));
    hide();
    input.dispatchEvent(new Event("zakrila-taken", { bubbles: true }));
  }

  function look() {
    const text = input.value.trim();
    const point = coordinates(text);
    if (point || text.length < FEWEST) {
      asked = null;
      hide();
      put(point && { latitude: point[0], longitude: point[1] });
      return;
    }
    put(null);
    const question = { text };
    question.answer = fetch(`/intake/api/places?q=${encodeURIComponent(text.slice(0, 60))}`, { headers: { accept: "application/json" } })
      .then(async (answer) => (answer.ok ? (await answer.json()).items : null))
      .catch(() => null);
    asked = question;
    question.answer.then((items) => {
      if (asked !== question) return;
      found = items ?? [];
      at = found.length ? 0 : -1;
      show();
      status.textContent = `${found.length} ${form.dataset.matches}`;
      if (found.length) document.dispatchEvent(new CustomEvent("zakrila:place", { detail: placeOf(found[0]) }));
    });
  }

  // Make what was typed a place: true if it is one, false if there is none of that name, null if nobody can say now.
  async function settle() {
    if (chosen) return true;
    const text = input.value.trim();
    if (!text) return false;
    if (!asked || asked.text !== text) look();
    if (chosen) return true;
    const items = await asked?.answer;
    if (items === null || items === undefined) {
      asked = null;
      return null;
    }
    if (!found.length) return false;
    at = Math.max(at, 0);
    take();
    return true;
  }

  input.addEventListener("input", look);
  input.addEventListener("blur", () => setTimeout(hide, 100));
  input.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && found.length) {
      event.preventDefault();
      at = (at + moves[event.key] + found.length) % found.length;
      show();
      document.dispatchEvent(new CustomEvent("zakrila:place", { detail: placeOf(found[at]) }));
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      hide();
    } else if (event.key === "Tab" && at >= 0) take();
    else if (event.key === "Enter") {
      event.preventDefault();
      if (at >= 0) take();
      form.requestSubmit();
    }
  });
  zakrila.place = { settle, chosen: () => chosen };
})();
