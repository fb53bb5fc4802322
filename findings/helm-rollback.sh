#!/usr/bin/env bash
# Helm: a rollback after an upgrade that undid itself installs the version that had failed,
# and runs the hooks of the version that it goes back to, not of the one that it leaves.
#
# Without a revision, helm rollback is documented to go "to the previous release". One
# would expect the last one that was deployed. Helm 3.22.0 subtracts one from the newest
# revision, whatever became of that one:
#
#   revisions so far                                            helm rollback deploys
#   1.0, then 2.0                                               1.0
#   the same, and then once more                                2.0 again
#   1.0, then 2.0 fails, with --atomic, which brings back 1.0   2.0, which had failed
#   1.0, then 2.0 fails, then 3.0 fails                         2.0, which had failed
#
# All of them end with status "deployed", and in the last two the version that failed is
# live. And if 2.0 brings a migration along with a pre-rollback hook that undoes it, the hook
# doesn't run on the way from 2.0 to 1.0. It runs when a later rollback goes from 3.0 to
# 2.0, where it undoes the migration that 2.0 needs. Helm takes the hooks, pre-rollback and
# post-rollback, from the revision that it goes to.
#
# A release bot must name the revision, of the version that it recorded as live and
# verified, and must not count back. It can't leave the way back to the chart that needs
# it: what 2.0 changes is undone by a step of the bot's own, or not at all.
#
# Uses Helm's own library with its storage in memory and its stand-in for a cluster. Needs
# Go and its module proxy. Takes some minutes. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod
go mod init example.com/back 2>/dev/null
go get helm.sh/helm/v3@v3.22.0 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/kube/fake"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// cluster refuses updates while it is told to, and notes the hooks that Helm runs.
type cluster struct {
	fake.PrintingKubeClient
	refuse string
	job    string   // the hook that Helm is about to run
	jobs   []string // those that it has run
}

func (c *cluster) Build(r io.Reader, _ bool) (kube.ResourceList, error) {
	b, err := io.ReadAll(r)
	if _, job, ok := strings.Cut(string(b), "name: undo-"); ok {
		c.job, _, _ = strings.Cut(job, "\n")
	}
	return nil, err
}

func (c *cluster) Create(kube.ResourceList) (*kube.Result, error) { return &kube.Result{}, nil }

func (c *cluster) Update(kube.ResourceList, kube.ResourceList, bool) (*kube.Result, error) {
	if c.refuse != "" {
		return &kube.Result{}, errors.New(c.refuse)
	}
	return &kube.Result{}, nil
}

func (c *cluster) WatchUntilReady(kube.ResourceList, time.Duration) error {
	c.jobs = append(c.jobs, c.job)
	return nil
}

func version(v string) *chart.Chart {
	return &chart.Chart{
		Metadata: &chart.Metadata{APIVersion: "v2", Name: "shop", Version: v + ".0"},
		Templates: []*chart.File{
			{Name: "templates/shop.yaml", Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n")},
			{Name: "templates/undo.yaml", Data: []byte("apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: undo-" + v +
				"\n  annotations:\n    helm.sh/hook: pre-rollback\n")},
		},
	}
}

type world struct {
	cluster *cluster
	cfg     *action.Configuration
}

func begin() world {
	c := &cluster{PrintingKubeClient: fake.PrintingKubeClient{Out: io.Discard}}
	memory := driver.NewMemory()
	memory.SetNamespace("default")
	cfg := &action.Configuration{Releases: storage.Init(memory), KubeClient: c, Capabilities: chartutil.DefaultCapabilities,
		Log: func(string, ...any) {}}
	w := world{c, cfg}
	install := action.NewInstall(cfg)
	install.ReleaseName, install.Namespace = "shop", "default"
	_, err := install.Run(version("1.0"), nil)
	must(err)
	return w
}

func (w world) upgrade(v string) {
	u := action.NewUpgrade(w.cfg)
	u.Namespace = "default"
	_, err := u.RunWithContext(context.Background(), "shop", version(v), nil)
	must(err)
}

// fails upgrades to a version that the cluster refuses once.
func (w world) fails(v string, atomic bool) {
	u := action.NewUpgrade(w.cfg)
	u.Namespace, u.Atomic = "default", atomic
	w.cluster.refuse = "refused"
	if atomic {
		w.cfg.KubeClient = &once{w.cluster}
	}
	_, err := u.RunWithContext(context.Background(), "shop", version(v), nil)
	w.cluster.refuse = ""
	w.cfg.KubeClient = w.cluster
	if err == nil {
		must(errors.New("the upgrade didn't fail"))
	}
}

// once refuses one update.
type once struct{ *cluster }

func (o *once) Update(a, b kube.ResourceList, f bool) (*kube.Result, error) {
	defer func() { o.refuse = "" }()
	return o.cluster.Update(a, b, f)
}

func (w world) back() {
	must(action.NewRollback(w.cfg).Run("shop"))
}

func (w world) print(what string) {
	revisions, err := action.NewHistory(w.cfg).Run("shop")
	must(err)
	var all []string
	for _, r := range revisions {
		all = append(all, strings.TrimSuffix(r.Chart.Metadata.Version, ".0")+" "+r.Info.Status.String())
	}
	fmt.Printf("%s: %s; hooks %v\n", what, strings.Join(all, ", "), w.cluster.jobs)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	w := begin()
	w.upgrade("2.0")
	w.back()
	w.print("back")
	w.back()
	w.print("twice")

	w = begin()
	w.fails("2.0", true)
	w.print("atomic")
	w.cluster.jobs = nil
	w.back()
	w.print("after atomic")

	w = begin()
	w.fails("2.0", false)
	w.fails("3.0", false)
	w.back()
	w.print("two failed")

	w = begin()
	w.upgrade("2.0")
	w.upgrade("3.0")
	w.back()
	w.print("from 3.0")
}
GO
go run . >got

cat >want <<'WANT'
back: 1.0 superseded, 2.0 superseded, 1.0 deployed; hooks [1.0]
twice: 1.0 superseded, 2.0 superseded, 1.0 superseded, 2.0 deployed; hooks [1.0 2.0]
atomic: 1.0 superseded, 2.0 failed, 1.0 deployed; hooks [1.0]
after atomic: 1.0 superseded, 2.0 failed, 1.0 superseded, 2.0 deployed; hooks [2.0]
two failed: 1.0 superseded, 2.0 failed, 3.0 failed, 2.0 deployed; hooks [2.0]
from 3.0: 1.0 superseded, 2.0 superseded, 3.0 superseded, 2.0 deployed; hooks [2.0]
WANT
cat got
if ! diff want got >&2; then
	echo "CHANGED" >&2
	exit 1
fi
