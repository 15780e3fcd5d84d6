package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"reeve/supervisor"
)

// This program executes itself again in two cases: to become a daemon, because Go cannot
// fork (daemonize.go), and to get rid of GODEBUG. State for the next execution is passed
// in one variable of its environment.

// stageVariable is that variable; children never see it.
const stageVariable = "REEVE_STAGE"

// keptVariables would tune this process, but whoever set them in a container meant the
// programs. The next execution gets them through the stage and not from its environment,
// where the Go runtime would find them.
var keptVariables = []string{"GOGC", "GOMEMLIMIT", "GODEBUG"}

// stage is the state that an execution got from the one before it.
type stage struct {
	environ []string // what children inherit and what %(ENV_X)s refers to
	again   bool     // there was an earlier execution
	// debug says that GODEBUG is set and the runtime follows it; part of that cannot be
	// undone.
	debug bool
	// parent is the pipe to the process that waits on the terminal; nil: none waits.
	parent *os.File
	// inherited are the descriptors that the execution before has left open.
	inherited []int
	handed
}

// handed is the part of a stage that is passed on as JSON.
type handed struct {
	Parent int      `json:",omitempty"` // descriptor; 0: none
	Name   string   // of the process, for ps and killall
	Kept   []string `json:",omitempty"` // the keptVariables, as KEY=value

	// Handover is the descriptor of what the program before has left, or of a question;
	// 0: none. Before is that of the program before. Failed is why a program that was to
	// follow has not.
	Handover int    `json:",omitempty"`
	Before   int    `json:",omitempty"`
	Failed   string `json:",omitempty"`
	// Signals were received by the executions before and are not handled yet.
	Signals []syscall.Signal `json:",omitempty"`
	// Keeper is the descriptor of the connection to the keeper; 0: there is none. Again
	// says that a daemon of it has died.
	Keeper int  `json:",omitempty"`
	Again  bool `json:",omitempty"`
}

// goesOn reports whether this program goes on from what another one has left.
func (h *handed) goesOn() bool { return h.Handover != 0 && h.Before+len(h.Failed) > 0 }

// goesOn is the same for a stage that was not read yet.
func goesOn(text string) bool {
	var h handed
	return json.Unmarshal([]byte(text), &h) == nil && h.goesOn()
}

// takeStage reads the environment, and removes the variables that are not meant for us or
// not for children.
func takeStage() *stage {
	text, again := os.LookupEnv(stageVariable)
	st := &stage{again: again}
	_ = os.Unsetenv(stageVariable)
	if err := json.Unmarshal([]byte(text), &st.handed); err != nil {
		// Someone else's variable of that name.
		st.again, st.handed = false, handed{}
	}
	// This fails on an old system; then children inherit the descriptors that we got.
	st.inherited, _ = supervisor.CloseInherited()
	if st.Parent > 2 {
		unix.CloseOnExec(st.Parent)
		st.parent = os.NewFile(uintptr(st.Parent), "parent")
	}
	if st.again {
		restoreName(st.Name)
	} else {
		st.Name = processName()
	}
	st.environ = coerceLocale(append(os.Environ(), st.Kept...), localeInstalled)
	st.debug = !st.again && os.Getenv("GODEBUG") != ""
	for _, name := range keptVariables {
		_ = os.Unsetenv(name)
	}
	return st
}

// next returns the environment for the next execution.
func (st *stage) next(h handed) []string {
	h.Name = st.Name
	var environ []string
	for _, v := range st.environ {
		if key, _, _ := strings.Cut(v, "="); isKept(key) {
			h.Kept = append(h.Kept, v)
			continue
		}
		environ = append(environ, v)
	}
	text, _ := json.Marshal(h) // cannot fail
	return append(environ, stageVariable+"="+string(text))
}

func isKept(key string) bool {
	return slices.Contains(keptVariables, key)
}

// reexec executes this program again in the same process. It returns only on failure.
func (st *stage) reexec(argv []string, h handed) error {
	if st.parent != nil {
		h.Parent = int(st.parent.Fd())
		if _, err := unix.FcntlInt(uintptr(h.Parent), syscall.F_SETFD, 0); err != nil {
			return err
		}
	}
	return supervisor.Reexec(argv, st.next(h))
}

// ready lets the process on the terminal exit. It does not matter if that is already
// gone.
func (st *stage) ready() {
	if st.parent != nil {
		_, _ = st.parent.WriteString(readyWord)
		_ = st.parent.Close()
		st.parent = nil
	}
}

// processName is the name for ps, so that an execution of /proc/self/exe is not shown as
// "exe".
func processName() string { return filepath.Base(os.Args[0]) }
