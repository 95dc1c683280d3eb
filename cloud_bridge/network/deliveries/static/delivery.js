// The driver's page: goods, who, count, sign, sent. Everything filled in is kept at once.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const each = (selector, work) => document.querySelectorAll(selector).forEach(work);
  const token = location.pathname.split("/").pop();
  const shown = JSON.parse($("shown").textContent);
  const AGAIN_MS = 15000;
  const KEPT_MS = 14 * 24 * 3600 * 1000;
  let draft = drafting.begun(token, shown);
  let sheet = null;
  let isSending = false;
  let isRefused = false; // for good: whoever is there must do something first

  const keep = async () => {
    try {
      await keeping.put("drafts", { ...draft, keptAt: Date.now() });
    } catch {
      tell("no-store");
    }
  };
  const tell = (word, problem) => {
    const words = [`${word}-${problem?.reason}`, word];
    const known = words.find((each) => document.querySelector(`[data-message="${each}"]`)) ?? "other";
    each("[data-message]", (each) => { each.hidden = !word || each.dataset.message !== known; });
    $("detail").hidden = !problem?.detail || known !== "delivery-receipt-senseless";
    $("detail").textContent = problem?.detail ?? "";
    if (word) window.scrollTo(0, 0);
  };
  const show = (step) => {
    each("[data-step]", (each) => { each.hidden = each.dataset.step !== step; });
    draft.step = step;
    tell("");
    document.querySelector(`[data-step="${step}"] h2`)?.focus();
    window.scrollTo(0, 0);
  };
  const step = (name) => { show(name); return keep(); };
  const when = () => {
    each("[data-when]", (each) => { each.hidden = (each.dataset.when === "refused") !== draft.refused; });
  };

  // What lacks something is marked where it is, and the first of it has the focus.
  const incomplete = (...fields) => {
    tell("incomplete");
    for (const field of fields) {
      field.setAttribute("aria-invalid", "true");
      for (const event of ["input", "pointerdown"]) {
        field.addEventListener(event, () => field.removeAttribute("aria-invalid"), { once: true });
      }
    }
    fields[0]?.focus();
  };
  const lacking = (form) => [...form.querySelectorAll("input, textarea")].filter((each) => !each.checkValidity());

  // Goods
  $("begin").addEventListener("click", () => step("who"));

  // Who
  $("who").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!$("who").checkValidity()) return incomplete(...lacking($("who")));
    draft.name = $("name").value.trim();
    draft.digits = $("digits")?.value.trim() ?? "";
    draft.phone = $("phone")?.value.replace(/[\s-]/g, "") ?? "";
    await keep();
    if (await keeping.get("queue", token)) return corrected();
    tell("asking");
    try {
      const answer = await sending.ask("POST", `/d/${token}/claim`, drafting.claim(draft));
      if (answer.state === "held") {
        $("check").hidden = false;
        $("code").focus();
        return tell("");
      }
      draft.isMine = true;
    } catch (error) {
      if (error.status) return tell(error.word, error.detail);
    }
    await count();
  });
  $("check").addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("asking");
    try {
      await sending.ask("POST", `/d/${token}/check`, { secret: draft.secret, code: $("code").value });
      draft.isMine = true;
    } catch (error) {
      return tell(error.status ? error.word : "no-network", error.detail);
    }
    await keep();
    return (await keeping.get("queue", token)) ? corrected() : count();
  });
  // Digits or code were told anew for a receipt that waits: the same receipt, the same id.
  const corrected = async () => {
    const item = await keeping.get("queue", token);
    if (draft.isMine || shown.check === "contact-tail") {
      item.receipt.claim = drafting.claim(draft);
      await keeping.put("queue", item);
      return send();
    }
    tell("asking");
    try {
      await sending.ask("POST", `/d/${token}/claim`, drafting.claim(draft));
      $("check").hidden = false;
      $("code").focus();
      tell("");
    } catch (error) {
      tell(error.status ? error.word : "no-network", error.detail);
    }
  };

  // With network again, it is found out at once who was first.
  const claimNow = async () => {
    const isFilling = draft.step === "count" || draft.step === "sign";
    if (!isFilling || draft.isMine || shown.check === "code") return;
    try {
      await sending.ask("POST", `/d/${token}/claim`, drafting.claim(draft));
      draft.isMine = true;
      $("not-first").hidden = true;
      await keep();
    } catch (error) {
      if (error.status) tell(error.word, error.detail);
    }
  };

  // Count
  const count = () => {
    $("not-first").hidden = draft.isMine;
    return step("count");
  };
  const numbers = () => {
    each("fieldset[data-line]", (line) => {
      const told = draft.goods[line.dataset.line];
      for (const kind of ["received", "short", "damaged"]) {
        told[kind] = Math.max(0, Math.trunc(Number($(`${kind}-${line.dataset.line}`).value)) || 0);
      }
    });
  };
  const change = (id, by) => {
    const [kind, line] = id.split("-");
    $(id).value = Math.max(0, (Math.trunc(Number($(id).value)) || 0) + by);
    if (kind === "received") {
      const missing = shown.lines[line].count - Number($(id).value);
      $(`short-${line}`).value = Math.max(0, missing);
    }
    numbers();
    keep();
  };
  each("[data-less]", (each) => each.addEventListener("click", () => change(each.dataset.less, -1)));
  each("[data-more]", (each) => each.addEventListener("click", () => change(each.dataset.more, 1)));
  each("input[type=number]", (each) => each.addEventListener("change", () => change(each.id, 0)));
  $("remark").addEventListener("input", () => { draft.remark = $("remark").value; keep(); });
  const showPhotos = () => photos.show($("photos"), draft.photos, (index) => {
    draft.photos.splice(index, 1);
    showPhotos();
    keep();
  });
  $("photo").addEventListener("change", async () => {
    const [file] = $("photo").files;
    $("photo").value = "";
    if (!file || draft.photos.length >= photos.MOST) return;
    try {
      draft.photos.push(await photos.smaller(file));
      tell("");
    } catch {
      return tell("delivery-photo-refused");
    }
    await keep(); // what is seen is kept
    showPhotos();
  });
  let asked = "";
  const toSign = (refused) => {
    numbers();
    draft.refused = refused;
    when();
    $("why").value ||= draft.remark;
    const lines = shown.lines.map((line, index) => {
      const told = draft.goods[index];
      // Names that are written from right to left take no numbers along.
      return `\u2068${line.name}\u2069: ${told.received} / ${line.count}${told.damaged ? ` (${told.damaged} ✗)` : ""}`;
    });
    $("summary").textContent = refused ? shown.waybill : lines.join(" · ");
    return step("sign");
  };
  $("count").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!$("count").checkValidity()) return incomplete(...lacking($("count")));
    numbers();
    const counted = JSON.stringify(draft.goods);
    const differs = shown.lines.some((line, index) =>
      draft.goods[index].received + draft.goods[index].short !== line.count);
    if (!differs || asked === counted) return toSign(false);
    asked = counted; // the same numbers once more are meant so
    return tell("delivery-counts-differ");
  });
  $("refuse").addEventListener("click", () => toSign(true));
  $("back").addEventListener("click", () => step("count"));

  // Sign
  if ($("pen")) {
    sheet = pen($("pen"), () => { draft.handwriting = sheet.get(); keep(); });
    $("clear").addEventListener("click", () => { sheet.set(null); draft.handwriting = null; keep(); });
  }
  $("place").addEventListener("change", () => {
    draft.place = null;
    $("no-place").hidden = true;
    if (!$("place").checked) return keep();
    const unknown = () => {
      $("place").checked = false;
      $("no-place").hidden = false;
    };
    if (!navigator.geolocation) return unknown();
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      draft.place = {
        latitude: coords.latitude, longitude: coords.longitude, accuracyM: coords.accuracy,
      };
      keep();
    }, unknown, { timeout: 20000, maximumAge: 60000 });
    return undefined;
  });
  $("sign").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (draft.refused) draft.remark = $("why").value;
    if (draft.refused && !draft.remark.trim()) return incomplete($("why"));
    draft.openedAt = drafting.noLater(draft.openedAt);
    if (!draft.refused && shown.handwriting === "required" && !draft.handwriting) return incomplete($("pen"));
    const item = {
      key: token, id: draft.id ?? crypto.randomUUID(), photos: draft.photos, receipt: drafting.receipt(draft),
    };
    draft.id = item.id;
    try {
      await keeping.put("queue", item);
    } catch {
      return tell("no-store");
    }
    await step("sent");
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("receipts")).catch(() => {});
    return send();
  });
  // Sent
  const sent = (state) => {
    each("[data-sent]", (each) => { each.hidden = each.dataset.sent !== state; });
    $("again").hidden = state !== "waiting";
  };
  const ended = (outcome) => {
    show("sent");
    const kept = outcome.reason === "taken" ? "taken" : "over";
    sent(outcome.ending === "kept" ? kept : outcome.ending);
    $("moments").hidden = false;
    $("acted").textContent = new Date(outcome.actedAt).toLocaleString();
    $("arrived").textContent = new Date(outcome.receivedAt).toLocaleString();
    $("late").hidden = !outcome.late;
    $("download").hidden = outcome.ending !== "signed";
  };
  const STEPS = {
    "delivery-check-failed": "who", "delivery-check-needed": "who", "delivery-taken": "goods",
    "delivery-receipt-senseless": "count", "delivery-photo-refused": "count",
  };
  const stopped = async (word, problem) => {
    const back = problem?.reason === "name" ? "who" : STEPS[word];
    if (back === "count" || back === "goods") await keeping.remove("queue", token);
    if (back === "count") draft.id = crypto.randomUUID();
    if (back) await step(back);
    sent("");
    isRefused = !back;
    $("again").hidden = Boolean(back);
    tell(word, problem);
  };
  const send = async () => {
    if (isSending) return;
    const item = await keeping.get("queue", token);
    if (!item) return;
    isSending = true;
    try {
      sent("sending");
      isRefused = false;
      const answer = await sending.send(item);
      if (answer.state === "sent") return ended(answer.outcome);
      if (answer.state === "stopped") return await stopped(answer.word, answer.detail);
      sent("waiting");
      if (answer.word) tell(answer.word);
    } finally {
      isSending = false;
    }
  };
  $("again").addEventListener("click", send);
  $("download").addEventListener("click", async () => {
    const { secret } = await keeping.get("outcomes", token);
    const answer = await fetch(`/d/${token}/copy`, {
      method: "POST", body: JSON.stringify({ secret }), headers: { "content-type": "application/json" },
    }).catch(() => null);
    if (!answer?.ok) return tell("no-network");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${shown.waybill}.pdf`;
    link.click();
    URL.revokeObjectURL(link.href);
  });

  // Network
  const network = () => { $("network").hidden = navigator.onLine; };
  window.addEventListener("online", () => { network(); claimNow(); send(); });
  window.addEventListener("offline", network);
  setInterval(() => { if (draft.step === "sent" && !isRefused) send(); }, AGAIN_MS);
  navigator.serviceWorker?.addEventListener("message", async ({ data }) => {
    if (data !== "sent" || isSending) return;
    const settled = await keeping.get("outcomes", token);
    if (settled) ended(settled.outcome);
  });

  // What was filled in at a label that has been replaced since by this one.
  const inherit = async () => {
    const drafts = (await keeping.all("drafts")).filter((each) =>
      each.waybill === shown.waybill && each.shipper === shown.shipper
      && each.goods.length === shown.lines.length);
    for (const { key } of drafts) {
      if (!(await sending.isReplaced(key))) continue;
      // Whoever has begun anew meanwhile goes on with that.
      if (draft.step !== "goods" || (await keeping.get("drafts", token))) return;
      await keeping.move(key, token);
      await restore();
      return;
    }
  };
  const restore = async () => {
    const settled = await keeping.get("outcomes", token);
    if (settled) return ended(settled.outcome);
    draft = { ...draft, ...(await keeping.get("drafts", token)) };
    for (const id of ["name", "digits", "phone", "remark"]) if ($(id)) $(id).value = draft[id];
    draft.goods.forEach((told, line) => {
      for (const kind of Object.keys(told)) $(`${kind}-${line}`).value = told[kind];
    });
    $("place").checked = draft.place !== null;
    sheet?.set(draft.handwriting);
    showPhotos();
    when();
    $("not-first").hidden = draft.isMine;
    if (await keeping.get("queue", token)) { show("sent"); return send(); }
    if (draft.step === "sign") return toSign(draft.refused);
    return show(draft.step);
  };
  const readyOffline = async () => {
    await navigator.serviceWorker.register("/d/worker.js", { scope: "/d/" });
    await navigator.serviceWorker.ready;
    const name = (await caches.keys()).find((each) => each.startsWith("sealgate-deliveries-"));
    if (name && navigator.onLine) await (await caches.open(name)).add(location.pathname);
    document.documentElement.dataset.offline = "ready";
  };

  network();
  // The goods were received by others, or are not to be any more: what was begun here is for nothing.
  const isForNothing = async () =>
    ["signed", "over"].includes(shown.status) && !(await keeping.get("queue", token));
  const clear = async () => {
    await keeping.forget(Date.now() - KEPT_MS);
    if (await isForNothing()) await keeping.remove("drafts", token);
  };
  clear().then(restore).then(inherit).catch(() => tell("no-store"));
  if (navigator.serviceWorker) readyOffline().catch(() => {});
})();
