//go:build !linux

package spawn

import "syscall"

// birth returns 0: there is no keeper here.
func birth(int) instant { return 0 }

// Ended always reports that a child lives: see look.
func Ended(pid int) (ws syscall.WaitStatus, ended bool) { return look(pid) }

// Zombies returns nil.
func Zombies() map[int]syscall.WaitStatus { return nil }

// Children returns nil.
func Children() []int { return nil }

// Dead reports whether a process has ended and is reaped.
func Dead(pid int) bool { return !Exists(pid) }

// FindStrays finds nothing: there is no keeper here.
func FindStrays(int, []int, []Stray) map[int]int { return nil }
