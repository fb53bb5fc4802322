#!/usr/bin/env bash
# kubectl patch with the name of a container that the deployment doesn't have.
#
# A deployment has the containers web and sidecar, in this order. Patching the image of
# the container "wbe" by strategic merge, as release scripts do to write an image and an
# annotation at once, succeeds: kubectl adds a third container, and puts it FIRST. Then
#
#   - .spec.template.spec.containers[0].image, which status scripts like to print, is the
#     image of the new container, so the wanted version looks live, while web still runs
#     the old one;
#   - a filter for the name web, ?(@.name=="web"), still finds the old image. A filter that
#     matches nothing prints nothing and ends with 0.
#
# kubectl set image refuses the same misspelled name. But where the image is the one that
# the container has already, it prints nothing at all and ends with 0, so that a script
# which looks for "image updated" takes a repeated deployment for a failed one.
#
# A release bot finds containers by their name and never by their place, makes sure that
# the container is there before it patches, and takes an empty answer for unknown.
#
# Reproduced with 1.20.2 (Debian 12) and 1.32.4; --local applies the same merge to a file,
# without a cluster.
#
# Needs apt-get. KUBECTL selects another binary. Fails when kubectl behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

kubectl=${KUBECTL:-}
if [ -z "$kubectl" ]; then
	apt-get download -q kubernetes-client >/dev/null
	dpkg -x kubernetes-client_*.deb deb
	kubectl=$dir/deb/usr/bin/kubectl
fi
"$kubectl" version --client 2>/dev/null | head -1

cat >shop.yml <<'YML'
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - { name: web, image: "registry.example.com/shop:1.0" }
        - { name: sidecar, image: "registry.example.com/proxy:7" }
YML

failed=0
expect() { # WHAT WANT GOT
	if [ "$2" = "$3" ]; then
		printf '%s: %s\n' "$1" "${3:-(nothing)}"
	else
		printf 'CHANGED  %s: %s, and not %s\n' "$1" "${3:-(nothing)}" "${2:-(nothing)}"
		failed=1
	fi
}
patched() { # JSONPATH
	"$kubectl" patch --local -f shop.yml --type=strategic -o "jsonpath=$1" \
		-p '{"spec":{"template":{"spec":{"containers":[{"name":"wbe","image":"registry.example.com/shop:2.0"}]}}}}'
}

expect 'containers after a patch of "wbe"' 'wbe web sidecar' "$(patched '{.spec.template.spec.containers[*].name}')"
expect 'image of containers[0]' 'registry.example.com/shop:2.0' "$(patched '{.spec.template.spec.containers[0].image}')"
expect 'image of web' 'registry.example.com/shop:1.0' "$(patched '{.spec.template.spec.containers[?(@.name=="web")].image}')"
expect 'image of a container that is not there' '' "$(patched '{.spec.template.spec.containers[?(@.name=="worker")].image}')"

code=0
"$kubectl" set image --local -f shop.yml wbe=registry.example.com/shop:2.0 -o name >said 2>&1 || code=$?
expect 'set image of "wbe" ends with' 1 "$code"
expect 'and says' 'error: unable to find container named "wbe"' "$(cat said)"
expect 'set image of web prints' 'deployment.apps/shop' "$("$kubectl" set image --local -f shop.yml web=registry.example.com/shop:2.0 -o name)"
expect 'set image of web to the image that it has prints' '' "$("$kubectl" set image --local -f shop.yml web=registry.example.com/shop:1.0 -o name)"
exit "$failed"
