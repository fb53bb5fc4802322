#!/bin/sh
# Deploys the version $1. It becomes the server's version only once its image is there, and stays
# that when somebody starts the containers by hand.
set -eu
exec ssh -F ssh_config shop "set -e; cd shop
printf 'VERSION=%s\\nRUN=%s\\n' '$1' '$GONOGO_RUN' >next.env
docker compose --env-file next.env pull --quiet web
mv next.env .env
docker compose up --detach --wait --wait-timeout 300 web"
