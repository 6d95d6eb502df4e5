// One experiment: prior times likelihood gives the posterior, all three as curves.
import { axisBottom } from "d3-axis";
import { scaleLinear } from "d3-scale";
import { density, interval as central, expected } from "./beta.js";
import { mount } from "./explore.js";

const MEANS = [1, 2, 3, 4, 5, 6, 7, 8, 9, ...Array.from({ length: 21 }, (_, k) => 10 + 2 * k)]; // percent
const SIZES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500]; // rats
const RATS = [...Array.from({ length: 21 }, (_, k) => k), 22, 24, 26, 28, 30, 35, 40, 45, 50]; // of the experiment
const NARROW = 0.6; // the axis ends here, or at 1 where something lies beyond
const LEAST_TOP = 6.5; // density that the picture shows at least: curves of usual height keep their scale
const STEPS = 400;

const some = (values, more) => [...new Set([...values, more])].sort((a, b) => a - b);
const percent = (share) => `${(100 * share).toFixed(1)}%`;
const prior = ({ mean, n0 }) => [(mean / 100) * n0, (1 - mean / 100) * n0];
const likelihood = ({ y, n }) => [y + 1, n - y + 1]; // as a density: area 1
const posterior = (state) => [prior(state)[0] + state.y, prior(state)[1] + state.n - state.y];
const interval = (state) => central(posterior(state), 0.95);

export default function (root, data) {
  const { mean, n0, y, n } = data;
  const fitted = (value, text) => [{ value, text: `fitted: ${text}` }];

  mount(root, {
    title: `What do ${y} of ${n} rats say, beside what is known?`,
    try: "Move the prior (mean, n0) or the data (y of n): where does the posterior go, and how wide is it?",
    alt: "Three curves over the risk of a tumour: prior, likelihood and posterior, with their means and the 95% interval",
    height: () => 200,
    colors: data.colors,
    pairs: true,
    controls: [
      { name: "mean", label: "prior mean", stops: some(MEANS, mean), value: mean, text: (value) => `${value.toFixed(1)}%`,
        marks: fitted(mean, `${mean.toFixed(1)}%`) },
      { name: "n0", label: "n0, in rats", stops: some(SIZES, n0), value: n0,
        text: (value) => value.toFixed(1), marks: fitted(n0, n0.toFixed(1)) },
      { name: "y", label: "tumours, y", stops: RATS, value: y, text: String },
      { name: "n", label: "rats, n", stops: RATS, value: n, text: String },
    ],
    // No more tumours than rats: what was moved pushes the other.
    keep: (state, changes) => state.y > state.n && ("y" in changes ? { n: state.y } : { y: state.n }),
    play: { control: "n0", label: "Play n0" },
    numbers: {
      label: "",
      list: [
        { label: "raw", look: "none", room: 6, value: (state) => state.y / state.n,
          text: (value) => (Number.isNaN(value) ? "none" : percent(value)) },
        { label: "prior", look: "complete", room: 5, value: (state) => state.mean / 100, text: percent },
        { label: "posterior", look: "partial", room: 6, value: (state) => expected(posterior(state)), text: percent },
        { label: "95%", look: "partial", room: 15, value: interval, text: (ends) => ends.map(percent).join(" to ") },
      ],
    },
    sentence(state) {
      const own = state.n / (state.n + state.n0), share = Math.round(100 * own);
      const [lower, upper] = interval(state).map(percent), here = percent(expected(posterior(state)));
      if (state.n === 0) return `No data: the posterior is the prior. Mean ${here}, 95% interval ${lower} to ${upper}.`;
      return `${state.y} of ${state.n}: the raw rate, ${percent(state.y / state.n)}, has the weight n / (n + n0) = ${share}%, ` +
        `the prior mean, ${percent(state.mean / 100)}, the other ${100 - share}%. ` +
        `Posterior mean ${here}, 95% interval ${lower} to ${upper}.`;
    },
    draw({ svg, width, height, tip }, state) {
      const [lower, upper] = interval(state), raw = state.y / state.n;
      const end = Math.max(upper, raw || 0) > NARROW ? 1 : NARROW;
      const x = scaleLinear([0, end], [10, width - 10]), line = height - 36;
      const risks = Array.from({ length: STEPS }, (_, k) => ((k + 0.5) * end) / STEPS);
      const curves = [
        { name: "fitted prior", look: "fitted", curve: prior({ mean, n0 }) },
        { name: "prior", look: "complete", curve: prior(state) },
        { name: "likelihood, scaled", look: "none", curve: likelihood(state) },
        { name: "posterior", look: "partial", curve: posterior(state) },
      ].map((one) => ({ ...one, heights: risks.map((risk) => density(one.curve, risk)) }));
      const inside = curves.map(({ curve, heights }) =>
        Math.max(...(Math.min(...curve) < 1 ? heights.slice(8, -8) : heights))); // some have no top
      const tall = scaleLinear([0, Math.max(LEAST_TOP, ...inside)], [line, 36]).clamp(true);
      const outline = (at, heights) => at.map((risk, k) => `${x(risk).toFixed(2)} ${tall(heights[k]).toFixed(2)}`).join("L");

      const within = [lower, ...risks.filter((risk) => risk > lower && risk < upper), upper];
      const area = outline(within, within.map((risk) => density(curves[3].curve, risk)));
      svg.append("path").attr("class", "pp-area").attr("d", `M${x(lower)} ${line}L${area}V${line}Z`);
      svg.append("g").attr("class", "pp-axis").attr("transform", `translate(0 ${line})`)
        .call(axisBottom(x).ticks(6, "%").tickSizeOuter(0));
      for (const { look, heights } of curves)
        svg.append("path").attr("class", `pp-curve pp-curve-${look}`).attr("d", `M${outline(risks, heights)}`);

      // Names above the tops of the curves, the highest last; a name that has no room goes up.
      const placed = [];
      const tops = curves.slice(1).map(({ name, look, heights }) => {
        const k = heights.indexOf(Math.max(...heights));
        return { name, look, at: Math.min(Math.max(x(risks[k]), 60), width - 60), y: tall(heights[k]) - 6 };
      });
      for (const one of tops.sort((a, b) => b.y - a.y)) {
        while (placed.some(({ at, y: level }) => Math.abs(at - one.at) < 100 && Math.abs(level - one.y) < 15)) one.y -= 3;
        placed.push(one);
        svg.append("text").attr("class", `pp-label pp-${one.look}`).attr("text-anchor", "middle")
          .attr("x", one.at).attr("y", one.y).text(one.name);
      }
      svg.append("text").attr("x", width / 2).attr("y", height - 2).attr("text-anchor", "middle").text("risk of a tumour");

      const mark = (look, value, words) => {
        const g = svg.append("g").attr("transform", `translate(${x(value)} ${line})`).attr("class", `pp-${look}`);
        tip(g, () => `${words} ${percent(value)}`);
        return g;
      };
      if (state.n) mark("own-mean", raw, "raw rate").append("circle").attr("r", 7).attr("class", "pp-hollow");
      mark("prior-mean", state.mean / 100, "prior mean").append("path").attr("class", "pp-solid").attr("d", "M-6 -6H6V6H-6Z");
      mark("estimate", expected(posterior(state)), "posterior mean").append("path").attr("d", "M0 -10L10 0L0 10L-10 0Z");
    },
  });
}
