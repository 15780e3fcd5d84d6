//go:build !linux

package compat

import "errors"

// lease is not supported: only Linux has leases that an exec waits for.
func lease(string) (release func(), err error) { return nil, errors.ErrUnsupported }

// mountSmall is not supported: other systems do this differently; the tests that need it
// skip with that reason.
func mountSmall(string) (unmount func(), err error) { return nil, errors.ErrUnsupported }
