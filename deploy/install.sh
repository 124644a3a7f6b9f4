#!/bin/sh
# Installs the folder that this file lies in (or another version beside an older one) on a Linux machine. Run as root; running it
# again changes nothing. ROOT=/some/folder installs below that folder instead of /, for images and tests.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${ROOT:-}
name=$(basename "$here")

echo "checking the files"
(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS)

if ! getent passwd rostro >/dev/null; then
    echo "creating the user rostro"
    useradd --system --user-group --home-dir /var/lib/rostro --no-create-home --shell /usr/sbin/nologin rostro
fi

target="$root/opt/$name"
if [ "$here" != "$target" ]; then
    echo "copying to $target"
    mkdir -p "$target"
    cp -R "$here/." "$target/"
    chown -R root:root "$target"
fi
# The switch to this version, and the way back: the link alone decides which version runs.
ln -sfn "$name" "$root/opt/rostro"

mkdir -p "$root/etc/rostro"
if [ ! -e "$root/etc/rostro/rostro.toml" ]; then
    cp "$here/rostro.toml" "$root/etc/rostro/rostro.toml"
else
    echo "keeping $root/etc/rostro/rostro.toml; this version's is $target/rostro.toml"
fi
install -d -m 0700 -o rostro -g rostro "$root/var/lib/rostro"

if [ -d "$root/etc/systemd/system" ]; then
    cp "$here/rostro.service" "$root/etc/systemd/system/rostro.service"
fi
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    echo "start it: systemctl enable --now rostro"
else
    echo "start it: runuser -u rostro -- env ROSTRO_CONFIG=/etc/rostro/rostro.toml /opt/rostro/bin/rostro serve"
fi
echo "first token: runuser -u rostro -- env ROSTRO_CONFIG=/etc/rostro/rostro.toml /opt/rostro/bin/rostro token issue --client NAME"
