#!/usr/bin/env bash
# pg_isready says "accepting connections" about a PostgreSQL server that accepts
# nobody.
#
# When max_connections is used up, every client gets "sorry, too many clients
# already", but pg_isready says "accepting connections", exit 0. It says the same for
# a database and a user that don't exist, and for a database that doesn't allow
# connections. One would expect exit 1, "rejecting connections", but that is only for
# a server that is starting up or shutting down.
#
# A release bot, a container health check or a deployment that waits for pg_isready
# goes ahead when the old and the new servers together have taken all connections,
# which is exactly when a rolling deployment fails. Run "select 1" as the
# application's user, in its database.
#
# Needs PostgreSQL's programs; as root it runs the server as nobody. Takes about 10
# seconds. Reproduced with PostgreSQL 15; fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
as=()
[ "$(id -u)" != 0 ] || as=(runuser -u nobody --)
postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
clients=()
trap 'cd /; kill "${clients[@]}" 2>/dev/null || true; "${as[@]}" "$postgres/pg_ctl" -D "$dir/server/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
mkdir -m 777 server
"${as[@]}" "$postgres/initdb" -D "$dir/server/data" -A trust -U app >/dev/null
export PGHOST=127.0.0.1 PGUSER=app PGPORT=$((20000 + RANDOM % 20000))
"${as[@]}" "$postgres/pg_ctl" -D "$dir/server/data" -l "$dir/server/log" -w \
	-o "-p $PGPORT -k $dir/server -c listen_addresses=127.0.0.1 -c max_connections=4 -c superuser_reserved_connections=0" start >/dev/null

failed=0
# expect WHAT DATABASE USER WANT compares pg_isready with a connection of psql.
expect() {
	local ready connected got
	ready=$("$postgres/pg_isready" -d "$2" -U "$3" | sed 's/.* - //') || true
	connected=$(psql -Atq -d "$2" -U "$3" -c 'select 1' 2>&1 | sed 's/.*FATAL: *//') || true
	got="$ready; $connected"
	printf '%-22s %s\n' "$1" "$got"
	if [ "$got" != "$4" ]; then
		echo "CHANGED: want $4" >&2
		failed=1
	fi
}

"$postgres/pg_isready" --version
psql -q -d postgres -c 'create database closed allow_connections false'
expect 'room for a client' postgres app 'accepting connections; 1'
expect 'no such database' nowhere app 'accepting connections; database "nowhere" does not exist'
expect 'no such user' postgres nobody 'accepting connections; role "nobody" does not exist'
expect 'a closed database' closed app 'accepting connections; database "closed" is not currently accepting connections'
for n in 1 2 3 4; do
	mkfifo "in$n"
	psql -Atq -d postgres <"in$n" >"out$n" &
	clients+=($!)
	exec {held}>"in$n"
	echo 'select 1;' >&"$held"
	until [ -s "out$n" ]; do sleep 0.1; done
done
expect 'all connections taken' postgres app 'accepting connections; sorry, too many clients already'
exit "$failed"
