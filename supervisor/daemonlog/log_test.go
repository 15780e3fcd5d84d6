package daemonlog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
)

func fixed() time.Time { return time.Date(2026, 11, 23, 9, 5, 7, 42_999_999, time.Local) }

const stamp = "2026-11-23 09:05:07,042 "

func open(t *testing.T, opt Options) *Log {
	t.Helper()
	opt.now = fixed
	l, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	logs = append(logs, l)
	t.Cleanup(func() {
		logs = nil
		l.Close()
		if err := logfile.Quiesce(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
	})
	return l
}

// logs are the logs that the running test has opened.
var logs []*Log

// settle waits until everything logged is where it belongs.
func settle(t *testing.T) {
	t.Helper()
	for _, l := range logs {
		for _, q := range []*logfile.Queue{l.file, l.echo} {
			if q != nil {
				done := make(chan error)
				q.Sync(func(err error) { done <- err })
				<-done
			}
		}
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	settle(t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func Test134Lines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := open(t, Options{Level: process.Blather, File: path})
	for _, level := range []process.Level{
		process.Critical, process.Error, process.Warn, process.Info, process.Debug, process.Trace, process.Blather,
	} {
		l.Log(level, "text")
	}
	l.Log(process.Info, "'web' stdout output:\nline\n")
	l.Log(process.Info, "100% \xff")
	l.Logger().WithTime(fixed()).Warn("from a library")
	var want strings.Builder
	for _, name := range []string{"CRIT", "ERRO", "WARN", "INFO", "DEBG", "TRAC", "BLAT"} {
		want.WriteString(stamp + name + " text\n")
	}
	want.WriteString(stamp + "INFO 'web' stdout output:\nline\n\n" + stamp + "INFO 100% \xff\n" + stamp + "WARN from a library\n")
	if got := content(t, path); got != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got, want.String())
	}
}

func TestThreshold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := open(t, Options{Level: process.Trace, File: path})
	l.Log(process.Blather, "too little")
	l.Log(process.Trace, "enough")
	if got, want := content(t, path), stamp+"TRAC enough\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !l.DebugEnabled() || !l.TraceEnabled() || l.Enabled(process.Blather) {
		t.Error("Enabled does not follow the level")
	}
}

func Test135Echo(t *testing.T) {
	dir := t.TempDir()
	path, echo := filepath.Join(dir, "log"), filepath.Join(dir, "echo")
	l := open(t, Options{Level: process.Info, File: path, Echo: true, stdout: echo})
	l.Log(process.Info, "twice")
	for _, p := range []string{path, echo} {
		if got, want := content(t, p), stamp+"INFO twice\n"; got != want {
			t.Errorf("%s: %q, want %q", p, got, want)
		}
	}
	quiet := open(t, Options{Level: process.Info, File: path, Echo: true, stdout: filepath.Join(dir, "no", "such", "dir")})
	quiet.Log(process.Info, "once")
	if got := content(t, path); !strings.HasSuffix(got, "once\n") {
		t.Errorf("without a place for the echo: %q", got)
	}
}

func Test112NoPlaceForTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no", "log")
	if _, err := Open(Options{File: path}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names %s", err, path)
	}
}

func Test137Rotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := open(t, Options{Level: process.Info, File: path, MaxBytes: 100, Backups: 1})
	for range 3 {
		l.Log(process.Info, strings.Repeat("x", 60))
		settle(t) // lines that wait together are written together
	}
	line := stamp + "INFO " + strings.Repeat("x", 60) + "\n"
	if got := content(t, path); got != line {
		t.Errorf("after rotation: %q", got)
	}
	if got := content(t, path+".1"); got != line+line {
		t.Errorf("backup: %q", got)
	}
}

func Test120Reopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := open(t, Options{Level: process.Info, File: path})
	l.Log(process.Info, "before")
	settle(t)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	l.Reopen()
	l.Log(process.Info, "after")
	if got, want := content(t, path+".old"), stamp+"INFO before\n"+stamp+"INFO supervisord logreopen\n"; got != want {
		t.Errorf("old file: %q, want %q", got, want)
	}
	if got, want := content(t, path), stamp+"INFO after\n"; got != want {
		t.Errorf("new file: %q, want %q", got, want)
	}
}

func TestClear(t *testing.T) {
	dir := t.TempDir()
	path, echo := filepath.Join(dir, "log"), filepath.Join(dir, "echo")
	l := open(t, Options{Level: process.Info, File: path, Echo: true, stdout: echo})
	l.Log(process.Info, "before")
	if err := l.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "" {
		t.Errorf("cleared log has %q", got)
	}
	if got := strings.Count(content(t, echo), "reopening log file"); got != 2 {
		t.Errorf("`reopening log file` was said %d times, want once per output", got)
	}
	if err := open(t, Options{File: Syslog}).Clear(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("clearing syslog: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := l.Clear(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("clearing a log that was removed: %v", err)
	}
}

// Test136Syslog: the datagrams are those that a socket in place of /dev/log got from
// upstream, including the newline at the end.
func Test136Syslog(t *testing.T) {
	var sent datagrams
	echo := filepath.Join(t.TempDir(), "echo")
	l := open(t, Options{File: Syslog, Level: process.Info, syslog: &sent, Echo: true, stdout: echo})
	l.Log(process.Critical, "first\nsecond\n")
	want := datagrams{stamp + "CRIT first\n", stamp + "CRIT second\n"}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if got, want := content(t, echo), stamp+"CRIT first\nsecond\n\n"; got != want {
		t.Errorf("echoed %q, want %q", got, want)
	}
	if l.Path() != "" {
		t.Errorf("syslog has the path %q", l.Path())
	}
}

type datagrams []string

func (d *datagrams) Send(line []byte) { *d = append(*d, string(line)) }

func TestOutageIsSaidWhereItCanBe(t *testing.T) {
	dir := t.TempDir()
	echo := filepath.Join(dir, "echo")
	l := open(t, Options{Level: process.Info, File: filepath.Join(dir, "log"), Echo: true, stdout: echo})
	l.outage(logfile.Outage{Path: "P", Err: errors.New("cannot write to P: no space left on device; output is dropped")})
	l.outage(logfile.Outage{Path: "P", Lost: 7})
	want := stamp + "ERRO cannot write to P: no space left on device; output is dropped\n" +
		stamp + "INFO P can be written again; 7 bytes were lost\n"
	if got := content(t, echo); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// After a hand-over the log goes on in its file, even if that was moved away, and so does
// the echo.
func TestHandedLogGoesOn(t *testing.T) {
	dir := t.TempDir()
	path, echo := filepath.Join(dir, "log"), filepath.Join(dir, "echo")
	opt := Options{Level: process.Info, File: path, Echo: true, stdout: echo}
	l := open(t, opt)
	l.Log(process.Info, "before")
	settle(t)
	for _, p := range []string{path, echo} {
		if err := os.Rename(p, p+".moved"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := logfile.HandOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Log(process.Info, "the upgrade failed")
	logfile.Thaw()
	handed, err := logfile.HandOver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	logfile.Take(handed)
	logs = nil // dead now
	l = open(t, opt)
	logfile.CloseUnclaimed(nil)
	l.Log(process.Info, "after")
	want := stamp + "INFO before\n" + stamp + "INFO the upgrade failed\n" + stamp + "INFO after\n"
	for _, p := range []string{path, echo} {
		if got := content(t, p+".moved"); got != want {
			t.Errorf("%s: %q, want %q", p, got, want)
		}
		if _, err := os.Lstat(p); err == nil {
			t.Errorf("%s was created again", p)
		}
	}
}
