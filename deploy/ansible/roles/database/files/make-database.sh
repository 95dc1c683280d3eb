#!/bin/bash
# The gateways' user and database. Says `made` where something was; PASSWORD is in the environment, on no command line.
set -euo pipefail
sql() { runuser -u postgres -- psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
for attempt in $(seq 50); do
  sql --command='SELECT 1' >/dev/null 2>&1 && break
  sleep 0.2
done
case "$PASSWORD" in
  '' | *[!A-Za-z0-9_-]*) echo "the password may have letters, digits, - and _ alone: openssl rand -hex 24" >&2; exit 1 ;;
esac
if [ -z "$(sql --command="SELECT 1 FROM pg_roles WHERE rolname = 'sealgate'")" ]; then
  sql --command='CREATE ROLE sealgate LOGIN'
  echo made
fi
if [ -z "$(sql --command="SELECT 1 FROM pg_database WHERE datname = 'sealgate'")" ]; then
  sql --command="CREATE DATABASE sealgate OWNER sealgate ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
  echo made
fi
# Its own digest tells whether the password is the one (RFC 5803): salt and iterations lie in it, and there is no other way to ask.
stored="$(sql --command="SELECT rolpassword FROM pg_authid WHERE rolname = 'sealgate'")"
if ! STORED="$stored" python3 - <<'PY'
import base64, hashlib, hmac, os, sys
try:
    _, counted, keys = os.environ["STORED"].split("$")
    iterations, salt = counted.split(":")
except ValueError:
    sys.exit(1)
salted = hashlib.pbkdf2_hmac("sha256", os.environ["PASSWORD"].encode(), base64.b64decode(salt), int(iterations))
stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
sys.exit(stored != base64.b64decode(keys.split(":")[0]))
PY
then
  sql <<<"ALTER ROLE sealgate PASSWORD '$PASSWORD'"
  echo made
fi
