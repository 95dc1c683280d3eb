"""Where stamps go: from what was asked for to areas on pages. Both ways of preparing use it."""
