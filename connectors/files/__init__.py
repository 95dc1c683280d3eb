"""The manners of a watched folder, wherever it is: whole files in, results out, nothing twice.

`arrivals` says which files may be taken, `intake` takes them, `results` brings what came of them;
`connector` joins these over a `tree`, which a place has of its own.
"""
