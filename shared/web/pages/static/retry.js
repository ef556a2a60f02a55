// Presses that a bad network must not lose. A form with `data-retry` is not sent by the browser: it is put into a queue
// that outlives a reload, and sent from there, in order, until the server has answered; its key makes twice once.
//
//   <form class="press" data-retry>            what became of it is said beside the button
//   <form data-retry="some-id">                … or in the element with this id, outside of what folds away
//   <form data-retry-last …>                   a later press takes the place of one that was never sent
//
// The device keeps an address, the codes that were chosen, a version and a key. What somebody *typed* is kept in the
// page only, never on the device. A press belongs to who made it: nobody else's sign-in sends it.
"use strict";
(() => {
  const words = document.currentScript.dataset;
  const zakrila = (window.zakrila ??= {});
  const whose = words.whose || zakrila.whose; // a page that stands in for another knows it from what was kept
  const SHELF = `zakrila-retry-${location.pathname.split("/")[1]}`;
  const REMEMBERED_MS = 23 * 3600 * 1000; // for a day the server knows a key again
  const PATIENCE_MS = 15_000;
  const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
  const TYPED = "textarea, input:not([type=hidden], [type=radio], [type=checkbox], [type=submit], [type=button])";
  const MARKS = { saving: "◌", saved: "✓", waiting: "◷", refused: "✕" };

  // --- the queue ------------------------------------------------------------------------------------------------------
  const inPage = []; // what must not be kept on the device, or cannot
  function shelved() {
    try {
      return JSON.parse(localStorage.getItem(SHELF)) ?? [];
    } catch {
      return [];
    }
  }
  function shelve(entries) {
    if (entries.length) localStorage.setItem(SHELF, JSON.stringify(entries));
    else localStorage.removeItem(SHELF);
  }
  const queue = () => [...shelved().filter((each) => each.whose === whose), ...inPage].sort((a, b) => a.at - b.at);
  function put(entry, typed) {
    if (!typed) {
      try {
        return shelve([...shelved(), entry]);
      } catch {
        // A device that keeps nothing: then in the page.
      }
    }
    inPage.push(entry);
  }
  function drop(key) {
    shelve(shelved().filter((each) => each.key !== key));
    const place = inPage.findIndex((each) => each.key === key);
    if (place >= 0) inPage.splice(place, 1);
  }
  function change(key, change) {
    for (const each of inPage) if (each.key === key) change(each);
    const entries = shelved();
    for (const each of entries) if (each.key === key) change(each);
    shelve(entries);
  }

  // --- a press ----------------------------------------------------------------------------------------------------------
  const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const chosen = (entry) => JSON.stringify(entry.fields.filter(([name]) => name !== "version"));
  addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-retry]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    delete form.dataset.sending;
    event.submitter?.removeAttribute("aria-busy");
    const fields = [...new FormData(form, event.submitter)].filter(([name]) => name !== "csrf" && name !== "key");
    const key = form.elements.namedItem("key");
    const entry = { whose, address: form.getAttribute("action"), fields, key: key?.value || fresh(), at: Date.now() };
    if (key) key.value = fresh(); // the next press of this form is another one
    notes.forEach((note, address) => note.state === "refused" && notes.delete(address));
    const here = queue().filter((each) => each.address === entry.address);
    if (!here.some((each) => chosen(each) === chosen(entry))) {
      if (form.hasAttribute("data-retry-last")) for (const each of here) if (!each.tried) drop(each.key);
      put(entry, [...form.elements].some((each) => each.matches(TYPED) && each.value));
    }
    if (navigator.onLine && document.body.dataset.csrf) say(entry.address, "saving", words.saving);
    else say(entry.address, "waiting", words.waiting);
    form.dispatchEvent(new CustomEvent("zakrila:pressed", { bubbles: true, detail: { fields } }));
    send();
  }, true);
  addEventListener("beforeunload", (event) => inPage.length && event.preventDefault());

  // --- sending: one press at a time, in one tab at a time -----------------------------------------------------------------
  let running = false;
  let again = false;
  let failures = 0;
  let timer = null;
  const alone = (work) => (navigator.locks ? navigator.locks.request(SHELF, work) : work());
  async function send() {
    const { csrf } = document.body.dataset;
    if (!csrf) return; // a page that stands in for one that could not be had
    clearTimeout(timer);
    again = running;
    if (running) return;
    running = true;
    do {
      again = false;
      await alone(async () => {
        for (let entry = queue()[0]; entry; entry = queue()[0]) {
          if (await answered(entry, csrf)) failures = 0;
          else {
            say(entry.address, "waiting", words.waiting);
            timer = setTimeout(send, PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)]);
            break;
          }
        }
      });
    } while (again);
    running = false;
  }
  async function answered(entry, csrf) {
    if (Date.now() - entry.at > REMEMBERED_MS) return settled(entry, "refused", words.old);
    if (!navigator.onLine) return false;
    say(entry.address, "saving", words.saving);
    change(entry.key, (each) => (each.tried = true));
    const answer = await fetch(entry.address, {
      method: "POST",
      redirect: "manual", // where it would lead next does not matter: it was done
      body: new URLSearchParams([["csrf", csrf], ["key", entry.key], ...entry.fields]),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => null);
    if (!answer) return false;
    if (answer.ok || answer.type === "opaqueredirect") {
      for (const each of queue()) if (each.address === entry.address && each.key !== entry.key) follow(entry, each);
      return settled(entry, "saved", words.saved);
    }
    if (answer.status === 401) await zakrila.renew?.(); // whoever must sign in again finds the press waiting
    if (answer.status === 401 || answer.status === 408 || answer.status === 429 || answer.status >= 500) return false;
    const refused = new DOMParser().parseFromString(await answer.text().catch(() => ""), "text/html").querySelector(".refused");
    if (refused?.dataset.kind === "request-in-progress") return false;
    return settled(entry, "refused", refused?.querySelector("[role=alert]")?.textContent.trim() || words.refused);
  }
  // Two presses on one thing while the line was down: the second was made looking at what the first makes of it.
  function follow(first, second) {
    const version = first.fields.find(([name]) => name === "version")?.[1];
    change(second.key, (each) => {
      for (const field of each.fields) if (field[0] === "version" && field[1] === version) field[1] = String(Number(version) + 1);
    });
  }
  function settled(entry, state, text) {
    drop(entry.key);
    say(entry.address, state, text);
    if (state === "saved") document.dispatchEvent(new CustomEvent("zakrila:saved", { detail: { address: entry.address } }));
    zakrila.refresh?.();
    return true;
  }

  // --- saying what became of it -------------------------------------------------------------------------------------------
  const SAID_MS = 6000;
  const notes = new Map();
  const bar = document.createElement("div");
  bar.className = "band retry-bar";
  bar.setAttribute("role", "status");
  bar.hidden = true;
  document.getElementById("main").before(bar);
  function say(address, state, text) {
    const note = { state, text };
    notes.set(address, note);
    if (state === "saved") setTimeout(() => notes.get(address) === note && notes.delete(address) && draw(), SAID_MS);
    draw();
  }
  function outlets() {
    const found = new Map();
    for (const form of document.querySelectorAll("form[data-retry]")) {
      let outlet = form.dataset.retry ? document.getElementById(form.dataset.retry) : form.querySelector("output");
      if (!outlet) {
        outlet = document.createElement("output");
        form.append(outlet);
      }
      outlet.classList.add("retry-state");
      found.set(form.getAttribute("action"), outlet);
    }
    return found;
  }
  function draw() {
    const homes = outlets();
    const said = new Map([...homes.values()].map((outlet) => [outlet, null]));
    const homeless = [];
    for (const [address, note] of notes) {
      const outlet = homes.get(address);
      if (!outlet) homeless.push(note);
      else said.set(outlet, note);
    }
    for (const [outlet, note] of said) show(outlet, note);
    const lines = new Set(homeless.filter((note) => note.state !== "saved").map((note) => `${MARKS[note.state]} ${note.text}`));
    const text = [...lines].join(" · ");
    bar.hidden = !text;
    if (bar.textContent !== text) bar.textContent = text;
  }
  function show(outlet, note) {
    const text = note ? `${MARKS[note.state]} ${note.text}` : "";
    if (outlet.textContent !== text) outlet.textContent = text;
    outlet.dataset.state = note?.state ?? "";
  }

  addEventListener("online", send);
  document.addEventListener("zakrila:connection", (event) => event.detail.connected && send());
  document.body.addEventListener("htmx:afterSwap", draw);
  for (const entry of queue()) notes.set(entry.address, { state: "waiting", text: words.waiting });
  draw();
  send();
})();
