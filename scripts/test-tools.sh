#!/usr/bin/env bash
# Installs what the tests need from Debian's packages, where it is missing: a C
# compiler for the race detector, PostgreSQL 15, PgBouncer, OpenSSH, Chromium,
# Prometheus, Alertmanager, systemd's own check of a unit, and tools that write
# container images, and reports of tests and of coverage. It does so only as root or
# through sudo, and leaves no service running that was not running before. Where it
# can't, it says what to install; the tests then skip what needs it, or fail with
# CI=true.
set -euo pipefail

# have PROGRAM... tells whether one of the programs is there.
have() {
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null && return
	done
	return 1
}

missing=()
have gcc || missing+=(gcc libc6-dev)
have /usr/lib/postgresql/*/bin/initdb initdb || missing+=(postgresql-15)
have pgbouncer /usr/sbin/pgbouncer || missing+=(pgbouncer)
have /usr/sbin/sshd || missing+=(openssh-server)
have chromium || missing+=(chromium)
have prometheus || missing+=(prometheus)
have prometheus-alertmanager && have amtool || missing+=(prometheus-alertmanager)
have systemd-analyze || missing+=(systemd)
have /usr/bin/pytest-3 || missing+=(python3-pytest)
have /usr/bin/behave || missing+=(python3-behave)
have /usr/bin/bats || missing+=(bats)
have /usr/bin/ctest || missing+=(cmake)
have gotestsum || missing+=(gotestsum)
have /usr/bin/phpunit || missing+=(phpunit)
have javac || missing+=(default-jdk-headless)
have mvn || missing+=(maven)
[ -e /usr/share/java/junit4.jar ] || missing+=(junit4)
[ -e /usr/share/maven-repo/org/apache/maven/plugins/maven-surefire-plugin ] || missing+=(libsurefire-java)
have g++ || missing+=(g++)
[ -e /usr/include/gtest/gtest.h ] || missing+=(libgtest-dev)
have /usr/bin/python3-coverage || missing+=(python3-coverage)
have /usr/bin/gcovr || missing+=(gcovr)
have umoci || missing+=(umoci)
have skopeo || missing+=(skopeo)
have node || missing+=(nodejs)
have npm || missing+=(npm)
[ -e /usr/share/perl5/TAP/Formatter/JUnit.pm ] || missing+=(libtap-formatter-junit-perl)
if [ ${#missing[@]} -eq 0 ]; then
	exit 0
fi

if ! have apt-get; then
	echo "The tests need ${missing[*]} (these are Debian's names); install them by hand." >&2
	exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! have sudo || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
		echo "The tests need ${missing[*]}; install them: apt-get install ${missing[*]}" >&2
		exit 0
	fi
	as_root=(sudo)
fi

# Debian starts the servers that it installs, unless this file forbids it
# (invoke-rc.d(8)); the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap '"${as_root[@]}" rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
	"${as_root[@]}" chmod 755 "$policy"
fi

echo "Installing what the tests need: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
