package compat

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// actor has the settings of an actor, from arguments of the form WORD=TEXT.
type actor struct {
	end    string        // the signal that ends it, TERM by default
	status int           // the exit status on that signal
	on     string        // what it does on that signal: exit, or hold (go on)
	life   time.Duration // if not zero: ends by itself after this long
	feeds  *atomic.Bool  // the watchdog is fed; nil: it never was
}

// childActor carries out orders (see stepTell) until it ends, and reports what happens to
// it. Its lines are long, because the oracle holds short output back in capture mode
// (fact 187), and each is one write.
func childActor(args []string) int {
	p := actor{end: "TERM", on: "exit"}
	for _, arg := range args {
		switch name, text, _ := strings.Cut(arg, "="); name {
		case "end":
			p.end = text
		case "on":
			p.on = text
		case "status":
			p.status, _ = strconv.Atoi(text)
		case "life":
			p.life, _ = time.ParseDuration(text)
		case "feeds":
			p.feeds = new(atomic.Bool)
			p.feeds.Store(true)
			go p.feed()
		}
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
	path := actorFile()
	_ = os.Remove(path + ".did") // before anybody can send an order to this process
	orders, err := hears(path)
	if err != nil {
		fmt.Println("cannot hear:", err)
		return 96
	}
	said := make(chan string)
	go lines(os.Stdin, said)
	p.say("ready to do whatever it is told")
	if err := os.WriteFile(path+".pid", []byte(strconv.Itoa(os.Getpid())), 0o666); err != nil {
		return 96
	}
	obeyed := 0
	var end <-chan time.Time
	if p.life > 0 {
		end = time.After(p.life)
	}
	for {
		select {
		case <-end:
			return p.status
		case <-time.After(forever):
			return 98
		case sig := <-signals:
			if p.got(sig) {
				return p.status
			}
		case text := <-said:
			p.say("read from standard input: " + strconv.Quote(text))
		case order := <-orders:
			if order == "pause" {
				p.drain(signals)
			} else if status, ends := p.obey(order); ends {
				return status
			}
			obeyed++
			if err := os.WriteFile(path+".did", []byte(strconv.Itoa(obeyed)), 0o666); err != nil {
				return 96
			}
		}
	}
}

// feed tells the daemon that the program lives, until an order ends that.
func (p actor) feed() {
	for p.feeds.Load() {
		notify(os.Getenv("NOTIFY_SOCKET"), "WATCHDOG=1")
		<-time.After(100 * time.Millisecond)
	}
}

func (actor) say(text string) { _, _ = os.Stdout.WriteString(text + "\n") }

// got reports a signal on stdout and returns whether it is the one that ends the process.
func (p actor) got(sig os.Signal) bool {
	name := unix.SignalName(sig.(syscall.Signal))
	p.say("got " + name + " and noticed it at once")
	return name == "SIG"+p.end && p.on == "exit"
}

// drain handles the signals that are on their way.
func (p actor) drain(signals <-chan os.Signal) {
	for {
		select {
		case sig := <-signals:
			if p.got(sig) {
				os.Exit(p.status)
			}
		case <-time.After(10 * time.Millisecond):
			return
		}
	}
}

// obey carries out one order; ends is true if it is to end the process with status.
func (p actor) obey(order string) (status int, ends bool) {
	verb, rest, _ := strings.Cut(order, " ")
	text, err := strconv.Unquote(`"` + rest + `"`)
	if err != nil {
		text = rest
	}
	switch verb {
	case "exit":
		status, _ = strconv.Atoi(rest)
		return status, true
	case "out":
		_, _ = os.Stdout.WriteString(text)
	case "err":
		_, _ = os.Stderr.WriteString(text)
	case "starve":
		p.feeds.Store(false)
	case "die":
		sig := unix.SignalNum("SIG" + rest)
		signal.Reset(sig)
		_ = syscall.Kill(os.Getpid(), sig)
	case "show": // the environment that the daemon gave it
		dir, _ := os.Getwd()
		mask := syscall.Umask(0)
		syscall.Umask(mask)
		var show strings.Builder
		fmt.Fprintf(&show, "directory %s, umask %03o, arguments %q\n", dir, mask, os.Args[1:])
		for name := range strings.FieldsSeq(rest) {
			value, ok := os.LookupEnv(name)
			fmt.Fprintf(&show, "variable %s=%q %v\n", name, value, ok)
		}
		_, _ = os.Stdout.WriteString(show.String())
	}
	return 0, false
}

// actorFile returns the path of the fifo through which the process gets orders, and makes
// its directory.
func actorFile() string {
	path := actorFileOf(os.Getenv("HOME"), os.Getenv("SUPERVISOR_GROUP_NAME"), os.Getenv("SUPERVISOR_PROCESS_NAME"))
	_ = os.MkdirAll(filepath.Dir(path), 0o777)
	return path
}

func actorFileOf(dir, group, name string) string {
	return filepath.Join(dir, "actors", group+":"+name)
}

// hears opens the fifo and returns the orders that come through it.
func hears(path string) (<-chan string, error) {
	if err := unix.Mkfifo(path, 0o666); err != nil && err != unix.EEXIST {
		return nil, err
	}
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	orders := make(chan string)
	go lines(fifo, orders)
	return orders, nil
}

func lines(from *os.File, to chan<- string) {
	for in := bufio.NewScanner(from); in.Scan(); {
		to <- in.Text()
	}
}

// childEar is childListen with a file that shows when it listens. With -9 only KILL ends
// it.
func childEar(args []string) int {
	if args[0] == "-9" {
		signal.Ignore(syscall.SIGTERM)
		args = args[1:]
	}
	if err := os.WriteFile(actorFile()+".pid", []byte(strconv.Itoa(os.Getpid())), 0o666); err != nil {
		return 96
	}
	return childListen(args)
}

// stepTell gives an actor an order and waits until it was carried out: tell GROUP:NAME
// ORDER.
func stepTell(in *instance, w *strings.Builder, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("tell GROUP:NAME ORDER")
	}
	if !in.tell(filepath.Join(in.dir, "actors", args[0]), args[1]) {
		w.WriteString("(nobody listens)\n")
	}
	return nil
}

func (in *instance) tell(path, order string) bool {
	fifo, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer fifo.Close()
	pid, _ := strconv.Atoi(in.read(path + ".pid"))
	before := in.read(path + ".did")
	_, err = fifo.WriteString(order + "\n")
	in.poll(func() bool {
		if pid == 0 { // it is about to write that file
			pid, _ = strconv.Atoi(in.read(path + ".pid"))
		}
		return err != nil || in.read(path+".did") != before || pid != 0 && !alive(pid)
	})
	return err == nil
}
