//go:build !linux

package spawn

import "errors"

// BecomeSubreaper is only known on Linux.
func BecomeSubreaper() error { return errors.ErrUnsupported }
