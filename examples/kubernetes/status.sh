#!/bin/sh
# Prints the image, the state and the run of the deployment. Right after a write, Kubernetes still
# shows the state of the generation before it; that is printed as Unobserved.
set -eu
told=$(kubectl get deployment/shop -o=jsonpath='{.metadata.generation} {.status.observedGeneration} {.spec.template.spec.containers[?(@.name=="web")].image} {.status.conditions[?(@.type=="Progressing")].reason} {.metadata.annotations.example\.com/run}')
set -f
set -- $told
state=$4
[ "$1" = "$2" ] || state=Unobserved
echo "image=$3 state=$state run=${5-}"
