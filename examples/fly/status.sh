#!/bin/sh
# Prints the machines of the app, which all must run one version.
set -eu
exec fly status --app shop --json
