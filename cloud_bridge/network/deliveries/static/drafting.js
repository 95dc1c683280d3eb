// What is being filled in, as it is kept on the telephone, and what is sent of it.
"use strict";
const drafting = (() => {
  // The telephone's own clock, with its offset: what its owner sees.
  const now = () => {
    const at = new Date();
    const offset = -at.getTimezoneOffset();
    const two = (value) => String(Math.trunc(Math.abs(value))).padStart(2, "0");
    const local = new Date(at.getTime() + offset * 60000).toISOString().slice(0, -1);
    return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
  };

  // By a clock that was set back, it was opened in a time to come: reading begins anew.
  const noLater = (openedAt) => (new Date(openedAt) > new Date() ? now() : openedAt);

  const secret = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    const base64 = btoa(String.fromCharCode(...bytes));
    return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };

  const begun = (token, shown) => ({
    key: token, waybill: shown.waybill, shipper: shown.shipper, step: "goods", openedAt: now(), secret: secret(), name: "", digits: "", phone: "",
    isMine: false, goods: shown.lines.map((line) => ({ received: line.count, short: 0, damaged: 0 })),
    remark: "", refused: false, handwriting: null, place: null, photos: [],
  });

  const claim = (draft) => ({
    secret: draft.secret, name: draft.name, digits: draft.digits, phone: draft.phone,
  });

  const receipt = (draft) => ({
    claim: claim(draft),
    openedAt: draft.openedAt,
    actedAt: now(),
    queued: !navigator.onLine,
    refused: draft.refused,
    remark: draft.remark,
    goods: draft.refused ? [] : draft.goods.map((told, line) => ({ line, ...told })),
    handwriting: draft.refused ? null : draft.handwriting,
    place: draft.place,
  });

  return { begun, claim, noLater, receipt };
})();
