"""Figures of one page each, drawn on the axes they are given: one module a page."""
