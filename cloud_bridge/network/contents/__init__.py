"""What organisations bring each other: a body is a file, its head a row.

`contents` takes and gives them, by the `rules` and within the `quota`; `named` says whether what a
statement names was brought. `ends` forgets what nobody needs any more, `leftovers` sweeps up files
that no row names.
"""
