#!/bin/sh
# Brings the version $1 back to production. doctl has no command for the platform's own rollback, so
# this deploys the earlier image again.
set -eu
exec "${0%/*}/deploy.sh" "$PRODUCTION_APP_ID" "$1"
