// Beta distributions, each as [alpha, beta].
// Log gamma function (Lanczos, as in Numerical Recipes, section 6.1): about 15 digits.
const LANCZOS = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
function logGamma(x) {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  const sum = LANCZOS.reduce((all, c, k) => all + c / (x + k), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
const logBeta = (a, b) => logGamma(a) + logGamma(b) - logGamma(a + b);
export const density = ([a, b], x) => Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta(a, b));

// Probability below x: the incomplete beta function, by its continued fraction (section 6.4 there).
function below([a, b], x) {
  if (x > (a + 1) / (a + b + 2)) return 1 - below([b, a], 1 - x);
  let c = 1, d = 1 / (1 - ((a + b) * x) / (a + 1)), sum = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      sum *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return (Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a) * sum;
}
// By halving, to the last digit.
function quantile(curve, p) {
  let low = 0, high = 1;
  for (let k = 0; k < 52; k++) {
    const middle = (low + high) / 2;
    if (below(curve, middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export const expected = ([a, b]) => a / (a + b);
export const interval = (curve, level) => [(1 - level) / 2, (1 + level) / 2].map((p) => quantile(curve, p));
