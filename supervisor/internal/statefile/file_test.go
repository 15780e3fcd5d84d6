package statefile

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"reeve/supervisor/internal/desired"
	"reeve/supervisor/process"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("STATEFILE_WRITE"); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

// logged keeps lines.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) log(_ process.Level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, text)
}

func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.Join(l.lines, "\n")
	l.lines = nil
	return text
}

// state returns a state that says n, and is long enough to be torn.
func state(n int) *desired.State {
	s := &desired.State{}
	for i := range 500 {
		s.Disable("group", fmt.Sprintf("process_%03d", i))
	}
	s.Scale(desired.Scale{Group: "group", Program: "program", Count: n + 1, NumProcs: n})
	return s
}

func listed(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestPutAndRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "supervisord.state")
	var lines logged
	f := New(path, lines.log)
	if s := f.Read(); !s.Empty() {
		t.Errorf("without a file: %v", s)
	}
	if err := f.Settle(t.Context()); err != nil || len(listed(t, dir)) != 0 {
		t.Errorf("nothing was put: %v, %v", err, listed(t, dir))
	}
	for n := range 100 {
		f.Put(state(n))
	}
	if err := f.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := New(path, lines.log).Read(); !reflect.DeepEqual(&s, state(99)) {
		t.Errorf("read: %v", s.Scaled)
	}
	if names := listed(t, dir); len(names) != 1 {
		t.Errorf("there are %v", names)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if text := lines.take(); text != "" {
		t.Errorf("the log says %s", text)
	}
}

func TestSetAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "supervisord.state")
	whole := state(1).Encode()
	for i, c := range []struct {
		text []byte
		mode os.FileMode
		says string
	}{
		{whole[:len(whole)-1], 0o600, "it was cut off or changed"},
		{[]byte("1234\n"), 0o600, "it is not a state file"},
		{[]byte("reeve-state 7 crc32c=00000000\n{}"), 0o600, "format 7, of a newer version"},
		{whole, 0o622, "other users can write to it"},
		{nil, 0o600, "it is not a state file"},
		{make([]byte, desired.MaxText+1), 0o600, "too large"},
	} {
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		var lines logged
		f := New(path, lines.log)
		if s := f.Read(); !s.Empty() {
			t.Errorf("%s: read as %v", c.says, s)
		}
		aside := path + ".bad"
		if i > 0 {
			aside = fmt.Sprintf("%s.bad%d", path, i)
		}
		if kept, err := os.ReadFile(aside); err != nil || string(kept) != string(c.text) {
			t.Errorf("%s: set aside are %d bytes, %v", c.says, len(kept), err)
		}
		if text := lines.take(); !strings.Contains(text, c.says) || !strings.Contains(text, "it is now "+aside) {
			t.Errorf("%s: the log says %q", c.says, text)
		}
		f.Put(state(2))
		if err := f.Settle(t.Context()); err != nil {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}

// TestNotOurs: what can't be set aside is not written over.
func TestNotOurs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "supervisord.state")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	for n := range asideMost { // no name is free
		name := path + ".bad"
		if n > 0 {
			name = fmt.Sprintf("%s%d", name, n)
		}
		if err := os.Symlink("nowhere", name); err != nil {
			t.Fatal(err)
		}
	}
	var lines logged
	f := New(path, lines.log)
	f.Read()
	f.Put(state(1))
	if err := f.Settle(t.Context()); err == nil || !strings.Contains(err.Error(), "it stays as it is") {
		t.Error(err)
	}
	if text := lines.take(); !strings.Contains(text, "cannot use the state file") {
		t.Error(text)
	}
}

// TestFailure: an error is said once, and so is its end.
func TestFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	var lines logged
	f := New(filepath.Join(dir, "state"), lines.log)
	for range 3 {
		f.Put(state(1))
		if err := f.Settle(t.Context()); err == nil {
			t.Error("it is written where there is no directory")
		}
	}
	if text := lines.take(); strings.Count(text, "\n") != 0 || !strings.Contains(text, "cannot write the desired state") {
		t.Errorf("the log says %q", text)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		f.Put(state(2))
		if err := f.Settle(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if text := lines.take(); text != "the desired state is in "+filepath.Join(dir, "state")+" again" {
		t.Errorf("the log says %q", text)
	}
}

// TestLinkOfAnother: root does not write through, or read from, what another user has put
// there.
func TestLinkOfAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the rules are for root")
	}
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	home := filepath.Join(dir, "home")
	path := filepath.Join(home, "state")
	for _, err := range []error{
		os.WriteFile(victim, state(5).Encode(), 0o600), os.Mkdir(home, 0o755), os.Chown(home, 65534, 65534),
		os.Symlink(victim, path), os.Lchown(path, 65534, 65534), os.Symlink(victim, path+beside), os.Lchown(path+beside, 65534, 65534),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var lines logged
	f := New(path, lines.log)
	if s := f.Read(); !s.Empty() {
		t.Errorf("read through the link: %v", s.Scaled)
	}
	f.Put(state(6))
	if err := f.Settle(t.Context()); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(victim); err != nil || string(text) != string(state(5).Encode()) {
		t.Errorf("the victim has changed, %v", err)
	}
}

// writeForEver writes one state after the other. A line on stdout says that the one with
// that number is on the disk.
func writeForEver(path string) {
	f := New(path, func(process.Level, string) {})
	for n := 1; ; n++ {
		f.Put(state(n))
		if err := f.Settle(context.Background()); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// TestKilled kills a process that writes at many random instants: what is there then is
// whole, and is the last state that was said to be on the disk or the one after it.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	kills := 200
	if testing.Short() {
		kills = 20
	}
	torn := 0
	for i := range kills {
		said := killed(t, path)
		var lines logged
		s := New(path, lines.log).Read()
		if text := lines.take(); text != "" {
			t.Fatalf("kill %d: %s", i, text)
		}
		if s.Empty() && said == 0 {
			continue // it was killed before the first
		}
		if n := s.Scaled[0].NumProcs; n != said && n != said+1 {
			t.Fatalf("kill %d: state %d is there, and %d was said to be", i, n, said)
		}
		if !reflect.DeepEqual(&s, state(s.Scaled[0].NumProcs)) {
			t.Fatalf("kill %d: %v", i, s)
		}
		if _, err := os.Stat(path + beside); err == nil {
			torn++
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d of them in a write", kills, torn)
	if torn == 0 {
		t.Error("no kill came in a write: this has shown nothing")
	}
}

// killed runs a process that writes, kills it, and returns the last state that it has said
// to be on the disk.
func killed(t *testing.T, path string) (said int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STATEFILE_WRITE="+path)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	read := func() bool {
		line, err := lines.ReadString('\n')
		if err != nil {
			return false
		}
		if _, err := fmt.Sscan(line, &said); err != nil {
			t.Fatal(line)
		}
		return true
	}
	for range 1 + rand.IntN(3) {
		if !read() {
			t.Fatal("it has ended by itself")
		}
	}
	time.Sleep(time.Duration(rand.Int64N(int64(3 * time.Millisecond)))) // a random instant
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for read() {
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait()
	return said
}
