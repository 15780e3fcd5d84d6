//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The bare loops are the limits: what the kernel needs for the same children, and nothing
// else.

// argv is the program that the daemons and the bare loops start where any will do: small,
// available everywhere, and it stays.
var argv = []string{"/bin/sleep", "3600"}

// bareStart forks and executes n times, one after the other, with /dev/null as stdio.
func bareStart(n int, argv ...string) (pids []int, s sample, err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, s, err
	}
	defer null.Close()
	fd := null.Fd()
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{fd, fd, fd}}
	pids = make([]int, 0, n)
	s, err = selfMeasured(n, func() error {
		for range n {
			pid, err := syscall.ForkExec(argv[0], argv, attr)
			if err != nil {
				return fmt.Errorf("cannot start %s: %w", argv[0], err)
			}
			pids = append(pids, pid)
		}
		return nil
	})
	if err != nil {
		_, reapErr := bareReap(pids, syscall.SIGKILL)
		err = errors.Join(err, reapErr)
	}
	return pids, s, err
}

// bareReap signals all children and then waits for each.
func bareReap(pids []int, sig syscall.Signal) (sample, error) {
	return selfMeasured(len(pids), func() (err error) {
		for _, pid := range pids {
			err = errors.Join(err, syscall.Kill(pid, sig))
		}
		for _, pid := range pids {
			_, waitErr := wait(pid)
			err = errors.Join(err, waitErr)
		}
		return err
	})
}

// bareReapEach signals one child after the other, and waits for each before the next.
func bareReapEach(pids []int, sig syscall.Signal) (sample, error) {
	return selfMeasured(len(pids), func() (err error) {
		for _, pid := range pids {
			killErr := syscall.Kill(pid, sig)
			_, waitErr := wait(pid)
			err = errors.Join(err, killErr, waitErr)
		}
		return err
	})
}

// bareBoot is a bare start whose children are ended outside the measurement.
func bareBoot(n int, argv ...string) (sample, error) {
	pids, s, err := bareStart(n, argv...)
	if err != nil {
		return s, err
	}
	_, err = bareReap(pids, syscall.SIGKILL)
	return s, err
}

// bareRestarts starts a program that exits at once, and waits for it, again and again.
func bareRestarts(n int, argv ...string) (sample, error) {
	return selfMeasured(n, func() error {
		for range n {
			pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
			if err != nil {
				return err
			}
			if _, err := wait(pid); err != nil {
				return err
			}
		}
		return nil
	})
}

func wait(pid int) (status syscall.WaitStatus, err error) {
	for {
		if _, err = syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			return status, err
		}
	}
}

// selfMeasured measures f in this process.
func selfMeasured(items int, f func() error) (sample, error) {
	before, start := selfUsed(), now()
	err := f()
	wall := now() - start
	return sample{Wall: wall, CPU: selfUsed().sub(before), Items: items}, err
}

func selfUsed() usage { return used(os.Getpid()) }

// becomeSubreaper makes this process the parent of a killed daemon's programs, so that it
// can reap them.
func becomeSubreaper() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// sample is one measurement of a number of items.
type sample struct {
	Wall  time.Duration
	CPU   usage // of the daemon, or of the bare loop
	Items int
}

// rate returns items per second.
func (s sample) rate() float64 { return float64(s.Items) / s.Wall.Seconds() }
