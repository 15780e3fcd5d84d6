package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"syscall"
	"testing"

	"reeve/config"
	"reeve/rpc/httpd"
	"reeve/supervisor/process"
)

// A pidfile that is a FIFO without a reader is an error; writing must not wait for one.
func Test116PidfileIsAFifo(t *testing.T) {
	p := pidfile{path: filepath.Join(t.TempDir(), "pid")}
	if err := syscall.Mkfifo(p.path, 0o600); err != nil {
		t.Skip("no FIFO to be had here: ", err)
	}
	if err := p.write(); !errors.Is(err, syscall.ENXIO) || p.written {
		t.Errorf("writing gave %v", err)
	}
	reader, err := os.OpenFile(p.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := p.write(); err != nil || !p.written {
		t.Errorf("writing to a reader gave %v", err)
	}
}

func Test116Pidfile(t *testing.T) {
	p := pidfile{path: filepath.Join(t.TempDir(), "pid")}
	if err := os.WriteFile(p.path, []byte("something much longer than a pid\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.write(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(p.path); string(got) != strconv.Itoa(os.Getpid())+"\n" {
		t.Errorf("the file has %q", got)
	}
	p.remove()
	if _, err := os.Stat(p.path); err == nil {
		t.Error("it is still there after remove")
	}
	if err := os.WriteFile(p.path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p.remove()
	if _, err := os.Stat(p.path); err != nil {
		t.Error("a pidfile that we did not write was removed")
	}
	bad := pidfile{path: filepath.Join(t.TempDir(), "no", "pid")}
	if bad.write() == nil || bad.written {
		t.Error("no error for a pidfile without a directory")
	}
}

// Test138LinesKeepTheirPlace: lines about sockets come after those about groups, though
// the sockets are opened first.
func Test138LinesKeepTheirPlace(t *testing.T) {
	var got []string
	log := func(_ process.Level, text string) { got = append(got, text) }
	b := &lineBuffer{log: log}
	b.Log(process.Info, "socket")
	log(process.Info, "group")
	b.release()
	b.Log(process.Info, "later")
	if want := []string{"group", "socket", "later"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEndpoints(t *testing.T) {
	got := endpoints([]config.Server{
		{Section: "inet_http_server", Host: "localhost", Port: 9001, Username: "u", Password: "p"},
		{Section: "unix_http_server", Path: "/s", Mode: 0o770},
		{Section: "unix_http_server:x", Path: "/x", Mode: 0o700, Owner: &config.Owner{UID: 3, GID: 4}},
	})
	want := []httpd.Endpoint{
		{Section: "inet_http_server", UID: -1, GID: -1, Host: "localhost", Port: 9001, Username: "u", Password: "p"},
		{Section: "unix_http_server", Path: "/s", Mode: fs.FileMode(0o770), UID: -1, GID: -1},
		{Section: "unix_http_server:x", Path: "/x", Mode: fs.FileMode(0o700), UID: 3, GID: 4},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}
