#!/bin/bash
# `sealgate init` in a directory of root's, or what it made on the first node (its archive in base64); then each thing to
# the user whose it is. Whatever was interrupted begins anew.
set -euo pipefail
umask 077
touch /etc/sealgate/.trial-begun
home=/root/sealgate-trial
rm -rf "$home"
mkdir -p "$home"
cd "$home"
if [ $# = 1 ]; then
  base64 --decode "$1" | tar --extract --file=-
  rm "$1"
else
  /opt/sealgate/current/bin/sealgate init >/dev/null
  tar --create --file=/root/sealgate-trial.tar var
fi
rm -rf /var/lib/sealgate-signer/tokens
cp -r var/hsm/tokens /var/lib/sealgate-signer/tokens
chown -R sealgate-signer: /var/lib/sealgate-signer/tokens
sed "s#$home/var/hsm/tokens#/var/lib/sealgate-signer/tokens#" var/hsm/softhsm2.conf >/etc/sealgate/hsm/softhsm2.conf
systemd-creds encrypt --with-key=host --name=hsm-pin var/hsm/pin /etc/sealgate/hsm/hsm-pin.cred
cp var/first-officers.json /etc/sealgate/
cp var/bundles/* /etc/sealgate/bundles/
cp -r var/state/. /var/lib/sealgate/
chown -R sealgate: /var/lib/sealgate
sed -e "s#$home/var/state#/var/lib/sealgate#" \
  -e "s#file: $home/var/hsm/pin#credential: hsm-pin#" \
  -e "s#$home/var/hsm/#/etc/sealgate/hsm/#" \
  -e "s#$home/var/bundles#/etc/sealgate/bundles#" \
  -e "s#$home/var/first-officers.json#/etc/sealgate/first-officers.json#" \
  -e '/^connectors:/d' \
  -e 's#^hsm:#hsm:\n  signer: {socket: /run/sealgate-signer/signer.sock, gateway_user: sealgate}#' \
  var/config.yaml >/etc/sealgate/config.yaml
# Files of freezes are for the gateway alone.
find /etc/sealgate -path /etc/sealgate/bundles/freezes -prune -o -exec chmod a+rX {} +
touch /etc/sealgate/.trial-made
