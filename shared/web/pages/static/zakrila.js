// What every page does by itself: stays live, counts clocks, keeps a used sign-in going, locks an idle one, never
// sends a form twice. Everything a form can do works without it.
"use strict";
(() => {
  const body = document.body;
  const csrf = body.dataset.csrf;
  const skew = Date.parse(body.dataset.now) - Date.now();
  const now = () => Date.now() + skew;
  const zakrila = (window.zakrila = { now, csrf });

  // --- live: any change told on the stream makes the live regions read themselves again ----------------------------
  const SOONEST_MS = 250;
  const reading = new Set();
  let due = null;
  let last = 0;
  let missed = false;
  zakrila.refresh = () => {
    missed ||= reading.size > 0;
    if (due !== null) return;
    due = setTimeout(() => {
      due = null;
      last = Date.now();
      htmx.trigger(body, "live");
    }, Math.max(0, SOONEST_MS - (Date.now() - last)));
  };

  // A region gives way to what was read for it, and with it goes whatever htmx queued for it meanwhile: a change that is
  // told during a reading is read for once more.
  body.addEventListener("htmx:beforeRequest", ({ detail }) => detail.elt.hasAttribute("data-live") && reading.add(detail.xhr));
  body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!reading.delete(detail.xhr) || !missed) return;
    missed = false;
    zakrila.refresh();
  });

  let source = null;
  let retry = null;
  function show(connected) {
    const mark = document.getElementById("connection");
    if (!mark) return;
    mark.className = `connection ${connected ? "on" : "off"}`;
    document.getElementById("connection-text").textContent = connected ? body.dataset.connected : body.dataset.cut;
    const band = document.getElementById("cut");
    band.textContent = body.dataset.cut;
    band.hidden = connected;
    document.dispatchEvent(new CustomEvent("zakrila:connection", { detail: { connected } }));
  }
  function listen() {
    if (!body.dataset.stream) return;
    clearTimeout(retry);
    if (source) source.close();
    source = new EventSource(body.dataset.stream);
    source.onopen = () => {
      show(true);
      zakrila.refresh(); // whatever happened while nobody listened
    };
    source.onerror = () => {
      // A stream ends with its token too; that is no cut unless the next one cannot be had.
      if (source.readyState === EventSource.CLOSED) {
        show(false);
        zakrila.refresh(); // refused, not cut: whatever reads anew is told whether the sign-in has ended
        clearTimeout(retry);
        retry = setTimeout(listen, 1000);
      } else if (!navigator.onLine) show(false);
      else retryIsLate();
    };
    for (const type of [...body.dataset.streamTypes.split(" "), "reset"]) source.addEventListener(type, zakrila.refresh);
  }
  function retryIsLate() {
    const waiting = source;
    setTimeout(() => {
      if (source === waiting && source.readyState !== EventSource.OPEN) show(false);
    }, 1500);
  }
  addEventListener("offline", () => show(false));
  addEventListener("online", listen);
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  // A live region that could not be read keeps what it shows.
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, elt } = event.detail;
    if (elt.hasAttribute("data-live") && xhr.status >= 400) {
      event.detail.shouldSwap = false;
      if (xhr.status === 401) zakrila.renew().then((goesOn) => goesOn && zakrila.refresh()); // which locks, if it must
      else if (xhr.status >= 500 && !elt.closest("[data-part]")) show(false); // a card says so itself
    }
  });
  body.addEventListener("htmx:sendError", () => show(false));

  // What the reader folded open stays open while the page reads itself anew; where something was pressed, it closes.
  let open = [];
  body.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const done = detail.xhr.status < 400 ? detail.requestConfig.elt.closest("details") : null;
    open = [...document.querySelectorAll("main details[open][id]")].filter((each) => each !== done).map((each) => each.id);
  });
  body.addEventListener("htmx:afterSwap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  });

  // --- clocks -----------------------------------------------------------------------------------------------------
  const pad = (number) => String(number).padStart(2, "0");
  function spelled(seconds) {
    const whole = Math.abs(Math.trunc(seconds));
    const hours = Math.trunc(whole / 3600);
    const rest = `${hours ? pad(Math.trunc((whole % 3600) / 60)) : Math.trunc(whole / 60)}:${pad(whole % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }
  function tick() {
    for (const clock of document.querySelectorAll("[data-count], [data-since]")) {
      const seconds = (Date.parse(clock.dateTime) - now()) / 1000;
      if (!clock.title) clock.title = clock.textContent;
      const late = clock.hasAttribute("data-count") && seconds < 0;
      clock.textContent = late ? `${spelled(seconds)} ${body.dataset.late}` : spelled(seconds);
      clock.classList.toggle("is-late", late);
    }
  }
  setInterval(tick, 1000);
  body.addEventListener("htmx:afterSettle", tick);

  // --- alarms: what stands out for the eye also sounds, once each; the eye needs no sound -----------------------------
  const heard = new Set();
  let audio = null;
  const wantsSound = () => localStorage.getItem("zakrila-sound") !== "off";
  function sound() {
    audio ??= new AudioContext();
    for (const [start, pitch] of [[0, 880], [0.22, 660], [0.44, 880]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.18, audio.currentTime + start);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.2);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + 0.21);
    }
  }
  function listenForAlarms() {
    const fresh = [...document.querySelectorAll("[data-alarm]")].filter((each) => !heard.has(each.dataset.alarm));
    for (const each of fresh) heard.add(each.dataset.alarm);
    if (fresh.length && wantsSound() && navigator.userActivation?.hasBeenActive) sound();
    const button = document.getElementById("sound");
    if (button) button.textContent = wantsSound() ? body.dataset.soundOn : body.dataset.soundOff;
  }
  document.addEventListener("click", (event) => {
    if (event.target.id !== "sound") return;
    localStorage.setItem("zakrila-sound", wantsSound() ? "off" : "on");
    listenForAlarms();
    if (wantsSound()) sound();
  });
  body.addEventListener("htmx:afterSettle", listenForAlarms);

  // --- a form is sent once ---------------------------------------------------------------------------------------------
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sending = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(() => released(form), 8000);
  }, true);
  function released(form) {
    delete form.dataset.sending;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
  body.addEventListener("htmx:afterRequest", (event) => event.target.closest && released(event.target.closest("form") ?? event.target));

  // --- the sign-in: goes on while somebody is there, locks when nobody is --------------------------------------------
  const IDLE_MS = 15 * 60 * 1000;
  const RENEW_BEFORE_MS = 5 * 60 * 1000;
  const tabs = new BroadcastChannel("zakrila");
  const neverLocks = body.classList.contains("never-locks");
  let ends = Number(body.dataset.tokenEnds) * 1000;
  let touched = Date.now();
  for (const kind of ["keydown", "pointerdown", "touchstart"]) {
    addEventListener(kind, () => {
      touched = Date.now();
      tabs.postMessage({ touched });
    }, { passive: true });
  }
  const send = (address, fields = {}) =>
    fetch(address, { method: "POST", body: new URLSearchParams({ csrf, ...fields }), headers: { accept: "application/json" } });
  zakrila.send = send;
  zakrila.renew = async () => {
    const answer = await send("/identity/renew").catch(() => null);
    if (!answer) return false;
    if (answer.ok) ends = (await answer.json()).ends_at * 1000;
    else if (answer.status === 401) lock();
    return answer.ok;
  };
  async function watch() {
    if (!ends || isLocked()) return;
    if (Date.now() - touched > IDLE_MS) {
      if (neverLocks) return;
      await send("/identity/lock").catch(() => null);
      lock();
    } else if (ends - now() < RENEW_BEFORE_MS) await zakrila.renew();
  }
  // What a page keeps on the device, to be of use without a network, ends with the sign-in and with the lock.
  function letGo() {
    for (const name of Object.keys(localStorage)) if (name.startsWith("zakrila-kept-")) localStorage.removeItem(name);
  }
  addEventListener("submit", (event) => event.target.getAttribute("action") === "/identity/sign-out" && letGo(), true);
  if (!ends) letGo();
  const dialog = document.getElementById("lock");
  const isLocked = () => Boolean(dialog?.open);
  function lock() {
    if (!dialog || isLocked()) return;
    if (neverLocks) {
      document.dispatchEvent(new CustomEvent("zakrila:locked"));
      return;
    }
    letGo();
    dialog.showModal();
    if (source) source.close();
  }
  function unlock(until) {
    ends = until;
    touched = Date.now();
    dialog.close();
    listen();
  }
  dialog?.addEventListener("cancel", (event) => event.preventDefault());
  document.getElementById("lock-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const answer = await send("/identity/unlock", { password: form.elements.password.value }).catch(() => null);
    form.elements.password.value = "";
    released(form);
    const refused = document.getElementById("lock-refused");
    refused.hidden = Boolean(answer?.ok);
    if (!answer?.ok) {
      const says = answer ? (await answer.json().catch(() => ({}))).detail : "";
      if (says) refused.textContent = says;
      return;
    }
    const until = (await answer.json()).ends_at * 1000;
    unlock(until);
    tabs.postMessage({ unlocked: until });
  });
  tabs.onmessage = ({ data }) => {
    if (data.touched) touched = Math.max(touched, data.touched);
    if (data.unlocked && isLocked()) unlock(data.unlocked);
  };
  setInterval(watch, 20_000);

  listen();
  tick();
  listenForAlarms();
})();
