package safefile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// other is a user who owns directories in these tests.
const other = 65534

// world makes a directory of root's with `own` of root, `home` of another user, a sticky
// `tmp`, and `own/victim`, a file of root's that must not change.
func world(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the rules are for root")
	}
	dir := t.TempDir()
	for _, name := range []string{"own", "home", "home/logs", "home/deep", "home/deep/er"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o755))
		if strings.HasPrefix(name, "home") {
			must(t, os.Chown(filepath.Join(dir, name), other, other))
		}
	}
	must(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o755))
	must(t, os.Chmod(filepath.Join(dir, "tmp"), 0o777|fs.ModeSticky))
	must(t, os.WriteFile(filepath.Join(dir, "own/victim"), []byte("victim\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "home/mine"), nil, 0o644))
	must(t, os.Chown(filepath.Join(dir, "home/mine"), other, other))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// symlink makes a symbolic link that belongs to uid. $ in target stands for the world
// directory.
func symlink(t *testing.T, dir, name, target string, uid int) {
	t.Helper()
	must(t, os.Symlink(strings.ReplaceAll(target, "$", dir), filepath.Join(dir, name)))
	must(t, os.Lchown(filepath.Join(dir, name), uid, uid))
}

type madeLink struct {
	name, target string
	uid          int
}

func TestLinks(t *testing.T) {
	for _, c := range []struct {
		name    string
		links   []madeLink
		open    string
		refused string // part of the error; empty: it is opened
	}{
		{"none", nil, "home/logs/log", ""},
		{"root's", []madeLink{{"home/log", "$/own/victim", 0}}, "home/log", ""},
		{"root's, to nothing yet", []madeLink{{"own/log", "new", 0}}, "own/log", ""},
		{"root's directory", []madeLink{{"home/logs/d", "$/own", 0}}, "home/logs/d/victim", ""},
		{"another's file", []madeLink{{"home/log", "$/own/victim", other}}, "home/log", "/home/log is a symbolic link of user 65534"},
		{"another's, to nothing yet", []madeLink{{"home/log", "$/own/new", other}}, "home/log", "is a symbolic link of user 65534"},
		{"another's directory", []madeLink{{"home/d", "../own", other}}, "home/d/victim", "/home/d is a symbolic link of user 65534"},
		{"another's in a sticky directory", []madeLink{{"tmp/log", "$/own/victim", other}}, "tmp/log", "user 65534"},
		{"another's from a sticky directory to an own one", []madeLink{{"tmp/d", "$/home", other}}, "tmp/d/log", "user 65534"},
		{"another's behind root's", []madeLink{{"own/log", "$/home/log", 0}, {"home/log", "../own/victim", other}}, "own/log", "user 65534"},
		{"root's behind another's", []madeLink{{"home/log", "$/own/log", other}, {"own/log", "victim", 0}}, "home/log", "user 65534"},
		{"another's own directory", []madeLink{{"home/current", "deep/er", other}}, "home/current/log", ""},
		{"another's own file", []madeLink{{"home/log", "./deep/../logs//log", other}}, "home/log", ""},
		{"two users'", []madeLink{{"home/a", "b", other}, {"home/b", "logs", 1}}, "home/a/log", "user 1,"},
		{"another's to a directory of root's in a home", []madeLink{{"home/a", "$/home/root", other}}, "home/a/log", "no such file"},
		{"/dev/stdout", []madeLink{{"own/log", "/dev/stdout", 0}}, "own/log", ""},
		{"/proc/self/fd", nil, "/proc/self/fd/1", ""},
		{"another's to /proc", []madeLink{{"home/log", "/proc/self/fd/1", other}}, "home/log", "user 65534"},
		{"a circle", []madeLink{{"own/a", "b", 0}, {"own/b", "a", 0}}, "own/a", "too many levels"},
		{"through a file", nil, "own/victim/log", "not a directory"},
		{"a directory", nil, "own", "is a directory"},
		{"a directory by a link", []madeLink{{"own/d", "$/home", 0}}, "own/d/", "is a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := world(t)
			for _, l := range c.links {
				symlink(t, dir, l.name, l.target, l.uid)
			}
			path := c.open
			if !strings.HasPrefix(path, "/") {
				path = dir + "/" + path
			}
			f, err := OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|unix.O_NONBLOCK, 0o644)
			if err == nil {
				f.Close()
			}
			if err == nil != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%v, want %q", err, c.refused)
			}
			if _, err := os.Lstat(dir + "/own/new"); err == nil && strings.HasPrefix(c.name, "another") {
				t.Error("a file came to be where the other user wanted it")
			}
		})
	}
}

func TestHardLinks(t *testing.T) {
	for _, c := range []struct {
		old, name string
		dirMode   fs.FileMode
		refused   bool
	}{
		{"own/victim", "own/log", 0o755, false},
		{"own/victim", "own/log", 0o775, true},
		{"own/victim", "home/log", 0o755, true},
		{"home/mine", "home/log", 0o755, false},
		{"home/mine", "home/log", 0o775, true},
		{"own/victim", "tmp/log", 0o777 | fs.ModeSticky, true},
	} {
		dir := world(t)
		must(t, os.Link(dir+"/"+c.old, dir+"/"+c.name))
		must(t, os.Chmod(filepath.Dir(dir+"/"+c.name), c.dirMode))
		f, err := OpenFile(dir+"/"+c.name, os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			f.Close()
		}
		if c.refused != (err != nil && strings.Contains(err.Error(), "has 2 hard links")) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestRenameAndRemoveStayInTheDirectory(t *testing.T) {
	dir := world(t)
	symlink(t, dir, "home/d", "../own", other)
	if err := Remove(dir + "/home/d/victim"); err == nil {
		t.Error("removed through the link of another user")
	}
	if err := Truncate(dir + "/home/d/victim"); err == nil {
		t.Error("emptied through the link of another user")
	}
	d, name, err := Parent(dir + "/home/logs/log")
	must(t, err)
	defer d.Close()
	must(t, os.WriteFile(dir+"/home/logs/log", nil, 0o644))
	must(t, os.Rename(dir+"/home/logs", dir+"/home/moved"))
	symlink(t, dir, "home/logs", "../own", other)
	must(t, d.Rename(name, "victim"))
	must(t, d.Remove("victim"))
	if text, err := os.ReadFile(dir + "/own/victim"); string(text) != "victim\n" {
		t.Errorf("the victim is %q, %v", text, err)
	}
	must(t, Truncate(dir+"/own/victim"))
	must(t, Remove(dir+"/own/victim"))
}

// A socket's file gets its mode and owner even if its name stands for something else by
// then.
func TestSocketFileIsReplaced(t *testing.T) {
	dir := world(t)
	before, err := os.Stat(dir + "/own/victim")
	must(t, err)
	for _, swapped := range []bool{false, true} {
		where := dir + "/home/logs/"
		if !swapped {
			where = dir + "/own/"
		}
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		d, name, err := Parent(where + "sock")
		must(t, err)
		defer d.Close()
		file, err := d.Bind(fd, name)
		must(t, err)
		defer file.Close()
		is := where + name
		if swapped {
			is = where + "moved"
			must(t, os.Rename(where+name, is))
			symlink(t, dir, "home/logs/sock", "../../own/victim", other)
		}
		must(t, file.Chmod(name, 0o640))
		must(t, file.Chown(name, other, -1))
		info, err := os.Lstat(is)
		must(t, err)
		if uid := info.Sys().(*syscall.Stat_t).Uid; info.Mode() != fs.ModeSocket|0o640 || uid != other {
			t.Errorf("%s has mode %v and owner %d", is, info.Mode(), uid)
		}
	}
	after, err := os.Stat(dir + "/own/victim")
	must(t, err)
	if before.Mode() != after.Mode() || after.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("the victim has mode %v, had %v", after.Mode(), before.Mode())
	}
}

// Without openat2, as in some sandboxes, paths can be opened too.
func TestOpenBySteps(t *testing.T) {
	dir := world(t)
	for _, path := range []string{dir + "/home/logs/log", dir + "//own/./victim", "/dev/null", "/dev/stdout"} {
		fd, err := openBySteps(path, unix.O_WRONLY|unix.O_APPEND|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
		if err != nil {
			t.Error(path, err)
			continue
		}
		unix.Close(fd)
	}
	t.Chdir(dir)
	fd, err := openBySteps("own/../home/mine", unix.O_RDONLY, 0)
	must(t, err)
	unix.Close(fd)
}
