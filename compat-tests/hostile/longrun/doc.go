// Package longrun carries out what package plot decides, and has package judge say what
// was wrong with it: a daemon, two builds of it that replace each other, programs that
// write, end, hang and fork, clients, faults, kills.
//
// The programs are this binary, executed again (child_linux.go). What they do they note
// where the daemon has no hand in it (slot_linux.go), so that at the end of a round
// (settle_linux.go) each line, each start and each end can be held against that.
package longrun
