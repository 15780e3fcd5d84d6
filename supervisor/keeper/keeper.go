package keeper

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/spawn"
)

// Options are what Run needs.
type Options struct {
	// Start executes the daemon as a child in a process group of its own, with the socket
	// for Connect. again says that another one has died.
	Start func(socket *os.File, again bool) (pid int, err error)
	// Kill says that nothing may stay when the daemon dies suddenly, instead of going on
	// with another one (kill_orphans).
	Kill bool
	// Log takes a line for whoever looks after the machine.
	Log func(line string)
}

// mostDeaths is how many sudden deaths within deathsIn a daemon may die. One more, and the
// keeper gives up.
const (
	mostDeaths = 5
	deathsIn   = time.Minute
)

// passed are the signals for the daemon that are sent to the keeper, whose pid is the one
// that others know.
var passed = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2}

// keeper is the state of Run. It belongs to one goroutine.
type keeper struct {
	opt      Options
	children chan os.Signal
	received chan arrived

	daemon  int // 0: there is none
	wire    wire
	number  int  // of the daemon
	silent  bool // all that it sent was received
	serves  bool // its sudden death is one
	leaves  bool
	deaths  []time.Time
	held    map[Tag]int
	ends    map[int]syscall.WaitStatus // of children that have ended and are not reaped
	sent    map[int]bool               // those of them that the daemon was told
	over    bool
	outcome int
}

// arrived is what a daemon has sent.
type arrived struct {
	from    int // number of the daemon
	message message
	fd      int
	err     error
}

// Run starts a daemon and is its keeper until it ends as it should, and returns the exit
// status for this process: that of the daemon, or 128 and the signal that it died of if no
// other follows.
func Run(opt Options) (status int, err error) {
	if err := spawn.BecomeSubreaper(); err != nil {
		return 0, fmt.Errorf("cannot become the parent of orphans: %w", err)
	}
	k := &keeper{
		opt: opt, children: make(chan os.Signal, 1), received: make(chan arrived),
		held: map[Tag]int{}, ends: map[int]syscall.WaitStatus{}, sent: map[int]bool{},
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(k.children, syscall.SIGCHLD)
	signal.Notify(signals, passed...)
	if err := k.start(); err != nil {
		return 0, err
	}
	for !k.over {
		select {
		case sig := <-signals:
			if k.daemon != 0 {
				_ = syscall.Kill(k.daemon, sig.(syscall.Signal))
			}
		case <-k.children:
			k.look()
		case a := <-k.received:
			k.handle(a)
		}
	}
	return k.outcome, nil
}

// start starts a daemon and tells it what is held.
func (k *keeper) start() error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	socket := os.NewFile(uintptr(far), "keeper")
	pid, err := k.opt.Start(socket, k.number > 0)
	_ = socket.Close()
	if err != nil {
		_ = unix.Close(near)
		return fmt.Errorf("cannot start the daemon: %w", err)
	}
	if k.wire, err = newWire(near); err != nil {
		return err
	}
	k.daemon, k.silent, k.serves, k.leaves = pid, false, false, false
	k.number++
	clear(k.sent)
	go k.listen(k.wire, k.number)
	for tag, fd := range k.held {
		_ = k.wire.send(message{kind: held, tag: tag}, fd) // fails if it has died already
	}
	_ = k.wire.send(message{kind: complete}, -1)
	k.report()
	return nil
}

// listen receives what a daemon sends until it is gone.
func (k *keeper) listen(w wire, number int) {
	for {
		m, fd, err := w.receive()
		k.received <- arrived{number, m, fd, err}
		if err != nil {
			return
		}
	}
}

func (k *keeper) handle(a arrived) {
	old := a.from != k.number || k.daemon == 0
	switch {
	case a.err != nil:
		k.silent = k.silent || a.from == k.number // look finds out what has become of it
		return
	case a.message.kind == hold && a.fd >= 0:
		// What a daemon sent before it died counts, too.
		k.drop(func(t Tag) bool { return t == a.message.tag })
		k.held[a.message.tag] = a.fd
		return
	case a.fd >= 0:
		_ = unix.Close(a.fd)
	}
	switch t := a.message.tag; a.message.kind {
	case drop:
		k.drop(func(o Tag) bool { return o.Class == t.Class && o.Owner == t.Owner })
	case told:
		k.reap(a.message.pid)
	case serving:
		k.serves = k.serves || !old
	case leaving:
		k.leaves = k.leaves || !old
	case repeat:
		clear(k.sent)
		k.report()
	case hold, held, complete, ended:
	}
}

func (k *keeper) drop(which func(Tag) bool) {
	for tag, fd := range k.held {
		if which(tag) {
			_ = unix.Close(fd)
			delete(k.held, tag)
		}
	}
}

// look finds the children that have ended.
func (k *keeper) look() {
	if status, has := spawn.Ended(k.daemon); k.daemon != 0 && has {
		k.drain()
		_, _ = syscall.Wait4(k.daemon, nil, 0, nil)
		k.daemon = 0
		k.died(status)
	}
	for _, pid := range spawn.Children() {
		if status, has := spawn.Ended(pid); has && pid != k.daemon {
			k.ends[pid] = status
		}
	}
	k.report()
}

// drain handles what a daemon has sent before it died.
func (k *keeper) drain() {
	for !k.silent {
		k.handle(<-k.received)
	}
}

// report tells the daemon which children have ended. While none ever died, they can only
// be orphans of programs, which nobody waits for.
func (k *keeper) report() {
	for pid, status := range k.ends {
		switch {
		case k.number == 1 && k.daemon != 0:
			k.reap(pid)
		case k.daemon != 0 && !k.sent[pid]:
			k.sent[pid] = true
			_ = k.wire.send(message{kind: ended, pid: pid, status: uint32(status)}, -1)
		}
	}
}

// reap has the system forget a child that has ended.
func (k *keeper) reap(pid int) {
	if _, has := k.ends[pid]; !has {
		return
	}
	_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	delete(k.ends, pid)
	delete(k.sent, pid)
}

// died decides what follows the end of the daemon.
func (k *keeper) died(status syscall.WaitStatus) {
	_ = k.wire.conn.Close()
	k.outcome = status.ExitStatus()
	if status.Signaled() {
		k.outcome = 128 + int(status.Signal())
	}
	if k.over = k.leaves || !k.serves && k.number == 1; k.over {
		return
	}
	what := fmt.Sprintf("supervisord died suddenly (%s)", describe(status))
	now := time.Now()
	k.deaths = append(k.deaths, now)
	for len(k.deaths) > 0 && now.Sub(k.deaths[0]) > deathsIn {
		k.deaths = k.deaths[1:]
	}
	err := errors.New("nothing of its programs is to stay")
	if !k.opt.Kill {
		err = fmt.Errorf("that was the death number %d within %s", len(k.deaths), deathsIn)
		if len(k.deaths) <= mostDeaths {
			k.opt.Log(what + "; another one goes on")
			err = k.start()
		}
	}
	if err != nil {
		k.opt.Log(what + "; killing its programs: " + err.Error())
		killAll()
		k.over = true
	}
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "terminated by " + unix.SignalName(status.Signal())
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}

// killFor is how long killAll goes on.
const killFor = 10 * time.Second

// killAll kills all descendants. Those whose parents die become our children, so that none
// is left in the end; one that hangs in the kernel dies later.
func killAll() {
	for until := time.Now().Add(killFor); time.Now().Before(until); {
		pids := spawn.Children()
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
			_ = syscall.Kill(pid, syscall.SIGKILL)
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
		time.Sleep(time.Millisecond)
	}
}
