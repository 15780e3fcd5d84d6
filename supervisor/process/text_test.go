package process_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/process"
)

func Test155WaitStatusText(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("wait statuses and signal numbers are Linux's")
	}
	for _, c := range []struct {
		status syscall.WaitStatus
		code   int
		text   string
	}{
		{0, 0, "exit status 0"},
		{3 << 8, 3, "exit status 3"},
		{255 << 8, 255, "exit status 255"},
		{9, -1, "terminated by SIGKILL"},
		{11 | 0x80, -1, "terminated by SIGSEGV (core dumped)"},
		{6, -1, "terminated by SIGABRT"},
		{17, -1, "terminated by SIGCHLD"},
		{29, -1, "terminated by SIGPOLL"},
		{34, -1, "terminated by SIGRTMIN"},
		{64, -1, "terminated by SIGRTMAX"},
		{40, -1, "terminated by signal 40"},
		{0x137f, -1, "unknown termination cause 0x137f"},
	} {
		e := process.ExitOf(c.status)
		if e.Code != c.code || e.String() != c.text {
			t.Errorf("status %#x: code %d, %q; want %d, %q", int(c.status), e.Code, e, c.code, c.text)
		}
	}
}

func Test153Description(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	at := func(d time.Duration) time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, zone).Add(d) }
	var never time.Time
	for _, c := range []struct {
		state       process.State
		err         string
		start, stop time.Time
		now         time.Time
		want        string
	}{
		{process.Running, "", at(0), never, at(5 * time.Second), "pid 101, uptime 0:00:05"},
		{process.Running, "", at(0), never, at(23*time.Hour + 59*time.Minute + 59*time.Second), "pid 101, uptime 23:59:59"},
		{process.Running, "", at(0), never, at(25*time.Hour + 61*time.Second), "pid 101, uptime 1 day, 1:01:01"},
		{process.Running, "", at(0), never, at(48*time.Hour + 5*time.Second), "pid 101, uptime 2 days, 0:00:05"},
		{process.Running, "", at(0), never, at(-time.Hour), "pid 101, uptime 0:00:00"},
		{process.Running, "", at(900 * time.Millisecond), never, at(time.Second), "pid 101, uptime 0:00:01"},
		{process.Fatal, "command is empty", at(0), never, at(0), "command is empty"},
		{process.Backoff, "", at(0), never, at(0), `unknown error (try "tail web")`},
		{process.Stopped, "", never, never, at(0), "Not started"},
		{process.Stopped, "", at(0), at(time.Hour), at(0), "Nov 23 01:00 PM"},
		{process.Exited, "Bad exit code 1", at(0), at(0), at(0), "Nov 23 12:00 PM"},
		// The epoch, in local time.
		{process.Stopped, "nope", at(0), never, at(0), "Jan 01 02:00 AM"},
		{process.Starting, "", at(0), never, at(0), ""},
		{process.Stopping, "", at(0), at(0), at(0), ""},
		{process.Unknown, "", at(0), at(0), at(0), ""},
	} {
		if got := process.Describe("web", c.state, 101, c.err, c.start, c.stop, c.now); got != c.want {
			t.Errorf("%s: %q, want %q", c.state, got, c.want)
		}
	}
}

func Test140Codes(t *testing.T) {
	for code, name := range map[int]string{
		0: "STOPPED", 10: "STARTING", 20: "RUNNING", 30: "BACKOFF", 40: "STOPPING", 100: "EXITED", 200: "FATAL", 1000: "UNKNOWN",
	} {
		if got := process.State(code).String(); got != name {
			t.Errorf("%d is %s, want %s", code, got, name)
		}
	}
}
