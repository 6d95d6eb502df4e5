// Radon in Minnesota: how much pooling, and which predictors, give each county which level.
import { axisBottom, axisLeft } from "d3-axis";
import { scaleLog } from "d3-scale";
import { mount } from "./explore.js";
import { found, total } from "./tools.js";

const SIZES = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 500]; // houses
const CUTS = [2, 3, 4, 6]; // pCi/L
const LOOKS = ["low", "lowish", "middle", "highish", "high"]; // between the cuts
const COLUMN = 98; // pixels left of the map, for its key
const WIDE = 560; // pixels: the levels stand beside the map too
const NEAR = 16; // pixels: a pointer finds a point this near
const short = (level) => level.toFixed(1);
const look = (level) => LOOKS[CUTS.filter((cut) => level > cut).length];

// The solution of a small system of equations, by elimination; the matrix is positive definite.
function solve(matrix, right) {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  rows.forEach((row, k) => {
    for (const other of rows) if (other !== row) {
      const share = other[k] / row[k];
      row.forEach((value, j) => { other[j] -= share * value; });
    }
  });
  return rows.map((row, k) => row.at(-1) / row[k]);
}

export default function (root, data) {
  const { names, n, x, y, u, fitted, home, size } = data, [xx, xy] = data.within; // x: floor, u: uranium
  const all = n.map((_, j) => j), empty = all.filter((j) => n[j] === 0);
  const best = ({ floor, uranium }) => fitted[(floor ? 1 : 0) + (uranium ? 2 : 0)];

  // Generalised least squares: intercept, slope of floor, slope of uranium, at sigma_y² / sigma_alpha² = n0.
  // A county's mean row counts n / (1 + n / n0) times; rows about their mean count once.
  function coefficients({ n0, floor, uranium }) {
    if (n0 === 0) return [0, floor ? xy / xx : 0, 0]; // each county has its own intercept
    const used = [true, floor, uranium], columns = [n.map(() => 1), x, u];
    const some = [0, 1, 2].filter((k) => used[k]);
    const sum = (a, b) => total(all.map((j) => (n[j] / (1 + n[j] / n0)) * a[j] * b[j]));
    const matrix = some.map((a) => some.map((b) => sum(columns[a], columns[b]) + (a === 1 && b === 1 ? xx : 0)));
    const values = solve(matrix, some.map((a) => sum(columns[a], y) + (a === 1 ? xy : 0)));
    return used.map((is, k) => (is ? values[some.indexOf(k)] : 0));
  }
  // Levels in pCi/L; in a basement where floor is a predictor. NaN where nothing is known.
  function levels(state) {
    const [start, slope, rise] = coefficients(state);
    return all.map((j) => {
      const own = y[j] - slope * x[j], centre = start + rise * u[j];
      return Math.exp(centre + (n[j] / (n[j] + state.n0)) * (own - centre));
    });
  }
  const raw = (state) => levels({ ...state, n0: 0 });
  const houses = (j) => `${n[j]} house${n[j] === 1 ? "" : "s"}`;

  let shapes, spots, at; // as drawn: outlines, points, and from pixels to the map's own units
  function find(x, y) {
    const inside = shapes.nodes().findIndex((node) => node.isPointInFill(new DOMPoint(...at(x, y))));
    if (inside >= 0) return inside;
    const far = spots.map((spot) => Math.hypot(spot[0] - x, spot[1] - y)), near = far.indexOf(Math.min(...far));
    return far[near] < NEAR ? all.filter((j) => n[j])[near] : undefined;
  }
  function tell(state) {
    const j = state.over ?? state.place;
    if (j === undefined) return state.typed ? "No county of this name." : "Point at a county, tap it, or type its name.";
    const pooled = levels(state)[j];
    if (n[j]) return `${names[j]}, ${houses(j)}: raw ${short(raw(state)[j])}, pooled ${short(pooled)} pCi/L.`;
    return `${names[j]}, no house: ${state.n0 ? `filled in, ${short(pooled)} pCi/L` : "no estimate without pooling"}.`;
  }

  mount(root, {
    title: "Which counties have how much radon?",
    try: "Drag n0, and let the model use floor and uranium. Watch Lac qui Parle and the two counties without a house.",
    alt: "Map of Minnesota’s 87 counties, coloured by their radon level",
    height: (width) => Math.max(180, Math.min(width < WIDE ? 236 : 300, ((width - COLUMN) * size[1]) / size[0])),
    colors: data.colors,
    start: { floor: false, uranium: false, place: undefined, over: undefined, typed: "" },
    controls: [{
      name: "n0", label: "n0, in houses", value: fitted[0],
      stops: [0, ...[...SIZES, ...fitted].sort((a, b) => a - b), Infinity],
      text: (value) => (value === 0 ? "no pooling" : value === Infinity ? "complete" : String(value)),
      marks: (state) => [{ value: 0, text: "none" }, { value: best(state), text: `fitted: ${best(state)}` },
        { value: Infinity, text: "complete" }],
    }],
    switches: [{ name: "floor", label: "floor (basements)" }, { name: "uranium", label: "uranium in soil" }],
    play: { control: "n0", label: "Play n0" },
    actions: [{ label: "Fitted n0", act: (state) => ({ n0: best(state) }) }],
    places: { find, search: (typed) => found(typed, names, all), tell, label: "Find a county" },
    sentence(state) {
      const { n0, floor, uranium } = state, now = levels(state);
      const how = n0 === 0 ? "No pooling" : n0 === Infinity ? "Complete pooling" : `n0 = ${n0} houses`;
      const high = now.filter((level) => level > 4).length, known = now.filter((level) => level > 0).length;
      const filled = empty.map((j) => `${names[j]} ${short(now[j])}`).join(", ");
      return `${how}${floor ? ", basements" : ""}: ${high} of ${known} counties exceed 4 pCi/L. ` +
        `${names[home]} (n = ${n[home]}): raw ${short(raw(state)[home])}, pooled ${short(now[home])}. ` +
        (n0 === 0 ? `${empty.map((j) => names[j]).join(" and ")}: no house, no estimate.`
          : `No house: ${filled}, from ${uranium ? "their soil" : "the centre"}.`);
    },
    draw({ svg, width, height }, state) {
      const now = levels(state), own = raw(state), scale = (height - 4) / size[1], wide = scale * size[0];
      const left = width < WIDE ? width - wide - 2 : COLUMN;
      const text = (x, y, words, anchor = "start", looks = "") =>
        svg.append("text").attr("x", x).attr("y", y).attr("text-anchor", anchor).attr("class", looks).text(words);
      at = (x, y) => [(x - left) / scale, (y - 2) / scale];
      const map = svg.append("g").attr("transform", `translate(${left} 2) scale(${scale})`);
      const outline = (j, looks) => map.append("path").attr("d", data.shapes[j]).attr("class", `pp-county ${looks}`);
      shapes = map.selectAll("path").data(now).join("path").attr("d", (_, j) => data.shapes[j])
        .attr("class", "pp-county").attr("data-value", (level) => level)
        .style("fill", (level) => (level > 0 ? `var(--${look(level)})` : "var(--paper)"));
      for (const j of empty) outline(j, "pp-empty").style("fill", "none");
      outline(home, "pp-mine");
      const chosen = state.over ?? state.place;
      if (chosen !== undefined) outline(chosen, "pp-chosen");

      text(0, 14, "pCi/L", "start", "pp-label");
      LOOKS.forEach((name, k) => {
        const y = 22 + 17 * (4 - k);
        svg.append("rect").attr("width", 20).attr("height", 14).attr("y", y).style("fill", `var(--${name})`);
        text(26, y + 12, k === 0 ? `below ${CUTS[0]}` : k === 4 ? `above ${CUTS[3]}` : `${CUTS[k - 1]} to ${CUTS[k]}`);
      });
      if (height > 190) ["dotted:", "no house"].forEach((words, k) => text(0, height - 22 + 16 * k, words));
      const box = shapes.nodes()[home].getBBox();
      const level = 2 + scale * (box.y + box.height / 2);
      svg.append("path").attr("class", "pp-mine").attr("d", `M90 ${level}H${left + scale * (box.x + box.width / 2)}`);
      text(0, level + 4, names[home], "start", "pp-label pp-own-name");
      text(0, level + 20, `${short(now[home])} pCi/L`, "start", "pp-own-name");

      spots = [];
      if (width < WIDE) return;
      const start = COLUMN + wide + 56, base = height - 36;
      const across = scaleLog([0.9, 130], [start, width - 6]), up = scaleLog([0.8, 22], [base, 22]);
      text(start - 30, 12, "Level by houses, raw and pooled", "start", "pp-label");
      svg.append("g").attr("class", "pp-axis").attr("transform", `translate(0 ${base})`)
        .call(axisBottom(across).tickValues([1, 3, 10, 30, 100]).tickFormat(String).tickSizeOuter(0));
      svg.append("g").attr("class", "pp-axis").attr("transform", `translate(${start} 0)`)
        .call(axisLeft(up).tickValues([1, 2, 4, 8, 16]).tickFormat(String).tickSizeOuter(0));
      text((start + width) / 2, height - 2, "houses", "middle");
      const some = all.filter((j) => n[j]);
      spots = some.map((j) => [across(n[j]), up(now[j])]);
      some.forEach((j, k) => svg.append("path").attr("class", "pp-move").attr("d", `M${spots[k]}V${up(own[j])}`));
      some.forEach((j) => svg.append("circle").attr("class", "pp-none").attr("r", 2.5).attr("cx", across(n[j])).attr("cy", up(own[j])));
      some.forEach((j, k) => svg.append("circle").attr("class", "pp-partial").attr("r", 3).attr("cx", spots[k][0]).attr("cy", spots[k][1]));
      for (const [j, looks] of [[home, "pp-mine"], [chosen, "pp-chosen"]]) if (n[j])
        svg.append("circle").attr("class", looks).attr("r", 7).attr("cx", across(n[j])).attr("cy", up(now[j]));
    },
  });
}
