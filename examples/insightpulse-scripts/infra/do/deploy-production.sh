#!/bin/sh
# Deploys the version $1 to production.
set -eu
exec "${0%/*}/deploy.sh" "$PRODUCTION_APP_ID" "$1"
