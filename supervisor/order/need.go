package order

import (
	"fmt"
	"strings"
)

// Target names what a need waits for. It stands for those processes that match it at the
// moment, so it goes on meaning a group that is removed and added again.
//
//	Program only        all processes of the program, in whatever groups
//	Group only          all processes of the group
//	Group and Process   one process
type Target struct{ Group, Program, Process string }

// String returns the target as depends_on may name it.
func (t Target) String() string {
	switch {
	case t.Program != "":
		return t.Program
	case t.Process == "":
		return t.Group + ":*"
	}
	return display(t.Group, t.Process)
}

// display returns the name of a process as supervisorctl prints it.
func display(group, process string) string {
	if group == process {
		return process
	}
	return group + ":" + process
}

// Need is one dependency of a process.
type Need struct {
	Target    Target
	Condition Condition
}

// String returns the need as depends_on would write it.
func (n Need) String() string { return n.Target.String() + suffix(n.Condition) }

// suffix is how a condition is shown after a name: the default not at all.
func suffix(c Condition) string {
	if c == Ready {
		return ""
	}
	return ":" + c.String()
}

// OnDependency says what happens to a process that runs when something that it needs to
// run stops or dies.
type OnDependency int

// The choices of on_dependency=.
const (
	KeepRunning  OnDependency = iota // nothing
	RestartAfter                     // it is restarted when everything that it needs holds again
	StopToo                          // it is stopped, and stays so
)

var onDependencyNames = []string{KeepRunning: "keep", RestartAfter: "restart", StopToo: "stop"}

// String returns the value of on_dependency=.
func (o OnDependency) String() string { return onDependencyNames[o] }

// ParseOnDependency reads the value of on_dependency=.
func ParseOnDependency(text string) (OnDependency, error) {
	for i, name := range onDependencyNames {
		if text == name {
			return OnDependency(i), nil
		}
	}
	return 0, fmt.Errorf("%s is none of %s", quote(text), strings.Join(onDependencyNames, ", "))
}

func quote(text string) string { return "'" + text + "'" }
