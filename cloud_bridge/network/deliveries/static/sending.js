// Sends what is queued. Used by page and worker; both may try at once: the network knows the id.
"use strict";
const sending = (() => {
  const PATIENCE_MS = 15000;
  const BYTES_PER_MS = 16; // a weak network

  // A network that only seems to be there is none: after a while, nobody waits for it any more.
  const within = async (patience, work) => {
    const stopping = new AbortController();
    const timer = setTimeout(() => stopping.abort(), patience);
    try {
      return await work(stopping.signal);
    } finally {
      clearTimeout(timer);
    }
  };

  const ask = (method, path, body, patience = PATIENCE_MS) => within(patience, async (signal) => {
    const json = body !== undefined && !(body instanceof FormData);
    const answer = await fetch(path, {
      method,
      body: json ? JSON.stringify(body) : body,
      headers: json ? { "content-type": "application/json" } : {},
      signal,
    });
    if (answer.ok) return answer.json();
    let problem = {};
    try {
      problem = await answer.json();
    } catch { /* a proxy's own page */ }
    const word = String(problem.type ?? "").split(/[/:]/).pop();
    throw Object.assign(new Error(word), { status: answer.status, word, detail: problem });
  });

  // Whether a label opens nothing any more, as the network says; without network, nobody knows.
  const isReplaced = (token) =>
    within(PATIENCE_MS, async (signal) => (await fetch(`/d/${token}`, { signal })).status === 404)
      .catch(() => false);

  const patienceFor = (item) =>
    4 * PATIENCE_MS + item.photos.reduce((sum, photo) => sum + photo.size, 0) / BYTES_PER_MS;

  const form = (item) => {
    const made = new FormData();
    made.append("receipt", new Blob([JSON.stringify(item.receipt)], { type: "application/json" }));
    item.photos.forEach((photo, index) => made.append("photo", photo, `photo-${index + 1}`));
    return made;
  };

  // "sent": told an outcome; "waiting": to be tried again; "stopped": somebody must do something.
  const send = async (item) => {
    try {
      const path = `/d/${item.key}/receipts/${item.id}`;
      const outcome = await ask("PUT", path, form(item), patienceFor(item));
      await keeping.settle(item, outcome);
      return { state: "sent", outcome };
    } catch (error) {
      const again = !error.status || error.status >= 500 || error.status === 429
        || error.word === "delivery-not-yet";
      if (again) await keeping.waited(item).catch(() => {});
      return { state: again ? "waiting" : "stopped", word: error.word ?? "", detail: error.detail };
    }
  };

  const sendAll = async () => {
    const results = [];
    for (const item of await keeping.all("queue")) {
      results.push({ key: item.key, ...(await send(item)) });
    }
    return results;
  };

  return { ask, isReplaced, send, sendAll };
})();
