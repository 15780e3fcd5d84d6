// Package daemonlog is the daemon's own log: upstream's line format and levels on top of logrus, to a rotating file or to syslog,
// and to stdout in the foreground (checklist 134-137).
//
// Log never blocks, whatever the disk, the terminal or syslog do: each output has a bounded queue (package logfile), drops and
// counts what does not go through, and says so in the log once when it begins and once when it is over. Lines of one goroutine
// keep their order in every output.
package daemonlog
