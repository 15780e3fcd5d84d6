package logfile

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A FIFO stands in for every target without positions: it takes data beyond MaxBytes and
// is never moved or removed.
func Test173NoRotationWithoutPosition(t *testing.T) {
	path := fifo(t)
	f := open(t, Options{path, 1, 1}) // there is no reader yet: must not block
	r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	write(t, f, "more than", " a byte")
	if err := f.Clear(); err != nil {
		t.Error(err)
	}
	write(t, f, "!")
	got := make([]byte, 17)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "more than a byte!" {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := os.Lstat(path + ".1"); err == nil {
		t.Error("the FIFO was rotated")
	}
}

func TestNullDevice(t *testing.T) {
	f := open(t, Options{"/dev/null", 1, 1})
	write(t, f, "gone", "gone")
	if err := f.Clear(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("/dev/null: %v, %v", info, err)
	}
}

// A name under /proc or /dev may stand for a regular file; it must not be renamed or
// removed all the same.
func TestNamesOfDescriptorsAreNotRotated(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("no /proc here: ", err)
	}
	target, err := os.Create(filepath.Join(t.TempDir(), "target"))
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	f := open(t, Options{fmt.Sprintf("/proc/self/fd/%d", target.Fd()), 1, 1})
	write(t, f, "more than", " a byte")
	if err := f.Clear(); err != nil {
		t.Error(err)
	}
	write(t, f, "!")
	wantFiles(t, target.Name(), map[string]string{"": "more than a byte!"})
}

// A socket can't be opened by its name in /dev/fd; under systemd stdout is one.
func TestInheritedSocket(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	reader := os.NewFile(uintptr(pair[0]), "reader")
	defer reader.Close()
	defer syscall.Close(pair[1])
	f := open(t, Options{fmt.Sprintf("/dev/fd/%d", pair[1]), 1, 1})
	write(t, f, "hello")
	got := make([]byte, 5)
	if _, err := io.ReadFull(reader, got); err != nil || !bytes.Equal(got, []byte("hello")) {
		t.Errorf("read %q, %v", got, err)
	}
	if flags := statusFlags(t, pair[1]); flags&syscall.O_NONBLOCK != 0 {
		t.Error("the inherited descriptor was made non-blocking")
	}
}

// A redirected stdout is shared with the shell that redirected it: each must go on where
// the other stopped.
func TestInheritedFileSharesItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	shell, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer shell.Close()
	write := func(w io.Writer, text string) {
		t.Helper()
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	f := open(t, Options{fmt.Sprintf("/dev/fd/%d", shell.Fd()), 1, 1})
	write(shell, "begin\n")
	write(f, "line\n")
	write(shell, "end\n")
	if got, err := os.ReadFile(path); err != nil || string(got) != "begin\nline\nend\n" {
		t.Errorf("the file has %q, %v", got, err)
	}
}

func statusFlags(t *testing.T, fd int) int {
	t.Helper()
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	return int(flags)
}

func Test172SyslogDatagram(t *testing.T) {
	s, conn := fakeSyslog(t)
	s.SendLines("web ", []byte("hello\n\nthere\x00cut\r\n\n"))
	for _, want := range []string{"hello", "", "there"} {
		got := make([]byte, 1000)
		n, err := conn.Read(got)
		// As recorded from Python's syslog.syslog under the name /usr/bin/supervisord.
		if full := "<14>Nov  3 16:05:35 supervisord: web " + want; err != nil || string(got[:n]) != full {
			t.Errorf("datagram %q, %v, want %q", got[:n], err, full)
		}
	}
}

func TestSyslogComesAndGoes(t *testing.T) {
	s, conn := fakeSyslog(t)
	reports := make(chan Outage, 10)
	s.outage.report = func(o Outage) { reports <- o }
	path := conn.LocalAddr().String()
	s.Send([]byte("one"))
	buf := make([]byte, 1000)
	if _, err := conn.Read(buf); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	os.Remove(path)
	s.Send([]byte("lost"))
	if o := <-reports; o.Err == nil {
		t.Errorf("report: %v", o)
	}
	again := listenSyslog(t, path)
	s.Send([]byte("two"))
	if n, err := again.Read(buf); err != nil || !bytes.HasSuffix(buf[:n], []byte("supervisord: two")) {
		t.Errorf("datagram %q, %v", buf[:n], err)
	}
}

func TestSyslogThatDoesNotRead(t *testing.T) {
	s, _ := fakeSyslog(t)
	line := bytes.Repeat([]byte("x"), 1000)
	for range 5000 { // far more than the socket and the queue hold; must not block
		s.Send(line)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes > syslogMax || s.lost == 0 {
		t.Errorf("%d bytes queued, %d lost", s.bytes, s.lost)
	}
}

func fakeSyslog(t *testing.T) (*Syslog, *net.UnixConn) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the format was compared on Linux only")
	}
	path := filepath.Join(t.TempDir(), "log")
	conn := listenSyslog(t, path)
	s := newSyslog("supervisord", path, nil)
	s.now = recordedTime
	t.Cleanup(func() {
		conn.Close() // ends a sender that waits
		<-busy.idle()
	})
	return s, conn
}

func listenSyslog(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
