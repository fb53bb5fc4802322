#!/usr/bin/env bash
# Has the file system of a ledger turn read-only under the running gonogo: a small ext4
# in a file, mounted with errors=remount-ro, that the kernel is told to find an error on.
# It takes root, loop devices and e2fsprogs, and fails without them.
#
#   scripts/read-only.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A mount namespace of its own takes what is mounted along when it ends.
exec unshare --mount go test -tags readonly -count=1 -run '^TestFileSystemTurnsReadOnly$' -v ./bot
