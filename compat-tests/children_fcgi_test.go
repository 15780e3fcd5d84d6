package compat

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// childServe NAME says its name to whoever connects to the socket that is its
// descriptor 0, as a FastCGI server accepts. It ends with status 3 if there is none.
func childServe(args []string) int {
	l, err := net.FileListener(os.Stdin)
	if err != nil {
		fmt.Println("no socket as descriptor 0")
		return 3
	}
	fmt.Println("ready")
	for {
		c, err := l.Accept()
		if err != nil {
			return 4
		}
		fmt.Fprintln(c, args[0])
		c.Close()
	}
}

// stepDial connects to a unix:// or tcp:// URL and shows what it says until its end.
func stepDial(in *instance, w *strings.Builder, args []string) error {
	network, address, _ := strings.Cut(args[0], "://")
	c, err := net.DialTimeout(network, address, patience)
	if err != nil {
		errno, _ := errors.AsType[syscall.Errno](err)
		fmt.Fprintln(w, "cannot connect:", errno)
		return nil
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	w.Write(text)
	return err
}
