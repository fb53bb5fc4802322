#!/usr/bin/env bash
# Runs gonogo against the practice world for half an hour, or as many minutes as
# said, while people work and everything around it breaks: cut sockets, lost answers,
# 5xx, 429, kill -9, a full disk. It fails if anything is lost, shown twice or
# written twice, or if the process ends with more goroutines, descriptors or memory
# than it began with; and it prints a table of figures. It takes some ten minutes
# more, to let the process come to rest before it is measured. To fill a disk it
# mounts a small one of its own, which takes root or user namespaces.
#
#   scripts/soak.sh [MINUTES]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

minutes=${1:-30}
log=${SOAK_LOG:-$(mktemp -t gonogo-soak-XXXXXX.log)}
echo "commit $(git rev-parse --short HEAD), $(date -u +%F), load $(cut -d' ' -f1 /proc/loadavg); gonogo logs to $log"

# A mount namespace of its own takes the small disk along when it ends.
alone=()
if unshare --mount true 2>/dev/null; then
	alone=(unshare --mount)
elif unshare --user --map-root-user --mount true 2>/dev/null; then
	alone=(unshare --user --map-root-user --mount)
fi
exec "${alone[@]}" go test -tags soak -count=1 -timeout 0 -run '^TestSoak$' -v ./bot -soak "${minutes}m" -soak.log "$log"
