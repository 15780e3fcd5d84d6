package config

import (
	"errors"
	"strings"

	"reeve/config/userdb"
)

// ParseUser reads an existing user, by name or number (fact 54).
func ParseUser(text string) (*User, error) {
	if id, err := ParseInt(text); err == nil {
		u, err := userdb.ByID(id)
		if err != nil {
			return nil, errors.New("Invalid user id " + text)
		}
		return &User{text, uint32(u.UID), uint32(u.GID)}, nil
	}
	u, err := userdb.ByName(text)
	if err != nil {
		return nil, errors.New("Invalid user name " + text)
	}
	return &User{text, uint32(u.UID), uint32(u.GID)}, nil
}

// parseOwner reads USER or USER:GROUP, both existing; without a group, GID is -1.
func parseOwner(text string) (*Owner, error) {
	name, group, has := strings.Cut(text, ":")
	u, err := ParseUser(name)
	if err != nil {
		return nil, err
	}
	owner := &Owner{int(u.UID), -1}
	if !has {
		return owner, nil
	}
	if id, err := ParseInt(group); err == nil {
		if err := userdb.GroupByID(id); err != nil {
			return nil, errors.New("Invalid group id " + group)
		}
		owner.GID = id
		return owner, nil
	}
	if owner.GID, err = userdb.GroupByName(group); err != nil {
		return nil, errors.New("Invalid group name " + group)
	}
	return owner, nil
}
