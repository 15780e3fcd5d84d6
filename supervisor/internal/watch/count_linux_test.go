package watch

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// counted waits for the number of connections to become as wanted: the kernel closes a
// connection a little after it was asked to.
func counted(t *testing.T, w *Watcher, want int, fds ...int) {
	t.Helper()
	var c Event
	for late := time.Now().Add(patience); time.Now().Before(late); {
		w.Count(9, fds)
		if c = <-w.Events(); c.Err != nil || c.ID != 9 || !c.Counted {
			t.Fatalf("%+v", c)
		}
		if c.Total == want {
			return
		}
	}
	t.Fatalf("%d connections, want %d", c.Total, want)
}

// Connections count from when they wait to be accepted until the program closes them,
// whatever the other end does. Those of other sockets don't.
func TestCount(t *testing.T) {
	for name, at := range map[string][2]string{
		"tcp": {"tcp", "127.0.0.1:0"}, "all": {"tcp4", ":0"}, "ipv6": {"tcp", "[::1]:0"}, "both": {"tcp", "[::]:0"},
		"unix": {"unix", filepath.Join(t.TempDir(), "a name")},
	} {
		t.Run(name, func(t *testing.T) {
			w := watcher(t)
			l, fd := listener(t, at[0], at[1])
			other, _ := listener(t, "unix", filepath.Join(t.TempDir(), "a name"))
			dial(t, other)
			counted(t, w, 0, fd)
			client := dial(t, l)
			counted(t, w, 1, fd)
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			dial(t, l)
			counted(t, w, 2, fd)
			client.Close()
			counted(t, w, 2, fd)
			server.Close()
			counted(t, w, 1, fd)
			more, fd2 := listener(t, "tcp", "127.0.0.1:0")
			dial(t, more)
			counted(t, w, 2, fd, fd2)
		})
	}
}

func TestCountOfNothing(t *testing.T) {
	w := watcher(t)
	w.Count(1, []int{-1})
	if c := <-w.Events(); c.Err == nil || c.ID != 1 {
		t.Errorf("%+v", c)
	}
}

// Lines as kernels print them.
func TestLines(t *testing.T) {
	unix := []struct {
		line string
		want bool
	}{
		{"0000000000000000: 00000002 00000000 00010000 0001 01 21344 /run/x", false}, // listens
		{"0000000000000000: 00000003 00000000 00000000 0001 03 21345 /run/x", true},
		{"ffff888003e7f000: 00000002 00000000 00000000 0001 02  1345 /run/x", true}, // waits to be accepted
		{"0000000000000000: 00000003 00000000 00000000 0001 03 21345", false},
		{"0000000000000000: 00000003 00000000 00000000 0001 03 21345 /srv/run/x", false},
		{"0000000000000000: 00000003 00000000 00000000 0001 03 21345 /srv /run/x", false},
		{"Num       RefCount Protocol Flags    Type St Inode Path", false},
		{"/run/x", false},
		{"", false},
	}
	n := name{path: []byte("/run/x")}
	for _, c := range unix {
		if got := n.isUnix([]byte(c.line + "\n")); got != c.want {
			t.Errorf("%q: %v", c.line, got)
		}
	}
	tcp := strings.Join([]string{
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1",
		"   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 2",
		"   2: 0100007F:1F90 0100007F:D432 08 00000000:00000000 00:00000000 00000000     0        0 3",
		"   3: 0100007F:1F90 0100007F:D433 06 00000000:00000000 00:00000000 00000000     0        0 4",
		"   4: 0200007F:1F90 0100007F:D434 01 00000000:00000000 00:00000000 00000000     0        0 5",
		"   5: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 6",
		"", "short", strings.Repeat("x", 200<<10),
	}, "\n")
	for host, want := range map[string]int{"127.0.0.1": 2, "127.0.0.2": 1, "0.0.0.0": 3} {
		n := tcpName("", net.ParseIP(host).To4(), 8080)
		if got, err := countIn(strings.NewReader(tcp), []name{n}); got != want || err != nil {
			t.Errorf("%s: %d, %v; want %d", host, got, err, want)
		}
	}
}
