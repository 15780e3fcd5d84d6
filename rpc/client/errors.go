package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"reeve/rpc/api"
)

// Fault is the daemon's refusal of a call.
type Fault struct {
	Code api.Code
	Text string // `NAME` or `NAME: detail`
}

func (f *Fault) Error() string { return fmt.Sprintf("fault %d: %s", f.Code, f.Text) }

// FaultCode returns the code of the *Fault in err, or 0 if there is none.
func FaultCode(err error) int {
	if fault, ok := errors.AsType[*Fault](err); ok {
		return fault.Code
	}
	return 0
}

// UnknownProtocol is the reason for a URL with another scheme.
const UnknownProtocol = "unknown protocol"

// URLError means that a server URL cannot be used to connect.
type URLError struct {
	URL, Reason string
}

func (e *URLError) Error() string {
	return fmt.Sprintf("cannot use the server URL %s: %s", e.URL, e.Reason)
}

// HTTPError is an error below XML-RPC: 401 for wrong credentials, 404 for an unknown log,
// 500 for a defect of the daemon.
type HTTPError struct {
	Path   string
	Code   int
	Reason string // as in the answer's status line
}

func (e *HTTPError) Error() string {
	return fmt.Sprintf("cannot read %s: status code %d %s", e.Path, e.Code, e.Reason)
}

// ReplyError means that the answer was not XML-RPC, or not of the type that the method
// returns.
type ReplyError struct {
	Method, Reason string
}

func (e *ReplyError) Error() string {
	return fmt.Sprintf("cannot decode the reply to %s: %s", e.Method, e.Reason)
}

// Kind is the reason why no answer came.
type Kind int

// The kinds of TransportError.
const (
	Other      Kind = iota // see the text
	Errno                  // any errno that has no kind of its own
	Refused                // nobody listens: stale socket, plain file, closed port
	NoSuchFile             // the socket file is missing
	Permission             // the socket file exists, but access is denied
	Resolve                // the host name is unknown
	TooLong                // the socket's path is longer than the system allows
	Closed                 // the daemon closed the connection before it answered
)

// TransportError means that the daemon could not be reached or did not answer.
type TransportError struct {
	URL   string
	Kind  Kind
	Errno syscall.Errno // 0 if the system gave none
	Err   error
}

func (e *TransportError) Error() string { return fmt.Sprintf("cannot talk to %s: %v", e.URL, e.Err) }

func (e *TransportError) Unwrap() error { return e.Err }

// transportError classifies an error of the HTTP client. If ctx has ended, it returns the
// context's own error.
func transportError(ctx context.Context, url string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &TransportError{URL: url, Err: err}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		e.Errno = errno
	}
	_, isResolve := errors.AsType[*net.DNSError](err)
	switch {
	case isResolve:
		e.Kind = Resolve
	case e.Errno == syscall.ECONNREFUSED:
		e.Kind = Refused
	case e.Errno == syscall.ENOENT:
		e.Kind = NoSuchFile
	case e.Errno == syscall.EINVAL && strings.HasPrefix(url, "unix:"):
		// This is what the net package returns for a path that does not fit into
		// sun_path.
		e.Kind, e.Errno = TooLong, 0
	case errors.Is(err, os.ErrPermission):
		e.Kind = Permission
	case e.Errno != 0:
		e.Kind = Errno
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Kind = Closed
	}
	return e
}
