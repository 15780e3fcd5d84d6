//go:build !linux

package health

const (
	notifies = false
	abstract = false
	// longestSocket is the size of sun_path without the final NUL, on BSD and macOS.
	longestSocket = 103
)
