// What was typed and is not sent yet, kept on this device: encrypted with a key that only the account's own pages are
// given, forgotten when it is sent, and after twelve hours.
"use strict";
(() => {
  const HOURS_12 = 12 * 3600 * 1000;
  const hex = document.getElementById("call").dataset.draftKey;
  const bytes = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
  // Without a secure origin there is no cryptography, and then nothing is kept.
  const usable = Boolean(hex && window.crypto?.subtle);
  const prefix = "zakrila-call.";
  let secret = null;
  const key = () => (secret ??= crypto.subtle.importKey("raw", bytes(hex), "AES-GCM", false, ["encrypt", "decrypt"]));
  const encoded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  const id = crypto.randomUUID?.() ?? String(Math.random());
  let last = Promise.resolve();
  let dropped = false;

  // One after the other: what was typed last is what stays.
  function keep(draft) {
    if (!usable) return Promise.resolve(false);
    dropped = false;
    last = last.then(async () => {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const text = new TextEncoder().encode(JSON.stringify(draft));
      const sealed = encoded(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), text));
      if (!dropped) localStorage.setItem(prefix + id, JSON.stringify({ at: Date.now(), iv: encoded(iv), sealed }));
      return true;
    }).catch(() => false);
    return last;
  }
  function drop(which = id) {
    if (which === id) dropped = true;
    localStorage.removeItem(prefix + which);
  }
  // A draft is some other open tab's while that holds its lock.
  async function begun() {
    if (!usable) return [];
    const open = new Set(((await navigator.locks?.query())?.held ?? []).map((lock) => lock.name));
    const found = [];
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) {
      const which = name.slice(prefix.length);
      const kept = JSON.parse(localStorage.getItem(name));
      if (Date.now() - kept.at > HOURS_12) drop(which);
      else if (!open.has(name)) {
        try {
          const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: decoded(kept.iv) }, await key(), decoded(kept.sealed));
          found.push({ which, at: kept.at, ...JSON.parse(new TextDecoder().decode(text)) });
        } catch {
          // another account's, kept on the same device: not ours to read, and not ours to throw away
        }
      }
    }
    return found.sort((one, other) => other.at - one.at);
  }
  if (usable) navigator.locks?.request(prefix + id, () => new Promise(() => {}));
  zakrila.draft = { keep, drop, begun, usable };
})();
