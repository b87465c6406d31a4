#!/bin/sh
# Without a file: every key of the install configuration is a flag, or a variable TRAEFIK_… or FAIRLEAD_….
# Flags win over variables, variables over the file. Run it in this folder; more flags may follow, as in: ./run.sh check
set -eu

export TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=127.0.0.1:8000
export TRAEFIK_ENTRYPOINTS_WEB_FORWARDEDHEADERS_TRUSTEDIPS=10.0.0.0/8,192.0.2.7
export FAIRLEAD_PING=true

exec ${FAIRLEAD:-fairlead} "$@" \
  --entryPoints.web.address=127.0.0.1:8080 \
  --entryPoints.web.transport.lifeCycle.graceTimeOut=30s \
  --entryPoints.traefik.address=127.0.0.1:8081 \
  --providers.file.filename=dynamic.yml \
  --accessLog \
  --log.level=INFO
