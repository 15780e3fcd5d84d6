//go:build !linux

package spawn

import "errors"

// BecomeSubreaper always fails: it is implemented only for Linux.
func BecomeSubreaper() error { return errors.ErrUnsupported }
