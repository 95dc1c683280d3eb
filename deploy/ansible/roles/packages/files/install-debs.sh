#!/bin/bash
# Install a directory's packages that are missing here; with `--newer` also those that are here in an older version.
# A package that is set up is said by dpkg in a line of its own.
set -euo pipefail
shopt -s nullglob
cd "$1"
wanted=()
for each in *.deb; do
  there="$(dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$(dpkg-deb --field "$each" Package)" 2>/dev/null || true)"
  case "$there" in
    installed*)
      if [ "${2-}" = --newer ] && dpkg --compare-versions "${there#* }" lt "$(dpkg-deb --field "$each" Version)"; then
        wanted+=("$PWD/$each")
      fi
      ;;
    *) wanted+=("$PWD/$each") ;;
  esac
done
[ ${#wanted[@]} = 0 ] || LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive dpkg --install --force-confold "${wanted[@]}"
