package keeper

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/spawn"
)

// Options are what Run needs.
type Options struct {
	// Start executes the daemon as a child in a process group of its own, with the socket
	// for Connect. again says that another one has died; program is then what that one was
	// executed from, if it has said so, or -1.
	Start func(socket *os.File, program int, again bool) (pid int, err error)
	// Kill says that nothing may stay when the daemon dies suddenly, instead of going on
	// with another one (kill_orphans).
	Kill bool
	// Log takes a line for whoever looks after the machine. If it is the last one, no
	// daemon will follow that could say it.
	Log func(line string, last bool)
}

// A daemon that dies within settles of having begun to serve, or before, has died at once.
// After mostAtOnce such deaths in a row, one more makes the keeper give up: with each of
// them the state to go on from may be what kills it.
const (
	settles    = time.Second
	mostAtOnce = 5
)

// noDeath is no status of a process.
const noDeath = ^uint32(0)

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
	sends   *sender
	number  int         // of the daemon
	silent  bool        // all that it sent was received
	catches bool        // it catches signals
	waiting []os.Signal // until it does
	serves  time.Time   // since when; zero: it does not
	leaves  bool
	before  uint32 // status of the one before
	atOnce  int    // how many have died at once, in a row
	held    map[Tag]int
	short   bool                       // something of this daemon could not be held, which was said
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
		before: noDeath, held: map[Tag]int{}, ends: map[int]syscall.WaitStatus{}, sent: map[int]bool{},
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
			k.waiting = append(k.waiting, sig)
			k.pass()
		case <-k.children:
			k.look()
		case a := <-k.received:
			k.handle(a)
		}
	}
	return k.outcome, nil
}

// fatal reports whether a daemon that catches no signals yet should rather die of one than
// get it late.
func fatal(sig os.Signal) bool {
	return sig == syscall.SIGTERM || sig == syscall.SIGINT || sig == syscall.SIGQUIT
}

// pass passes signals on. One that does not end the daemon waits until that catches it, and
// if that follows one that has died, so does any: the programs are to be stopped in order.
func (k *keeper) pass() {
	k.waiting = slices.DeleteFunc(k.waiting, func(sig os.Signal) bool {
		if !k.catches && (k.number > 1 || !fatal(sig)) {
			return false
		}
		_ = syscall.Kill(k.daemon, sig.(syscall.Signal))
		return true
	})
}

// start starts a daemon and tells it what is held.
func (k *keeper) start() error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	program, ok := k.held[Tag{Class: Program}]
	if !ok {
		program = -1
	}
	socket := os.NewFile(uintptr(far), "keeper")
	pid, err := k.opt.Start(socket, program, k.number > 0)
	_ = socket.Close()
	if err != nil {
		_ = unix.Close(near)
		return fmt.Errorf("cannot start the daemon: %w", err)
	}
	k.daemon, k.silent, k.catches, k.serves, k.leaves, k.short = pid, false, false, time.Time{}, false, false
	k.number++
	clear(k.sent)
	if k.wire, err = newWire(near); err != nil {
		return err
	}
	go k.listen(k.wire, k.number)
	k.sends = newSender(k.wire)
	// It says nothing, and so drops nothing, before it has received all of this.
	for tag, fd := range k.held {
		_ = k.sends.post(outgoing{message: message{kind: held, tag: tag}, fd: fd, lasts: true})
	}
	k.send(message{kind: complete, status: k.before})
	k.report()
	return nil
}

func (k *keeper) send(m message) { _ = k.sends.post(outgoing{message: m, fd: -1}) }

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
	case a.message.kind == hold && !k.short:
		k.short = true
		k.send(message{kind: short})
		k.opt.Log("the keeper can't hold all that it should, because it has too few descriptors: if supervisord dies, some programs "+
			"lose their output", false)
	case a.fd >= 0:
		_ = unix.Close(a.fd)
	}
	switch t := a.message.tag; a.message.kind {
	case drop:
		k.drop(func(o Tag) bool { return o.Class == t.Class && o.Owner == t.Owner })
	case told:
		if k.reap(a.message.pid); len(k.ends) == 0 {
			k.poke() // there may be some that could not be seen
		}
	case catches:
		if !old {
			k.catches = true
			k.pass()
		}
	case serving:
		if !old {
			k.serves = time.Now()
		}
	case leaving:
		k.leaves = k.leaves || !old
	case repeat:
		clear(k.sent)
		k.report()
	case hold, held, complete, ended, short:
	}
}

// poke has the children looked at once more.
func (k *keeper) poke() {
	select {
	case k.children <- syscall.SIGCHLD:
	default:
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
	for pid, status := range spawn.Zombies() {
		if pid != k.daemon {
			k.ends[pid] = status
		}
	}
	k.report()
}

// drain handles what a daemon has sent before it died. All of that is there, and perhaps no
// end of it: a child that it was about to start may have its end of the socket, and may
// hang.
func (k *keeper) drain() {
	_ = k.wire.conn.SetReadDeadline(time.Unix(1, 0))
	for !k.silent {
		k.handle(<-k.received)
	}
	for {
		m, fd, err := k.wire.receiveNow()
		if err != nil {
			return
		}
		k.handle(arrived{k.number, m, fd, nil})
	}
}

// report tells the daemon which children have ended. While none ever died, they can only
// be orphans of programs, which nobody waits for.
func (k *keeper) report() {
	for pid, status := range k.ends {
		switch {
		case k.number == 1 && k.daemon != 0:
			k.reap(pid)
			k.poke()
		case k.daemon != 0 && !k.sent[pid]:
			k.sent[pid] = true
			k.send(message{kind: ended, pid: pid, status: uint32(status)})
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
	k.sends.end()
	k.outcome = status.ExitStatus()
	if status.Signaled() {
		k.outcome = 128 + int(status.Signal())
	}
	switch {
	case k.leaves:
		k.over = true
		return
	case k.serves.IsZero() && k.number == 1:
		killAll() // of what it may have started nothing is known
		k.over = true
		return
	}
	k.before = uint32(status)
	if k.atOnce++; !k.serves.IsZero() && time.Since(k.serves) >= settles {
		k.atOnce = 0
	}
	what := fmt.Sprintf("supervisord died suddenly (%s)", describe(status))
	var err error
	switch {
	case k.opt.Kill:
		err = errors.New("nothing of its programs is to stay")
	case k.atOnce > mostAtOnce:
		err = fmt.Errorf("%d in a row have died at once", k.atOnce)
	default:
		k.opt.Log(what+"; another one goes on", false)
		err = k.start()
	}
	if err != nil {
		killAll()
		k.opt.Log(what+"; its programs were killed: "+err.Error(), true)
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
