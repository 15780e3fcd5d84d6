package compat

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// childPool VERSION NUMBER [broken-from=N] serves HTTP at the socket that it is given, and
// answers VERSION. Once told to leave, it answers what it has accepted. From that number on
// it is broken: it ends at once.
func childPool(args []string) int {
	number, _ := strconv.Atoi(args[1])
	for _, a := range args[2:] {
		if from, ok := strings.CutPrefix(a, "broken-from="); ok {
			if n, _ := strconv.Atoi(from); number >= n {
				return 3
			}
		}
	}
	l, err := net.FileListener(os.NewFile(3, "listen"))
	if err != nil {
		fmt.Println(err)
		return 4
	}
	leave := make(chan os.Signal, 1)
	signal.Notify(leave, syscall.SIGTERM)
	// Shutdown drops connections that were accepted and have not been answered yet. So the
	// listener is closed first, and the connections end when they have their answer.
	var open sync.WaitGroup
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, args[0]) }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Done()
			case http.StateActive, http.StateIdle:
			}
		},
	}
	server.SetKeepAlivesEnabled(false)
	served := make(chan struct{})
	go func() {
		_ = server.Serve(l)
		close(served)
	}()
	fmt.Println("listening")
	<-leave
	_ = l.Close()
	<-served
	open.Wait()
	return 0
}
