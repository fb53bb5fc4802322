#!/usr/bin/env bash
# A database migration that is merged late: golang-migrate never runs it and says
# "no change" with exit 0. Three other tools do something different.
#
# Migrations 1 and 3 have run when a branch with number 2 is merged. One would
# expect most tools to refuse. On PostgreSQL 15:
#
#   golang-migrate 4.20.1  up: "no change", exit 0; version: 3; 2 is never run,
#                          and 4 is run on top
#   dbmate 2.36.0          up: runs 2 after 3, exit 0
#   knex 3.1.0             migrate:latest: runs 2 after 3, exit 0
#   node-pg-migrate 8.0.3  up: refuses, exit 1; 2 and 4 are not run
#
# While 2 is pending, knex's migrate:status exits with 0, and golang-migrate has no
# command that shows it.
#
# For a release bot, neither "migrations succeeded" nor the highest version in the
# table proves that all of this release's migrations have run. It must compare the
# names with the files. golang-migrate stores only one number, so with it the
# numbers must be checked when merging.
#
# Needs Go and its module proxy, Node, npm and PostgreSQL's programs; as root it
# runs the server as nobody. Takes one to two minutes. Fails when a version
# behaves differently.
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
port=$((20000 + RANDOM % 20000))
"${as[@]}" "$postgres/pg_ctl" -D "$dir/server/data" -l "$dir/server/log" -w -o "-p $port -k $dir/server -c listen_addresses=127.0.0.1" start >/dev/null
query() { psql -h 127.0.0.1 -p "$port" -U app -Atq -d "$1" -c "$2"; }

echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund dbmate@2.36.0 knex@3.1.0 node-pg-migrate@8.0.3 pg@8.16.3
GOBIN=$dir GOFLAGS=-mod=mod go install -tags 'postgres file' github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1
mv migrate migrate.bin
tools="migrate dbmate knex node-pg-migrate"
mkdir $tools
url=postgres://app@127.0.0.1:$port
cat >knexfile.js <<JS
module.exports = { client: 'pg', connection: '$url/knex', migrations: { directory: './knex' } };
JS
for tool in $tools; do query postgres "create database \"$tool\""; done

# add NUMBER writes a migration for each tool.
add() {
	local sql="create table t$1 (id int);"
	echo "$sql" >"migrate/$1_t.up.sql"
	printf -- '-- migrate:up\n%s\n-- migrate:down\n' "$sql" >"dbmate/$1_t.sql"
	echo "exports.up = (k) => k.raw('$sql'); exports.down = () => {};" >"knex/$1_t.js"
	echo "$sql" >"node-pg-migrate/$1_t.sql"
}

# run TOOL up|status runs a tool.
run() {
	case $1 in
	migrate) ./migrate.bin -path migrate -database "$url/migrate?sslmode=disable" "$([ "$2" = up ] && echo up || echo version)" ;;
	dbmate) npx dbmate --no-dump-schema -d dbmate -u "$url/dbmate?sslmode=disable" $([ "$2" = up ] && echo up || echo status --exit-code) ;;
	knex) npx knex "migrate:$([ "$2" = up ] && echo latest || echo status)" ;;
	node-pg-migrate) DATABASE_URL=$url/node-pg-migrate npx node-pg-migrate -m node-pg-migrate $([ "$2" = up ] && echo up || echo up --dry-run) ;;
	esac
}

failed=0
# expect TOOL up|status WANT compares the exit code and the tables that are there.
expect() {
	local code=0 got
	run "$1" "$2" >log 2>&1 || code=$?
	got="exit $code, $(query "$1" "select string_agg(right(tablename, 1), ' ' order by tablename) from pg_tables where tablename ~ '^t[0-9]'")"
	printf '%-16s %-7s %s\n' "$1" "$2" "$got"
	if [ "$got" != "$3" ]; then
		echo "CHANGED: want $3" >&2
		cat log >&2
		failed=1
	fi
}

add 1700000000001
add 1700000000003
for tool in $tools; do expect $tool up 'exit 0, 1 3'; done
add 1700000000002
expect migrate status 'exit 0, 1 3'
expect dbmate status 'exit 1, 1 3'
expect knex status 'exit 0, 1 3'
expect migrate up 'exit 0, 1 3'
grep -qx 'no change' <(run migrate up 2>&1) || { echo "CHANGED: want 'no change'" >&2; failed=1; }
expect dbmate up 'exit 0, 1 2 3'
expect knex up 'exit 0, 1 2 3'
expect node-pg-migrate up 'exit 1, 1 3'
add 1700000000004
expect migrate up 'exit 0, 1 3 4'
expect dbmate up 'exit 0, 1 2 3 4'
expect knex up 'exit 0, 1 2 3 4'
expect node-pg-migrate up 'exit 1, 1 3'
exit "$failed"
