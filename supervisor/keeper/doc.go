// Package keeper is the parent of a daemon whose sudden death must not cost its programs
// anything (survive_crash), or must not leave any of them (kill_orphans).
//
// A keeper is our own binary, executed again. Its process is the one that others know: it
// has the pid in the pidfile, and passes signals on. It starts the daemon and holds
// duplicates of what must not be closed when that dies: pipes, listening sockets, the
// journal. It is a subreaper (Linux 3.4): programs whose daemon has died become its
// children. It reads nothing that a program or a client has written; all messages on its
// socket are of one fixed size.
//
// When the daemon dies suddenly the keeper starts another one, which is told what is held,
// goes on from the journal, and hears from the keeper when one of its predecessor's
// programs ends. The keeper does not reap such a program before the daemon has noted that,
// so its exit status is never lost, and its pid does not become another process's.
//
// A daemon that ends as it should says so before; then the keeper ends with its status.
package keeper
