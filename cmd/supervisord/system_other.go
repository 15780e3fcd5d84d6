//go:build !linux

package main

import "golang.org/x/sys/unix"

// dup makes to a duplicate of from that children inherit.
func dup(from, to int) error { return unix.Dup2(from, to) }

// restoreName does nothing: an execution under its own path keeps the name.
func restoreName(string) {}

// defaultSignals does nothing: the Go runtime ignores SIGUSR1 here.
func defaultSignals() {}
