//go:build !linux

package compat

import "errors"

// lease: only Linux has one that an exec waits for.
func lease(string) (release func(), err error) { return nil, errors.ErrUnsupported }

// mountSmall: other systems have other ways; the tests that need it say that they skip.
func mountSmall(string) (unmount func(), err error) { return nil, errors.ErrUnsupported }
