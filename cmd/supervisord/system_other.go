//go:build !linux

package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// dup makes to a duplicate of from that children inherit.
func dup(from, to int) error { return unix.Dup2(from, to) }

// restoreName does nothing: an execution under its own path keeps the name.
func restoreName(string) {}

// memoryFile fails: what is in it must not get to a disk, and there is nothing else here.
func memoryFile(name string, v any) (*os.File, error) {
	return nil, fmt.Errorf("cannot make a file in memory for the %s: %w", name, errors.ErrUnsupported)
}

func inheritedPath(f *os.File, _ int) string { return f.Name() }
