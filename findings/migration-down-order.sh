#!/usr/bin/env bash
# One step down after a migration that was merged late: four of six migration tools undo a
# migration of the release before, and knex's two commands undo two different ones.
#
# Release 1.0 brings migrations 1 and 3, release 2.0 brings number 2, which was written
# earlier and merged later. It runs, and 2.0 is rolled back. One would expect one step down
# to undo what ran last. On PostgreSQL 15, all with exit 0:
#
#                                                             undoes
#   goose 3.26.0           down, after up -allow-missing      2
#   node-pg-migrate 8.0.3  down, with --no-check-order        2
#   knex 3.1.0             migrate:rollback                   2
#   knex 3.1.0             migrate:down                       3
#   dbmate 2.36.0          rollback                           3
#   sequelize-cli 6.6.3    db:migrate:undo                    3
#   golang-migrate 4.20.1  down 1                             3 (up never ran 2)
#
# Those that undo 3 take the highest number, whenever it ran. So the table that 1.0 needs is
# gone, with its rows, and that of 2.0 is still there. golang-migrate's next step down then
# tries to undo 2, fails, and leaves the database dirty. knex's migrate:rollback undoes all
# that the last run of migrate:latest has run, which is both releases if one was skipped.
#
# A release bot must not go back by "one step down", nor by as many steps as the release has
# migrations. Undo by name or by version where the tool can (knex migrate:down NAME,
# sequelize-cli --name), and compare the database's table of migrations before and after.
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

# add NUMBER writes a migration and its way back for each tool.
add() {
	local up="create table t$1 (id int);" down="drop table t$1;"
	echo "$up" >"migrate/$1_t.up.sql"
	echo "$down" >"migrate/$1_t.down.sql"
	printf -- '-- +goose Up\n%s\n-- +goose Down\n%s\n' "$up" "$down" >"goose/$1_t.sql"
	printf -- '-- migrate:up\n%s\n-- migrate:down\n%s\n' "$up" "$down" >"dbmate/$1_t.sql"
	echo "exports.up = (k) => k.raw('$up'); exports.down = (k) => k.raw('$down');" >"knex/$1_t.js"
	printf -- '-- Up Migration\n%s\n-- Down Migration\n%s\n' "$up" "$down" >"node-pg-migrate/$1_t.sql"
	echo "module.exports = { up: (q) => q.sequelize.query('$up'), down: (q) => q.sequelize.query('$down') };" >"sequelize/$1_t.js"
}

# run TOOL up|down|rollback runs a tool.
run() {
	case "$1 $2" in
	"migrate up") ./migrate.bin -path migrate -database "$url/migrate?sslmode=disable" up ;;
	"migrate down") ./migrate.bin -path migrate -database "$url/migrate?sslmode=disable" down 1 ;;
	goose*) ./goose.bin -dir goose -allow-missing postgres "$url/goose?sslmode=disable" "$2" ;;
	"dbmate up") npx dbmate --no-dump-schema -d dbmate -u "$url/dbmate?sslmode=disable" up ;;
	"dbmate down") npx dbmate --no-dump-schema -d dbmate -u "$url/dbmate?sslmode=disable" rollback ;;
	"knex up") npx knex migrate:latest ;;
	"knex down") npx knex migrate:down ;;
	"knex rollback") npx knex migrate:rollback ;;
	node-pg-migrate*) DATABASE_URL=$url/node-pg-migrate npx node-pg-migrate -m node-pg-migrate "$2" --no-check-order ;;
	"sequelize up") npx sequelize-cli db:migrate --migrations-path sequelize --url "$url/sequelize" ;;
	"sequelize down") npx sequelize-cli db:migrate:undo --migrations-path sequelize --url "$url/sequelize" ;;
	esac
}

failed=0
# expect TOOL up|down|rollback WANT [SAYS] compares the exit code, the tables that are
# there, and a pattern in the output.
expect() {
	local code=0 got
	run "$1" "$2" >log 2>&1 || code=$?
	got="exit $code, $(query "$1" "select string_agg(right(tablename, 1), ' ' order by tablename) from pg_tables where tablename ~ '^t[0-9]'")"
	printf '%-16s %-9s %s\n' "$1" "$2" "$got"
	if [ "$got" != "$3" ] || { [ -n "${4:-}" ] && ! grep -q -- "$4" log; }; then
		echo "CHANGED: want $3, and ${4:-anything} in the output" >&2
		cat log >&2
		failed=1
	fi
}

add 1700000000001
add 1700000000003
for tool in $tools; do expect $tool up 'exit 0, 1 3'; done
add 1700000000002
echo "2.0:"
expect migrate up 'exit 0, 1 3' 'no change'
expect goose up 'exit 0, 1 2 3'
expect dbmate up 'exit 0, 1 2 3'
expect knex up 'exit 0, 1 2 3'
expect node-pg-migrate up 'exit 0, 1 2 3'
expect sequelize up 'exit 0, 1 2 3'
echo "one step down:"
expect goose down 'exit 0, 1 3'
expect node-pg-migrate down 'exit 0, 1 3'
expect knex rollback 'exit 0, 1 3'
expect knex up 'exit 0, 1 2 3'
expect knex down 'exit 0, 1 2'
expect dbmate down 'exit 0, 1 2'
expect sequelize down 'exit 0, 1 2'
expect migrate down 'exit 0, 1'
echo "one more:"
expect migrate down 'exit 1, 1' 'does not exist'
expect migrate up 'exit 1, 1' 'Dirty database'
echo "two releases at once:"
expect knex rollback 'exit 0, 1'
expect knex up 'exit 0, 1 2 3'
expect knex rollback 'exit 0, 1'
exit "$failed"
