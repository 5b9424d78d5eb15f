// Keeps a fixed list of pages for a person who asked for it. It never adds the pages that they read.
"use strict";
const version = "VERSION";
const files = ["FILES"];
const scope = self.registration.scope;
const name = `kept ${scope} ${version}`;
const PATIENCE = 3000; // milliseconds to wait for the net where a kept page is at hand

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget((other) => other !== name)));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(scope)) event.respondWith(answer(event.request));
});

async function keep() {
  try {
    const cache = await caches.open(name);
    const waiting = [...files];
    const fetchOn = async () => {
      for (let file = waiting.pop(); file; file = waiting.pop()) await cache.put(scope + file, await whole(file));
    };
    await Promise.all([fetchOn(), fetchOn(), fetchOn(), fetchOn()]);
    await self.skipWaiting();
  } catch (error) {
    await caches.delete(name); // whole or not at all
    throw error;
  }
}

// A host may answer us/ky/index.html by way of us/ky/: a redirected answer could not be shown later.
async function whole(file) {
  const response = await fetch(scope + file, { cache: "reload", credentials: "omit" });
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return new Response(await response.blob(), { headers: { "Content-Type": response.headers.get("Content-Type") } });
}

async function forget(which) {
  const mine = (await caches.keys()).filter((key) => key.startsWith(`kept ${scope} `));
  await Promise.all(mine.filter(which).map((key) => caches.delete(key)));
}

// The net first, because numbers change; the kept page when the net fails or is too slow.
async function answer(request) {
  const kept = await nearest(request.url);
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([fetch(request).catch(() => kept), late]);
}

// The page itself; for one that is not kept, the page of its place, or the first one: never a dead end.
async function nearest(address) {
  let path = address.slice(scope.length).replace(/[?#].*$/, "");
  if (path === "" || path.endsWith("/")) path += "index.html";
  const exact = await caches.match(scope + path, { cacheName: name });
  if (exact || !path.endsWith("index.html")) return exact;
  for (let parts = path.split("/").slice(0, -2); ; parts.pop()) {
    const above = await caches.match(scope + [...parts, "index.html"].join("/"), { cacheName: name });
    if (above || parts.length === 0) return above && elsewhere([...parts, ""].join("/"));
  }
}

// Its links hold only at its own address.
function elsewhere(path) {
  return Response.redirect(scope + path + "index.html", 302);
}
