"""Plotly figures drawn by matplotlib, where there is no browser that could draw them."""
