package spawn

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"reeve/config/pytext"
)

// planFD is the descriptor from which the shim reads its plan.
const planFD = 3

// notSpawned is the last line of a child that could not execute its program,
// exitNotSpawned its status (fact 163: failures in the child).
const (
	notSpawned     = "supervisor: child process was not spawned\n"
	exitNotSpawned = 127
)

// shimMain carries out, in the child, its plan step by step, in upstream's order (fact
// 160): limits, user, directory, umask, program. The first step that fails is reported on
// descriptor 2. Only this process waits for a file system that hangs.
func shimMain() {
	runtime.LockOSThread() // the nice value belongs to a thread
	data, err := readData(planFD)
	if err != nil {
		childFailed("couldn't read the start's plan: " + err.Error())
	}
	p, err := decodePlan(data)
	if err != nil {
		childFailed("couldn't read the start's plan: " + err.Error())
	}
	childFailed(p.carryOut())
}

// carryOut returns only if a step fails, and then says which.
func (p *plan) carryOut() string {
	for _, l := range p.Limits {
		lim := makeRlimit(l)
		if err := syscall.Setrlimit(l.Resource, &lim); err != nil {
			return fmt.Sprintf("couldn't set resource limit %d: %s", l.Resource, errnoName(err))
		}
	}
	if p.Nice != nil {
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, *p.Nice); err != nil {
			return fmt.Sprintf("couldn't set nice value %d: %s", *p.Nice, errnoName(err))
		}
	}
	for i := range p.Sockets { // they are one behind, because of the plan
		if err := moveFD(planFD+1+i, firstListen+i); err != nil {
			return fmt.Sprintf("couldn't pass on descriptor %d: %s", firstListen+i, errnoName(err))
		}
	}
	if p.Extra > 0 {
		if err := moveFD(planFD+1+p.Sockets, p.Extra); err != nil {
			return fmt.Sprintf("couldn't pass on descriptor %d: %s", p.Extra, errnoName(err))
		}
	}
	if p.Switch != nil {
		if reason := p.Switch.become(); reason != "" {
			return fmt.Sprintf("couldn't setuid to %d: %s", p.Switch.UID, reason)
		}
	}
	if p.Dir != "" {
		if err := syscall.Chdir(p.Dir); err != nil {
			return fmt.Sprintf("couldn't chdir to %s: %s", p.Dir, errnoName(err))
		}
	}
	if p.Umask >= 0 {
		syscall.Umask(p.Umask)
	}
	if p.Sockets > 0 {
		p.Env = append(withoutVar(p.Env, listenPid), listenPid+strconv.Itoa(os.Getpid()))
	}
	err := syscall.Exec(p.File, p.Argv, p.Env)
	return fmt.Sprintf("couldn't exec %s: %s", p.Argv[0], errnoName(err))
}

// firstListen is the number of the first descriptor of Spec.Listen, and listenPid the
// variable by which a program knows that they are meant for it (sd_listen_fds(3)).
const (
	firstListen = 3
	listenPid   = "LISTEN_PID="
)

func withoutVar(env []string, prefix string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, prefix) })
}

// become switches the user. It returns upstream's text for what prevents that, or "".
func (id *identity) become() string {
	if id.Refusal != "" {
		return id.Refusal
	}
	groups := make([]int, len(id.Groups.Groups))
	for i, g := range id.Groups.Groups {
		groups[i] = int(g)
	}
	if syscall.Setgroups(groups) != nil {
		return "Could not set groups of effective user"
	}
	if syscall.Setgid(int(id.Groups.GID)) != nil {
		return "Could not set group id of effective user"
	}
	if err := syscall.Setuid(int(id.UID)); err != nil {
		return errnoName(err)
	}
	return ""
}

// childFailed writes the reason to stderr and ends the child.
func childFailed(reason string) {
	os.Stderr.WriteString(failure(reason))
	os.Exit(exitNotSpawned)
}

// failure returns what a child writes that could not execute its program.
func failure(reason string) string { return "supervisor: " + reason + "\n" + notSpawned }

// errnoName returns the name of a system error, as Python's errno.errorcode does.
func errnoName(err error) string {
	if errno, ok := err.(syscall.Errno); ok {
		return pytext.ErrnoName(errno)
	}
	return err.Error()
}
