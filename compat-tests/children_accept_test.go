package compat

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// childAccept serves the sockets that it was given as sd_listen_fds(3) says, and as
// coreos/go-systemd and others do it: they are meant for it only if LISTEN_PID is its own
// pid. Each client gets a line of the name of the socket, our pid and NAME. At SIGTERM it
// serves those that it has accepted, and ends. With `once` it ends after a client.
func childAccept(args []string) int {
	pid, _ := strconv.Atoi(os.Getenv("LISTEN_PID"))
	n, _ := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	if pid != os.Getpid() || n < 1 || len(names) != n {
		fmt.Println("no sockets:", pid, n, names)
		return 3
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	var busy sync.WaitGroup
	var listeners []net.Listener
	for i, name := range names {
		syscall.CloseOnExec(3 + i)
		f := os.NewFile(uintptr(3+i), name)
		l, err := net.FileListener(f)
		if err != nil {
			fmt.Println(err)
			return 4
		}
		f.Close()
		listeners = append(listeners, l)
		busy.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				fmt.Fprintln(c, name, os.Getpid(), strings.Join(args, " "))
				c.Close()
				if len(args) > 1 && args[1] == "once" {
					stop <- syscall.SIGTERM
					return
				}
			}
		})
	}
	fmt.Println("ready")
	<-stop
	for _, l := range listeners {
		// Closing a unix listener would remove its path, which is not ours.
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
		l.Close()
	}
	busy.Wait()
	return 0
}
