//go:build !linux

package main

import "syscall"

const userSignal = syscall.SIGKILL // SIGUSR1 is ignored here
