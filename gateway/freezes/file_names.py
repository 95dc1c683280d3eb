"""How the files are named that freeze and end freezes; see `gateway.freezes.folder`."""

FOLDER = "freezes"
FREEZE, UNFREEZE, UNSIGNED = ".freeze.jws", ".unfreeze.jws", ".freeze.json"
MOST_BYTES = 1024 * 1024
