package keeper

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What a daemon had held comes back to the one that follows its sudden death, and what it
// had dropped does not.
func TestHeldIsHandedOn(t *testing.T) {
	k := startKeeper(t)
	pid, said := k.daemon()
	if said != `died="" held=[]` {
		t.Errorf("the first daemon was told %s", said)
	}
	for _, order := range []string{
		"hold 2 1 7 out", "hold 2 2 7 err", "hold 2 1 8 other", "hold 3 4 4 listener", "hold 1 0 0 first", "hold 1 0 0 second", "drop 2 8", "serve",
	} {
		k.do(order)
	}
	kill(t, pid, syscall.SIGKILL)
	const want = `died="terminated by SIGKILL" held=[1/0/0=second 2/1/7=out 2/2/7=err 3/4/4=listener]`
	pid, said = k.daemon()
	if said != want {
		t.Errorf("the next one was told %s, want %s", said, want)
	}
	// It is held on, without a word of the second daemon.
	kill(t, pid, syscall.SIGKILL)
	if _, said = k.daemon(); said != want {
		t.Errorf("the third one was told %s, want %s", said, want)
	}
	k.do("leave")
	k.say("exit 0")
	if status := k.end(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// The keeper ends with its daemon's status when that leaves, or dies before it has served.
func TestExitStatuses(t *testing.T) {
	for name, c := range map[string]struct {
		orders []string
		signal syscall.Signal
		want   int
	}{
		"left":                    {orders: []string{"serve", "leave"}, want: 5},
		"left without serving":    {orders: []string{"leave"}, want: 5},
		"never served":            {want: 5},
		"killed before it serves": {signal: syscall.SIGKILL, want: 137},
		"killed when it has left": {orders: []string{"serve", "leave"}, signal: syscall.SIGKILL, want: 137},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := startKeeper(t)
			pid, _ := k.daemon()
			for _, order := range c.orders {
				k.do(order)
			}
			if c.signal != 0 {
				kill(t, pid, c.signal)
			} else {
				k.say("exit 5")
			}
			if got := k.end(); got != c.want {
				t.Errorf("exit status %d, want %d", got, c.want)
			}
		})
	}
}

// Of a first daemon that dies before it serves nothing is known: what it has started does
// not stay.
func TestDiesBeforeItServes(t *testing.T) {
	k := startKeeper(t)
	pid, _ := k.daemon()
	program, orphan := k.program("program"), k.program("parent")
	kill(t, pid, syscall.SIGKILL)
	if status := k.end(); status != 137 {
		t.Errorf("exit status %d", status)
	}
	wantGone(t, program, orphan)
}

// What the keeper can't hold is said to the daemon.
func TestKeeperHasTooFewDescriptors(t *testing.T) {
	k := startKeeper(t)
	k.daemon()
	k.do("serve")
	var before unix.Rlimit
	limit := func(to *unix.Rlimit, was *unix.Rlimit) {
		t.Helper()
		if err := unix.Prlimit(k.cmd.Process.Pid, unix.RLIMIT_NOFILE, to, was); err != nil {
			t.Fatal(err)
		}
	}
	limit(nil, &before)
	limit(&unix.Rlimit{Cur: 0, Max: before.Max}, nil)
	k.say("hold 2 1 7 out")
	k.await("short")
	limit(&before, nil)
	k.do("hold 2 1 8 out")
	k.do("leave")
	k.say("exit 0")
}

// A keeper whose first daemon can't be executed says so, and keeps nothing.
func TestFirstStartFails(t *testing.T) {
	k := startKeeper(t, "failing")
	if line := k.next(); line != "error: cannot start the daemon: no" {
		t.Error(line)
	}
	if status := k.end(); status != 99 {
		t.Errorf("exit status %d", status)
	}
}

// The ends of programs whose daemon has died are reported to the next one, with their real
// status, until one has noted them.
func TestEndsAreReported(t *testing.T) {
	k := startKeeper(t)
	first, _ := k.daemon()
	one, two := k.program("program"), k.program("program")
	k.do("serve")
	kill(t, first, syscall.SIGKILL)
	second, _ := k.daemon()
	kill(t, one, syscall.SIGUSR1)
	if got, want := k.await("ended"), fmt.Sprintf("ended %d exit status 3", one); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Nobody noted it: the next daemon hears it again.
	kill(t, second, syscall.SIGKILL)
	third, _ := k.daemon()
	if got, want := k.await("ended"), fmt.Sprintf("ended %d exit status 3", one); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if syscall.Kill(one, 0) != nil {
		t.Error("the program was reaped before its end was noted")
	}
	k.do(fmt.Sprintf("told %d", one))
	kill(t, two, syscall.SIGTERM)
	if got, want := k.await("ended"), fmt.Sprintf("ended %d terminated by SIGTERM", two); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if syscall.Kill(one, 0) != syscall.ESRCH { // the order before it was handled
		t.Error("the program was not reaped when its end was noted")
	}
	// A program that follows by execve has the same keeper, which repeats what was not
	// told.
	before := len(k.seen)
	k.do("handover")
	want := fmt.Sprintf("ended %d terminated by SIGTERM", two)
	if !slices.Contains(k.seen[before:], want) { // else it came before the answer
		if got := k.await("ended"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	k.do(fmt.Sprintf("told %d", two))
	kill(t, third, syscall.SIGKILL)
	_, _ = k.daemon()
	k.do("serve")
	for _, line := range k.seen[len(k.seen)-3:] {
		if strings.HasPrefix(line, "ended") {
			t.Errorf("told, and reported once more: %s", line)
		}
	}
}

// Signals for the pid that others know reach the daemon, also one that came before it could
// catch any.
func TestSignalsArePassedOn(t *testing.T) {
	k := startKeeper(t)
	first, _ := k.daemon()
	k.do("serve")
	for _, sig := range passed {
		kill(t, k.cmd.Process.Pid, sig.(syscall.Signal))
		if got, want := k.await("signal"), "signal "+sig.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	kill(t, first, syscall.SIGKILL)
	k.await("start again=true") // it can't catch it yet, as a rule
	kill(t, k.cmd.Process.Pid, syscall.SIGTERM)
	k.await("signal terminated")
	k.do("leave")
	k.say("exit 0")
	if status := k.end(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// A daemon that dies again and again is given up, and nothing of its programs stays.
func TestGivesUp(t *testing.T) {
	k := startKeeper(t)
	pid, _ := k.daemon()
	k.do("serve")
	program, orphan := k.program("program"), k.program("parent")
	for range mostAtOnce {
		kill(t, pid, syscall.SIGKILL)
		pid, _ = k.daemon()
	}
	kill(t, pid, syscall.SIGKILL)
	status := k.end()
	if status != 137 {
		t.Errorf("exit status %d", status)
	}
	wantGone(t, program, orphan)
	want := fmt.Sprintf("its programs were killed: %d in a row have died at once\" true", mostAtOnce+1)
	if last := k.seen[len(k.seen)-1]; !strings.HasSuffix(last, want) {
		t.Errorf("the last word was %s", last)
	}
}

func wantGone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
			t.Errorf("process %d is still there: %v", pid, err)
		}
	}
}

// With Kill nothing stays of a daemon that dies suddenly, not even what has left its group,
// its session and its parent.
func TestKillsOrphans(t *testing.T) {
	k := startKeeper(t, "kill")
	pid, _ := k.daemon()
	k.do("serve")
	program, orphan := k.program("program"), k.program("parent")
	kill(t, pid, syscall.SIGKILL)
	if status := k.end(); status != 137 {
		t.Errorf("exit status %d", status)
	}
	wantGone(t, program, orphan)
}

// A daemon that reads nothing does not keep the keeper from passing on what ends it.
func TestDaemonNeverReads(t *testing.T) {
	k := startKeeper(t, "deaf")
	pid, _ := k.daemon()
	k.do("many 600") // more than a socket takes
	k.do("serve")
	kill(t, pid, syscall.SIGKILL)
	deaf := int(number(strings.Fields(k.await("deaf"))[1]))
	kill(t, deaf, syscall.SIGTERM)
	k.await(`log "supervisord died suddenly (exit status 4)`)
	for range mostAtOnce - 1 {
		kill(t, int(number(strings.Fields(k.await("deaf"))[1])), syscall.SIGKILL)
	}
	if status := k.end(); status != 137 {
		t.Errorf("exit status %d", status)
	}
}

// A child of the dead daemon that still has its end of the socket holds nothing up.
func TestSocketStaysOpen(t *testing.T) {
	k := startKeeper(t)
	pid, _ := k.daemon()
	k.do("serve")
	k.program("program socket")
	kill(t, pid, syscall.SIGKILL)
	k.daemon()
	k.do("leave")
	k.say("exit 0")
}

// What is held, dropped and handed on costs no descriptor in the end.
func TestDescriptorsAreNotLeaked(t *testing.T) {
	k := startKeeper(t)
	pid, _ := k.daemon()
	count := func() string { k.say("fds"); return k.await("fds") }
	for range 3 {
		k.do("hold 2 1 7 out")
	}
	k.do("serve")
	before := count()
	for range 20 {
		k.do("hold 2 2 9 x")
		k.do("hold 2 2 9 y")
		k.do("drop 2 9")
		k.do("handover")
	}
	if after := count(); after != before {
		t.Errorf("%s, before %s", after, before)
	}
	kill(t, pid, syscall.SIGKILL)
	_, said := k.daemon()
	if !strings.HasSuffix(said, "held=[2/1/7=out]") {
		t.Error(said)
	}
	keeperOf := func(s string) string { return strings.Fields(s)[2] }
	if after := count(); keeperOf(after) != keeperOf(before) {
		t.Errorf("%s, before %s", after, before)
	}
}

// A daemon hears that its keeper is gone.
func TestKeeperIsKilled(t *testing.T) {
	k := startKeeper(t)
	k.daemon()
	k.do("serve")
	kill(t, k.cmd.Process.Pid, syscall.SIGKILL)
	k.await("gone")
	k.do("hold 2 1 7 out") // for nobody
	k.do("leave")
	k.say("exit 0")
}
