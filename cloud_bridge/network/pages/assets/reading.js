// Shows documents by pdf.js, each page when it comes near, and counts down until one may go on.
// The server counts for itself: what is shown here is only for the person.
import * as pdfjs from "/pdfjs/legacy/build/pdf.min.mjs";

pdfjs.GlobalWorkerOptions.workerSrc = "/pdfjs/legacy/build/pdf.worker.min.mjs";
const POINTS_PER_MM = 72 / 25.4;
const SHARPEST = 2;
const SVG = "http://www.w3.org/2000/svg";

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function marks(places, number, count, viewport) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${viewport.width} ${viewport.height}`);
  svg.setAttribute("aria-hidden", "true");
  const own = places.filter((place) => (place.page > 0 ? place.page : count + 1 + place.page) === number);
  for (const place of own) {
    const box = document.createElementNS(SVG, "rect");
    box.setAttribute("x", place.left_mm * POINTS_PER_MM);
    box.setAttribute("y", place.top_mm * POINTS_PER_MM);
    box.setAttribute("width", place.width_mm * POINTS_PER_MM);
    box.setAttribute("height", place.height_mm * POINTS_PER_MM);
    box.setAttribute("rx", 2);
    svg.append(box);
  }
  return { svg, labels: own.map((place) => place.label) };
}

async function draw(pdf, frame, number, section, places) {
  const page = await pdf.getPage(number);
  const plain = page.getViewport({ scale: 1 });
  const ratio = Math.min(window.devicePixelRatio || 1, SHARPEST);
  const viewport = page.getViewport({ scale: (frame.clientWidth / plain.width) * ratio });
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", filled(section.dataset.page, { number, count: pdf.numPages }));
  const { svg, labels } = marks(places, number, pdf.numPages, plain);
  // Who does not see the canvas hears what stands on it.
  const text = document.createElement("div");
  text.className = "unseen";
  const content = await page.getTextContent();
  text.textContent = [
    content.items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join(""),
    ...labels,
  ].join("\n");
  frame.style.aspectRatio = "auto";
  frame.replaceChildren(canvas, svg, text);
  await page.render({ canvas, viewport }).promise;
  frame.dataset.shown = "yes";
}

async function show(section) {
  const places = JSON.parse(section.dataset.places);
  const base = new URL(`${section.dataset.pdfjs}/`, location).href;
  const pdf = await pdfjs.getDocument({
    url: section.dataset.url,
    cMapUrl: `${base}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${base}standard_fonts/`,
    wasmUrl: `${base}wasm/`,
    useWasm: false,
    isEvalSupported: false,
    enableXfa: false,
  }).promise;
  section.querySelector(".pages-count").textContent = filled(section.dataset.pages, { count: pdf.numPages });
  const size = (await pdf.getPage(1)).getViewport({ scale: 1 });
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          near.unobserve(entry.target);
          draw(pdf, entry.target, Number(entry.target.dataset.number), section, places).catch(() => failed(section));
        }
      }
    },
    { rootMargin: "600px 0px" },
  );
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const frame = document.createElement("div");
    frame.className = "page";
    frame.dataset.number = number;
    frame.style.aspectRatio = `${size.width} / ${size.height}`;
    section.querySelector(".pages").append(frame);
    near.observe(frame);
  }
}

function failed(section) {
  section.querySelector(".pages-count").textContent = section.dataset.failed;
}

const SPOKEN_SECONDS = 15;

function countDown(form) {
  const button = form.querySelector("button");
  const wait = form.querySelector(".wait");
  const told = form.querySelector(".told");
  const all = Number(form.dataset.seconds);
  const end = performance.now() + all * 1000;
  let waiting = false;
  let spoken = all;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left > 0) {
      waiting = true;
      button.setAttribute("aria-disabled", "true");
      wait.textContent = filled(form.dataset.wait, { seconds: left });
      // Whoever hears the page is told at the beginning and now and again, not each second.
      if (left < spoken && (spoken === all || left % SPOKEN_SECONDS === 0)) {
        spoken = left;
        told.textContent = wait.textContent;
      }
      setTimeout(tick, 250);
    } else {
      button.removeAttribute("aria-disabled");
      wait.textContent = "";
      told.textContent = waiting ? form.dataset.ready : "";
    }
  };
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      told.textContent = wait.textContent;
    }
  });
  tick();
}

countDown(document.querySelector("form.bar"));
for (const section of document.querySelectorAll(".document")) {
  show(section).catch(() => failed(section));
}
