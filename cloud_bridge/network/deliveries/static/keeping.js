// What stays on the telephone: drafts, and receipts that have not been sent. Used by page and worker.
"use strict";
const keeping = (() => {
  const DATABASE = "sealgate-deliveries";
  const STORES = ["drafts", "queue", "outcomes"];
  let opening;

  const opened = () => {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        for (const name of STORES) request.result.createObjectStore(name, { keyPath: "key" });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opening;
  };

  // Resolves when the transaction is complete, not before: what is queued must outlive the page.
  const within = async (names, mode, work) => {
    const database = await opened();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(names, mode, { durability: "strict" });
      const request = work(transaction);
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  };

  return {
    get: (name, key) => within([name], "readonly", (t) => t.objectStore(name).get(key)),
    all: (name) => within([name], "readonly", (t) => t.objectStore(name).getAll()),
    put: (name, value) => within([name], "readwrite", (t) => t.objectStore(name).put(value)),
    remove: (name, key) => within([name], "readwrite", (t) => t.objectStore(name).delete(key)),
    // It had to wait on the telephone, whatever that believed of its network when the button was pressed.
    waited: (item) =>
      within(["queue"], "readwrite", (t) => {
        const queue = t.objectStore("queue");
        const request = queue.get(item.key);
        request.onsuccess = () => {
          const kept = request.result;
          if (kept?.id === item.id) queue.put({ ...kept, receipt: { ...kept.receipt, queued: true } });
        };
        return request;
      }),
    // A label was printed anew: what was kept under the old one belongs to it.
    move: (from, to) =>
      within(["drafts", "queue"], "readwrite", (t) => {
        for (const store of [t.objectStore("drafts"), t.objectStore("queue")]) {
          const request = store.get(from);
          request.onsuccess = () => {
            if (!request.result) return;
            store.put({ ...request.result, key: to });
            store.delete(from);
          };
        }
      }),
    // What nobody has gone on with since a moment, and nothing of which waits to be sent, is nobody's
    // any more: there are names, numbers and photographs in it.
    forget: (since) =>
      within(["drafts", "queue"], "readwrite", (t) => {
        const drafts = t.objectStore("drafts");
        const request = drafts.getAll();
        request.onsuccess = () => {
          for (const { key, keptAt, openedAt } of request.result) {
            const isOld = (keptAt ?? Date.parse(openedAt)) < since;
            if (!isOld) continue;
            const waits = t.objectStore("queue").getKey(key);
            waits.onsuccess = () => { if (waits.result === undefined) drafts.delete(key); };
          }
        };
        return request;
      }),
    // A receipt that was answered: nothing of what was filled in stays, only what became of it.
    settle: (item, outcome) =>
      within(STORES, "readwrite", (t) => {
        t.objectStore("queue").delete(item.key);
        t.objectStore("drafts").delete(item.key);
        return t.objectStore("outcomes").put({
          key: item.key, id: item.id, secret: item.receipt.claim.secret, outcome,
        });
      }),
  };
})();
