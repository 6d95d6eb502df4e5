"""The right answers, recomputed from the data at hand: one module a page (spoilers)."""
