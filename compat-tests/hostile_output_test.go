package compat

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestHostileOutputOnFullDisk checks that every program that only prints ends with a
// message and status 1 if it cannot write its output. (For supervisorctl's actions see
// TestOutputThatCannotBeWritten.)
func TestHostileOutputOnFullDisk(t *testing.T) {
	t.Parallel()
	if ours.why != "" {
		t.Skip(ours.why)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	defer full.Close()
	for _, args := range [][]string{
		{ours.daemon, "--help"}, {ours.daemon, "--version"}, {ours.ctl, "--help"}, {ours.ctl, "help"}, {ours.sample},
	} {
		var errs strings.Builder
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = full, &errs
		_ = cmd.Run()
		if exitText(cmd) != "exit 1" || !strings.Contains(errs.String(), "no space left on device") {
			t.Errorf("%q ended with %s and said %q", args, exitText(cmd), errs.String())
		}
	}
}

// TestUsageTextsBeginAsUpstreams checks the words that upstream's own end-to-end test
// reads.
func TestUsageTextsBeginAsUpstreams(t *testing.T) {
	t.Parallel()
	for _, who := range []program{ours, oracle} {
		if who.why != "" {
			t.Log(who.why)
			continue
		}
		for begins, path := range map[string]string{
			"supervisord -- run a set of applications":                 who.daemon,
			"supervisorctl -- control applications run by supervisord": who.ctl,
		} {
			if out, err := exec.Command(path, "--help").Output(); err != nil || !strings.HasPrefix(string(out), begins) {
				t.Errorf("%s: %v, %.80q, want %q", path, err, out, begins)
			}
		}
	}
}
