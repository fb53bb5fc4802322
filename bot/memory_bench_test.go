package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// settled is how long after its start a bot is looked at: its scheduled gates
// have run once by then.
const settled = 10 * time.Second

// BenchmarkIdleMemory measures what stays in memory of a gonogo, as make build
// makes it, that has the whole example checklist and nothing to do. Our target
// is 30 MiB.
func BenchmarkIdleMemory(b *testing.B) {
	gonogo := buildProgram(b)
	for b.Loop() {
		p := newPractice(b)
		p.config = "../examples/insightpulse.yml"
		p.configure("127.0.0.1:8080", "127.0.0.1:0", "bolt: gonogo.db", "bolt: "+p.ledger)
		bot := exec.Command(gonogo, "serve", "--config", p.config)
		for _, v := range p.world.Variables() {
			bot.Env = append(bot.Env, v.Name+"="+v.Value)
		}
		bot.Stderr = p.logs
		if err := bot.Start(); err != nil {
			b.Fatal(err)
		}
		p.await("two sockets", func() bool { return p.slack.Sockets() == 2 })
		time.Sleep(settled)
		b.ReportMetric(residentMiB(b, bot.Process.Pid), "MiB(target<30)")
		_ = bot.Process.Kill()
		_ = bot.Wait()
	}
	b.ReportMetric(0, "ns/op") // says nothing here
}

// buildProgram builds gonogo as make build does, and says where it is.
func buildProgram(t testing.TB) string {
	t.Helper()
	gonogo := filepath.Join(t.TempDir(), "gonogo")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", gonogo, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return gonogo
}

// residentMiB is what of a process is in memory, as proc(5) counts it.
func residentMiB(b testing.TB, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		b.Skip("only Linux tells: ", err)
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
