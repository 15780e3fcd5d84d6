// Package probe looks whether programs answer: it carries out what package check asks
// for. It has no opinion about the result.
//
// # Where the work is done
//
// A probe is a goroutine while it runs, and nothing before and after: there is none for a
// program that waits for its next check. The probes of a kind that run at once are
// bounded (see kinds), so that programs which hang do not use up the daemon's descriptors
// and threads; the rest wait in the order in which they were asked for. A machine asks
// for one at a time, so the order is a fair one. Those of programs whose last probe took
// all its time get half of the room, and others pass them by: a hundred servers that hang
// delay the rest once, by one timeout. The kinds do not wait for each other.
//
//   - tcp, http, https: the runtime's poller, no thread. Names are looked up by Go's own
//     resolver, also without a thread. A connection is used once and closed. Redirects
//     are not followed, no proxy is used, and of an answer only the begin is read.
//   - unix, file: a path may lead to a dead mount, so they run on package disk.
//   - exec: package spawn starts the command. Only the loop may talk to its Kernel, since
//     the outcomes of all starts come to the loop; see below.
//
// Every probe is answered on Reports within its timeout, which counts from the moment
// when it is its turn, unless it is cancelled. Reports is unbuffered, and nothing but
// delivery waits for its reader.
//
// # Certificates
//
// The certificate of an https target is not verified, as with probes of Kubernetes: the
// question is whether the program answers, and a program that is asked as 127.0.0.1
// rarely has a certificate for that name. Nothing secret is sent: package health refuses
// passwords in URLs. Who wants the certificate checked uses exec:curl.
//
// # Commands
//
// The loop's part in an exec probe, with a number for its start as for any other:
//
//	Start   kernel.Start(Spec(…)), where the first Spec is what a start of the program
//	        would use, without log files and sockets
//	Revoke  kernel.Revoke
//	Kernel.Started, Stuck   with that number go to Started, or are ignored
//	Kernel.Exited   goes to Exited, which reports whether it was a probe's
//
// The rest happens here: stdin is closed, what the command prints is read to its end and
// the last 4 KiB kept; at the timeout the command is killed with its process group. One
// that does not die of that (it hangs in the kernel) is forgotten but for its pid; its
// program gets no further command until it is gone.
package probe
