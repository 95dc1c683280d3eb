// Both languages stand in the page; this only chooses which is seen.
"use strict";
(() => {
  const root = document.documentElement;
  const choose = (language) => {
    root.dataset.language = language;
    root.lang = language;
  };
  try {
    const chosen = localStorage.getItem("language");
    if (chosen === "zh" || chosen === "en") choose(chosen);
  } catch { /* a browser that keeps nothing shows what the server chose */ }
  document.getElementById("language").addEventListener("click", () => {
    const language = root.dataset.language === "zh" ? "en" : "zh";
    choose(language);
    try {
      localStorage.setItem("language", language);
    } catch { /* as above */ }
  });
})();
