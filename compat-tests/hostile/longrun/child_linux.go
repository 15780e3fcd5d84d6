package longrun

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"reeve/compat-tests/hostile/longrun/judge"
)

// AsChild is the first argument of this binary when it plays a program; then follow the
// directory of the run and key=value:
//
//	rate=N   lines per second     batch=N  in one write, at most
//	say=N    lines at first       life=N   milliseconds, then it exits
//	status=N exit status          term=exit|slow|ignore   on SIGTERM; else it is killed
//	fork=N   milliseconds between grandchildren, which hold the pipes for a while
//	ready=N  milliseconds until READY=1
//	watch=N  milliseconds between WATCHDOG=1; lapse=N: percent that are left out
//	listen=FILE is an event listener; wild=N: fails to answer one of N
//	hold=N   is a grandchild, for so many milliseconds
const AsChild = "as-child"

// mostBytes bounds what a program writes in one round: less than its logs keep.
const mostBytes = 4 << 20

type child struct {
	dir, process string
	args         map[string]int
	term         string
	control      *words
	slot         *words
	id           string
	dice         *rand.Rand
	epoch        uint64
	written      int
	count        [2]uint64
}

// Child plays a program, and does not return.
func Child(args []string) {
	c := &child{dir: args[0], process: os.Getenv("SUPERVISOR_PROCESS_NAME"), args: map[string]int{}}
	listen := ""
	for _, a := range args[1:] {
		k, v, _ := strings.Cut(a, "=")
		switch k {
		case "term":
			c.term = v
		case "listen":
			listen = v
		default:
			c.args[k], _ = strconv.Atoi(v)
		}
	}
	if n := c.args["hold"]; n > 0 {
		time.Sleep(time.Duration(n) * time.Millisecond)
		os.Exit(0)
	}
	if err := c.begin(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot note what I do:", err)
		os.Exit(99)
	}
	if listen != "" {
		c.listen(filepath.Join(c.dir, "heard", listen))
	}
	c.live()
}

// begin makes the slot of this run. The lock, held until the process is gone, shows
// whether another one is there.
func (c *child) begin() (err error) {
	began := time.Now().UnixNano()
	c.id = fmt.Sprintf("%d.%d", os.Getpid(), began)
	if err = os.MkdirAll(filepath.Join(c.dir, "runs", c.process), 0o755); err != nil {
		return err
	}
	if c.slot, err = shareWords(slotFile(c.dir, c.process, os.Getpid(), began), slotWords); err != nil {
		return err
	}
	if c.control, err = shareWords(filepath.Join(c.dir, "control"), controlWords); err != nil {
		return err
	}
	lock := filepath.Join(c.dir, "locks", c.process)
	fd, err := unix.Open(lock, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) != nil {
		c.slot.at(wordTwice).Store(1)
	}
	number, err := shareWords(lock, 1)
	if err != nil {
		return err
	}
	c.dice = rand.New(rand.NewPCG(number.at(0).Add(1), 0))
	return nil
}

func (c *child) exit(status int) {
	c.slot.at(wordEnding).Store(uint64(1 + status))
	os.Exit(status)
}

func (c *child) live() {
	terms := make(chan os.Signal, 10)
	if c.term != "" {
		signal.Notify(terms, syscall.SIGTERM)
	}
	end := make(<-chan time.Time)
	if n := c.args["life"]; n > 0 {
		end = time.After(time.Duration(c.dice.IntN(2*n)) * time.Millisecond)
	}
	write := c.every(0)
	for n := c.args["say"]; n > 0; n-- {
		c.write(0, 1)
	}
	batch := max(1, c.args["batch"])
	if n := c.args["rate"]; n > 0 {
		write = c.every(max(1000*(1+batch)/2/n, 1))
	}
	forks, beats, ready := c.every(c.args["fork"]), c.every(c.args["watch"]), c.every(c.args["ready"])
	for {
		select {
		case <-write:
			c.write(c.dice.IntN(10)/7, 1+c.dice.IntN(batch))
		case <-end:
			c.exit(c.args["status"])
		case <-terms:
			switch c.term {
			case "slow":
				time.Sleep(time.Duration(c.dice.IntN(900)) * time.Millisecond)
				c.exit(0)
			case "exit":
				c.write(0, 3)
				c.exit(0)
			}
		case <-forks:
			grandchild := exec.Command("/proc/self/exe", AsChild, c.dir, "hold="+strconv.Itoa(100+c.dice.IntN(3000)))
			grandchild.Stdout, grandchild.Stderr = os.Stdout, os.Stderr
			if grandchild.Start() == nil {
				go func() { _ = grandchild.Wait() }()
			}
		case <-ready:
			notify("READY=1")
			ready = nil
		case <-beats:
			if c.dice.IntN(100) >= c.args["lapse"] {
				notify("WATCHDOG=1")
			} else {
				beats = nil
			}
		}
	}
}

// every returns a channel on which something comes after so many milliseconds, again and
// again; never, if it is 0.
func (c *child) every(ms int) <-chan time.Time {
	if ms == 0 {
		return nil
	}
	return time.Tick(time.Duration(ms) * time.Millisecond)
}

func notify(text string) {
	conn, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	if err == nil {
		_, _ = conn.Write([]byte(text))
		_ = conn.Close()
	}
}

// write writes lines at once. One write of this size is all or nothing for a pipe. That
// it is about to write is said before it looks whether it may: who wants quiet and then
// sees nothing under way can rely on it.
func (c *child) write(channel, lines int) {
	var b []byte
	n := c.count[channel]
	for range lines {
		padding := c.dice.IntN(40)
		if c.dice.IntN(200) == 0 {
			padding = 1500
		}
		line := judge.Line(c.process, c.id, channel, n+1, padding)
		if len(b)+len(line) > 4096 {
			break
		}
		n++
		b = append(b, line...)
	}
	if e := c.control.at(wordEpoch).Load(); e != c.epoch {
		c.epoch, c.written = e, 0
	}
	intended, done := c.slot.at(wordIntended+channel), c.slot.at(wordDone+channel)
	intended.Store(n)
	if c.control.at(wordQuiet).Load() != 0 || c.written > mostBytes {
		intended.Store(c.count[channel])
		return
	}
	for {
		_, err := syscall.Write(1+channel, b)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil {
			c.exit(judge.CannotWrite)
		}
		break
	}
	done.Store(n)
	c.count[channel] = n
	c.written += len(b)
}
