package main

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"reeve/config/pytext"
	"reeve/rpc/client"
)

// resultError is upstream's ValueError for a fault for which an action has no text.
type resultError struct {
	code int
	name string
}

func (e *resultError) Error() string {
	return fmt.Sprintf("Unknown result code %d for %s", e.code, e.name)
}

// valueError is Python's exception for an argument that cannot be parsed.
type valueError string

func (e valueError) Error() string { return string(e) }

// errorLine renders an error that no action handles the way upstream renders an exception
// (fact 268). Scripts look for the leading `error: ` and for the fault code and text.
// Where upstream names the source file and line, ours prints `supervisorctl` and 0.
func errorLine(err error) string {
	class, text := pythonError(err)
	return fmt.Sprintf("error: <class '%s'>, %s: file: supervisorctl line: 0", class, text)
}

// errorClasses are the Python exceptions that an errno is raised as.
var errorClasses = map[syscall.Errno]string{
	syscall.ECONNREFUSED: "ConnectionRefusedError",
	syscall.ECONNRESET:   "ConnectionResetError",
	syscall.ECONNABORTED: "ConnectionAbortedError",
	syscall.EPIPE:        "BrokenPipeError",
	syscall.ENOENT:       "FileNotFoundError",
	syscall.ENOTDIR:      "NotADirectoryError",
	syscall.EACCES:       "PermissionError",
	syscall.EPERM:        "PermissionError",
	syscall.ETIMEDOUT:    "TimeoutError",
	syscall.EAGAIN:       "BlockingIOError",
}

// pythonError returns an error's class and text in Python.
func pythonError(err error) (class, text string) {
	if fault, ok := errors.AsType[*client.Fault](err); ok {
		return "xmlrpc.client.Fault", fmt.Sprintf("<Fault %d: %s>", fault.Code, pytext.Repr(fault.Text))
	}
	if e, ok := errors.AsType[*client.HTTPError](err); ok {
		return "xmlrpc.client.ProtocolError", fmt.Sprintf("<ProtocolError for 127.0.0.1%s: %d %s>", e.Path, e.Code, e.Reason)
	}
	if e, ok := errors.AsType[*client.URLError](err); ok {
		if e.Reason != client.UnknownProtocol {
			return "ValueError", e.Error()
		}
		return "ValueError", "Unknown protocol for serverurl " + e.URL
	}
	if e, ok := errors.AsType[*client.ReplyError](err); ok {
		return "xml.parsers.expat.ExpatError", e.Error()
	}
	if e, ok := errors.AsType[*client.TransportError](err); ok {
		return transportClass(e)
	}
	if e, ok := errors.AsType[*resultError](err); ok {
		return "ValueError", e.Error()
	}
	if e, ok := errors.AsType[valueError](err); ok {
		return "ValueError", e.Error()
	}
	if errors.Is(err, errNoPassword) {
		return "EOFError", ""
	}
	if errors.Is(err, io.EOF) {
		return "EOFError", "EOF when reading a line"
	}
	return "Exception", err.Error()
}

func transportClass(e *client.TransportError) (class, text string) {
	switch e.Kind {
	case client.Resolve:
		return "socket.gaierror", "[Errno -2] Name or service not known"
	case client.TooLong:
		return "OSError", "AF_UNIX path too long"
	case client.Closed:
		return "http.client.RemoteDisconnected", "Remote end closed connection without response"
	}
	if e.Errno == 0 {
		return "OSError", e.Err.Error()
	}
	class, ok := errorClasses[e.Errno]
	if !ok {
		class = "OSError"
	}
	return class, pytext.OSError(e.Errno)
}

func asFault(err error) (code int, text string, ok bool) {
	fault, ok := errors.AsType[*client.Fault](err)
	if !ok {
		return 0, "", false
	}
	return fault.Code, fault.Text, true
}

func asHTTPError(err error) (*client.HTTPError, bool) { return errors.AsType[*client.HTTPError](err) }
