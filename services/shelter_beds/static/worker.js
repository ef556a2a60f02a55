// Stands between the rooms page and a network that comes and goes. It keeps one page that says nothing of anybody, and
// the files that page needs; everything else goes by untouched. `KEPT` and `VERSION` come before this, from the server.
const SHELF = `shelter-beds-${VERSION}`;
const PATIENCE_MS = 8000;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll([KEPT.shell, ...KEPT.files])));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("shelter-beds-") && name !== SHELF;
  const cleared = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(cleared.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && pathname === "/shelter-beds/") event.respondWith(rooms(event.request));
  else if (KEPT.files.includes(pathname)) event.respondWith(kept(pathname).then((file) => file ?? fetch(event.request)));
});

const kept = (address) => caches.match(address, { ignoreVary: true });

async function rooms(request) {
  const late = new Promise((_resolve, reject) => setTimeout(reject, PATIENCE_MS));
  const answer = await Promise.race([fetch(request), late]).catch(() => null);
  const away = !answer || (answer.status >= 502 && answer.status <= 504);
  return away ? ((await kept(KEPT.shell)) ?? answer ?? Response.error()) : answer;
}
