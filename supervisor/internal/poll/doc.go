// Package poll waits until descriptors are ready.
package poll
