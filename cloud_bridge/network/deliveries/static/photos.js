// Photographs are made smaller on the telephone: a weak network, a small store.
"use strict";
const photos = (() => {
  const LONGEST = 1600;
  const MOST = 4;

  const smaller = async (file) => {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("photo"))), "image/jpeg", 0.85);
    });
  };

  const show = (list, blobs, remove) => {
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...blobs.map((blob, index) => {
      const item = document.createElement("li");
      const image = document.createElement("img");
      image.src = URL.createObjectURL(blob);
      image.alt = `${index + 1}`;
      const button = document.createElement("button");
      button.type = "button";
      for (const [language, word] of [["zh", "删除"], ["en", "Remove"]]) {
        const span = document.createElement("span");
        span.lang = language;
        span.textContent = `${word} ${index + 1}`;
        button.append(span);
      }
      button.addEventListener("click", () => remove(index));
      item.append(image, button);
      return item;
    }));
  };

  return { MOST, smaller, show };
})();
