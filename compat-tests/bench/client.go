//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
)

// conn is a client's connection. It does as little as possible (prepared requests,
// blocking system calls, no parsing beyond the length), so that what is measured is the
// server.
type conn struct {
	fd  int
	buf []byte
}

func dial(path string) (*conn, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	c := &conn{fd: fd, buf: make([]byte, 8<<10)}
	limit := syscall.Timeval{Sec: 180}
	err = errors.Join(
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit),
		syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}),
	)
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *conn) close() { syscall.Close(c.fd) }

// request returns the bytes of a whole request for a method with text parameters.
func request(method string, params ...string) []byte {
	var s strings.Builder
	for _, p := range params {
		s.WriteString("<param><value><string>" + p + "</string></value></param>")
	}
	return post("supervisor."+method, s.String())
}

func post(method, params string) []byte {
	body := "<?xml version='1.0'?><methodCall><methodName>" + method + "</methodName><params>" + params + "</params></methodCall>"
	return fmt.Appendf(nil, "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// call sends a request and returns the body of the reply, which is valid until the next
// call.
func (c *conn) call(request []byte) ([]byte, error) {
	if err := c.send(request); err != nil {
		return nil, err
	}
	got, body, want := 0, 0, -1
	for want < 0 || got < body+want {
		if got == len(c.buf) {
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		}
		n, err := c.Read(c.buf[got:])
		if err != nil {
			return nil, err
		}
		got += n
		if want >= 0 {
			continue
		}
		if end := bytes.Index(c.buf[:got], []byte("\r\n\r\n")); end >= 0 {
			body = end + 4
			if want, err = contentLength(c.buf[:body]); err != nil {
				return nil, err
			}
			if missing := body + want - len(c.buf); missing > 0 {
				c.buf = append(c.buf, make([]byte, missing)...)
			}
		}
	}
	return c.buf[body : body+want], nil
}

func (c *conn) send(requests []byte) error {
	for len(requests) > 0 {
		n, err := syscall.Write(c.fd, requests)
		if err != nil && err != syscall.EINTR {
			return err
		}
		requests = requests[max(n, 0):]
	}
	return nil
}

// Read reads what has arrived of the replies. The end of the connection is an error.
func (c *conn) Read(p []byte) (int, error) {
	for {
		n, err := syscall.Read(c.fd, p)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, errors.New("the connection was closed before the reply ended")
		}
		return n, nil
	}
}

// pipeline sends n requests without waiting, while it reads the replies, each of which
// has to be True.
func (c *conn) pipeline(requests []byte, n int) error {
	sent := make(chan error, 1)
	go func() { sent <- c.send(requests) }()
	in := bufio.NewReader(c)
	for i := range n {
		body, err := readReply(in)
		if err == nil && !bytes.Contains(body, []byte("<boolean>1</boolean>")) {
			err = fmt.Errorf("the reply is %q", body)
		}
		if err != nil {
			_ = syscall.Shutdown(c.fd, syscall.SHUT_RDWR) // ends the sending, too
			return fmt.Errorf("call %d: %w", i, errors.Join(err, <-sent))
		}
	}
	return <-sent
}

// readReply reads one reply from a stream of them.
func readReply(in *bufio.Reader) ([]byte, error) {
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		head = append(head, line...)
	}
	size, err := contentLength(head)
	if err != nil {
		return nil, err
	}
	body := make([]byte, size)
	_, err = io.ReadFull(in, body)
	return body, err
}

func contentLength(head []byte) (int, error) {
	if line, _, _ := bytes.Cut(head, []byte("\r\n")); !bytes.Contains(line, []byte(" 200 ")) {
		return 0, fmt.Errorf("the reply is %q", line)
	}
	for line := range bytes.Lines(head) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			return strconv.Atoi(string(bytes.TrimSpace(value)))
		}
	}
	return 0, fmt.Errorf("the reply has no length: %q", head)
}
