package supervisor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"reeve/config"
	"reeve/supervisor/internal/capture"
)

// The socket of a group that is being added is not opened twice: a start in another group
// that shares the socket would lose its path.
func TestTriedSocketIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scenario{t: t, config: &config.Config{}}
		defer s.close()
		s.do("group web", "web program=p autostart=false")
		s.do("run", "")
		s.do("group new", "new autostart=false socket=/s program=p")
		s.do("group now", "now startsecs=0 socket=/s program=p")
		s.do("reread", "")
		s.do("add now", "")
		s.do("exit now 0", "") // nobody holds it
		started := ""
		if err := s.between(func() { started = s.do("start now nowait", "") }).AddGroup(context.Background(), "new"); err != nil {
			t.Error(err)
		}
		if strings.Contains(started, "kernel: listens") || !strings.Contains(started, "spawned: 'now'") {
			t.Errorf("while the socket is tried a start does:\n%s", started)
		}
		if rest := s.trace.take(); strings.Contains(rest, "Closing socket") {
			t.Errorf("the socket is closed while a process has it:\n%s", rest)
		}
	})
}

// A process may be started while its logs are being cleared.
func TestLogsAreClearedOfWhatRunsByThen(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &scenario{t: t, config: &config.Config{}}
		s.config.Supervisord.ChildLogDir = dir
		defer s.close()
		s.do("group web", "web autostart=false auto=true")
		s.do("run", "")
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		if len(files) != 1 {
			t.Fatal(files)
		}
		if err := os.WriteFile(files[0], []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.between(func() { s.do("start web nowait", "") }).ClearLogs(context.Background(), Name{"web", "web"}); err != nil {
			t.Error(err)
		}
		if got := s.trace.take(); !strings.Contains(got, "clear "+capture.Stdout.String()) {
			t.Errorf("the running process did not clear its log:\n%s", got)
		}
		if data, err := os.ReadFile(files[0]); err != nil || len(data) > 0 {
			t.Errorf("the log has %q, %v", data, err)
		}
	})
}

// A group that is added again goes on with its AUTO logs, also in a loop that was restored
// meanwhile.
func TestRetainedLogsAreSaved(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &scenario{t: t, handoff: true, config: &config.Config{}, reign: &reign{over: make(chan struct{})}}
		s.config.Supervisord.ChildLogDir = dir
		defer s.close()
		s.do("group web", "web autostart=false auto=true")
		s.do("run", "")
		s.do("remove web", "")
		s.do("add web", "")
		s.wantLogs(dir, "web-stdout")
	})
}
