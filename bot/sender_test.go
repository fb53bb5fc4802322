package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sender posts alerts as Alertmanager does.
type sender struct {
	url, token, status string
	began              time.Time
	again              atomic.Int64 // deliveries that were not taken the first time
}

func newSender(address, token string) *sender {
	return &sender{url: "http://" + address + "/alerts/alertmanager", token: token, status: "firing", began: time.Now()}
}

// sendAll sends so many alerts, each of a group of its own, eight at a time, and sends
// again what was not taken.
func (s *sender) sendAll(t testing.TB, name, severity string, n int) {
	names := make(chan string)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for name := range names {
				for tries := 0; ; tries++ {
					status, err := s.send(name, severity)
					if status == http.StatusOK {
						break
					}
					if s.again.Add(1); tries > 100 {
						t.Errorf("%s was not taken: %d, %v", name, status, err)
						break
					}
				}
			}
		})
	}
	for i := range n {
		names <- fmt.Sprintf("%s%05d", name, i)
	}
	close(names)
	all.Wait()
}

func (s *sender) send(name, severity string) (status int, err error) {
	alert := map[string]any{"status": s.status, "fingerprint": name, "startsAt": s.began.Format(time.RFC3339),
		"labels": map[string]string{"alertname": name, "severity": severity}}
	if s.status == "resolved" {
		alert["endsAt"] = time.Now().Format(time.RFC3339)
	}
	body, err := json.Marshal(map[string]any{"version": "4", "status": s.status, "receiver": "gonogo", "groupKey": name,
		"groupLabels": map[string]string{"alertname": name}, "alerts": []any{alert}})
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, err := oneByOne.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // its status says all
	return response.StatusCode, nil
}

// oneByOne keeps no connection, so that none counts among a process's descriptors.
var oneByOne = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

// freeAddress is one that stays a program's over its restarts.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startProgram starts the program itself, as make build makes it, and waits until it
// is connected.
func (p *practice) startProgram(gonogo string, log io.Writer) *exec.Cmd {
	p.t.Helper()
	bot := exec.Command(gonogo, "serve", "--config", p.config)
	bot.Env = p.environment()
	bot.Stderr = log
	if err := bot.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = bot.Process.Kill(); _ = bot.Wait() })
	p.await("two sockets", func() bool { return p.slack.Sockets() == 2 })
	return bot
}

// environment is what the program sees. The tests' own settings are not for it.
func (p *practice) environment() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LEDGER=" + p.ledger}
	for _, v := range p.world.Variables() {
		env = append(env, v.Name+"="+v.Value)
	}
	for name, value := range p.variables {
		env = append(env, name+"="+value)
	}
	return env
}
