package main

import (
	"fmt"
	"os"
	"syscall"

	"reeve/config/userdb"
)

// switchUser makes this process run as uid: it sets the groups, the primary group, then
// the user (fact 109). If the process already runs as that user it does nothing. The
// error's text is upstream's.
func switchUser(uid int) error {
	if os.Getuid() == uid {
		return nil
	}
	if os.Getuid() != 0 {
		return usageText("Can't drop privilege as nonroot user")
	}
	g, err := userdb.Groups(uid)
	if err != nil {
		return usageText(fmt.Sprintf("Can't find uid %d", uid))
	}
	if err := syscall.Setgroups(g.IDs); err != nil {
		return usageText("Could not set groups of effective user")
	}
	if err := syscall.Setgid(g.Primary); err != nil {
		return usageText("Could not set group id of effective user")
	}
	if err := syscall.Setuid(uid); err != nil {
		return usageText("Can't drop privilege: " + err.Error())
	}
	return nil
}

// usageText is an error in upstream's words.
type usageText string

func (e usageText) Error() string { return string(e) }
