// The pad to sign on by hand, the choice between drawing and typing, and one press of the button.
function pad(canvas) {
  const field = canvas.parentElement.querySelector("input[name=drawn]");
  const status = canvas.parentElement.querySelector("[role=status]");
  const context = canvas.getContext("2d");
  let sheet = { width: 1, height: 1, strokes: [] };
  let stroke = null;

  const paint = () => {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    context.setTransform(
      canvas.width / sheet.width, 0, 0, canvas.height / sheet.height, 0, 0);
    context.lineWidth = 2.6;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#101f5c";
    for (const points of sheet.strokes) {
      context.beginPath();
      context.moveTo(points[0][0], points[0][1]);
      for (let place = 1; place < points.length - 1; place += 1) {
        const [x, y] = points[place];
        const [nextX, nextY] = points[place + 1];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      }
      const [x, y] = points[points.length - 1];
      context.lineTo(x, y);
      context.stroke();
    }
  };
  const keep = () => {
    field.value = sheet.strokes.length ? JSON.stringify({ type: "handwritten", ...sheet }) : "";
    status.textContent = sheet.strokes.length
      ? canvas.dataset.drawn.replace("{count}", sheet.strokes.length)
      : "";
    paint();
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * sheet.width;
    const y = ((event.clientY - box.top) / box.height) * sheet.height;
    return [Math.min(Math.max(x, 0), sheet.width), Math.min(Math.max(y, 0), sheet.height)].map(
      (value) => Math.round(value * 10) / 10,
    );
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    if (!sheet.strokes.length) {
      sheet = { width: canvas.clientWidth, height: canvas.clientHeight, strokes: [] };
    }
    stroke = [at(event)];
    sheet.strokes.push(stroke);
    paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length ? steps : [event]) {
      stroke.push(at(step));
    }
    paint();
  });
  const end = () => {
    if (!stroke) return;
    stroke = null;
    keep();
    corrected("signature");
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.parentElement.querySelector(".undo").addEventListener("click", () => {
    sheet.strokes.pop();
    keep();
  });
  canvas.parentElement.querySelector(".clear").addEventListener("click", () => {
    sheet.strokes = [];
    keep();
  });
  if (field.value) {
    // It comes back with the form when something else in it was wrong.
    const { width, height, strokes } = JSON.parse(field.value);
    sheet = { width, height, strokes };
  }
  new ResizeObserver(paint).observe(canvas);
  keep();
}

// What is corrected is no fault any more, also before it is sent.
function corrected(id) {
  const fault = document.getElementById(`${id}-fault`);
  if (!fault) return;
  const field = fault.closest(".field");
  fault.remove();
  field.classList.remove("bad");
  for (const entered of [field, ...field.querySelectorAll("[aria-invalid], [aria-describedby]")]) {
    entered.removeAttribute("aria-invalid");
    const left = (entered.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .filter((name) => name && name !== `${id}-fault`);
    if (left.length) entered.setAttribute("aria-describedby", left.join(" "));
    else entered.removeAttribute("aria-describedby");
  }
  const faults = document.getElementById("faults");
  faults?.querySelector(`a[href="#${CSS.escape(id)}"]`)?.closest("li").remove();
  if (faults && !faults.querySelector("li")) faults.remove();
}

function ways(form) {
  const radios = [...form.querySelectorAll("input[type=radio][name=way]")];
  const show = () => {
    for (const radio of radios) {
      form.querySelector(`.way.${radio.value}`).hidden = !radio.checked;
    }
  };
  for (const radio of radios) {
    radio.addEventListener("change", show);
  }
  show();
}

// A form that is sent nowhere leaves the page, and what was entered with it. A browser that believes
// to have a network may have none that leads anywhere: so the network is asked first.
const PATIENCE_MS = 10000;
async function isThere() {
  if (!navigator.onLine) return false;
  const stopping = new AbortController(); // browsers of before 2022 have no AbortSignal.timeout
  const patience = setTimeout(() => stopping.abort(), PATIENCE_MS);
  try {
    const answer = await fetch("/assets/mark.svg", { cache: "no-store", signal: stopping.signal });
    return answer.ok && Boolean(answer.headers.get("content-type")?.startsWith("image/svg"));
  } catch {
    return false;
  } finally {
    clearTimeout(patience);
  }
}

function once(form) {
  const button = form.querySelector("button.main");
  const words = button.textContent;
  const told = form.querySelector(".told");
  const busy = (is) => {
    button.setAttribute("aria-disabled", String(is));
    button.textContent = is ? form.dataset.busy : words;
    told.textContent = is ? form.dataset.busy : "";
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    busy(true);
    const leaves = await isThere();
    form.querySelector(".offline").hidden = leaves;
    if (leaves) HTMLFormElement.prototype.submit.call(form); // asks nobody again
    else busy(false);
  });
  // Come back by the browser's history: the button works again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

const form = document.querySelector("form.act");
const canvas = form.querySelector("canvas.pad");
if (canvas) pad(canvas);
ways(form);
form.addEventListener("input", (event) => {
  if (event.target.name === "way") return; // choosing how is no signature yet
  corrected(event.target.id === "typed" ? "signature" : event.target.id);
});
once(form);
document.querySelector("#faults")?.focus();
