package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// dup makes to a duplicate of from that children inherit. Linux on arm64 has no dup2.
func dup(from, to int) error { return unix.Dup3(from, to, 0) }

// restoreName restores the process name: after an execution of /proc/self/exe it is
// "exe", and pgrep and killall find nothing.
func restoreName(name string) {
	// Without /proc the name stays as it is.
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0)
}

// memoryFile makes an anonymous, sealed file in memory that holds v as JSON.
func memoryFile(name string, v any) (*os.File, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the %s: %w", name, err)
	}
	fd, err := unix.MemfdCreate("reeve-"+name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("cannot make a file in memory for the %s: %w", name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err = f.Write(text); err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("cannot write the %s: %w", name, err)
	}
	return f, nil
}

// inheritedPath returns a path by which a child can execute a file that it has as
// descriptor fd.
func inheritedPath(_ *os.File, fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }
