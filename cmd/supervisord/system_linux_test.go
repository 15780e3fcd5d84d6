package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

const userSignal = syscall.SIGUSR1

func Test123UserSignalKills(t *testing.T) {
	cmd := exec.Command(testBinary(t))
	cmd.Env = append(os.Environ(), playVariable+"=user1")
	var exit *exec.ExitError
	err := cmd.Run()
	if !errors.As(err, &exit) {
		t.Fatalf("error %v, want a death by SIGUSR1", err)
	}
	if ws := exit.Sys().(syscall.WaitStatus); ws.Signal() != syscall.SIGUSR1 {
		t.Errorf("died of %v, want SIGUSR1", err)
	}
}
