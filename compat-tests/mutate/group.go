package main

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the terminal's signals from a command, so that it ends in an orderly
// way.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup kills what a command that has ended left in its group.
func endGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}
