#!/bin/sh
# Deploys the version $1 to staging.
set -eu
exec "${0%/*}/deploy.sh" "$STAGING_APP_ID" "$1"
