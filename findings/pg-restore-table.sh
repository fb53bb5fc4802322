#!/usr/bin/env bash
# pg_dump and pg_restore of single tables: exit 0 without a requested table, and the
# restored table accepts the same order twice.
#
#   pg_dump -t orders -t refunds     exit 0, though there is no table refunds
#   pg_restore -t refunds            exit 0, nothing is restored
#   pg_restore -t orders             exit 0, the rows, but no primary key, no
#                                    default of the number and no sequence
#
# One would expect an unknown name to be an error, at the latest when restoring, and
# the primary key to come with its table, since it is part of CREATE TABLE. In
# PostgreSQL 15 none of the three commands prints anything. Only pg_dump -t refunds
# alone fails; with --strict-names both refuse the name.
#
# For a release bot, exit codes don't prove that the backup before a migration is
# complete: count the tables in pg_restore --list. And a rollback that restores one
# table must check its constraints, or later writes may create duplicates.
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
export PGHOST=127.0.0.1 PGUSER=app PGPORT=$((20000 + RANDOM % 20000))
"${as[@]}" "$postgres/pg_ctl" -D "$dir/server/data" -l "$dir/server/log" -w -o "-p $PGPORT -k $dir/server -c listen_addresses=127.0.0.1" start >/dev/null
query() { psql -Atq -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

failed=0
# expect WANT COMMAND... compares the exit code and what the command prints.
expect() {
	local want=$1 code=0 got
	shift
	"$@" >log 2>&1 || code=$?
	got="exit $code, $(wc -l <log) lines"
	printf '%-52s %s\n' "${*##*/}" "$got"
	if [ "$got" != "$want" ]; then
		echo "CHANGED: want $want" >&2
		cat log >&2
		failed=1
	fi
}

"$postgres/pg_dump" --version
query postgres 'create database shop'
query postgres 'create database again'
query shop 'create table orders (id serial primary key, sum int)'
query shop 'insert into orders (sum) values (10), (20)'
expect 'exit 0, 0 lines' "$postgres/pg_dump" -Fc -f backup -t orders -t refunds shop
expect 'exit 1, 1 lines' "$postgres/pg_dump" -Fc -f other -t refunds shop
expect 'exit 0, 0 lines' "$postgres/pg_restore" -d again -t refunds backup
expect 'exit 1, 1 lines' "$postgres/pg_restore" --strict-names -d again -t refunds backup
expect 'exit 0, 0 lines' "$postgres/pg_restore" -d again -t orders backup
query again 'insert into orders values (1, 10)'
got=$(query again "select count(*), count(distinct id), (select count(*) from pg_constraint where conrelid = 'orders'::regclass) from orders")
echo "rows|numbers|constraints after another order 1: $got"
[ "$got" = '3|2|0' ] || { echo "CHANGED: want 3|2|0" >&2; failed=1; }
exit "$failed"
