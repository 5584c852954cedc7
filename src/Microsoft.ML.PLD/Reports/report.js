
for (const svg of document.querySelectorAll("svg[data-box]")) {
  const numbers = name => svg.dataset[name].split(" ").map(Number);
  const [left, top, right, bottom] = numbers("box"), [x0, x1] = numbers("x"), [y0, y1] = numbers("y");
  const lines = Array.from(svg.querySelectorAll("polyline.line"), line => Array.from(line.points));
  const keys = Array.from(svg.closest("figure").querySelectorAll(".key b")), texts = keys.map(key => key.textContent);
  const name = svg.querySelector(".name"), label = name?.textContent;
  if (lines.length === 0) continue;
  const cursor = document.createElementNS(svg.namespaceURI, "path");
  cursor.setAttribute("class", "cursor");
  svg.append(cursor);
  const write = value => Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(4)).toString();
  svg.addEventListener("pointermove", event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const x = Math.min(right, Math.max(left, at.x));
    const near = points => points.reduce((best, point) => Math.abs(best.x - x) > Math.abs(point.x - x) ? point : best);
    lines.forEach((points, i) => { if (keys[i]) keys[i].textContent = write(y0 + (bottom - near(points).y) / (bottom - top) * (y1 - y0)); });
    cursor.setAttribute("d", `M${x} ${top}V${bottom}`);
    name.textContent = "step " + Math.round(x0 + (x - left) / (right - left) * (x1 - x0)).toLocaleString("en");
  });
  svg.addEventListener("pointerleave", () => {
    keys.forEach((key, i) => { key.textContent = texts[i]; });
    cursor.removeAttribute("d");
    name.textContent = label;
  });
}
