package compat

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Signals may come at any time during an upgrade.

// at each of these moments after supervisorctl was started a signal is sent: what varies
// is the stage of the upgrade that it meets.
const (
	upgradeMoments = 24
	momentEvery    = 4 * time.Millisecond
)

// upgradeAndSignal asks for an upgrade and sends a signal meanwhile.
func (in *instance) upgradeAndSignal(sig syscall.Signal, moment int) {
	in.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = in.upgrade(ours.daemon)
	}()
	<-time.After(time.Duration(moment) * momentEvery)
	in.signal(sig)
	<-done
}

// What ends or restarts a daemon can't wait while the kernel and Go's runtime begin the
// new program, which takes some milliseconds of an upgrade: then it is lost, and may even
// kill (docs/upgrade.md). At all other moments it is carried out.
const lostMost = upgradeMoments * 2 / 3

func TestUpgradeAndExit(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			in := hostile(t, twoPrograms)
			after, lost, killed := 0, 0, 0
			for i := range upgradeMoments {
				in.mustStart()
				in.pidOf("worker")
				in.upgradeAndSignal(sig, i)
				if !in.endsOrServes() {
					lost++
					in.signal(sig)
				}
				in.await("the end", func() bool { return !in.running() })
				if status := exitText(in.cmd); status != "exit 0" {
					t.Log("moment", i, status)
					killed++
					for in.killLeftovers() {
						<-time.After(pollEvery)
					}
				} else {
					in.wantCleanEnd()
				}
				after += strings.Count(in.read("supervisord.log"), "upgraded from")
				in.must(os.Remove(in.path("supervisord.log")))
			}
			t.Logf("of %d, %d ended after the upgrade; lost were %d, deadly %d", upgradeMoments, after, lost, killed)
			if lost+killed > lostMost {
				t.Error("these are too many")
			}
		})
	}
}

// endsOrServes waits until the daemon has ended, or is not about to, and reports whether
// it has ended.
func (in *instance) endsOrServes() bool {
	in.t.Helper()
	in.await("the end, or an answer", func() bool {
		if !in.running() {
			return true
		}
		v, err := in.call("supervisor.getState")
		return err == nil && v.member("statename").text == "RUNNING"
	})
	if in.running() { // the signal may have come after that
		in.await("the end, or several answers", func() bool {
			for range 5 {
				if _, err := in.call("supervisor.getAllProcessInfo"); err != nil {
					return !in.running()
				}
			}
			return true
		})
	}
	return !in.running()
}

func TestUpgradeAndRestart(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	lost := 0
	for i := range upgradeMoments {
		pid := in.pidOf("worker")
		// One that came late was perhaps sent twice: what was there before is counted.
		sessions := 1 + strings.Count(in.read("supervisord.log"), "supervisord started with pid")
		heard := 1 + strings.Count(in.read("supervisord.log"), "received SIGHUP")
		in.upgradeAndSignal(syscall.SIGHUP, i)
		in.await("another session", func() bool {
			if in.has("supervisord.log", "supervisord started with pid", sessions) {
				return true
			}
			if in.has("supervisord.log", "received SIGHUP", heard) {
				return false
			}
			if v, err := in.call("supervisor.getState"); err == nil && v.member("statename").text == "RUNNING" &&
				!in.has("supervisord.log", "received SIGHUP", heard) {
				lost++
				in.signal(syscall.SIGHUP)
			}
			return false
		})
		in.awaitAnother("worker", pid)
	}
	in.served()
	in.stopDaemon()
	t.Logf("of %d, %d were lost", upgradeMoments, lost)
	if lost > lostMost {
		t.Error("these are too many")
	}
}

func TestUpgradeAndReopen(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	in.pidOf("worker")
	before, lost := in.soul(), 0
	for i := range upgradeMoments {
		in.upgradeAndSignal(syscall.SIGUSR2, i)
		const reopened = "received SIGUSR2 indicating log reopen request"
		in.processLives() // the loop has had its turn with what was kept
		if !in.has("supervisord.log", reopened, i+1) {
			lost++
			in.signal(syscall.SIGUSR2)
		}
		in.await("the logs opened again", func() bool { return in.has("supervisord.log", reopened, i+1) })
	}
	t.Logf("of %d, %d were lost", upgradeMoments, lost)
	if lost > lostMost {
		t.Error("these are too many")
	}
	if now := in.soul(); now != before {
		t.Errorf("the daemon was %s, is %s", before, now)
	}
	in.stopDaemon()
}

// TestUpgradeBySignals sends SIGUSR1 all the time, and SIGUSR2 in between.
func TestUpgradeBySignals(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	in.pidOf("worker")
	before := in.soul()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	in.await("ten upgrades", func() bool {
		for range 10 {
			<-tick.C
			in.signal(syscall.SIGUSR1)
			in.signal(syscall.SIGUSR2)
		}
		return in.has("supervisord.log", "WARN upgraded from version ", 10)
	})
	in.await("rest", func() bool {
		text := in.read("supervisord.log")
		// Each signal that was taken is done with: a SIGTERM amid an execve may be lost.
		return strings.Count(text, "WARN upgraded from")+strings.Count(text, "an upgrade is under way") == strings.Count(text, "received SIGUSR1")
	})
	if now := in.soul(); now != before {
		t.Errorf("the daemon was %s, is %s", before, now)
	}
	if n := strings.Count(in.read("supervisord.log"), " ERRO "); n != strings.Count(in.read("supervisord.log"), "an upgrade is under way") {
		t.Error(in.read("supervisord.log"))
	}
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
}

// TestUpgradeWhileChildrenEnd has programs that end all the time: each of their ends is
// seen once, with its own status, and no process is left.
func TestUpgradeWhileChildrenEnd(t *testing.T) {
	var programs strings.Builder
	const n = 12
	for i := range n {
		fmt.Fprintf(&programs, "[program:p%02d]\ncommand=/bin/sh -c 'sleep 0.0%d; exit %d'\nautorestart=true\nstartsecs=0\n", i, i%5, 10+i)
	}
	in := hostile(t, programs.String())
	in.mustStart()
	for i := range 12 {
		in.mustUpgrade([]string{theNext(t), ours.daemon}[i%2])
	}
	for i := range n {
		name := fmt.Sprintf("p%02d", i)
		in.await(name+" stopped", func() bool { // one that has just ended is started again
			if _, err := in.call("supervisor.stopProcess", name); err != nil && !strings.Contains(err.Error(), "NOT_RUNNING") {
				t.Error(err)
			}
			state := in.state(name)
			return state == "STOPPED" || state == "FATAL"
		})
	}
	in.poll(func() bool { // a call is answered before the line is in the file
		text := in.read("supervisord.log")
		return strings.Count(text, " spawned: 'p") == strings.Count(text, " exited: p")+strings.Count(text, " stopped: p")
	})
	runs := map[string]int{}
	alive := map[string]string{}
	for line := range strings.Lines(in.read("supervisord.log")) {
		var name, pid string
		if _, err := fmt.Sscanf(cutBefore(line, " spawned: "), "%s with pid %s", &name, &pid); err == nil {
			name = strings.Trim(name, "'")
			if alive[name] != "" {
				t.Errorf("%s was started while it was alive: %s", name, line)
			}
			alive[name] = pid
			runs[name]++
		}
		if rest := cutBefore(line, " exited: ") + cutBefore(line, " stopped: "); rest != "" {
			name, how, _ := strings.Cut(rest, " ")
			if alive[name] == "" {
				t.Errorf("%s ended and was not alive: %s", name, line)
			}
			alive[name] = ""
			if want := fmt.Sprintf("(exit status %d; not expected)", 10+atoi(name[1:])); strings.Contains(line, "exited") && strings.TrimSpace(how) != want {
				t.Errorf("%s, want %s: %s", name, want, line)
			}
		}
	}
	for name, pid := range alive {
		if pid != "" {
			t.Errorf("%s with pid %s has no end", name, pid)
		}
	}
	for _, pid := range family(in.cmd.Process.Pid)[1:] {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if strings.Contains(string(stat), ") Z ") {
			t.Errorf("a zombie is left: %s", stat)
		}
	}
	t.Log("runs:", runs)
	in.stopDaemon()
}

// cutBefore returns what follows a text, without the end of the line.
func cutBefore(line, text string) string {
	_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), text)
	return rest
}
