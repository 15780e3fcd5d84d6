package health

const (
	// notifies: the kernel says which process sent a datagram (SCM_CREDENTIALS).
	notifies = true
	// abstract: unix sockets may have a name that is no path.
	abstract = true
	// longestSocket is the size of sun_path without the final NUL.
	longestSocket = 107
)
