// A call is raised once and saved as it is typed: every change is sent by itself, tried again until it has arrived,
// and put beside what others wrote meanwhile. Nothing is dropped: what is not sent yet is in the draft.
"use strict";
(() => {
  const { form, names, value, unset, set, patchOf, flat, all, group } = zakrila.fields;
  const says = form.dataset;
  const SOON_MS = 60;
  const TYPED_MS = 700;
  const SLOWEST_MS = 10_000;
  const state = {
    incident: says.incident ? { id: says.incident, number: says.number } : null,
    version: Number(says.version),
    base: all(), // what the service is known to hold
    dirty: new Set(),
    held: new Map(), // what somebody else wrote otherwise, until it is decided whose stays
    refused: new Set(),
    raising: null,
    sending: false,
    tries: 0,
    timer: null,
  };
  const api = () => `/intake/api/incidents/${state.incident.id}`;

  // --- what is shown of it -----------------------------------------------------------------------------------------
  const MARKS = { saving: "○", saved: "✓", later: "◷", refused: "✕" };
  function mark(field, how, text = says[how]) {
    const place = form.querySelector(`.saving[data-for="${field}"]`) ?? form.querySelector(`.saving[data-for="${group(field)}"]`);
    if (!place) return;
    place.dataset.state = how ?? "";
    place.textContent = how ? `${MARKS[how]} ${text}` : "";
  }
  function overall(how, text = says[how]) {
    const place = document.getElementById("kept");
    if (place.dataset.state === how && place.textContent.endsWith(text)) return;
    place.dataset.state = how;
    place.textContent = `${MARKS[how] ?? ""} ${text}`.trim();
  }
  function trouble(text, signIn = false) {
    document.getElementById("trouble").hidden = !text;
    document.getElementById("trouble-text").textContent = text;
    document.getElementById("trouble-sign-in").hidden = !signIn;
  }

  // --- the draft ---------------------------------------------------------------------------------------------------
  const place = () => Object.fromEntries(["place", "location.municipality", "location.settlement", "location.latitude:number", "location.longitude:number", "key"].map((name) => [name, form.elements[name].value]));
  async function keep() {
    const unsent = state.incident ? state.dirty.size > 0 : names().some((name) => value(name) !== state.base[name]) || form.elements.place.value;
    if (!unsent && !state.raising) {
      zakrila.draft.drop();
      return;
    }
    const { incident, version, base, raising } = state;
    const kept = await zakrila.draft.keep({ incident, version, base, raising, fields: all(), place: place() });
    if (kept && !state.incident && !state.raising) overall("saved", says.kept);
  }

  // --- raising: once, whatever happens to the line -----------------------------------------------------------------
  async function raise() {
    if (state.incident || state.sending) return;
    state.sending = true;
    try {
      if (!state.raising) {
        const found = await zakrila.place.settle();
        if (found === null) return later(says.notSent, raise);
        if (!found) return trouble(says.noPlace);
        state.raising = { entries: [...new FormData(form)].filter(([name, said]) => said && name !== "csrf"), sent: all() };
        await keep();
      }
      overall("saving");
      const body = new URLSearchParams([...state.raising.entries, ["csrf", zakrila.csrf]]);
      const answer = await fetch("/intake/raise", { method: "POST", body, headers: { accept: "application/json" } }).catch(() => null);
      if (answer?.ok) await raised(await answer.json());
      else if (answer?.status === 422) notRaised(await answer.json());
      else if (answer?.status === 401 || answer?.status === 403) later(says.notSent, raise, true);
      else later(says.notSent, raise);
    } finally {
      state.sending = false;
    }
    if (state.incident) flush();
  }
  async function raised(told) {
    Object.assign(state, { incident: { id: told.id, number: told.number }, version: told.version, tries: 0 });
    for (const name of names()) if (state.raising.sent[name] === undefined) state.raising.sent[name] = "";
    state.base = state.raising.sent;
    state.raising = null;
    for (const name of names()) if (value(name) !== state.base[name]) state.dirty.add(name);
    trouble("");
    overall("saved", says.sent);
    form.dataset.incident = told.id;
    keep();
    document.dispatchEvent(new CustomEvent("zakrila:raised", { detail: told }));
  }
  function notRaised(problem) {
    state.raising = null;
    form.elements.key.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    const refused = (problem.errors ?? []).map((each) => each.message).join(" ");
    trouble(`${says.raiseRefused} ${refused || problem.detail}`);
    overall("refused");
  }
  function later(text, again, signIn = false) {
    state.tries += 1;
    trouble(text, signIn);
    overall("later");
    clearTimeout(state.timer);
    state.timer = setTimeout(again, Math.min(SLOWEST_MS, 500 * 2 ** Math.min(state.tries, 5)));
  }

  // --- updates -----------------------------------------------------------------------------------------------------
  function changed(field, soon) {
    if (value(field) === state.base[field]) state.dirty.delete(field);
    else state.dirty.add(field);
    state.refused.delete(field);
    mark(field, "");
    keep();
    if (!state.incident || !state.dirty.size) return;
    overall("saving");
    clearTimeout(state.timer);
    state.timer = setTimeout(flush, soon ? SOON_MS : TYPED_MS);
  }
  async function flush() {
    clearTimeout(state.timer);
    const fields = [...state.dirty].filter((name) => !state.held.has(name) && !state.refused.has(name));
    if (!state.incident || state.sending || !fields.length) return;
    state.sending = true;
    const sent = Object.fromEntries(fields.map((name) => [name, value(name)]));
    fields.forEach((name) => mark(name, "saving"));
    overall("saving");
    const goesOn = await taken(fields, sent, await patch(patchOf(fields))).finally(() => (state.sending = false));
    if (goesOn) flush();
  }
  // Say whether there may be more to send at once.
  async function taken(fields, sent, answer) {
    if (answer?.ok) saved(sent, await answer.json());
    else if (answer?.status === 412) {
      if (!(await rebase())) return later("", flush);
    } else if (answer?.status === 422) notAccepted(fields, await answer.json());
    else if (answer?.status === 409) {
      fields.forEach((name) => mark(name, "refused"));
      overall("refused");
      return trouble(says.ended);
    } else {
      fields.forEach((name) => mark(name, "later"));
      const signedOut = answer?.status === 401 || answer?.status === 403;
      if (signedOut) zakrila.renew();
      return later(signedOut ? says.signIn : "", flush, signedOut);
    }
    return true;
  }
  const patch = (document_) =>
    fetch(api(), {
      method: "PATCH",
      body: JSON.stringify(document_),
      headers: { "content-type": "application/merge-patch+json", "x-csrf-token": zakrila.csrf, "if-match": `"${state.version}"`, accept: "application/json" },
    }).catch(() => null);
  function saved(sent, incident) {
    Object.assign(state, { version: incident.version, tries: 0 });
    for (const [name, text] of Object.entries(sent)) {
      state.base[name] = text;
      if (value(name) === text) state.dirty.delete(name);
      mark(name, "saved");
      const question = /^risk\.answers\.(\d+)$/.exec(name);
      if (question && text !== "yes" && incident.risk.conflicts.includes(question[1])) {
        set(name, "yes");
        state.base[name] = "yes";
        mark(name, "saved", says.stays);
      }
    }
    for (const name of incident.unverified) mark(name, "saved", says.unread);
    trouble("");
    if (!state.dirty.size) overall("saved");
    keep();
    zakrila.refresh();
  }
  function notAccepted(fields, problem) {
    const wrong = new Map((problem.errors ?? []).map((each) => [each.field.replace(/\.(\d+)\./g, "[$1]."), each.message]));
    let named = fields.filter((name) => wrong.has(name) || [...wrong.keys()].some((each) => group(each) === group(name)));
    if (!named.length) named = fields;
    for (const name of named) {
      state.refused.add(name);
      mark(name, "refused", `${says.refused}: ${wrong.get(name) ?? [...wrong.values()][0] ?? problem.detail}`);
    }
    overall("refused");
  }

  // --- two at once: whatever only one of them changed is taken over; where both did, both are shown -------------------
  async function rebase() {
    const answer = await fetch(`${api()}/facts`, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return false;
    const { facts, version } = await answer.json();
    const now = flat(facts);
    state.version = Math.max(state.version, version);
    for (const name of Object.keys(now)) if (!(name in state.base)) state.base[name] = "";
    for (const name of Object.keys(state.base)) {
      const theirs = now[name] ?? unset(name);
      if (theirs === state.base[name]) continue;
      state.base[name] = theirs;
      if (value(name) === theirs) {
        state.dirty.delete(name);
      } else if (state.dirty.has(name)) {
        hold(name, theirs);
      } else {
        set(name, theirs);
      }
    }
    document.dispatchEvent(new CustomEvent("zakrila:rebased"));
    keep();
    return true;
  }
  function hold(name, theirs) {
    state.held.set(name, theirs);
    const beside = form.querySelector(`.saving[data-for="${name}"]`) ?? form.querySelector(`.saving[data-for="${group(name)}"]`);
    beside.parentElement.querySelector(`.meanwhile[data-of="${name}"]`)?.remove();
    const shown = document.createElement("span");
    shown.className = "meanwhile";
    shown.dataset.of = name;
    shown.setAttribute("role", "alert");
    const option = zakrila.fields.controls(name).find((each) => each.type === "radio" && each.value === theirs);
    const text = option ? option.closest("label").querySelector("span").textContent : theirs || says.emptied;
    shown.append(`${says.meanwhile} `, Object.assign(document.createElement("strong"), { textContent: text }), " ");
    for (const [words, mine] of [[says.keepMine, true], [says.takeTheirs, false]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
      button.addEventListener("click", () => {
        state.held.delete(name);
        shown.remove();
        if (!mine) set(name, theirs);
        changed(name, true);
        zakrila.fields.controls(name)[0].focus();
      });
      shown.append(button, " ");
    }
    beside.after(shown);
    mark(name, "later", says.refused);
    overall("refused", says.meanwhile.replace(/:$/, ""));
  }

  // --- when to look and to try again -------------------------------------------------------------------------------
  const again = () => (state.incident ? flush() : state.raising && raise());
  addEventListener("online", again);
  addEventListener("focus", again);
  document.addEventListener("zakrila:connection", ({ detail }) => detail.connected && again());
  document.addEventListener("zakrila:locked", () => state.incident && trouble(says.signIn, true));
  document.body.addEventListener("htmx:afterSettle", () => {
    const seen = Number(document.getElementById("standing")?.dataset.version ?? 0);
    if (state.incident && !state.sending && seen > state.version) rebase().then(flush);
  });

  // What was kept of a call that was begun, typed in again; what was sent already is the service's.
  function goOn(draft) {
    Object.assign(state, { incident: draft.incident, version: draft.version, base: draft.base, raising: draft.raising });
    for (const [name, text] of Object.entries(draft.place)) form.elements[name].value = text;
    for (const [name, text] of Object.entries(draft.fields)) {
      set(name, text);
      if (text !== (state.base[name] ?? "")) state.dirty.add(name);
    }
    zakrila.draft.drop(draft.which);
    keep();
    if (state.incident) form.dataset.incident = state.incident.id;
    if (state.incident) document.dispatchEvent(new CustomEvent("zakrila:raised", { detail: { ...state.incident, legs: null } }));
    if (state.incident) flush();
    else if (state.raising) raise();
  }
  // This call turned out to be about an incident that there is: what was typed here is added to what is known there.
  async function adopt(incident) {
    const ofTheCall = /^(channel|call|caller\..*|external_ref|narrative)$/;
    Object.assign(state, { incident: { id: incident.id, number: incident.number }, version: 0 });
    for (const name of names()) {
      if (ofTheCall.test(name)) set(name, state.base[name]);
      else if (value(name) !== state.base[name]) state.dirty.add(name);
    }
    form.dataset.incident = incident.id;
    await rebase();
    trouble("");
    document.dispatchEvent(new CustomEvent("zakrila:raised", { detail: { ...incident, legs: null } }));
    flush();
  }
  async function patchPlace(location_) {
    const answer = await patch({ location: location_ });
    if (answer?.ok) saved({}, await answer.json());
    else if (answer?.status === 412) {
      await rebase();
      return patchPlace(location_);
    } else later("", () => patchPlace(location_));
  }
  zakrila.saving = { state, changed, raise, flush, goOn, keep, patchPlace, adopt, trouble };
})();
