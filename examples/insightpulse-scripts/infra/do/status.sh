#!/bin/sh
# Prints the version of the app $1 that is live, and whether a deployment is under way. All of its
# images must have one tag; gonogo takes several for different versions.
set -eu
deployments=$(doctl apps list-deployments "$1" --format ID,Phase --no-header) # the newest first
state=active live=
while read -r id phase; do
	case $phase in
	PENDING_BUILD | BUILDING | PENDING_DEPLOY | DEPLOYING) state=deploying ;;
	ACTIVE)
		live=$id
		break
		;;
	esac
done <<END
$deployments
END
[ -n "$live" ] || {
	echo "no deployment of the app $1 is live" >&2
	exit 1
}
spec=$(doctl apps spec get "$1" --deployment "$live")
printf '%s\n' "$spec" | sed -n "s|^ *tag: *\"\{0,1\}\([^\"]*\)\"\{0,1\}\$|version=\1 state=$state|p" | sort -u
