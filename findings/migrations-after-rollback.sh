#!/usr/bin/env bash
# After a rollback the database has a migration that the code has no file for. Two of
# six migration tools then refuse to start the version that was rolled back to, and
# three of those that accept it don't show the migration that is too many.
#
# Version 2.0 brings migration 3. After a rollback to 1.0, which has files 1 and 2, the
# migration step of 1.0 runs, as before every start; later a hotfix brings number 4.
# One would expect that a tool has nothing to do, and its status lists what the database
# has. On PostgreSQL 15, exit code and tables:
#
#                          status of 1.0             up of 1.0    up of the hotfix
#   golang-migrate 4.20.1  0, "3"                    1            1, never runs 4
#   goose 3.26.0           0, lists 1 and 2          0            0, runs 4
#   dbmate 2.36.0          0, "Applied: 2"           0            0, runs 4
#   knex 3.1.0             1                         1            1, never runs 4
#   node-pg-migrate 8.0.3  0, "No migrations to run" 0            1, never runs 4
#   sequelize-cli 6.6.3    0, lists 1, 2 and 3       0            0, runs 4
#
# golang-migrate says "no migration found for version 3", knex that the directory is
# corrupt: whoever migrates before the start can't roll back with them. node-pg-migrate
# lets the rollback pass and stops the hotfix that comes after it.
#
# For a release bot, "the previous version ran" doesn't prove that it can run again: the
# plan of a rollback must name the migrations that came since, and a gate on migrations
# must ask the database, since the status of goose and dbmate says "applied: 2" of three.
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
npm install --silent --no-audit --no-fund dbmate@2.36.0 knex@3.1.0 node-pg-migrate@8.0.3 pg@8.16.3 sequelize@6.37.7 sequelize-cli@6.6.3
export GOFLAGS=-mod=mod
GOBIN=$dir go install -tags 'postgres file' github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1
GOBIN=$dir go install -tags 'no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb no_duckdb no_starrocks' github.com/pressly/goose/v3/cmd/goose@v3.26.0
for program in migrate goose; do mv "$program" "$program.bin"; done
tools="migrate goose dbmate knex node-pg-migrate sequelize"
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
	printf -- '-- +goose Up\n%s\n' "$sql" >"goose/$1_t.sql"
	printf -- '-- migrate:up\n%s\n-- migrate:down\n' "$sql" >"dbmate/$1_t.sql"
	echo "exports.up = (k) => k.raw('$sql'); exports.down = () => {};" >"knex/$1_t.js"
	echo "$sql" >"node-pg-migrate/$1_t.sql"
	echo "module.exports = { up: (q) => q.sequelize.query('$sql'), down: async () => {} };" >"sequelize/$1_t.js"
}

# run TOOL up|status runs a tool.
run() {
	case "$1 $2" in
	"migrate up") ./migrate.bin -path migrate -database "$url/migrate?sslmode=disable" up ;;
	"migrate status") ./migrate.bin -path migrate -database "$url/migrate?sslmode=disable" version ;;
	goose*) ./goose.bin -dir goose postgres "$url/goose?sslmode=disable" "$2" ;;
	dbmate*) npx dbmate --no-dump-schema -d dbmate -u "$url/dbmate?sslmode=disable" "$2" ;;
	"knex up") npx knex migrate:latest ;;
	"knex status") npx knex migrate:status ;;
	"node-pg-migrate up") DATABASE_URL=$url/node-pg-migrate npx node-pg-migrate -m node-pg-migrate up ;;
	"node-pg-migrate status") DATABASE_URL=$url/node-pg-migrate npx node-pg-migrate -m node-pg-migrate up --dry-run ;;
	"sequelize up") npx sequelize-cli db:migrate --migrations-path sequelize --url "$url/sequelize" ;;
	"sequelize status") npx sequelize-cli db:migrate:status --migrations-path sequelize --url "$url/sequelize" ;;
	esac
}

failed=0
# expect TOOL up|status WANT [SAYS] compares the exit code, the tables that are there, and
# a pattern in the output.
expect() {
	local code=0 got
	run "$1" "$2" >log 2>&1 || code=$?
	got="exit $code, $(query "$1" "select string_agg(right(tablename, 1), ' ' order by tablename) from pg_tables where tablename ~ '^t[0-9]'")"
	printf '%-16s %-7s %s\n' "$1" "$2" "$got"
	if [ "$got" != "$3" ] || { [ -n "${4:-}" ] && ! grep -q -- "$4" log; }; then
		echo "CHANGED: want $3, and ${4:-anything} in the output" >&2
		cat log >&2
		failed=1
	fi
}
# hides TOOL NUMBER checks that the status doesn't name a migration.
hides() {
	if run "$1" status 2>&1 | grep -q "$2"; then
		echo "CHANGED: the status of $1 names $2" >&2
		failed=1
	fi
}

add 1700000000001
add 1700000000002
add 1700000000003
for tool in $tools; do expect $tool up 'exit 0, 1 2 3'; done
for tool in $tools; do rm "$tool"/1700000000003_*; done
echo "rolled back:"
expect migrate status 'exit 0, 1 2 3' '^1700000000003$'
expect goose status 'exit 0, 1 2 3' 1700000000002
hides goose 1700000000003
expect dbmate status 'exit 0, 1 2 3' 'Applied: 2'
hides dbmate 1700000000003
expect knex status 'exit 1, 1 2 3' 'directory is corrupt'
expect node-pg-migrate status 'exit 0, 1 2 3' 'No migrations to run'
hides node-pg-migrate 1700000000003
expect sequelize status 'exit 0, 1 2 3' 'up 1700000000003'
expect migrate up 'exit 1, 1 2 3' 'no migration found for version 1700000000003'
expect goose up 'exit 0, 1 2 3' 'no migrations to run'
expect dbmate up 'exit 0, 1 2 3'
expect knex up 'exit 1, 1 2 3' 'directory is corrupt'
expect node-pg-migrate up 'exit 0, 1 2 3' 'No migrations to run'
expect sequelize up 'exit 0, 1 2 3' 'already up to date'
add 1700000000004
echo "a hotfix:"
expect migrate up 'exit 1, 1 2 3'
expect goose up 'exit 0, 1 2 3 4'
expect dbmate up 'exit 0, 1 2 3 4'
expect knex up 'exit 1, 1 2 3'
expect node-pg-migrate up 'exit 1, 1 2 3' 'preceding already run migration'
expect sequelize up 'exit 0, 1 2 3 4'
exit "$failed"
