package compat

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A program restarts again and again while nothing reads its output: its log is a FIFO
// with a paused reader, or the daemon's own stdout with a full pipe behind it. The
// numbers of descriptors and threads do not grow, and the daemon ends promptly.
func TestHostileRestartsWithLogNobodyTakes(t *testing.T) {
	for _, c := range []struct{ name, log string }{{"fifo", "{{.Dir}}/fifo"}, {"stdout", "/dev/stdout"}} {
		t.Run(c.name, func(t *testing.T) {
			in := hostile(t, `[program:chatty]
command=/bin/sh -c 'head -c 30000 /dev/zero; echo x >> {{.Dir}}/starts; exec sleep 600'
stdout_logfile=`+c.log+`
stdout_logfile_maxbytes=0
stderr_logfile=NONE
startsecs=0
`)
			if err := unix.Mkfifo(in.path("fifo"), 0o600); err != nil {
				t.Fatal(err)
			}
			paused, err := os.OpenFile(in.path("fifo"), os.O_RDWR|unix.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer paused.Close()
			if c.name == "stdout" {
				in.under = "exec > " + in.path("fifo")
			}
			in.mustStart()
			starts := 0
			restart := func() { // by hand: what restarts by itself is slowed down
				starts++
				in.await("a start", func() bool { return in.has("starts", "x\n", starts) })
				for _, method := range []string{"stopProcess", "startProcess"} {
					if _, err := in.call("supervisor."+method, "chatty"); err != nil {
						t.Fatal(method, err)
					}
				}
			}
			begun := time.Now()
			for range 10 {
				restart()
			}
			descriptors, threads := in.descriptors(), in.threads()
			for range 50 {
				restart()
			}
			starts++
			in.await("the last start", func() bool { return in.has("starts", "x\n", starts) })
			if n := in.descriptors(); n > descriptors+5 {
				t.Errorf("%d descriptors after ten restarts, %d after fifty more", descriptors, n)
			}
			if n := in.threads(); n > threads+2 {
				t.Errorf("%d threads after ten restarts, %d after fifty more", threads, n)
			}
			in.stopDaemon()
			took := time.Since(begun)
			if n := strings.Count(in.read("supervisord.log"), "given up"); n > 1+int(took/(5*time.Second)) {
				t.Errorf("%d logs were given up in %v, want one each 5 s at most", n, took)
			}
		})
	}
}

// Lines that a program writes alternately to stdout and stderr alternate in the log that
// both share: one file, or the stdout and stderr of a container.
func TestTwoStreamsOfOneTargetKeepTheirOrder(t *testing.T) {
	const starts = 10
	for _, c := range []struct{ name, logs string }{
		{"file", "stdout_logfile={{.Dir}}/both\nstderr_logfile={{.Dir}}/both\n"},
		{"container", "stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := hostile(t, "[program:turns]\ncommand={{.Child}} turns {{.Dir}}/done\nautostart=false\nautorestart=false\nstartsecs=0\n"+c.logs)
			if c.name == "container" {
				in.under = "exec >> " + in.path("both") + " 2>&1"
			}
			in.mustStart()
			for i := range starts {
				if _, err := in.call("supervisor.startProcess", "turns"); err != nil {
					t.Fatal(err)
				}
				in.await("its end", func() bool {
					return in.has("done", "done\n", i+1) && in.state("turns") == "EXITED"
				})
			}
			in.await("all lines", func() bool { return in.has("both", "8-b\n", starts) })
			lines := regexp.MustCompile(`(?m)^\d-[ab]$`).FindAllString(in.read("both"), -1)
			var want []string
			for range starts {
				for i := 1; i <= 8; i++ {
					want = append(want, fmt.Sprintf("%d-a", i), fmt.Sprintf("%d-b", i))
				}
			}
			if got := strings.Join(lines, " "); got != strings.Join(want, " ") {
				t.Errorf("the lines come in this order: %s", got)
			}
			in.stopDaemon()
		})
	}
}

func init() { children["turns"] = childTurns }

// childTurns writes lines to stdout and stderr alternately, each as soon as the previous
// one has been read, and appends to a file when it is done.
func childTurns(args []string) int {
	for i := range 16 {
		out := []*os.File{os.Stdout, os.Stderr}[i%2]
		fmt.Fprintf(out, "%d-%c\n", 1+i/2, 'a'+i%2)
		for {
			if n, err := unix.IoctlGetInt(int(out.Fd()), unix.TIOCINQ); err != nil || n == 0 {
				break
			}
			time.Sleep(20 * time.Microsecond)
		}
	}
	done, err := os.OpenFile(args[0], os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return 1
	}
	defer done.Close()
	fmt.Fprintln(done, "done")
	return 0
}
