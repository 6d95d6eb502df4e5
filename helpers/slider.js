// One slider: `root` is the element it lives in, `spec` what helpers/slider.py worked out.
// No request, no library, no id: several copies may stand on one page.
function (root, spec) {
  if (root.dataset.started) return;
  root.dataset.started = "yes";

  const { raw, n, centre, labels, grid, unit, quantity, colors } = spec;
  const J = raw.length;
  const html = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) =>
    build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  function build(element, attributes, children) {
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children);
    return element;
  }

  // Three significant digits, thousands apart, a real minus sign.
  function text(x) {
    if (x === 0) return "0";
    const size = Math.abs(x);
    const digits = size >= 1000
      ? Number(x.toPrecision(3)).toLocaleString("en-US")
      : size < 0.001 ? x.toExponential(2) : x.toPrecision(3);
    return digits.replace("-", "\u2212");
  }
  const count = (x) => (Number.isInteger(x) && x < 1000 ? String(x) : text(x));
  const weight = (size, n0) => (n0 === null ? 0 : size / (size + n0));

  // ---- the parts that are read and operated -------------------------------------------------
  // JupyterLab would take the arrow keys for itself; the mark must be on the focused element itself.
  const quiet = { "data-lm-suppress-shortcuts": "true" };
  const slider = html("input", { ...quiet, type: "range", min: 0, max: grid.length - 1, step: 1, value: spec.start });
  const output = html("output", { "aria-live": "off" });
  const follow = html("select", quiet, ...labels.map((name, j) => html("option", { value: j }, name)));
  const status = html("p", { role: "status" });
  const ends = html("div", { class: "pp-ends" });
  for (const [place, label] of [
    [0, "no pooling"],
    [spec.start, spec.start_label],
    [grid.length - 1, "complete pooling"],
  ]) {
    const button = html("button", { ...quiet, type: "button" }, label);
    button.addEventListener("click", () => { slider.value = place; update(); });
    ends.append(button);
  }
  follow.value = spec.follow;

  // ---- the panels ------------------------------------------------------------------------------
  const box = { left: 54, right: 372, top: 26, bottom: 226 };
  const span = Math.log(spec.x[1] / spec.x[0]);
  const across = (size) => box.left + (Math.log(size / spec.x[0]) / span) * (box.right - box.left);
  const upTo = (range) => (value) =>
    box.bottom - ((value - range[0]) / (range[1] - range[0])) * (box.bottom - box.top);
  const height = upTo(spec.y);
  const share = upTo([0, 1]);

  function panel(title, description, up, ticks) {
    const picture = svg("svg", { viewBox: "0 0 380 270", role: "img", "aria-label": description });
    picture.append(svg("text", { x: 4, y: 14 }, title));
    for (const [value, label] of ticks) {
      picture.append(
        svg("path", { d: `M${box.left} ${up(value)}H${box.right}`, stroke: "#e4e4e4" }),
        svg("text", { x: box.left - 6, y: up(value) + 4, "text-anchor": "end" }, label));
    }
    for (const [value, label] of spec.x_ticks) {
      picture.append(
        svg("path", { d: `M${across(value)} ${box.bottom}v4`, stroke: "#555" }),
        svg("text", { x: across(value), y: box.bottom + 18, "text-anchor": "middle" }, label));
    }
    picture.append(
      svg("path", { d: `M${box.left} ${box.top}V${box.bottom}H${box.right}`, stroke: "#555", fill: "none" }),
      svg("text", { x: (box.left + box.right) / 2, y: 263, "text-anchor": "middle" },
        `${unit} (logarithmic scale)`));
    return picture;
  }

  const many = J > 100;
  const size = many ? 3 : 4.2;
  const diamond = () => svg("path", {
    d: `M0 ${-size}L${size} 0L0 ${size}L${-size} 0Z`, fill: colors.partial, "fill-opacity": many ? 0.6 : 0.85,
  });
  const ring = () => svg("circle", { r: 9, fill: "none", stroke: "#111", "stroke-width": 1.6 });
  const place = (element, x, y) => element.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);

  const left = panel(quantity, spec.estimates_alt, height, spec.y_ticks);
  left.append(svg("path", {
    d: `M${box.left} ${height(centre)}H${box.right}`, stroke: colors.complete, "stroke-dasharray": "6 4", "stroke-width": 1.4,
  }));
  const aside = (j) => across(n[j]) + spec.dodge[j]; // units of one size stand side by side
  const moves = raw.map((value, j) => left.appendChild(svg("line", {
    x1: aside(j), x2: aside(j), y1: height(value), y2: height(value), stroke: "#9a9a9a", "stroke-width": many ? 0.6 : 1,
  })));
  raw.forEach((value, j) => left.append(svg("circle", {
    cx: aside(j), cy: height(value), r: size - 0.7, fill: "#fff", "fill-opacity": 0.7, stroke: colors.none, "stroke-width": 1.3,
  })));
  const estimates = raw.map(() => left.appendChild(diamond()));
  const leftRing = left.appendChild(ring());

  const right = panel("weight of a unit\u2019s own data: n / (n + n0)", spec.weights_alt, share,
    [[0, "0"], [0.5, "0.5"], [1, "1"]]);
  const curve = right.appendChild(svg("path", { fill: "none", stroke: colors.partial, "stroke-width": 1.6 }));
  const half = right.appendChild(svg("path", { stroke: colors.complete, "stroke-dasharray": "2 3" }));
  const weights = raw.map(() => right.appendChild(diamond()));
  const rightRing = right.appendChild(ring());

  // ---- the map, where there is one ----------------------------------------------------------
  const mix = (from, to, part) => from.map((c, k) => Math.round(c + part * (to[k] - c)));
  function shade(value) {
    const part = Math.max(-1, Math.min(1, (value - centre) / spec.reach));
    const pale = [247, 245, 247];
    return `rgb(${mix(pale, part < 0 ? [27, 120, 55] : [118, 42, 131], Math.abs(part))})`;
  }
  const shapes = [];
  const panels = html("div", { class: "pp-panels" });
  if (spec.shapes) {
    const [x0, y0, wide, tall] = spec.frame;
    const map = svg("svg", {
      viewBox: `${x0} ${y0} ${wide} ${tall}`, role: "img", class: "pp-map", "aria-label": spec.map_alt,
    });
    spec.shapes.forEach((outline, j) => {
      const shape = svg("path", { d: outline, stroke: "#777", "stroke-width": wide / 1200 });
      shape.append(svg("title", {}, labels[j]));
      shapes.push(map.appendChild(shape));
    });
    const [least, most] = [Math.min(centre, ...raw), Math.max(centre, ...raw)];
    const pale = (100 * (centre - least)) / (most - least || 1);
    const bar = `${shade(least)}, ${shade(centre)} ${pale}%, ${shade(most)}`;
    const legend = html("p", { class: "pp-legend" },
      html("span", {}, text(least)),
      html("span", { class: "pp-bar", style: `background: linear-gradient(to right, ${bar})` }),
      html("span", {}, text(most)),
      html("span", {}, `(palest: complete pooling, ${text(centre)})`));
    panels.append(map, legend);
  }
  panels.append(left, right);

  // A click on a point or a shape follows that unit.
  const choose = (j) => () => { follow.value = j; update(); };
  for (const group of [estimates, weights, shapes]) group.forEach((element, j) => element.addEventListener("click", choose(j)));

  // ---- what moves -------------------------------------------------------------------------------
  function update() {
    const n0 = grid[slider.value];
    const chosen = Number(follow.value);
    const said = n0 === null ? "complete pooling: n0 is infinite"
      : n0 === 0 ? "no pooling: n0 = 0" : `n0 = ${text(n0)} ${unit}`;
    slider.setAttribute("aria-valuetext", said);
    output.textContent = said;

    for (let j = 0; j < J; j++) {
      const w = weight(n[j], n0);
      const estimate = w * raw[j] + (1 - w) * centre;
      place(estimates[j], aside(j), height(estimate));
      place(weights[j], across(n[j]), share(w));
      moves[j].setAttribute("y2", height(estimate));
      if (shapes.length) shapes[j].setAttribute("fill", shade(estimate));
      if (j !== chosen) continue;
      place(leftRing, aside(j), height(estimate));
      place(rightRing, across(n[j]), share(w));
      status.textContent = `${labels[j]} (${count(n[j])} ${unit}): weight ${w.toFixed(2)}. ` +
        `No pooling ${text(raw[j])}, partial pooling ${text(estimate)}, complete pooling ${text(centre)}.`;
    }
    if (shapes.length) {
      for (const shape of shapes) { shape.style.stroke = ""; shape.style.strokeWidth = ""; }
      shapes[chosen].style.stroke = "#111";
      shapes[chosen].style.strokeWidth = spec.frame[2] / 300;
      shapes[chosen].parentNode.append(shapes[chosen]); // its outline lies above its neighbours'
    }

    const points = [];
    for (let k = 0; k <= 60; k++) {
      const size = spec.x[0] * Math.exp((span * k) / 60);
      points.push(`${across(size).toFixed(1)} ${share(weight(size, n0)).toFixed(1)}`);
    }
    curve.setAttribute("d", "M" + points.join("L"));
    const inside = n0 !== null && n0 > spec.x[0] && n0 < spec.x[1];
    half.setAttribute("d", inside ? `M${across(n0)} ${box.bottom}V${share(0.5)}` : "");
  }
  slider.addEventListener("input", update);
  follow.addEventListener("change", update);

  const key = html("p", { class: "pp-key" });
  for (const [mark, color, label] of [
    ["\u25CB", colors.none, "no pooling"], ["\u25C6", colors.partial, "partial pooling"], ["\u254C", colors.complete, "complete pooling"],
  ]) {
    key.append(html("span", {}, html("span", { "aria-hidden": "true", style: `color:${color}` }, mark + "\u00A0"), label));
  }

  root.replaceChildren(
    html("style", {}, spec.style),
    html("div", { class: "pp-row" },
      html("label", {}, `Prior sample size n0 (${unit})`, slider), output),
    ends,
    html("div", { class: "pp-row" }, html("label", {}, "Follow ", follow)),
    status, panels, key);
  update();
}
