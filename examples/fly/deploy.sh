#!/bin/sh
# Deploys the version $1. The machines carry the ID of gonogo's run.
set -eu
exec fly deploy --app shop --image "registry.fly.io/shop:$1" --env "GONOGO_RUN=$GONOGO_RUN" --wait-timeout 10m --yes
