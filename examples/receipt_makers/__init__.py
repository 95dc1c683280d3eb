"""Makers of example receipts: one module for each program that writes PDFs.

`content` invents the receipts, `sheet`, `waybill`, `roll` and `label` lay them out on any
`canvas.Canvas`, `pages_html` and `pages_odf` lay them out as HTML and OpenDocument, and the modules
named after producers write the files.
"""
