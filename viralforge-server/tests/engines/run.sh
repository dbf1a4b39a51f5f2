#!/usr/bin/env bash
# Starts what a larger installation of the server stands on (PostgreSQL, Redis, an S3 server), each on a free port of
# 127.0.0.1 with its data in a temporary folder; runs a command with their addresses in its environment; ends them.
#
#   VIRALFORGE_TEST_POSTGRES   postgres://USER@HOST:PORT, where databases can be made
#   VIRALFORGE_TEST_REDIS      redis://HOST:PORT
#   VIRALFORGE_TEST_S3         http://HOST:PORT, with the bucket `viralforge`, and the keys below
#   VIRALFORGE_TEST_S3_KEY_ID, VIRALFORGE_TEST_S3_SECRET
#   VIRALFORGE_TEST_S3_FOLDER  where that server keeps its buckets
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

folder=$(mktemp -d)
chmod 755 "$folder"
started=()
finish() {
  kill "${started[@]}" 2>/dev/null || true
  wait "${started[@]}" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# Waits until something listens on a port of a program that lives.
listens() {
  local port=$1 pid=$2
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || { echo "engines: what should listen on port $port ended" >&2; exit 1; }
    sleep 0.1
  done
}

postgres=$(free_port)
"$here/postgres.sh" "$folder/postgres" "$postgres" >"$folder/postgres.log" 2>&1 &
started+=($!)
listens "$postgres" $!
export VIRALFORGE_TEST_POSTGRES="postgres://viralforge@127.0.0.1:$postgres"

redis=$(free_port)
mkdir "$folder/redis"
redis-server --port "$redis" --bind 127.0.0.1 --dir "$folder/redis" --save '' --appendonly no >"$folder/redis.log" &
started+=($!)
listens "$redis" $!
export VIRALFORGE_TEST_REDIS="redis://127.0.0.1:$redis"

if [ -n "${VIRALFORGE_S3_SERVER:-}" ]; then
  s3=$(free_port)
  export VIRALFORGE_TEST_S3="http://127.0.0.1:$s3"
  export VIRALFORGE_TEST_S3_KEY_ID=test-key-id VIRALFORGE_TEST_S3_SECRET=test-secret-that-nobody-else-knows
  export VIRALFORGE_TEST_S3_FOLDER="$folder/s3"
  # A folder is a bucket.
  mkdir -p "$folder/s3/viralforge"
  "$VIRALFORGE_S3_SERVER" --host 127.0.0.1 --port "$s3" --access-key "$VIRALFORGE_TEST_S3_KEY_ID" \
    --secret-key "$VIRALFORGE_TEST_S3_SECRET" "$folder/s3" >"$folder/s3.log" 2>&1 &
  started+=($!)
  listens "$s3" $!
else
  echo 'engines: VIRALFORGE_S3_SERVER names no S3 server, so what needs one is skipped' >&2
fi

"$@"
