#!/bin/sh
# Makes the secrets of docker-compose.yml in two volumes, once: /postgres for the database, /rostro for the server (user 10001).
set -eu
umask 077

secret() {
    head -c 48 /dev/urandom | base64 | tr -d '\n'
}

# put FILE OWNER MODE: each file appears whole or not at all, because a first start may be cut off.
put() {
    cat >"$1.part"
    chown "$2" "$1.part"
    chmod "$3" "$1.part"
    mv "$1.part" "$1"
}

# The volume belongs to Postgres alone, whose user differs between images.
if [ ! -s /postgres/db-password ]; then
    secret | put /postgres/db-password 0:0 0444
    echo "made the password of the database"
fi
if [ ! -s /rostro/db-password ]; then
    put /rostro/db-password 10001:10001 0400 </postgres/db-password
fi
if [ ! -s /rostro/token-secret ]; then
    secret | put /rostro/token-secret 10001:10001 0400
    echo "made the secret that signs tokens"
fi
# Encryption at rest: without it all persons are lost.
if [ ! -s /rostro/master-key ]; then
    head -c 32 /dev/urandom | base64 | put /rostro/master-key 10001:10001 0400
    echo "made the master key: keep a copy of it, apart from the database"
fi
chmod 0755 /postgres
chown 10001:10001 /rostro
chmod 0500 /rostro
