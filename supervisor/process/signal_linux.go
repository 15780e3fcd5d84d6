package process

import "syscall"

// signalNames are Python's preferred names where a number has several, and the two real-time ones that have one.
var signalNames = map[syscall.Signal]string{
	syscall.SIGABRT: "SIGABRT",
	syscall.SIGCHLD: "SIGCHLD",
	syscall.SIGPOLL: "SIGPOLL",
	syscall.SIGPWR:  "SIGPWR",
	16:              "SIGSTKFLT",
	34:              "SIGRTMIN",
	64:              "SIGRTMAX",
}
