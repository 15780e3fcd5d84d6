package process

import "syscall"

// signalNames are the names that Python prefers where a number has several, and the two
// real-time signals that have a name.
var signalNames = map[syscall.Signal]string{
	syscall.SIGABRT: "SIGABRT",
	syscall.SIGCHLD: "SIGCHLD",
	syscall.SIGPOLL: "SIGPOLL",
	syscall.SIGPWR:  "SIGPWR",
	16:              "SIGSTKFLT",
	34:              "SIGRTMIN",
	64:              "SIGRTMAX",
}
