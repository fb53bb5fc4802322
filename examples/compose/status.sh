#!/bin/sh
# Prints the image, the health and the run of the container that is running.
set -eu
exec ssh -F ssh_config shop "docker ps --filter label=com.docker.compose.project=shop --filter label=com.docker.compose.service=web --format 'image={{.Image}} run={{.Label \"gonogo.run\"}} state={{.Status}}'"
