package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/internal/check"
	"reeve/supervisor/process"
)

// patience bounds the wait for what is expected; no test depends on its value.
const patience = 30 * time.Second

// record is the log of a test.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (r *record) log(_ process.Level, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, text)
}

func (r *record) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// wants waits for a line with some text.
func (r *record) wants(t *testing.T, text string) {
	t.Helper()
	eventually(t, "a line with "+text, func() bool {
		return slices.ContainsFunc(r.all(), func(l string) bool { return strings.Contains(l, text) })
	})
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: " + what)
		}
	}
}

// newServer starts a Server; at the end of the test nothing of it is left.
func newServer(t testing.TB, opt Options) (*Server, *record) {
	t.Helper()
	var r record
	opt.Log = r.log
	before := openFDs(t)
	s, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.socket != nil {
			s.Close(false)
		}
		eventually(t, "all descriptors are closed", func() bool { return openFDs(t) <= before })
	})
	return s, &r
}

// openFDs counts open descriptors, without those that the runtime keeps.
func openFDs(t testing.TB) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		link, err := os.Readlink("/proc/self/fd/" + name.Name())
		if err == nil && !strings.HasPrefix(link, "anon_inode:") && link != "/proc/self/fd" && link != "/proc/self/mountinfo" &&
			!strings.HasSuffix(link, "/mountinfo") {
			n++
		}
	}
	return n
}

func next(t testing.TB, s *Server) Message {
	t.Helper()
	select {
	case m := <-s.Messages():
		return m
	case <-time.After(patience):
		t.Fatal("no message")
		return Message{}
	}
}

// ready is what the parts send.
var ready = check.Notice{Ready: true}

// TestTree: whatever process of a program sends, it is the program's message.
func TestTree(t *testing.T) {
	s, r := newServer(t, Options{})
	for run, args := range [][]string{
		{"send", "READY=1"},
		{"below", "send", "READY=1"},
		{"below", "below", "setsid", "send", "READY=1"},
		{"orphan", "send", "READY=1"},
	} {
		c := runAs(t, s, uint64(run+1), args...)
		if m := next(t, s); m.Run != uint64(run+1) || !reflect.DeepEqual(m.Notice, ready) || m.Pid == 0 {
			t.Errorf("%q: %+v", args, m)
		}
		c.says(t, "sent")
		s.Remove(uint64(run + 1))
		c.end(t)
	}
	if lines := r.all(); len(lines) != 0 {
		t.Errorf("the log has %q", lines)
	}
}

// runAs runs a child and adds it.
func runAs(t testing.TB, s *Server, runID uint64, args ...string) *child {
	t.Helper()
	c := run(t, s, nil, args...)
	s.Add(runID, c.Process.Pid, "web")
	return c
}

// TestEarly: a child may send before the loop knows of it.
func TestEarly(t *testing.T) {
	s, r := newServer(t, Options{})
	c := run(t, s, nil, "below", "send", "STATUS=early", "READY=1")
	c.says(t, "sent")
	eventually(t, "both messages were read", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.held) == 2
	})
	s.Add(1, c.Process.Pid, "web")
	if m := next(t, s); m.Run != 1 || m.Notice.Status == nil {
		t.Errorf("the first: %+v", m)
	}
	if m := next(t, s); m.Run != 1 || !m.Notice.Ready {
		t.Errorf("the second: %+v", m)
	}
	if lines := r.all(); len(lines) != 0 {
		t.Errorf("the log has %q", lines)
	}
}

// TestEarlyExpires: one that never becomes known is dropped, its barrier closed.
func TestEarlyExpires(t *testing.T) {
	s, r := newServer(t, Options{})
	c := run(t, s, nil, "barrier")
	c.says(t, "sent")
	eventually(t, "the message was read", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.held) == 0 {
			return false
		}
		s.held[0].until = time.Now()
		s.changed()
		return true
	})
	c.says(t, "passed")
	r.wants(t, fmt.Sprintf("pid %d ", c.Process.Pid))
}

// TestStranger: a process that belongs to no program is ignored, and so is one whose
// program has been removed; that is said once.
func TestStranger(t *testing.T) {
	s, r := newServer(t, Options{})
	stranger := run(t, s, nil, "orphan", "send", "READY=1", "READY=1")
	stranger.says(t, "sent")
	ours := runAs(t, s, 1, "send", "STATUS=ours")
	if m := next(t, s); m.Run != 1 || m.Notice.Ready {
		t.Errorf("%+v", m)
	}
	ours.says(t, "sent")
	r.wants(t, "belongs to no program that may send any")
	if lines := r.all(); len(lines) != 1 {
		t.Errorf("the log has %q", lines)
	}
}

// TestGone: the message of a process that has ended can't be told to a program. It is
// dropped, as systemd does.
func TestGone(t *testing.T) {
	socket, address, err := openSocket(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var r record
	late := &Server{address: address}
	c := run(t, late, nil, "below", "send", "READY=1")
	c.says(t, "sent")
	c.end(t)
	s := start(Options{Log: r.log}, socket, address)
	defer s.Close(false)
	r.wants(t, "had ended already")
}

// TestBarrier: it is passed when the loop has handled what came before, not earlier.
func TestBarrier(t *testing.T) {
	s, _ := newServer(t, Options{})
	c := runAs(t, s, 1, "barrier", "STATUS=a", "READY=1")
	c.says(t, "sent")
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		c.says(t, "passed")
	}()
	handled := next(t, s)
	for !handled.Notice.Ready {
		handled = next(t, s) // the two may have been merged, or not
	}
	select {
	case <-passed:
		t.Error("passed while the loop is busy with the message")
	default:
	}
	for m := next(t, s); m.Run != 0; m = next(t, s) {
		if !reflect.DeepEqual(m.Notice, check.Notice{}) { // the barrier came on its own
			t.Errorf("%+v", m)
		}
	}
	<-passed
}

// TestDescriptors: they are closed, whether asked to be kept or not; so they are if they
// are too many.
func TestDescriptors(t *testing.T) {
	s, r := newServer(t, Options{})
	c := runAs(t, s, 1, "store")
	if m := next(t, s); m.Notice.Status == nil {
		t.Errorf("%+v", m)
	}
	c.says(t, "closed")
	r.wants(t, "web wants descriptors to be kept (FDSTORE=1), which supervisord does not do; they were closed")
}

// TestClosing: as many descriptors wait to be closed as may; further ones the kernel
// closes.
func TestClosing(t *testing.T) {
	s, _ := newServer(t, Options{})
	s.closer.mu.Lock()
	for range mostClosing {
		s.closer.fds = append(s.closer.fds, -1)
	}
	s.closer.mu.Unlock()
	c := runAs(t, s, 1, "store")
	next(t, s)
	c.says(t, "closed")
	s.closer.mu.Lock()
	s.closer.fds = nil
	s.closer.mu.Unlock()
}

// TestNonsense is said once in a run; what makes sense in it counts.
func TestNonsense(t *testing.T) {
	s, r := newServer(t, Options{})
	runAs(t, s, 1, "send", "READY=1\nERRNO=x", `READY=1\0\0`, "STATUS="+strings.Repeat("x", 5000), "MAINPID=1", "STATUS=end")
	for {
		m := next(t, s)
		if m.Notice.MainPid != 0 || m.Notice.Errno != nil {
			t.Errorf("%+v", m)
		}
		if m.Notice.Status != nil && *m.Notice.Status == "end" {
			break
		}
	}
	if want := []string{`notification of web makes no sense, ignoring that: "ERRNO=x"`}; !reflect.DeepEqual(r.all(), want) {
		t.Errorf("the log has %q, want %q", r.all(), want)
	}
}

// TestMainPid: it may be any process of the program.
func TestMainPid(t *testing.T) {
	s, r := newServer(t, Options{})
	runAs(t, s, 1, "below", "mainpid")
	m := next(t, s)
	if m.Notice.MainPid == 0 || m.Notice.MainPid != m.Pid {
		t.Errorf("a process below the child: %+v", m)
	}
	runAs(t, s, 2, "send", fmt.Sprintf("MAINPID=%d\nREADY=1", m.Pid))
	if m := next(t, s); m.Run != 2 || m.Notice.MainPid != 0 || !m.Notice.Ready {
		t.Errorf("a process of another program: %+v", m)
	}
	r.wants(t, fmt.Sprintf("MAINPID=%d is none of its processes", m.Pid))
}

// TestHandoff: the next Server goes on with the same socket; nothing is lost between.
func TestHandoff(t *testing.T) {
	s, _ := newServer(t, Options{})
	c := runAs(t, s, 1, "send", "STATUS=not taken")
	c.says(t, "sent")
	f, err := s.File()
	if err != nil {
		t.Fatal(err)
	}
	address := s.Address()
	rest := s.Close(true)
	between := run(t, s, nil, "send", "READY=1")
	between.says(t, "sent")
	s.socket = nil
	again, _ := newServer(t, Options{Socket: f, Address: address})
	again.Add(1, c.Process.Pid, "web")
	again.Add(2, between.Process.Pid, "web")
	var statuses, readies int
	for _, m := range rest {
		if m.Run == 1 && m.Notice.Status != nil {
			statuses++
		}
	}
	for statuses+readies < 2 {
		m := next(t, again)
		if m.Notice.Status != nil {
			statuses++
		}
		if m.Run == 2 && m.Notice.Ready {
			readies++
		}
	}
	if again.Address() != address {
		t.Errorf("the address was %s, is %s", address, again.Address())
	}
}

// TestPath: a file that programs of any user may send to, gone with the Server.
func TestPath(t *testing.T) {
	dir, err := os.MkdirTemp("", "notify")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "notify.sock")
	s, _ := newServer(t, Options{Path: path})
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	if s.Address() != path {
		t.Errorf("the address is %s", s.Address())
	}
	c := run(t, s, attr, "send", "READY=1")
	s.Add(1, c.Process.Pid, "web")
	if m := next(t, s); m.Run != 1 {
		t.Errorf("%+v", m)
	}
	c.says(t, "sent")
	s.Close(false)
	s.socket = nil
	eventually(t, "the file is removed", func() bool {
		_, err := os.Stat(path)
		return os.IsNotExist(err)
	})
	if s, err = New(Options{Path: filepath.Join(dir, "none", "x"), Log: func(process.Level, string) {}}); err == nil {
		s.Close(false)
		t.Error("a socket in a directory that does not exist")
	}
}

// TestFloodOfMessages: a program that sends as fast as it can costs the loop a few
// messages a second, and others get through.
func TestFloodOfMessages(t *testing.T) {
	s, r := newServer(t, Options{})
	loud := runAs(t, s, 1, "flood")
	loud.says(t, "floods")
	fromLoud := 0
	r.wantsWhile(t, "web sends more than 20 notifications a second", s, &fromLoud)
	began, before := time.Now(), fromLoud
	runAs(t, s, 2, "send", "READY=1")
	for m := next(t, s); m.Run != 2; m = next(t, s) {
		fromLoud++
	}
	took := time.Since(began)
	if most := 2 + int(took/runPeriod); fromLoud-before > most {
		t.Errorf("%d messages in %v, at most %d were expected", fromLoud-before, took, most)
	}
	loud.stdin.Close()
	for loud.lines.Scan() {
		<-s.Messages()
	}
}

// wantsWhile is wants while messages are taken.
func (r *record) wantsWhile(t *testing.T, text string, s *Server, count *int) {
	t.Helper()
	eventually(t, "a line with "+text, func() bool {
		select {
		case <-s.Messages():
			*count++
		default:
		}
		return slices.ContainsFunc(r.all(), func(l string) bool { return strings.Contains(l, text) })
	})
}
