package spawn

import (
	"errors"
	"os"
	"syscall"

	"reeve/supervisor/internal/disk"
)

// maxPacket bounds what the starter is sent at once; a plan that doesn't fit goes as a
// file. What waits in a starter's socket fits into any socket's buffer.
const maxPacket = 16 << 10

// usersPlace stands for the user database on package disk: what hangs there is a
// directory server, and no disk's share of the workers is to be used up by it.
const usersPlace = "/proc/users"

// prepare does all that may block, and hands the start back.
func (k *kernel) prepare(s *start) {
	if err := k.check(s); err != nil {
		s.closeAll()
		s.result.Err = err
	}
	k.post(s)
}

// check carries out the steps of a start up to the fork; see checklist 154 for what can
// go wrong.
func (k *kernel) check(s *start) *StartError {
	spec := s.spec
	s.at.Store(checking)
	file, serr := checkCommand(spec.Argv, spec.Path, disk.Do)
	if serr != nil {
		return serr
	}
	s.at.Store(opening)
	if spec.Before != nil {
		if err := spec.Before(); err != nil {
			return &StartError{kindOf(err), err.Error()}
		}
	}
	s.at.Store(lookingUp)
	s.plan = plan{
		File: file, Argv: spec.Argv, Env: spec.Env, Dir: spec.Dir, Umask: spec.Umask,
		Limits: spec.Limits, Nice: spec.Nice,
	}
	if u := spec.User; u != nil {
		var err error
		if s.plan.Switch, err = k.identity(u.UID); err != nil {
			return &StartError{Shortage, err.Error()}
		}
	}
	s.shim = k.shims || s.plan.special()
	if err := s.pipes(); err != nil {
		return pipeError(spec.Name, err)
	}
	if err := s.encode(); err != nil {
		return forkError(spec.Name, err)
	}
	return nil
}

// encode puts the plan into a packet or a file.
func (s *start) encode() (err error) {
	s.packet = s.plan.append(make([]byte, 0, 4096))
	if len(s.packet) > maxPacket {
		s.file, err = dataFile(s.packet)
		s.packet = nil
	}
	return err
}

// identity is what a switch to uid takes; nil if it takes nothing. What forbids the
// switch is for the child to say; the error is that nobody can look now.
func (k *kernel) identity(uid uint32) (*identity, error) {
	id := &identity{UID: uid}
	groups, err := k.groups.of(uid)
	switch {
	case errors.Is(err, disk.ErrBusy):
		return nil, err
	case errors.Is(err, ErrNoUser):
		id.Refusal = "Can't find uid " + utoa(uid)
	case os.Getuid() == int(uid):
		return nil, nil
	case os.Getuid() != 0:
		id.Refusal = "Can't drop privilege as nonroot user"
	case err != nil:
		id.Refusal = err.Error()
	}
	id.Groups = groups
	return id, nil
}

func pipeError(name string, err error) *StartError {
	if errors.Is(err, syscall.EMFILE) {
		return &StartError{Shortage, "too many open files to spawn '" + name + "'"}
	}
	return &StartError{kindOf(err), "unknown error making dispatchers for '" + name + "': " + errnoOf(err)}
}

func forkError(name string, err error) *StartError {
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return &StartError{Shortage, "Too many processes in process table to spawn '" + name + "'"}
	case errors.Is(err, syscall.EMFILE):
		return &StartError{Shortage, "too many open files to spawn '" + name + "'"}
	}
	return &StartError{kindOf(err), "unknown error during fork for '" + name + "': " + errnoOf(err)}
}

// kindOf is Shortage if err comes from what this process lacks.
func kindOf(err error) Kind {
	for _, lack := range [...]error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EAGAIN, disk.ErrBusy} {
		if errors.Is(err, lack) {
			return Shortage
		}
	}
	return Other
}

// errnoOf names the error of the system inside err.
func errnoOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errnoName(errno)
	}
	return err.Error()
}
