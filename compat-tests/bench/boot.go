package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// argv is what the daemon and the bare loop start: small, everywhere, and it stays.
var argv = []string{"/bin/sleep", "3600"}

func run(parent string, programs, runs int, daemon string) ([]Row, error) {
	dir, err := os.MkdirTemp(parent, "reeve-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if daemon == "" {
		daemon = filepath.Join(dir, "supervisord")
		if out, err := exec.Command("go", "build", "-o", daemon, "./cmd/supervisord").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("cannot build the daemon: %v\n%s", err, out)
		}
	}
	var boots, bare []time.Duration
	var memory []int
	for range runs { // interleaved, so that a busy moment meets both
		t, err := bareLoop(programs)
		if err != nil {
			return nil, err
		}
		bare = append(bare, t)
		b, err := boot(dir, daemon, programs)
		if err != nil {
			return nil, err
		}
		boots, memory = append(boots, b.took), append(memory, b.pss)
	}
	ours, limit := median(boots), median(bare)
	return []Row{{
		Scenario: fmt.Sprintf("boot of %d programs, exec of the daemon to all RUNNING", programs),
		Ours:     ours.Round(time.Millisecond).String(),
		Limit:    limit.Round(time.Millisecond).String() + " bare ForkExec loop",
		Ratio:    fmt.Sprintf("%.2f", float64(ours)/float64(limit)),
		Note:     fmt.Sprintf("daemon PSS %d KiB, %.1f KiB a program", median(memory), float64(median(memory))/float64(programs)),
	}}, nil
}

func median[T time.Duration | int](v []T) T {
	slices.Sort(v)
	return v[len(v)/2]
}

// bareLoop is the limit: sequential fork and exec with /dev/null as stdio, and nothing else.
func bareLoop(n int) (time.Duration, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	fd := null.Fd()
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{fd, fd, fd}}
	pids := make([]int, 0, n)
	start := time.Now()
	for range n {
		pid, err := syscall.ForkExec(argv[0], argv, attr)
		if err != nil {
			return 0, fmt.Errorf("cannot start %s: %w", argv[0], err)
		}
		pids = append(pids, pid)
	}
	took := time.Since(start)
	for _, pid := range pids {
		err = errors.Join(err, syscall.Kill(pid, syscall.SIGKILL))
		_, waitErr := syscall.Wait4(pid, nil, 0, nil)
		err = errors.Join(err, waitErr)
	}
	return took, err
}

type booted struct {
	took time.Duration
	pss  int // KiB
}

// boot measures from the exec of the daemon until every program is RUNNING.
func boot(dir, daemon string, n int) (b booted, err error) {
	home, err := os.MkdirTemp(dir, "boot")
	if err != nil {
		return b, err
	}
	conf := filepath.Join(home, "s.conf")
	if err := os.WriteFile(conf, []byte(config(home, n)), 0o600); err != nil {
		return b, err
	}
	cmd := exec.Command(daemon, "-n", "-s", "-c", conf)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return b, err
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if waitErr := cmd.Wait(); err == nil {
			err = waitErr
		}
	}()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(home, "s.sock"))
	}}}
	deadline := start.Add(2 * time.Minute)
	// The last one is asked about until it is RUNNING, and then all are: asking about all of them all the time would be measured too.
	last := fmt.Sprintf("p%04d", n-1)
	for running(client, "getProcessInfo", last) < 1 || running(client, "getAllProcessInfo", "") < n {
		if time.Now().After(deadline) {
			return b, fmt.Errorf("not all of %d programs were RUNNING within two minutes", n)
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.took = time.Since(start)
	b.pss, err = pss(cmd.Process.Pid)
	return b, err
}

func config(home string, n int) string {
	var s strings.Builder
	fmt.Fprintf(&s, `[supervisord]
logfile=%[1]s/s.log
pidfile=%[1]s/s.pid
childlogdir=%[1]s
[unix_http_server]
file=%[1]s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
`, home)
	if os.Getuid() == 0 {
		s.WriteString("[supervisord]\nuser=root\n")
	}
	for i := range n {
		fmt.Fprintf(&s, "[program:p%04d]\ncommand=%s\nstartsecs=0\n", i, strings.Join(argv, " "))
	}
	return s.String()
}

var isRunning = regexp.MustCompile(`<name>statename</name>\s*<value><string>RUNNING`)

// running asks how many programs are RUNNING; a daemon that is not there yet has none.
func running(c *http.Client, method, name string) int {
	param := ""
	if name != "" {
		param = "<param><value>" + name + "</value></param>"
	}
	call := "<?xml version='1.0'?><methodCall><methodName>supervisor." + method + "</methodName><params>" + param + "</params></methodCall>"
	resp, err := c.Post("http://localhost/RPC2", "text/xml", strings.NewReader(call))
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return -1
	}
	return len(isRunning.FindAll(body, -1))
}

var pssLine = regexp.MustCompile(`(?m)^Pss:\s+(\d+) kB$`)

// pss is the daemon's proportional share of memory, in KiB.
func pss(pid int) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	m := pssLine.FindSubmatch(data)
	if m == nil {
		return 0, errors.New("no Pss line in smaps_rollup")
	}
	return strconv.Atoi(string(m[1]))
}
