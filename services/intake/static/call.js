// A call by keyboard alone: Enter sends help, single keys ask and answer, a second call about one event is added to it.
"use strict";
(() => {
  const { form, value, set, patchOf, plain, isPlace, makeRow, controls } = zakrila.fields;
  const { saving, place, draft } = zakrila;
  const keys = document.getElementById("keys");
  const offered = document.getElementById("same-event");
  const begun = document.getElementById("begun");
  const lethality = document.getElementById("lethality");
  const $ = (id) => document.getElementById(id);

  // --- what is typed and chosen ------------------------------------------------------------------------------------
  let byArrow = false;
  form.addEventListener("input", ({ target }) => {
    const field = target.name && plain(target.name);
    if (!field || field === "place" || isPlace(field)) return void saving.keep();
    if (target.matches("textarea, input:not([type=radio], [type=checkbox])")) saving.changed(field, false);
  });
  form.addEventListener("change", ({ target }) => {
    const field = target.name && plain(target.name);
    if (!field || field === "place" || field === "asked" || isPlace(field)) return;
    if (field === "children_there") childrenThere(target.value);
    const row = /^victim\.children\[(\d+)\]\.where$/.exec(field);
    if (row && target.value) {
      makeRow("victim.children", Number(row[1]) + 1);
      set("children_there", "yes");
    }
    saving.changed(field, !byArrow); // on the way to an answer by arrow keys others are passed: those are not sent
    if (["callback.phone", "location.address", "external_ref", "caller.phone", "caller.relation"].includes(field)) lookForSame();
    if (field === "victim.contact_mode") showLethality();
  });
  function childrenThere(there) {
    const fields = [...form.elements].map((each) => each.name && plain(each.name)).filter((name) => name?.startsWith("victim.children["));
    if (there === "yes" && !fields.some((name) => name.endsWith(".where") && value(name))) set("victim.children[0].where", "unknown");
    if (there === "no") fields.forEach((name) => set(name, ""));
    fields.forEach((name) => saving.changed(name, true));
  }
  function showLethality() {
    const answered = [...lethality.querySelectorAll("[data-field]")].some((each) => value(each.dataset.field) !== "not_answered");
    lethality.hidden = !answered && !["voice", "text", "sign"].includes(value("victim.contact_mode"));
  }

  // --- raising -----------------------------------------------------------------------------------------------------
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    delete form.dataset.sending; // sent again by itself, once, whatever happens
    event.submitter?.removeAttribute("aria-busy");
    const { incident } = saving.state;
    if (!incident) return void saving.raise();
    const chosen = $("place").value.trim() && (await place.settle());
    if (chosen) {
      const [municipality, settlement] = ["municipality", "settlement"].map((part) => form.elements[`location.${part}`].value || null);
      const [latitude, longitude] = ["latitude", "longitude"].map((part) => form.elements[`location.${part}:number`].value);
      await saving.patchPlace({ municipality, settlement, latitude: latitude ? Number(latitude) : null, longitude: longitude ? Number(longitude) : null });
      $("place").placeholder = $("place").value;
      $("place").value = "";
    }
    saving.flush();
  });
  document.addEventListener("zakrila:raised", async ({ detail }) => {
    offered.hidden = true;
    begun.hidden = true;
    history.replaceState(null, "", `/intake/incidents/${detail.id}/call`);
    $("call-title").textContent = `${form.dataset.call} ${detail.number}`;
    $("whole").href = `/intake/incidents/${detail.id}`;
    $("whole").hidden = false;
    $("send").textContent = form.dataset.save;
    $("place").placeholder = $("place").value;
    $("place").value = "";
    for (const each of controls("asked")) each.disabled = true;
    keys.focus();
    keys.scrollIntoView({ block: "nearest" });
    showLethality();
    await showStanding(detail);
  });
  async function showStanding({ id, number, legs }) {
    const answer = await fetch(`/intake/incidents/${id}/standing`, { headers: { "hx-request": "true" } }).catch(() => null);
    const region = $("standing");
    if (answer?.ok) {
      const read = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("standing");
      region.replaceWith(read);
      htmx.process(read);
      document.body.dispatchEvent(new CustomEvent("htmx:afterSettle"));
      return;
    }
    // Not signed in any more: the number, and how the promises stood when they were asked.
    region.hidden = false;
    region.className = "standing";
    const names = form.dataset.legs.split("|");
    const states = Object.values(legs ?? {}).map((state, each) => `${names[each]}: ${state === "waiting" ? form.dataset.waiting : form.dataset.notNeeded}`);
    region.replaceChildren(Object.assign(document.createElement("p"), { className: "incident-number", textContent: [number, ...states].join(" · ") }));
  }

  // --- the same event? ---------------------------------------------------------------------------------------------
  let where = null;
  let matches = [];
  let due = null;
  document.addEventListener("zakrila:place", ({ detail }) => {
    where = detail;
    lookForSame();
  });
  function lookForSame() {
    clearTimeout(due);
    if (saving.state.incident) return;
    due = setTimeout(async () => {
      const body = where && patchOf(["callback.phone", "caller.relation", "caller.phone", "location.address", "external_ref", "channel"]);
      const found = body && (await post("/intake/api/same-event", { ...said(body), location: { ...said(body.location), ...where }, ...(value("mode") ? { mode: value("mode") } : {}) }));
      if (!saving.state.incident) offer(found?.ok ? (await found.json()).items : []);
    }, 150);
  }
  // A document without what nobody said.
  const said = (document_) => JSON.parse(JSON.stringify(document_, (_key, each) => each ?? undefined));
  const post = (address, document_, more = {}) =>
    fetch(address, { method: "POST", body: JSON.stringify(document_), headers: { "content-type": "application/json", "x-csrf-token": zakrila.csrf, accept: "application/json", ...more } }).catch(() => null);
  function offer(items) {
    matches = items;
    offered.hidden = !items.length;
    const list = $("same-event-list");
    const by = JSON.parse(list.dataset.by);
    list.replaceChildren(...items.map((each, number) => {
      const entry = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button" });
      if (number < 2) button.append(Object.assign(document.createElement("kbd"), { textContent: `F${8 + number}`, ariaHidden: "true" }));
      button.append(` ${list.dataset.append}`);
      button.addEventListener("click", () => append(each));
      const age = Object.assign(document.createElement("time"), { className: "clock quiet", dateTime: each.raised_at });
      age.dataset.since = "";
      const link = Object.assign(document.createElement("a"), { href: `/intake/incidents/${each.id}`, textContent: each.number, target: "_blank", rel: "noopener" });
      entry.append(link, age, each.by.map((kind) => by[kind]).join(", "), button);
      return entry;
    }));
  }
  async function append(incident) {
    const body = patchOf(["channel", "call", "caller.relation", "caller.name", "caller.phone", "callback.phone", "callback.safe_to_call", "callback.code_word", "external_ref", "narrative"]);
    const answer = await post(`/intake/api/incidents/${incident.id}/calls`, said(body), { "idempotency-key": form.elements.key.value });
    if (answer?.ok) await saving.adopt(incident);
    else saving.trouble(form.dataset.raiseRefused);
  }

  // --- single keys -------------------------------------------------------------------------------------------------
  const button = $("single-keys");
  const single = () => localStorage.getItem("zakrila-single-keys") !== "off";
  button.hidden = false;
  const showSingle = () => button.setAttribute("aria-pressed", String(single()));
  button.addEventListener("click", () => {
    localStorage.setItem("zakrila-single-keys", single() ? "off" : "on");
    showSingle();
  });
  showSingle();
  // The letter as it stands on the key: a Cyrillic layout still presses T.
  const letterOf = (event) => (/^[a-z]$/i.test(event.key) ? event.key : /^Key[A-Z]$/.test(event.code) ? event.code[3] : event.key).toLowerCase();
  const isTyping = (element) => element?.matches("textarea, select, input:not([type=radio], [type=checkbox])");
  const asksOf = (element) => element?.closest(".ask");
  function ask(question) {
    (question.querySelector("input:checked") ?? question.querySelector("input")).focus();
    question.scrollIntoView({ block: "nearest" });
  }
  function answer(radio) {
    const question = asksOf(radio);
    radio.checked = true;
    byArrow = false;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    const next = lethality.contains(question) && question.nextElementSibling;
    if (next) ask(next);
    else keys.focus({ preventScroll: true });
  }
  document.addEventListener("keydown", (event) => {
    byArrow = event.key.startsWith("Arrow");
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const focused = document.activeElement;
    const number = { F8: 0, F9: 1 }[event.key];
    if (number !== undefined && !offered.hidden && matches[number]) {
      event.preventDefault();
      append(matches[number]);
    } else if (event.key === "F4" && !begun.hidden) {
      event.preventDefault();
      $("begun-go-on").click();
    } else if (event.key === "Escape" && (isTyping(focused) || asksOf(focused))) keys.focus();
    else if (event.key === "Enter" && focused === keys && !saving.state.incident) form.requestSubmit();
    else if (!isTyping(focused) && single()) pressed(event, asksOf(focused));
  });
  function pressed(event, question) {
    const letter = letterOf(event) === " " ? "␣" : letterOf(event);
    const radio = question && [...question.querySelectorAll("[data-press]")].find((each) => each.dataset.press === letter);
    if (question && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      const all = [...document.querySelectorAll(".asks .ask")].filter((each) => each.checkVisibility?.() ?? true);
      const next = all[all.indexOf(question) + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault();
      if (next) ask(next);
    } else if (radio) {
      event.preventDefault();
      answer(radio);
    } else if (letter === "l" && !lethality.hidden) {
      event.preventDefault();
      const open = [...lethality.children].find((each) => value(each.dataset.field) === "not_answered");
      ask(open ?? lethality.firstElementChild);
    } else if (/^[a-z]$/.test(letter)) {
      const target = form.querySelector(`[data-key="${letter.toUpperCase()}"]`);
      if (!target) return;
      event.preventDefault();
      if (target.matches(".ask")) ask(target);
      else target.querySelector("input, textarea, select").focus();
    }
  }
  lethality.classList.add("one-by-one");
  showLethality();
  document.addEventListener("zakrila:rebased", showLethality);

  // --- a call that was begun and not finished ------------------------------------------------------------------------
  draft.begun().then((found) => {
    const own = found.find((each) => !form.dataset.incident || each.incident?.id === form.dataset.incident);
    if (!own || saving.state.incident?.id !== (form.dataset.incident || undefined)) return;
    const what = own.raising ? form.dataset.begunUnsent : own.incident ? form.dataset.begunRest : form.dataset.begunTyped;
    $("begun-what").textContent = [own.incident?.number, own.place.place, new Date(own.at).toLocaleTimeString(document.documentElement.lang), what].filter(Boolean).join(" · ");
    begun.hidden = false;
    $("begun-go-on").onclick = () => {
      begun.hidden = true;
      saving.goOn(own);
    };
    $("begun-discard").onclick = () => {
      begun.hidden = true;
      draft.drop(own.which);
      $("place").focus();
    };
  });
})();
