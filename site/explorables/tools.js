// What several explorables need: numbers in words, sums, and random numbers that can be repeated.
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
