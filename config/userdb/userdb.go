// Package userdb looks up users and groups: first in /etc/passwd and /etc/group, then through getent, which knows what the
// system's library knows (LDAP, SSSD) also to a binary without that library. A look-up may block for as long as GetentFor.
package userdb

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ErrUnknown: there is no such user or group.
var ErrUnknown = errors.New("unknown user or group")

// User is an entry of the user database.
type User struct {
	Name     string
	UID, GID int
	Home     string
}

// ByName and ByID look up a user; the error is ErrUnknown or says why the database can't be asked.
func ByName(name string) (User, error) {
	return lookUp("passwd", name, func(f []string) bool { return f[0] == name })
}

// ByID is ByName for a number.
func ByID(uid int) (User, error) {
	id := strconv.Itoa(uid)
	return lookUp("passwd", id, func(f []string) bool { return f[2] == id })
}

func lookUp(database, key string, is func([]string) bool) (User, error) {
	f, err := entry(database, key, 6, is)
	if err != nil {
		return User{}, err
	}
	uid, err1 := strconv.Atoi(f[2])
	gid, err2 := strconv.Atoi(f[3])
	return User{Name: f[0], UID: uid, GID: gid, Home: f[5]}, errors.Join(err1, err2)
}

// GroupByName returns the number of a group.
func GroupByName(name string) (int, error) {
	f, err := entry("group", name, 3, func(f []string) bool { return f[0] == name })
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(f[2])
}

// GroupByID tells whether there is a group of that number.
func GroupByID(gid int) error {
	id := strconv.Itoa(gid)
	_, err := entry("group", id, 3, func(f []string) bool { return f[2] == id })
	return err
}

// Membership are the groups of a user's processes: the primary one, and all with the primary one first (checklist 109).
type Membership struct {
	Primary int
	IDs     []int
}

// Groups looks up the groups of a user.
func Groups(uid int) (Membership, error) {
	u, err := ByID(uid)
	if err != nil {
		return Membership{}, err
	}
	m := Membership{Primary: u.GID, IDs: []int{u.GID}}
	err = eachLine("/etc/group", func(f []string) bool {
		if len(f) > 3 && slices.Contains(strings.Split(f[3], ","), u.Name) {
			m.add(f[2])
		}
		return true
	})
	if ids, ok := getent("initgroups", u.Name); ok {
		m.addAll(ids)
	}
	return m, err
}

// addAll adds the numbers of a line of getent: the user's name, then the groups.
func (m *Membership) addAll(line string) {
	for i, id := range strings.Fields(line) {
		if i > 0 {
			m.add(id)
		}
	}
}

func (m *Membership) add(text string) {
	if id, err := strconv.Atoi(text); err == nil && !slices.Contains(m.IDs, id) {
		m.IDs = append(m.IDs, id)
	}
}

// entry finds a line of a database, with at least so many fields.
func entry(database, key string, fields int, is func([]string) bool) ([]string, error) {
	var found []string
	err := eachLine("/etc/"+database, func(f []string) bool {
		if len(f) >= fields && is(f) {
			found = f
		}
		return found == nil
	})
	if found != nil {
		return found, nil
	}
	if line, ok := getent(database, key); ok {
		// A directory may answer with another spelling of a name. But getent takes digits for a number, even where they are
		// the name that was asked for.
		if f := strings.Split(line, ":"); len(f) >= fields && (is(f) || strings.Trim(key, "+0123456789 \t") != "") {
			return f, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, ErrUnknown
}

// eachLine calls f with the fields of each line of a file until it returns false. A missing file has no lines.
func eachLine(path string, f func(fields []string) bool) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") && !f(strings.Split(line, ":")) {
			return nil
		}
	}
	return lines.Err()
}
