package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// relayed is what the images of relayOverExec pass on.
type relayed struct {
	Left  int // how many more
	Pid   int // of the child
	Table Handed
	Logs  logfile.Handed
}

// relayOverExec starts a child that floods its log, and replaces itself by execve so many
// times meanwhile.
func relayOverExec(times int) {
	if err := relayOnce(times); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const relayDir = "RELAY_DIR"

func relayOnce(times int) error {
	dir := os.Getenv(relayDir)
	state := filepath.Join(dir, "state")
	outage := func(o logfile.Outage) { panic(o) }
	table, err := New()
	if err != nil {
		return err
	}
	var s relayed
	saved, err := os.ReadFile(state)
	if err == nil {
		if err := json.Unmarshal(saved, &s); err != nil {
			return err
		}
		for _, fd := range append(s.Table.Descriptors(), s.Logs.Descriptors()...) {
			unix.CloseOnExec(fd)
		}
		logfile.Take(s.Logs)
		table.Take(s.Table, Adoption{Outage: outage})
		logfile.CloseUnclaimed(outage)
	} else if s, err = relayBegin(table, filepath.Join(dir, "log"), times, outage); err != nil {
		return err
	}
	synced := make(chan error, 1)
	table.Sync(stdout, func(err error) { synced <- err })
	if err := <-synced; err != nil {
		return err
	}
	if s.Left == 0 {
		return relayEnd(table, s.Pid)
	}
	s.Left--
	s.Table = <-table.HandOver()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nothing is flushed: it goes along
	if s.Logs, err = logfile.HandOver(ctx); err != nil {
		return err
	}
	if saved, err = json.Marshal(s); err != nil {
		return err
	}
	if err := os.WriteFile(state, saved, 0o600); err != nil {
		return err
	}
	for _, fd := range append(s.Table.Descriptors(), s.Logs.Descriptors()...) {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("descriptor %d: %w", fd, err)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	return unix.Exec(exe, os.Args, os.Environ())
}

func relayBegin(table *Table, path string, times int, outage func(logfile.Outage)) (s relayed, err error) {
	log, err := logfile.OpenQueue(logfile.Options{Path: path, MaxBytes: 4 << 20, Backups: 500}, outage)
	if err != nil {
		return s, err
	}
	var out, in [2]int
	if err := errors.Join(unix.Pipe(out[:]), unix.Pipe(in[:])); err != nil {
		return s, err
	}
	for _, fd := range append(out[:], in[:]...) {
		unix.CloseOnExec(fd)
	}
	exe, err := os.Executable()
	if err != nil {
		return s, err
	}
	p, err := os.StartProcess(exe, []string{exe, "endless-lines", "0"}, &os.ProcAttr{
		Files: []*os.File{os.NewFile(uintptr(in[0]), "in"), os.NewFile(uintptr(out[1]), "out"), os.Stderr},
	})
	if err != nil {
		return s, err
	}
	table.Attach(stdout, out[0], Options{Log: log})
	table.AttachInput(stdin, in[1])
	return relayed{Left: times, Pid: p.Pid}, nil
}

// relayEnd stops the child and waits until its log is written.
func relayEnd(table *Table, pid int) error {
	table.CloseInput(stdin)
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, 0, nil); err != nil || status.ExitStatus() != 0 {
		return fmt.Errorf("the child: %v, %w", status, err)
	}
	table.Drain(stdout)
	for o := range table.Outputs() {
		if o == (Drained{stdout}) {
			break
		}
	}
	return logfile.Quiesce(context.Background())
}

// The same as TestHandOverLosesNothing, with a real execve in between.
func TestHandOverAcrossExec(t *testing.T) {
	const times = 30
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "relay", strconv.Itoa(times))
	cmd.Env = append(os.Environ(), relayDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := wantNumbered(t, filepath.Join(dir, "log"), 500); n < times {
		t.Errorf("the child wrote only %d pieces", n)
	}
}
