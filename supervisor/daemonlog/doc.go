// Package daemonlog is the daemon's own log: upstream's line format and levels on top of
// logrus, to a rotating file or to syslog, and to stdout in the foreground (facts
// 134-137: format, echo, syslog, rotation).
//
// Log never blocks, whatever the disk, the terminal or syslog do. Each output has a
// bounded queue (package logfile), drops and counts what does not go through, and says so
// in the log when that starts and when it ends. The lines of one goroutine keep their
// order in every output.
package daemonlog
