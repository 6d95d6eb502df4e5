"""Larger figures, drawn on the axes they are given: one module a page."""
