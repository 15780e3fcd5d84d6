package spawn

import (
	"syscall"

	"reeve/supervisor/process"
)

// Kernel starts, signals and reaps children. Its methods may be called from any
// goroutine.
type Kernel interface {
	// Start queues a start and never blocks. s must not be changed until its outcome was
	// received from Started.
	Start(s *Spec)
	// Started delivers the outcome of each Start, in the order of the calls except for
	// starts that hang.
	Started() <-chan Started
	// Revoke gives up a start whose outcome was not received yet. Its outcome then comes
	// on Started promptly, with a *StartError of Kind Revoked; a child that is forked
	// nevertheless is killed with its process group and reaped without an Exit, and what
	// the start opened is closed. It does nothing if the outcome was received.
	Revoke(id uint64)
	// Stuck reports, once, a start that has hung for a second or longer, before its
	// outcome comes.
	Stuck() <-chan Stuck
	// Signal sends sig to the child pid, or to its process group. If the pid is not a
	// live child the error is ESRCH, even between its end and the delivery of its Exit,
	// so a reused pid is never signalled. Other errors are the system's.
	Signal(pid int, sig syscall.Signal, group bool) error
	// Reap checks whether the child pid, whose Started was received, has ended. If so, it
	// returns its Exit, which is not delivered again; if not, its end will probably be
	// noticed soon, without a search of all children. It never blocks.
	Reap(pid int) (e Exit, ended bool)
	// Exited delivers the end of each child, after its Started; of orphans, if this
	// process is pid 1 or a subreaper; and of children that the process had before.
	Exited() <-chan Exit
	// Close stops the workers and waits for them. Children live on and are no longer
	// reaped. Starts in progress are completed or dropped; those that were revoked leave
	// no child, unless they hang. Nothing is delivered after Close. It must not be called
	// while a call of Start is running.
	Close() error
	// HandOver is Close for a Kernel that another one follows in this process. Starts whose
	// outcome was not received are lost; the caller waits for them, or revokes them.
	HandOver() Handed
}

// Options are what New needs. The zero value is valid.
type Options struct {
	// GroupsOf looks up a user at each start that switches to it (fact 109: groups of the
	// user). It is called on a worker of package disk and may block. The error is
	// ErrNoUser if there is no such user. Default: the system's user database.
	GroupsOf func(uid uint32) (Groups, error)
	// Keeper is the parent of this process, and by now of what its predecessors have left;
	// nil: there is none.
	Keeper Keeper
	// Witness is called when a child has ended, before its status is taken from the
	// system. It is called under a lock and must not block; nil: nobody wants to know.
	Witness func(pid int, e process.Exit)
	// Making is called before the fork of a start with Spec.Witnessed, with our ends of
	// its pipes, and Made after it, as soon as the pid is known. They must not block;
	// nil: nobody wants to know.
	// Gone is called when nothing is left of such a start that was given up, or its child
	// was killed.
	Making func(pipes Started) error
	Made   func(id uint64, pid int)
	Gone   func(id uint64)
	// Handed is what the Kernel before left in this process, perhaps before an execve.
	Handed Handed
}

// Keeper reaps the children of a daemon that has died, for the one that follows.
type Keeper interface {
	// Ended reports children that have ended.
	Ended() <-chan KeptExit
	// Told says that the end of a child was noted. Only then its pid may be used again.
	Told(pid int)
	// Gone is closed when the Keeper is gone.
	Gone() <-chan struct{}
}

// KeptExit is the end of a child of a Keeper.
type KeptExit struct {
	Pid    int
	Status syscall.WaitStatus
}

// Groups are the group ids of a user's processes: the primary group, and all
// supplementary groups with the primary one first.
type Groups struct {
	GID    uint32
	Groups []uint32
}

// Spec says how to start one child. The child is a process group leader in the daemon's
// session, with only the descriptors 0, 1 and 2 (fact 160), Listen and Extra.
type Spec struct {
	ID   uint64 // handed back in Started
	Name string // for messages
	// Argv is the command, split. Argv[0] is passed on unchanged; the file executed is
	// the one that CheckCommand finds.
	Argv []string
	// Own executes the daemon's own binary, whatever Argv says.
	Own  bool
	Path string   // directories for a command without a slash, as in $PATH
	Env  []string // the complete environment, "KEY=value"
	Dir  string   // working directory, entered as the target user; "": the daemon's
	// Umask of the child; -1: the daemon's.
	Umask int
	User  *User // nil, or the daemon's own uid: no switch
	// Socket becomes descriptor 0 (FastCGI); there is no stdin pipe then. It stays the
	// caller's, who must not close it before the outcome was received.
	Socket *Socket
	// Listen are sockets that become the descriptors from 3 on, as systemd passes them;
	// LISTEN_PID is added to Env. They stay the caller's, as Socket does.
	Listen      []*Socket
	MergeStderr bool // descriptor 2 is the stdout pipe
	// Extra is the number, from 3 on and behind Listen, at which the child has the write
	// end of one more pipe; 0: none.
	Extra int
	// Before is called on its own goroutine after the command was checked and before the
	// fork; it opens the log files. Its error fails the start, with its text. It may
	// block without delaying other starts, but what blocks in the kernel must run on
	// package disk, or each start that hangs takes a thread. It may still be running, or
	// even begin, after the start was revoked.
	Before func() error

	// Witnessed has Options.Making and Made called for this start.
	Witnessed bool

	Limits []Rlimit // set before the user switch
	Nice   *int     // nice value to set, before the user switch
}

// User is the user to run as. Supplementary groups are looked up when the child is
// started.
type User struct{ UID uint32 }

// Rlimit is one resource limit, with the numbers of setrlimit(2).
type Rlimit struct {
	Resource int
	Soft     uint64
	Hard     uint64
}

// Started is the outcome of a start. Without Err there is a child, whose end will be
// delivered on Exited.
type Started struct {
	ID  uint64
	Pid int
	// The parent's ends of the pipes, close-on-exec; -1: none. They belong to the
	// receiver.
	Stdin, Stdout, Stderr int
	Extra                 int   // of Spec.Extra
	Err                   error // a *StartError
}

// Stuck reports a start that hangs.
type Stuck struct {
	ID    uint64
	Where string // in words: "opening its log files"
}

// Exit is the end of a process.
type Exit struct {
	Pid    int
	Status process.Exit
	Orphan bool // not started by the Kernel (fact 124: an unknown pid is logged)
}

// Kind is the kind of a failed start.
type Kind int

const (
	// Other failures have nothing to do with the file.
	Other Kind = iota
	// NoFile: there is no such command (fault 20, NO_FILE).
	NoFile
	// NotExecutable: the command is a directory, or may not be executed (fault 21,
	// NOT_EXECUTABLE).
	NotExecutable
	// Shortage: this process itself lacks descriptors, memory or processes (EMFILE,
	// ENFILE, ENOMEM, EAGAIN) or workers (disk.ErrBusy), even if that is the error that
	// Spec.Before returned.
	Shortage
	// Revoked: the start was given up.
	Revoked
)

// StartError is why there is no child. A failure in the child is not a StartError: the
// child reports it itself and exits with 127 (fact 163: failures in the child).
type StartError struct {
	Kind   Kind
	Reason string // upstream's text (fact 154: spawnerr)
}

func (e *StartError) Error() string { return e.Reason }
