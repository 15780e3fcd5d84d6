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

// childServe NAME sends its name to each client that connects to the socket on descriptor
// 0, which it accepts from as a FastCGI server does. It ends with status 3 if there is no
// such socket.
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

// stepDial connects to a unix:// or tcp:// URL and shows what the server sends until it
// closes the connection.
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
