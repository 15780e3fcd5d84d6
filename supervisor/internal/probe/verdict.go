package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/disk"
)

// verdict says what the error of a look means.
func verdict(ctx context.Context, j *job, err error) (check.Outcome, string) {
	if err == nil {
		return check.Success, ""
	}
	if scarce(err) {
		return check.Inconclusive, text(err)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return check.Failure, "there is no host " + e.Name
		}
		// A dead name server says nothing about the program.
		return check.Inconclusive, "cannot look up " + e.Name
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return check.Failure, "no answer within " + round(j.Timeout)
	}
	return check.Failure, text(err)
}

// scarce reports whether the daemon itself lacks what a look needs.
func scarce(err error) bool {
	for _, lack := range [...]error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, disk.ErrBusy,
		syscall.EADDRNOTAVAIL, // no local port is free
	} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}

// text returns the words of the system's error inside err, without what was done, which
// the target says.
func text(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	if errors.Is(err, io.EOF) {
		return "the connection was closed without an answer"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	return printable(strings.TrimPrefix(err.Error(), "net/http: HTTP/1.x transport connection broken: "))
}

// longestText bounds what is said about a failed look.
const longestText = 200

// printable makes a text that others have a part in fit for a terminal.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	for len(text) > longestText {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

func round(d time.Duration) string {
	if d > time.Second {
		d = d.Round(100 * time.Millisecond)
	} else {
		d = d.Round(time.Millisecond)
	}
	return d.String()
}
