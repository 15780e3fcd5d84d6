package spawn

import (
	"os"
	"syscall"

	"reeve/supervisor/process"
)

// Kernel starts, signals and reaps. Its methods may be called from any goroutine.
type Kernel interface {
	// Start queues a start and never blocks. s must not be changed until its outcome came on Started.
	Start(s *Spec)
	// Started delivers the outcome of each Start, in the order asked except for starts that hang.
	Started() <-chan Started
	// Revoke gives up a start whose outcome was not received yet. Its outcome then comes on Started promptly, with a *StartError
	// of Kind Revoked; a child that comes to be later is killed with its process group and reaped without an Exit, and what the
	// start opened is closed. It does nothing if the outcome was received.
	Revoke(id uint64)
	// Stuck tells once of a start that has hung for a second or longer, before its outcome
	// comes.
	Stuck() <-chan Stuck
	// Signal sends sig to the child pid, or to its process group. A pid that is no live child gives ESRCH, also between
	// its end and the delivery of its Exit, so a pid that was given out again is never hit. Other errors are the system's.
	Signal(pid int, sig syscall.Signal, group bool) error
	// Reap looks whether the child pid, whose Started was received, has ended. If it has, that is its Exit, and it is not
	// delivered again; if not, Reap has made it likely that its end is noticed soon, without a search of all children. It never
	// blocks.
	Reap(pid int) (e Exit, ended bool)
	// Exited delivers the end of each child after its Started, of orphans if this process is pid 1 or a subreaper, and of
	// children that it had before.
	Exited() <-chan Exit
	// Close stops the workers and waits for them. Children are left alone and are not reaped any more. Starts under way are
	// completed or dropped; nothing is delivered after Close. It must not be called while a call of Start is running.
	Close() error
}

// Options are what New needs. The zero value will do.
type Options struct {
	// GroupsOf looks up a user at each start that switches to it (checklist 109). It is called on a worker and may block.
	// ErrNoUser says that there is no such user. Default: the system's user database.
	GroupsOf func(uid uint32) (Groups, error)
	// Children are children that an earlier image of this process started (it replaced itself by execve): they are signalled
	// and reaped as if this Kernel had started them.
	Children []int
}

// Groups are the ids that a user's processes get: the primary group, and all supplementary groups with the primary one first.
type Groups struct {
	GID    uint32
	Groups []uint32
}

// Spec says how to start one child. The child is a process group leader in the daemon's session, with the descriptors 0, 1 and
// 2 only (checklist 160).
type Spec struct {
	ID   uint64 // handed back in Started
	Name string // for messages
	// Argv is the command, split. Argv[0] stays as it is; the file executed is what CheckCommand finds.
	Argv []string
	Path string   // where a command without a slash is looked for, as in $PATH
	Env  []string // the complete environment, "KEY=value"
	Dir  string   // working directory, entered as the target user; "": the daemon's
	// Umask of the child; -1: the daemon's.
	Umask int
	User  *User // nil, or the daemon's own uid: no switch
	// Socket becomes descriptor 0 (FastCGI); there is no stdin pipe then. It stays the caller's, who must not close it before
	// the outcome came.
	Socket      *os.File
	MergeStderr bool // descriptor 2 is the stdout pipe
	// Before is called on a goroutine of its own after the command was checked and before
	// the fork; it opens the log files. Its error fails the start with its text. It may
	// block without holding up other starts, but what blocks in the kernel must run on
	// package disk, or each start that hangs takes a thread. It may still be running, or
	// even begin, after the start was given up.
	Before func() error

	Limits []Rlimit // set before the user switch
	Nice   *int     // nice value to set, before the user switch
}

// User is whom to run as. Supplementary groups are looked up when the child is started.
type User struct{ UID uint32 }

// Rlimit is one resource limit, with the numbers of setrlimit(2).
type Rlimit struct {
	Resource int
	Soft     uint64
	Hard     uint64
}

// Started is the outcome of a start. Without Err there is a child, whose end will be told on Exited.
type Started struct {
	ID  uint64
	Pid int
	// The parent's ends of the pipes, close-on-exec; -1: none. They belong to the receiver.
	Stdin, Stdout, Stderr int
	Err                   error // a *StartError
}

// Stuck tells of a start that hangs.
type Stuck struct {
	ID    uint64
	Where string // in words: "opening its log files"
}

// Exit is the end of a process.
type Exit struct {
	Pid    int
	Status process.Exit
	Orphan bool // not started by the Kernel (checklist 124)
}

// Kind says what kind of failure a StartError is.
type Kind int

const (
	// Other failures have nothing to do with the file.
	Other Kind = iota
	// NoFile: there is no such command (fault 20, NO_FILE).
	NoFile
	// NotExecutable: the command is a directory, or may not be executed (fault 21, NOT_EXECUTABLE).
	NotExecutable
	// Shortage: this process itself lacks descriptors, memory or processes (EMFILE, ENFILE, ENOMEM, EAGAIN), be it in what
	// Spec.Before returned.
	Shortage
	// Revoked: the start was given up.
	Revoked
)

// StartError is why no child came to be. Failures in the child are none: they are reported by the child itself, which then
// exits with 127 (checklist 163).
type StartError struct {
	Kind   Kind
	Reason string // upstream's text (checklist 154)
}

func (e *StartError) Error() string { return e.Reason }
