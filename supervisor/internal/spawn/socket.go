package spawn

import (
	"os"
)

// SocketSpec says which FastCGI socket to open (checklist 77-80, 167).
type SocketSpec struct {
	// Network is "unix" or "tcp".
	Network string
	// Address is a path, or HOST:PORT.
	Address string
	Backlog int // 0: SOMAXCONN
	// Owner and mode of a unix socket's file.
	Owner *SocketOwner // nil: as created
	Mode  os.FileMode
}

// SocketOwner owns a socket's file. A GID of -1 leaves the group as it is.
type SocketOwner struct{ UID, GID int }
