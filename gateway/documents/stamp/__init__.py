"""Stamp artwork: round seals drawn as vectors, company-supplied SVG and PNG, ready for PDF."""
