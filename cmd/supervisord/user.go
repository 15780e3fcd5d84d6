package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"reeve/config/userdb"
)

// switchUser makes this process run as uid: its groups, then the primary group, then the user (checklist 109). Being that user
// already is a success. The error's text is upstream's.
func switchUser(uid int) error {
	if os.Getuid() == uid {
		return nil
	}
	if os.Getuid() != 0 {
		return errors.New("Can't drop privilege as nonroot user")
	}
	g, err := userdb.Groups(uid)
	if err != nil {
		return fmt.Errorf("Can't find uid %d", uid)
	}
	if err := syscall.Setgroups(g.IDs); err != nil {
		return errors.New("Could not set groups of effective user")
	}
	if err := syscall.Setgid(g.Primary); err != nil {
		return errors.New("Could not set group id of effective user")
	}
	if err := syscall.Setuid(uid); err != nil {
		return fmt.Errorf("Can't drop privilege: %w", err)
	}
	return nil
}
