#!/usr/bin/env bash
# psql --single-transaction -f: a script that failed and was rolled back entirely
# exits with 0. With -c instead of -f it exits with 1.
#
# Three INSERTs, of which the second violates a unique key. PostgreSQL 15:
#
#   psql -1 -f script                 exit 0, none of the three rows
#   psql -1 -c first -c bad           exit 1, no row
#   psql -1 -c first -c bad -c third  exit 1, no row
#   psql -c first -c bad -c third     exit 0, first and third are there
#   psql -c 'first; bad; third'       exit 1, no row
#
# One would expect exit 0 to mean COMMIT when everything is one transaction. It means
# that the script was read to its end, which is always so with -f unless
# ON_ERROR_STOP is set (exit 3).
#
# A release bot that runs a migration or a fix with psql -1 -f records success
# although nothing happened. Always use psql -v ON_ERROR_STOP=1, and check the schema
# with a gate afterwards.
#
# Needs PostgreSQL's programs; as root it runs the server as nobody. Takes about 10
# seconds. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
as=()
[ "$(id -u)" != 0 ] || as=(runuser -u nobody --)
postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
trap 'cd /; "${as[@]}" "$postgres/pg_ctl" -D "$dir/server/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
mkdir -m 777 server
"${as[@]}" "$postgres/initdb" -D "$dir/server/data" -A trust -U app >/dev/null
export PGHOST=127.0.0.1 PGUSER=app PGDATABASE=postgres PGPORT=$((20000 + RANDOM % 20000))
"${as[@]}" "$postgres/pg_ctl" -D "$dir/server/data" -l "$dir/server/log" -w -o "-p $PGPORT -k $dir/server -c listen_addresses=127.0.0.1" start >/dev/null

failed=0
# expect WANT ARGUMENT... runs psql on a fresh table and compares the exit code
# and the rows that are new.
expect() {
	local want=$1 code=0 got
	shift
	psql -Xq -c 'drop table if exists t' -c 'create table t (id int primary key)' -c 'insert into t values (1)' 2>/dev/null
	psql -Xq "$@" >log 2>&1 || code=$?
	got="exit $code, rows: $(psql -XAtqc "select string_agg(id::text, ' ' order by id) from t where id > 1")"
	printf '%-80s %s\n' "psql $*" "$got"
	if [ "$got" != "$want" ]; then
		echo "CHANGED: want $want" >&2
		cat log >&2
		failed=1
	fi
}

psql --version
first='insert into t values (2)' bad='insert into t values (1)' third='insert into t values (3)'
printf '%s;\n' "$first" "$bad" "$third" >script
expect 'exit 0, rows: ' -1 -f script
expect 'exit 3, rows: ' -1 -v ON_ERROR_STOP=1 -f script
expect 'exit 1, rows: ' -1 -c "$first" -c "$bad"
expect 'exit 1, rows: ' -1 -c "$first" -c "$bad" -c "$third"
expect 'exit 0, rows: 2 3' -c "$first" -c "$bad" -c "$third"
expect 'exit 1, rows: ' -c "$first; $bad; $third"
exit "$failed"
