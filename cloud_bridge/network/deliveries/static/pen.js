// A sheet to sign on: keeps strokes as points, which is what the document gets.
"use strict";
const pen = (canvas, changed) => {
  const context = canvas.getContext("2d");
  let strokes = [];
  let current = null;

  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    const x = ((event.clientX - box.left) * canvas.width) / box.width;
    const y = ((event.clientY - box.top) * canvas.height) / box.height;
    return [Math.round(within(x, canvas.width)), Math.round(within(y, canvas.height))];
  };
  const draw = () => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.lineWidth = 6;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.strokeStyle = "#0f1f5c";
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      for (const at of stroke.length > 1 ? stroke.slice(1) : stroke) context.lineTo(...at);
      context.stroke();
    }
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    current = [point(event)];
    strokes.push(current);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    const at = point(event);
    const [x, y] = current[current.length - 1];
    if (Math.hypot(at[0] - x, at[1] - y) < 3) return;
    current.push(at);
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (current) changed();
      current = null;
    });
  }
  return {
    set: (drawn) => { strokes = drawn?.strokes ?? []; draw(); },
    get: () => (strokes.length
      ? { type: "handwritten", width: canvas.width, height: canvas.height, strokes }
      : null),
  };
};
