package userdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fake is a database of files and, behind getent, a directory server.
func fake(t *testing.T, passwd, group string, server map[string]string) database {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"passwd": passwd, "group": group} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return database{dir: dir, getent: func(database, key string) (string, bool) {
		line, ok := server[database+" "+key]
		return line, ok
	}}
}

const passwd = `# comment
root:x:0:0:root:/root:/bin/sh

broken:x:1
ann:x:1000:1001:Ann:/home/ann:/bin/sh
ann:x:1000:9:shadowed:/nope:/bin/sh
42:x:43:43:a name of digits:/42:/bin/sh
`

const group = `root:x:0:
ann:x:1001:
wheel:x:10:root,ann
audio:x:29:anna,bob
video:x:44:bob,ann
wheel2:x:10:ann
`

func Test054LookUps(t *testing.T) {
	d := fake(t, passwd, group, map[string]string{
		"passwd bob": "bob:*:2000:2001:Bob:/home/bob:/bin/sh", "passwd 2000": "bob:*:2000:2001:Bob:/home/bob:/bin/sh",
		"passwd 7": "lucky:*:2007:7::/:/bin/sh", "group staff": "staff:*:50:bob", "passwd short": "short:*:1",
	})
	for _, c := range []struct {
		key   string
		field int
		want  User
		err   error
	}{
		{"ann", 0, User{"ann", 1000, 1001, "/home/ann"}, nil},
		{"1000", 2, User{"ann", 1000, 1001, "/home/ann"}, nil},
		{"42", 0, User{"42", 43, 43, "/42"}, nil},
		{"42", 2, User{}, ErrUnknown},
		{"bob", 0, User{"bob", 2000, 2001, "/home/bob"}, nil},
		{"2000", 2, User{"bob", 2000, 2001, "/home/bob"}, nil},
		{"7", 0, User{}, ErrUnknown},
		{"short", 0, User{}, ErrUnknown},
		{"broken", 0, User{}, ErrUnknown},
		{"", 0, User{}, ErrUnknown},
		{"nobody", 0, User{}, ErrUnknown},
	} {
		if u, err := d.user(c.key, c.field); u != c.want || !errors.Is(err, c.err) {
			t.Errorf("user %q: got %v, %v, want %v, %v", c.key, u, err, c.want, c.err)
		}
	}
	for key, want := range map[string]int{"wheel": 10, "staff": 50} {
		if id, err := d.group(key, 0); id != want || err != nil {
			t.Errorf("group %s: got %d, %v, want %d", key, id, err, want)
		}
	}
	if _, err := d.group("nope", 0); !errors.Is(err, ErrUnknown) {
		t.Errorf("group nope: %v", err)
	}
}

func Test109GroupsOfAUser(t *testing.T) {
	server := map[string]string{"initgroups ann": "ann                   10 44 77"}
	for _, c := range []struct {
		server map[string]string
		want   []int
	}{{nil, []int{1001, 10, 44}}, {server, []int{1001, 10, 44, 77}}} {
		m, err := fake(t, passwd, group, c.server).groups(1000)
		if err != nil || m.Primary != 1001 || !reflect.DeepEqual(m.IDs, c.want) {
			t.Errorf("got %v, %v, want %v", m, err, c.want)
		}
	}
	if _, err := fake(t, passwd, group, nil).groups(5); !errors.Is(err, ErrUnknown) {
		t.Errorf("of a stranger: %v", err)
	}
}

func TestLongLinesAreRead(t *testing.T) {
	var members []string
	for i := range 20_000 {
		members = append(members, fmt.Sprintf("user%d", i))
	}
	d := fake(t, passwd, "all:x:5:"+strings.Join(members, ",")+"\nlast:x:6:ann\n", nil)
	if id, err := d.group("last", 0); id != 6 || err != nil {
		t.Errorf("got %d, %v", id, err)
	}
}

func TestMissingFilesAreEmpty(t *testing.T) {
	d := database{dir: t.TempDir(), getent: func(string, string) (string, bool) { return "", false }}
	if _, err := d.user("root", 0); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestGetentAnswers(t *testing.T) {
	if _, err := os.Stat("/usr/bin/getent"); err != nil {
		t.Skip("getent is not installed")
	}
	if line, ok := getent("passwd", "root"); !ok || !strings.HasPrefix(line, "root:") {
		t.Errorf("root: %q, %v", line, ok)
	}
	for _, key := range []string{"", "-x", "nobodyatall"} {
		if line, ok := getent("passwd", key); ok {
			t.Errorf("%q: %q", key, line)
		}
	}
}
