#!/usr/bin/env bash
# An ARG that comes after an ENV of the same name wins in BuildKit, and the image then
# says something else than what it was built with.
#
# Docker's reference of Dockerfiles (section ARG, "Using ARG variables") says that ENV
# always overrides an ARG of the same name. BuildKit 0.31.2, asked through its own
# frontend as a library, does so only if the ENV comes later:
#
#                                            RUN, USER and LABEL see  the image's environment has
#   ARG NAME=arg, then ENV NAME=env          env                      env
#   ENV NAME=env, then ARG NAME=arg          arg                      env
#   ENV NAME=env, then ARG NAME              env                      env
#   the same with --build-arg NAME=given     given                    env
#   ENV NAME=env in the stage or base image
#     that it is FROM, then ARG NAME=arg     arg                      env
#
# So a Dockerfile whose base image sets APP_VERSION, and that declares ARG APP_VERSION,
# builds one version, and its containers report the other; and USER $NAME runs as
# another user than the image's own environment suggests.
#
# A release bot must not take an image's environment for what was built, nor replace
# variables in a Dockerfile by the documented rule: it must follow the order of lines,
# or say that it can't tell.
#
# Needs Go and its module proxy. Takes one to two minutes. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'MOD'
module probe

go 1.26
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
)

// name is the value of NAME in an environment.
func name(environment []string) string {
	for _, pair := range environment {
		if value, ok := strings.CutPrefix(pair, "NAME="); ok {
			return value
		}
	}
	return "nothing"
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	ctx, args := context.Background(), map[string]string{}
	if len(os.Args) > 1 {
		args["NAME"] = os.Args[1]
	}
	text, err := io.ReadAll(os.Stdin)
	check(err)
	built, err := dockerfile2llb.Dockerfile2LLB(ctx, text, dockerfile2llb.ConvertOpt{Config: dockerui.Config{BuildArgs: args}})
	check(err)
	steps, err := built.State.Marshal(ctx)
	check(err)
	for _, raw := range steps.Def {
		var step pb.Op
		check(step.UnmarshalVT(raw))
		if run := step.GetExec(); run != nil {
			fmt.Printf("RUN %s, ", name(run.Meta.Env))
		}
	}
	image := built.Image.Config
	fmt.Printf("USER %s, LABEL %s, image %s\n", image.User, image.Labels["name"], name(image.Env))
}
GO
export GOFLAGS=-mod=mod
go get github.com/moby/buildkit@v0.31.2 2>/dev/null
go build -o probe .

failed=0
# expect WHAT WANT DOCKERFILE [BUILD-ARG] compares what each place sees.
expect() {
	local got
	got=$(printf '%b\nUSER $NAME\nLABEL name=$NAME\nRUN true\n' "$3" | ./probe ${4:+"$4"})
	printf '%-28s %s\n' "$1" "$got"
	if [ "$got" != "$2" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}

expect 'ARG, then ENV' 'RUN env, USER env, LABEL env, image env' 'FROM scratch\nARG NAME=arg\nENV NAME=env'
expect 'ENV, then ARG' 'RUN arg, USER arg, LABEL arg, image env' 'FROM scratch\nENV NAME=env\nARG NAME=arg'
expect 'ENV, then ARG without value' 'RUN env, USER env, LABEL env, image env' 'FROM scratch\nENV NAME=env\nARG NAME'
expect 'the same with --build-arg' 'RUN given, USER given, LABEL given, image env' 'FROM scratch\nENV NAME=env\nARG NAME' given
expect 'ENV in the base, then ARG' 'RUN arg, USER arg, LABEL arg, image env' 'FROM scratch AS base\nENV NAME=env\nFROM base\nARG NAME=arg'
exit "$failed"
