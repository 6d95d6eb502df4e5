// What several explorables need: numbers in words, sums, names that are searched, random numbers that repeat.
export const count = (value) => value.toLocaleString("en-US");
export const total = (values) => values.reduce((sum, value) => sum + value, 0);

// Uniform numbers from 0 to 1 (mulberry32), the same for the same seed.
export function uniform(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The first eight names, in the order given, with words that begin as what was typed: [[place, name]].
export function found(typed, names, order) {
  const words = (text) => text.toLowerCase().split(/[\s,]+/).filter(Boolean), wanted = words(typed);
  const fits = (i) => wanted.every((part) => words(names[i]).some((word) => word.startsWith(part)));
  const first = (i) => names[i].toLowerCase().startsWith(typed.trim().toLowerCase());
  return wanted.length ? order.filter(fits).sort((i, j) => first(j) - first(i)).slice(0, 8).map((i) => [i, names[i]]) : [];
}
