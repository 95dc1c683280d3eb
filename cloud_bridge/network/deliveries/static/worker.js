// Keeps the page for when there is no network, and sends what waits when it is back.
"use strict";
importScripts("/d/static/keeping.js", "/d/static/sending.js");
const CACHE = `sealgate-deliveries-${VERSION}`;
const FILES = [
  "delivery.css", "language.js", "keeping.js", "sending.js", "drafting.js", "pen.js", "photos.js",
  "delivery.js",
].map((name) => `/d/static/${name}`);
const PAGE = /^\/d\/[A-Za-z0-9_-]{22}$/;
const PATIENCE_MS = 5000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

// The pages of an earlier version go with it; those that are open bring themselves again.
self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("sealgate-deliveries-") && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

const fresh = async (request) => {
  const stopping = new AbortController(); // browsers of before 2022 have no AbortSignal.timeout
  const patience = setTimeout(() => stopping.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(request, { signal: stopping.signal });
    if (answer.ok) await (await caches.open(CACHE)).put(request.url, answer.clone());
    return answer;
  } finally {
    clearTimeout(patience);
  }
};

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (FILES.includes(pathname)) {
    event.respondWith(caches.match(pathname).then((kept) => kept ?? fetch(event.request)));
  } else if (PAGE.test(pathname)) {
    event.respondWith(fresh(event.request).catch(async () =>
      (await caches.match(event.request.url, { ignoreSearch: true })) ?? Response.error()));
  }
});

self.addEventListener("sync", (event) => {
  if (event.tag !== "receipts") return;
  event.waitUntil((async () => {
    const results = await sending.sendAll();
    for (const client of await self.clients.matchAll()) client.postMessage("sent");
    if (results.some((each) => each.state === "waiting")) throw new Error("to be tried again");
  })());
});
