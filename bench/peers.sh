#!/usr/bin/env bash
# Installs the servers of others that ours is compared with, and the client that asks for eight:
#
#     bench/peers.sh FOLDER
#
# Virtuoso 7 and wrk are Debian's packages, which takes root where they are missing. Fuseki's jars come by Maven into
# FOLDER, which ACTIONGRAPH_FUSEKI then names. Nothing is started, and no service is set up.
set -euo pipefail
folder=$(realpath -m "${1:?"name the folder for the jars of Fuseki"}")

missing=()
command -v virtuoso-t >/dev/null || missing+=(virtuoso-opensource-7-bin)
command -v wrk >/dev/null || missing+=(wrk)
command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
if ((${#missing[@]})); then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

mvn --batch-mode --quiet -Dstyle.color=never --file "$(dirname "${BASH_SOURCE[0]}")/fuseki/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$folder"
