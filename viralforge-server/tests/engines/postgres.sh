#!/usr/bin/env bash
# Runs PostgreSQL in the foreground, with its data in FOLDER (made where it is not there) and on PORT of 127.0.0.1.
# Anybody who connects as `viralforge` is let in. It ends at once when it is told to.
set -euo pipefail
folder=$1 port=$2

bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as_owner=()
mkdir -p "$folder"
if [ "$(id -u)" = 0 ]; then
  # It refuses to run as root.
  chown postgres "$folder"
  as_owner=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
chmod 700 "$folder"
cd /
if [ ! -e "$folder/PG_VERSION" ]; then
  "${as_owner[@]}" "$bin/initdb" --pgdata "$folder" --username viralforge --auth trust --no-sync >/dev/null
fi
exec "${as_owner[@]}" "$bin/postgres" -D "$folder" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
  -c max_connections=100 -c log_min_messages=fatal
