package spawn

import (
	"errors"
	"os"
	"syscall"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/rescue"
)

// maxPacket bounds one request to the starter, in bytes; a plan that doesn't fit is sent
// as a file. So what waits in a starter's socket fits in any socket buffer.
const maxPacket = 16 << 10

// usersPlace stands for the user database in package disk: it hangs because of a
// directory server, and must not use up any disk's share of the workers.
const usersPlace = "/proc/users"

// prepare does everything that may block, and returns the start to the loop.
func (k *kernel) prepare(s *start) {
	err := &StartError{Reason: internalError}
	rescue.Run("the preparation of a start", func() { err = k.check(s) })
	if err != nil {
		s.closeAll()
		s.result.Err = err
	}
	k.post(s)
}

// internalError is the reason why a start failed that made us panic.
const internalError = "supervisord failed while it prepared the start"

// check carries out the steps of a start up to the fork. Errors have upstream's spawnerr
// texts (fact 154).
func (k *kernel) check(s *start) *StartError {
	spec := s.spec
	s.at.Store(checking)
	file, serr := spec.file()
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
		Limits: spec.Limits, Nice: spec.Nice, Extra: spec.Extra, Sockets: len(spec.Listen),
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
	if spec.Witnessed && k.opt.Making != nil {
		if err := k.opt.Making(s.result); err != nil {
			return pipeError(spec.Name, err)
		}
	}
	if err := s.encode(); err != nil {
		return forkError(spec.Name, err)
	}
	return nil
}

// file returns the file to execute.
func (s *Spec) file() (string, *StartError) {
	if !s.Own {
		return checkCommand(s.Argv, s.Path, disk.Do)
	}
	file, err := ownBinary()
	if err != nil {
		return "", &StartError{Other, "cannot find the binary of supervisord: " + err.Error()}
	}
	return file, nil
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

// identity returns what a switch to uid needs; nil if no switch is needed. If the switch
// is impossible, Refusal lets the child report that; an error means that the look-up was
// refused for now.
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

// kindOf returns Shortage if err is due to a lack of resources in this process, else
// Other.
func kindOf(err error) Kind {
	for _, lack := range [...]error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EAGAIN, disk.ErrBusy} {
		if errors.Is(err, lack) {
			return Shortage
		}
	}
	return Other
}

// errnoOf returns the name of the system's error inside err, or err's text.
func errnoOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errnoName(errno)
	}
	return err.Error()
}
