package httpd

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func unixEndpoint(path string) Endpoint {
	return Endpoint{Section: "unix_http_server", Path: path, Mode: 0o700, UID: -1, GID: -1}
}

func Test223UnixSocket(t *testing.T) {
	dir := socketDir(t)
	e := unixEndpoint(filepath.Join(dir, "s"))
	e.Mode, e.UID, e.GID = 0o760, os.Geteuid(), os.Getegid()
	ts := open(t, Options{}, Handlers{}, e)
	info, err := os.Lstat(e.Path)
	if err != nil || info.Mode() != fs.ModeSocket|0o760 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left over: %v", entries)
	}
	ts.dial(t).wantOpen()
	if err := ts.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(e.Path); err == nil {
		t.Error("the socket is still there")
	}
}

func Test223Stale(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"dead socket": func(path string) error {
			l, err := net.Listen("unix", path)
			if err == nil {
				l.(*net.UnixListener).SetUnlinkOnClose(false)
				err = l.Close()
			}
			return err
		},
		"file":          func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"dangling link": func(path string) error { return os.Symlink("nowhere", path) },
	} {
		path := filepath.Join(socketDir(t), "s")
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		var stale []string
		ts := open(t, Options{Stale: func(p string) { stale = append(stale, p) }}, Handlers{}, unixEndpoint(path))
		ts.dial(t).wantOpen()
		if len(stale) != 1 || stale[0] != path {
			t.Errorf("%s: told of %q", name, stale)
		}
	}
}

func Test111InUse(t *testing.T) {
	path := filepath.Join(socketDir(t), "s")
	first := open(t, Options{}, Handlers{}, unixEndpoint(path))
	for _, e := range []Endpoint{unixEndpoint(path), {Host: "127.0.0.1"}} {
		if e.Path == "" {
			other := open(t, Options{}, Handlers{}, Endpoint{Host: "127.0.0.1", Section: "inet_http_server"})
			e.Port = other.Addrs()[0].(*net.TCPAddr).Port
		}
		s, err := Open([]Endpoint{e}, Options{})
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.HasPrefix(err.Error(), textInUse) {
			t.Errorf("%v", err)
		}
	}
	first.dial(t).wantOpen() // and its socket is untouched
}

func Test111Errors(t *testing.T) {
	dir := socketDir(t)
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "s"):             textOther + " errno.ENOENT (2)",
		filepath.Join(dir, "d"):                     textOther + " errno.EISDIR (" + "21)",
		filepath.Join(dir, strings.Repeat("a", 99)): textOther + " AF_UNIX path too long",
	} {
		ok := filepath.Join(dir, "first")
		_, err := Open([]Endpoint{unixEndpoint(ok), unixEndpoint(path)}, Options{Stale: func(string) {}})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := os.Lstat(ok); err == nil {
			t.Errorf("%s: the socket opened before is still there", path)
		}
	}
	_, err := Open([]Endpoint{{Host: "no-such-host.invalid", Port: 1}}, Options{})
	if err == nil || err.Error() != textOther+" -2" {
		t.Errorf("%v", err)
	}
}

func Test111Chown(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may give a socket to anybody")
	}
	e := unixEndpoint(filepath.Join(socketDir(t), "s"))
	e.UID, e.GID = 0, 0
	_, err := Open([]Endpoint{e}, Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "Not permitted to chown "+e.Path+" to uid/gid (0, 0); adjust \"sockchown\" value") {
		t.Errorf("%v", err)
	}
}

// Test117OnlyOurs: a socket that has been put in the place of ours is not removed.
func Test117OnlyOurs(t *testing.T) {
	path := filepath.Join(socketDir(t), "s")
	ts := open(t, Options{}, Handlers{}, unixEndpoint(path))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ts.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}

func TestTCP(t *testing.T) {
	ts := open(t, Options{}, Handlers{}, Endpoint{Section: "inet_http_server", Host: "127.0.0.1"}, unixEndpoint(filepath.Join(socketDir(t), "s")))
	c := ts.dial(t)
	c.wantOpen()
	ts.log.has(t, "5 127.0.0.1:"+strconv.Itoa(c.LocalAddr().(*net.TCPAddr).Port)+" - - [")
	dial(t, ts.Addrs()[1]).wantOpen()
}

func TestShutdownWaitsForReplies(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	idle, busy := ts.dial(t), ts.dial(t)
	idle.wantOpen()
	busy.send(call("test.wait"))
	<-ts.rpc.entered
	down := make(chan error, 1)
	go func() { down <- ts.Shutdown(context.Background()) }()
	idle.wantEnd()
	close(ts.rpc.release)
	if r := busy.mustReply(); r.code() != "200" {
		t.Errorf("got %+v", r)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("unix", ts.Addrs()[0].String()); err == nil {
		t.Error("still listening")
	}
}

func TestCloseEndsHandlers(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	c := ts.dial(t)
	c.send(call("test.wait"))
	<-ts.rpc.entered
	if err := ts.Close(); err != nil {
		t.Error(err)
	}
	if got := <-ts.rpc.entered; got != "gone" {
		t.Errorf("got %q", got)
	}
	if ts.count() != 0 {
		t.Error("connections are left")
	}
	if err := ts.Close(); err != nil {
		t.Error(err)
	}
}
