"""How the files are named that freeze and lift; see `gateway.stops.folder`."""

FOLDER = "stops"
FREEZE, LIFT, UNSIGNED = ".freeze.jws", ".lift.jws", ".freeze.json"
MOST_BYTES = 1024 * 1024
