// The page that stands in for the rooms while they cannot be had: shows what the device keeps, takes presses into the
// same queue as the rooms page does, and gives way as soon as the service answers again.
"use strict";
(() => {
  const KEPT = "zakrila-kept-rooms";
  const SHIFT_MS = 12 * 3600 * 1000; // older than this a room's state says nothing any more
  const AGAIN_MS = 3000;
  const HERE = "/shelter-beds/";
  const words = document.body.dataset;
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(KEPT));
  } catch {
    // Unreadable is as good as nothing.
  }
  if (kept && !(Date.now() - kept.at < SHIFT_MS)) {
    localStorage.removeItem(KEPT);
    kept = null;
  }
  window.zakrila = { whose: kept?.whose };
  // What was pressed and waits to be sent is how the room is.
  for (const press of JSON.parse(localStorage.getItem("zakrila-retry-shelter-beds") ?? "[]")) {
    const room = kept?.rooms.find((each) => press.whose === kept.whose && press.address === `${HERE}rooms/${each.id}`);
    if (room) room.state = press.fields.find(([name]) => name === "state")[1];
  }

  function card(room, place) {
    const made = document.getElementById("room").content.cloneNode(true);
    const part = (name) => made.querySelector(`[data-part="${name}"]`);
    part("card").dataset.state = room.state;
    part("name").textContent = room.name;
    part("state").textContent = words[room.state];
    const form = made.querySelector("form");
    made.querySelector("output").id = form.dataset.retry = `said-room-${room.id}`;
    if (room.taken) form.replaceWith(part("taken").content);
    else {
      form.setAttribute("action", `${HERE}rooms/${room.id}`);
      form.elements.version.value = room.version;
      for (const button of form.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.value === room.state));
        button.id = `set-${button.value}-${place}`;
      }
    }
    return made;
  }
  function show() {
    const groups = [...new Set((kept?.rooms ?? []).map((room) => room.group))];
    for (const group of groups) {
      const list = document.createElement("ul");
      list.className = "rooms";
      list.append(...kept.rooms.filter((room) => room.group === group).map((room, place) => card(room, `${group}-${place}`)));
      if (groups.length > 1) {
        const title = document.createElement("h2");
        title.textContent = `${words.shelter} ${group + 1}`;
        document.getElementById("rooms").append(title);
      }
      document.getElementById("rooms").append(list);
    }
    document.getElementById("known").hidden = !kept;
    document.getElementById("unknown").hidden = Boolean(kept);
    if (!kept) return;
    const at = document.getElementById("at");
    at.dateTime = new Date(kept.at).toISOString();
    at.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false }).format(kept.at);
  }
  document.addEventListener("zakrila:pressed", (event) => {
    const card = event.target.closest("[data-part=card]");
    const state = event.detail.fields.find(([name]) => name === "state")[1];
    const room = kept.rooms.find((each) => event.target.getAttribute("action") === `${HERE}rooms/${each.id}`);
    room.state = state;
    localStorage.setItem(KEPT, JSON.stringify(kept));
    card.dataset.state = state;
    card.querySelector("[data-part=state]").textContent = words[state];
    for (const button of event.target.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === state));
    card.removeAttribute("open");
    card.querySelector("summary").focus();
  });

  async function lookWhetherItIsBack() {
    const answer = await fetch(`${HERE}health/live`, { cache: "no-store" }).catch(() => null);
    if (answer?.ok) location.replace(HERE);
  }
  addEventListener("online", lookWhetherItIsBack);
  setInterval(lookWhetherItIsBack, AGAIN_MS);
  show();
})();
