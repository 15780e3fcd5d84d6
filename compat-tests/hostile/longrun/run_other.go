//go:build !linux

package longrun

import (
	"context"
	"errors"
	"time"
)

// AsChild is for Linux.
const AsChild = "as-child"

// Options are what a run is asked for.
type Options struct {
	For, Life  time.Duration
	Seed       uint64
	Race, Keep bool
	Out        func(format string, args ...any)
}

// Run refuses: it looks at /proc, and the daemon's keeper is for Linux.
func Run(context.Context, Options) (bool, error) {
	return false, errors.New("the long run is for Linux")
}

// Child refuses.
func Child([]string) { panic("the long run is for Linux") }
