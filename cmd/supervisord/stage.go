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

// This program executes itself again in some cases: to become a daemon, as Go can't fork (daemonize.go), and to be rid of
// GODEBUG. What the next execution has to know is in one variable of its environment.

// stageVariable is that variable; children never see it.
const stageVariable = "REEVE_STAGE"

// keptVariables would tune this process, but whoever set them in a container meant the programs: an execution that follows
// another gets them through the stage and not from its environment, where the Go runtime would find them.
var keptVariables = []string{"GOGC", "GOMEMLIMIT", "GODEBUG"}

// stage is what an execution got from the one before it.
type stage struct {
	environ []string // what children inherit and %(ENV_X)s knows
	again   bool     // there was one before
	debug   bool     // GODEBUG is set, and the runtime follows it: some of it can't be taken back
	parent  *os.File // tells the process that waits on the terminal that all is well; nil: nobody waits
	handed
}

// handed is the part of a stage that is written down.
type handed struct {
	Parent int      `json:",omitempty"` // descriptor; 0: none
	Name   string   // of the process, for ps and killall
	Kept   []string `json:",omitempty"` // variables
}

// takeStage reads the environment and leaves out of it what is not for us or not for children.
func takeStage() *stage {
	text, again := os.LookupEnv(stageVariable)
	st := &stage{again: again}
	_ = os.Unsetenv(stageVariable)
	if err := json.Unmarshal([]byte(text), &st.handed); err != nil {
		st.again, st.handed = false, handed{} // a stranger's variable of that name
	}
	_ = supervisor.CloseInherited() // the system is too old; then children get what we got
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

// next is the environment for the next execution.
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
	text, _ := json.Marshal(h) // it can't fail
	return append(environ, stageVariable+"="+string(text))
}

func isKept(key string) bool {
	return slices.Contains(keptVariables, key)
}

// reexec executes this program anew in the same process. It returns only on failure.
func (st *stage) reexec(argv []string, h handed) error {
	if st.parent != nil {
		h.Parent = int(st.parent.Fd())
		if _, err := unix.FcntlInt(uintptr(h.Parent), syscall.F_SETFD, 0); err != nil {
			return err
		}
	}
	return supervisor.Reexec(argv, st.next(h))
}

// ready tells the process on the terminal that it may leave. Nobody being there any more is no problem of ours.
func (st *stage) ready() {
	if st.parent != nil {
		_, _ = st.parent.WriteString(readyWord)
		_ = st.parent.Close()
		st.parent = nil
	}
}

// processName is the name that ps shows, so that an execution of /proc/self/exe does not show as "exe".
func processName() string { return filepath.Base(os.Args[0]) }
