"""Larger figures of one page, drawn on the axes they are given."""
