package process

import (
	"fmt"
	"strconv"
	"syscall"
)

// Exit is how a child ended.
type Exit struct {
	Code   int            // -1: ended by a signal (fact 147)
	Signal syscall.Signal // 0: ended by itself
	Core   bool
	Raw    uint32 // the wait status, printed for causes without a name
}

// ExitOf decodes a wait status.
func ExitOf(ws syscall.WaitStatus) Exit {
	e := Exit{Code: -1, Raw: uint32(ws)}
	switch {
	case ws.Exited():
		e.Code = ws.ExitStatus()
	case ws.Signaled():
		e.Signal, e.Core = ws.Signal(), ws.CoreDump()
	}
	return e
}

// ShellStatus returns the end as a shell's $? shows it: the exit status, or 128 and the
// number of the signal.
func (e Exit) ShellStatus() int {
	if e.Signal != 0 {
		return 128 + int(e.Signal)
	}
	return max(e.Code, 0)
}

// String returns the wait status in the words of the main log (fact 155).
func (e Exit) String() string {
	switch {
	case e.Code >= 0:
		return "exit status " + strconv.Itoa(e.Code)
	case e.Signal == 0:
		return fmt.Sprintf("unknown termination cause %#04x", e.Raw)
	}
	text := "terminated by " + SignalName(e.Signal)
	if e.Core {
		text += " (core dumped)"
	}
	return text
}
