package compat

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// server stands in for nginx, gunicorn, celery and the like in the real_* scripts. Words
// of the form OPTION=VALUE are its options; the other words are arguments of the real
// program, and are shown.
type server struct {
	name    string
	args    []string                  // the other words of the command line
	leave   map[syscall.Signal]int    // exit status for each signal that ends it
	crash   string                    // FILE:STATUS: ends with STATUS once FILE exists
	drain   string                    // FILE: once told to leave, waits for FILE first
	listen  string                    // URL (unix://, tcp://): sends its name to clients
	worker  string                    // FILE: has a child, whose pid is in FILE
	pid     string                    // FILE: writes its pid there
	env     []string                  // variables to show
	options map[string]func(v string) // setter of each option
}

func newServer(name string) *server {
	s := &server{name: name, leave: map[syscall.Signal]int{}}
	s.options = map[string]func(string){
		"crash":  func(v string) { s.crash = v },
		"drain":  func(v string) { s.drain = v },
		"listen": func(v string) { s.listen = v },
		"pid":    func(v string) { s.pid = v },
		"worker": func(v string) { s.worker = v },
		"env":    func(v string) { s.env = strings.Split(v, ",") },
		"leave": func(v string) { // SIGNAL:STATUS
			sig, status, _ := strings.Cut(v, ":")
			s.leave[signalNamed(sig).(syscall.Signal)], _ = strconv.Atoi(status)
		},
	}
	return s
}

// childServer NAME [OPTION=VALUE | WORD]… serves until a signal or a file ends it.
// Without leave= TERM, INT and QUIT end it with status 0; it reports other signals.
func childServer(args []string) int {
	s := newServer(args[0])
	for _, arg := range args[1:] {
		key, val, _ := strings.Cut(arg, "=")
		if set := s.options[key]; set != nil {
			set(val)
		} else {
			s.args = append(s.args, arg)
		}
	}
	if len(s.leave) == 0 {
		s.leave = map[syscall.Signal]int{syscall.SIGTERM: 0, syscall.SIGINT: 0, syscall.SIGQUIT: 0}
	}
	return s.run()
}

func (s *server) run() int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGINT, syscall.SIGQUIT)
	if err := errors.Join(s.open(), s.fork()); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
		return 1
	}
	if s.pid != "" {
		_ = os.WriteFile(s.pid, fmt.Appendln(nil, os.Getpid()), 0o644)
	}
	fmt.Fprintf(os.Stderr, "%s: [notice] starting up\n", s.name)
	if len(s.args) > 0 {
		fmt.Printf("%s: arguments %q\n", s.name, s.args)
	}
	for _, name := range s.env {
		val, ok := os.LookupEnv(name)
		fmt.Printf("%s: %s is %q %v\n", s.name, name, val, ok)
	}
	fmt.Printf("%s: ready\n", s.name)
	ended := make(chan int, 1)
	if file, status, ok := strings.Cut(s.crash, ":"); ok {
		go func() { ended <- exitWhen([]string{file, status}) }()
	}
	for {
		select {
		case status := <-ended:
			fmt.Fprintf(os.Stderr, "%s: fatal error\n", s.name)
			return status
		case sig := <-signals:
			status, leaves := s.leave[sig.(syscall.Signal)]
			if !leaves {
				fmt.Printf("%s: %v taken\n", s.name, sig)
				continue
			}
			fmt.Printf("%s: %v, leaving\n", s.name, sig)
			if s.drain != "" {
				exitWhen([]string{s.drain})
				fmt.Printf("%s: work done\n", s.name)
			}
			return status
		}
	}
}

// open starts to accept clients on the server's address.
func (s *server) open() error {
	network, address, ok := strings.Cut(s.listen, "://")
	if !ok {
		return nil
	}
	if network == "unix" {
		remove(address)
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(c, s.name)
			c.Close()
		}
	}()
	return nil
}

// fork starts the worker, which ends only by a signal of its own or when its end file
// appears.
func (s *server) fork() error {
	if s.worker == "" {
		return nil
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe, "child", "exit-on", s.worker+".end", "0")
	if err := cmd.Start(); err != nil {
		return err
	}
	return os.WriteFile(s.worker, fmt.Appendln(nil, cmd.Process.Pid), 0o644)
}
