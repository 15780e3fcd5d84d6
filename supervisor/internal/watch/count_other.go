//go:build !linux

package watch

import "errors"

type name struct{}

func namesOf([]int) ([]name, error) {
	return nil, errors.New("connections can't be counted on this system")
}

func count([]name) (int, error) { return 0, nil }
