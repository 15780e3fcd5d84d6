package compat

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"sync"
	"testing"
)

// TestScripts plays each script on our daemon and on the oracle at the same time, and
// compares them fact by fact.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("real daemons, and the oracle is slow: not in -short")
	}
	scripts, err := loadScripts()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, what := range s.requires {
				if why := lacks(what); why != "" {
					t.Skip(why)
				}
			}
			runScript(t, s)
		})
	}
}

// pairing is a daemon and the supervisorctl that is used with it.
type pairing struct {
	name        string
	daemon, ctl program
	got         result
}

func runScript(t *testing.T, s *script) {
	sides := []*pairing{{name: "ours", daemon: ours, ctl: oracle}, {name: "theirs", daemon: oracle, ctl: oracle}}
	if s.pairings && oracle.daemon != "" {
		sides = append(sides, &pairing{name: "our_ctl", daemon: ours, ctl: ours}, &pairing{name: "our_ctl_their_daemon", daemon: oracle, ctl: ours})
	}
	if oracle.daemon == "" && ours.ctl != "" {
		sides[0].ctl = ours // no Debian: our own client drives our daemon
	}
	var all sync.WaitGroup
	for _, p := range sides {
		if p.missing() == "" {
			all.Go(func() { p.got = play(t, s, p.daemon, p.ctl) })
		}
	}
	all.Wait()

	theirs := sides[1]
	if *update && theirs.missing() == "" {
		if theirs.got.err != nil {
			t.Fatal("not recorded: ", theirs.got.err)
		}
		if err := theirs.got.trusted(); err != nil {
			t.Fatal("not recorded: ", err)
		}
		if err := s.record(theirs.got); err != nil {
			t.Fatal(err)
		}
		if err := s.keepExpected(theirs); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range sides {
		if *updateOurs && p != theirs && p.missing() == "" && p.got.err == nil {
			if err := s.keepExpected(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	want, err := s.readRecording()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range sides {
		t.Run(p.name, func(t *testing.T) {
			if why := p.missing(); why != "" {
				t.Skip(why)
			}
			if !*update && !*updateOurs {
				s.again(t, p, want)
			}
			s.compare(t, p, want)
		})
	}
}

// side returns whose text a step with a difference must equal: "ours" or "theirs".
func (p *pairing) side(st step) string {
	prog := p.daemon
	if st.ofCtl {
		prog = p.ctl
	}
	if prog.name == "oracle" {
		return "theirs"
	}
	return "ours"
}

func (p *pairing) missing() string {
	switch {
	case p.daemon.daemon == "":
		return p.daemon.why
	case p.ctl.ctl == "":
		return "no supervisorctl to drive it with: " + p.ctl.why
	}
	return ""
}

// lacks returns why a script cannot run here, or "" if it can.
func lacks(what string) string {
	switch what {
	case "root":
		if os.Geteuid() != 0 {
			return "only root can change users and owners"
		}
	case "nobody":
		if _, err := user.Lookup("nobody"); err != nil {
			return "there is no user nobody"
		}
	case "childutils":
		if out, err := exec.Command("/usr/bin/python3", "-c", "import supervisor.childutils").CombinedOutput(); err != nil {
			return fmt.Sprintf("Python with Debian's package supervisor is not installed: %v %s", err, out)
		}
	case "proc":
		if _, err := os.Stat("/proc/self/status"); err != nil {
			return "there is no /proc"
		}
	case "mounts":
		if err := exec.Command("unshare", "-m", "true").Run(); err != nil {
			return "no private mounts: " + err.Error()
		}
	default:
		if _, err := exec.LookPath(what); err != nil {
			return what + " is not installed"
		}
	}
	return ""
}
