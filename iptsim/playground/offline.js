// Keeps the page's files, so that it opens without a network, too. Nothing else is answered here.
const STAMP = /*STAMP*/, FILES = /*FILES*/;
const OWN = `iptsim-files ${self.registration.scope} `, KEPT = OWN + STAMP;
const urls = new Map(FILES.map((name) => [new URL(name, self.registration.scope).href, name]));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(OWN) && name !== KEPT) await caches.delete(name);
  await self.clients.claim();
})()));

async function kept(url) {
  const cache = await caches.open(KEPT);
  const found = await cache.match(url);
  if (found) return found;
  const answer = await fetch(url, { cache: "no-cache" });
  if (answer.ok) await cache.put(url, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const url = event.request.url.replace(/[?#].*/, "");
  if (event.request.method === "GET" && urls.has(url)) event.respondWith(kept(url));
});

// The page asks for the rest when it is at rest itself.
self.addEventListener("message", (event) => event.waitUntil((async () => {
  for (const url of urls.keys()) await (await kept(url)).arrayBuffer();
  event.source.postMessage("kept");
})()));
