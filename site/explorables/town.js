// Towns of garages, drawn from a model: what each way of pooling costs, so far and in the long run.
import { axisBottom, axisLeft } from "d3-axis";
import { scaleLinear, scalePoint } from "d3-scale";
import { mount } from "./explore.js";
import { count, total, uniform } from "./tools.js";

const TAUS = Array.from({ length: 13 }, (_, k) => k / 2); // minutes
const VISITS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 25, 30, 40];
const GARAGES = [3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40];
const MOST = GARAGES.at(-1);
const RUN = 2000; // towns, where a run ends
const REACH = 25; // minutes about the mean that the picture shows; what lies beyond is drawn at its edge
const WIDE = 560; // pixels: the two parts stand side by side, else one below the other
const GRID = Array.from({ length: 1400 }, (_, i) => Math.exp(i / 100 - 8)); // of a chi-square

// weight(seen, noise, tau): of a garage's own mean, where `seen` is the variance of the raw means
// (J - 1 below) and `noise` = sigma² / n. The town's mean of raw means has the rest.
const POOLINGS = [
  { name: "no pooling", look: "none", how: "each garage’s own mean", weight: () => 1 },
  { name: "complete pooling", look: "complete", how: "the town’s mean for all garages", weight: () => 0 },
  { name: "naive τ", look: "naive", how: "τ² is the variance of raw means: noise is still in it",
    weight: (seen, noise) => seen / (seen + noise) },
  { name: "estimated τ", look: "partial", how: "τ² is the variance of raw means less σ²/n, or 0 if negative",
    weight: (seen, noise) => Math.max(0, 1 - noise / seen) },
  { name: "known τ", look: "partial", how: "the best weight, n / (n + n0)",
    weight: (_, noise, tau) => tau ** 2 / (tau ** 2 + noise) },
];
const ESTIMATED = 3; // the one that the town shows

// Two standard normal numbers (Box and Muller).
function normals(random) {
  const size = Math.sqrt(-2 * Math.log(1 - random())), angle = 2 * Math.PI * random();
  return [size * Math.cos(angle), size * Math.sin(angle)];
}

export default function (root, data) {
  const { mean, sigma } = data;
  const noise = ({ n }) => sigma ** 2 / n;

  // Town number k is the same town at every setting: more visits calm its raw means, a larger tau
  // spreads its truths.
  const towns = [], random = uniform(data.seed);
  function town(k, state) {
    while (towns.length < k) towns.push(Array.from({ length: MOST }, () => normals(random)));
    const some = towns[k - 1].slice(0, state.J), mistake = Math.sqrt(noise(state));
    const truth = some.map(([z]) => mean + state.tau * z);
    const raw = some.map(([, z], j) => truth[j] + mistake * z);
    const centre = total(raw) / state.J;
    const seen = total(raw.map((y) => (y - centre) ** 2)) / (state.J - 1);
    const estimates = POOLINGS.map(({ weight }) => {
      const own = weight(seen, noise(state), state.tau);
      return raw.map((y) => own * y + (1 - own) * centre);
    });
    return { truth, raw, centre, estimates };
  }

  // The mean squared errors over all towns so far.
  let tally = {};
  function sofar(state) {
    const key = `${state.tau} ${state.n} ${state.J}`;
    if (tally.key !== key || tally.towns > state.towns) tally = { key, towns: 0, sums: POOLINGS.map(() => 0) };
    while (tally.towns < state.towns) {
      const { truth, estimates } = town(++tally.towns, state);
      estimates.forEach((values, p) => {
        tally.sums[p] += total(values.map((value, j) => (value - truth[j]) ** 2)) / state.J;
      });
    }
    return tally.sums.map((sum) => sum / state.towns);
  }
  // The same in endlessly many towns: the error of the town's mean, of the best weight, and of missing
  // that weight. The sum of squares of the raw means is chi-square; it stands in the last part itself,
  // which adds two degrees of freedom.
  function exact({ tau, n, J }) {
    const e = noise({ n }), seen = tau ** 2 + e, best = tau ** 2 / seen;
    const share = GRID.map((x) => x ** ((J + 1) / 2) * Math.exp(-x / 2));
    return POOLINGS.map(({ weight }) => {
      const miss = GRID.map((x) => (weight((x * seen) / (J - 1), e, tau) - best) ** 2);
      const missed = total(miss.map((square, i) => share[i] * square)) / total(share);
      return e / J + (1 - 1 / J) * (best * e + seen * missed);
    });
  }

  const parts = (width) => (width < WIDE ? [width, width] : [0.4 * width, 0.54 * width]);
  const marked = (value) => [{ value, text: `this page: ${value}` }];

  mount(root, {
    title: "How much does pooling cost, town after town?",
    try: "Set τ, visits and garages. Draw another town, or let towns run on: each bar, the MSE so far, nears its tick, the long run.",
    alt: "Garages of one town, raw means, pooled estimates and truths; and bars of five mean squared errors",
    height: (width) => (width < WIDE ? 284 : 220),
    colors: data.colors,
    start: { towns: 1 },
    controls: [
      { name: "tau", label: "τ between garages", stops: TAUS, value: data.tau, text: (value) => `${value.toFixed(1)} min`,
        marks: marked(data.tau) },
      { name: "n", label: "visits to each, n", stops: VISITS, value: data.n, text: String, marks: marked(data.n) },
      { name: "J", label: "garages, J", stops: GARAGES, value: data.J, text: String, marks: marked(data.J) },
    ],
    play: {
      label: "Run on",
      act({ towns }, k, calm) {
        if (towns < RUN) return { towns: Math.min(RUN, towns + Math.ceil(towns / (calm ? 1 : 10))) };
        if (k === 0) return { towns: 1 };
      },
    },
    actions: [{ label: "Another town", act: ({ towns }) => ({ towns: towns + 1 }) }],
    sentence(state) {
      const { tau, n } = state, n0 = (sigma / tau) ** 2;
      const [, , naive, estimated, best] = exact(state);
      const errors = sofar(state), first = errors.indexOf(Math.min(...errors));
      const more = (error) => `${Math.round(100 * (error / best - 1))}%`;
      const [place, verdict] = n < n0 ? ["<", "complete pooling beats no pooling"]
        : n > n0 ? [">", "no pooling beats complete pooling"] : ["=", "they cost the same"];
      return `n = ${n} ${place} n0 = σ²/τ² = ${tau ? n0.toFixed(1) : "∞"}: ${verdict}. ` +
        `Long-run cost over known τ: naive ${more(naive)}, estimated ${more(estimated)}. ` +
        `Best so far: ${POOLINGS[first].name}.`;
    },
    draw({ svg, width, height, tip }, state) {
      const [left, right] = parts(width), split = width < WIDE;
      const text = (at, x, y, words, anchor = "start", look = "") =>
        at.append("text").attr("x", x).attr("y", y).attr("text-anchor", anchor).attr("class", look).text(words);
      const here = town(state.towns, state);
      const columns = ["raw", "estimated τ", "truth"];
      const looks = ["none", "partial", "truth"];
      const low = split ? 142 : height - 6;
      const x = scalePoint(columns, [30, left - 36]).padding(0.15);
      const y = scaleLinear([mean - REACH, mean + REACH], [low, 24]).clamp(true);

      svg.append("g").attr("class", "pp-axis").attr("transform", "translate(22 0)").call(axisLeft(y).ticks(4).tickSize(3));
      columns.forEach((name, c) => text(svg, x(name), 12, name, "middle", `pp-label pp-${looks[c]}`));
      svg.append("path").attr("class", "pp-line").attr("d", `M26 ${y(here.centre)}H${left - 38}`);
      text(svg, left, y(here.centre) + 4, "mean", "end");
      here.raw.forEach((raw, j) => {
        const values = [raw, here.estimates[ESTIMATED][j], here.truth[j]];
        const points = columns.map((name, c) => [x(name), y(values[c])]);
        const garage = svg.append("g").attr("class", "pp-garage");
        garage.append("path").attr("d", `M${points.join("L")}`);
        points.forEach(([cx, cy], c) =>
          garage.append("circle").attr("cx", cx).attr("cy", cy).attr("r", 4).attr("class", `pp-${looks[c]}`));
        const [own, pooled, true_] = values.map((value) => value.toFixed(1));
        tip(garage, () => `garage ${j + 1}: raw ${own}, estimate ${pooled}, truth ${true_} minutes`);
      });

      const bars = svg.append("g").attr("transform", split ? `translate(0 ${low + 18})` : `translate(${width - right} 0)`);
      const errors = sofar(state), long = exact(state);
      const size = scaleLinear([0, 1.3 * Math.max(...long)], [124, right - 40]).clamp(true);
      const row = split ? 20 : 36;
      text(bars, 0, 12, `MSE over ${count(state.towns)} town${state.towns > 1 ? "s" : ""}, in minutes²`, "start", "pp-label pp-towns");
      POOLINGS.forEach(({ name, look, how }, p) => {
        const bar = bars.append("g").attr("class", "pp-bar").attr("transform", `translate(0 ${24 + p * row})`)
          .attr("data-value", errors[p]).attr("data-long", long[p]);
        text(bar, 0, 12, name, "start", `pp-${look}`);
        bar.append("rect").attr("x", 124).attr("width", size(errors[p]) - 124).attr("height", 14).attr("class", `pp-${look}`);
        bar.append("rect").attr("class", "pp-tick").attr("x", size(long[p]) - 2).attr("y", -3).attr("width", 4).attr("height", 20);
        text(bar, right, 12, errors[p].toFixed(1), "end", `pp-label pp-${look}`);
        tip(bar, () => `${how}; in the long run ${long[p].toFixed(1)}`);
      });
    },
  });
}
