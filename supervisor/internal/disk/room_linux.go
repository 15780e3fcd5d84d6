package disk

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// plenty is a limit that is no constraint: with an RLIMIT_NPROC this high, the user's
// threads are not even counted.
const plenty = 4096

// threadRoom returns how many more threads the limits permit; limited is false if that is
// no constraint.
func threadRoom() (room int, limited bool) {
	room = plenty
	if limit, ok := userLimit(); ok {
		room = min(room, limit-tasksOf(os.Getuid()))
	}
	for _, folder := range pidsGroups() {
		most, ok := number(folder + "/pids.max")
		now, known := number(folder + "/pids.current")
		if ok && known {
			room = min(room, most-now)
		}
	}
	return max(room, 0), room < plenty
}

// userLimit returns RLIMIT_NPROC if it applies: root is exempt, and plenty or more is no
// constraint.
func userLimit() (limit int, ok bool) {
	var l unix.Rlimit
	if os.Getuid() == 0 || unix.Getrlimit(unix.RLIMIT_NPROC, &l) != nil || l.Cur >= plenty {
		return 0, false
	}
	return int(l.Cur), true
}

// tasksOf counts the threads of a user's processes.
func tasksOf(uid int) (n int) {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		var st unix.Stat_t
		if unix.Stat(folder, &st) != nil || int(st.Uid) != uid {
			continue
		}
		status, _ := os.ReadFile(folder + "/status")
		for row := range bytes.Lines(status) {
			if count, ok := bytes.CutPrefix(row, []byte("Threads:")); ok {
				threads, _ := strconv.Atoi(string(bytes.TrimSpace(count)))
				n += threads
			}
		}
	}
	return n
}

// pidsGroups returns the folders of the cgroups that may limit this process's threads:
// its own and all above, of cgroup v1 and v2. In a container with a cgroup namespace only
// those visible inside count.
func pidsGroups() (folders []string) {
	f, err := os.Open("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	defer f.Close()
	for rows := bufio.NewScanner(f); rows.Scan(); {
		fields := strings.SplitN(rows.Text(), ":", 3)
		if len(fields) < 3 {
			continue
		}
		var root string
		switch {
		case fields[1] == "":
			root = "/sys/fs/cgroup"
		case strings.Contains(","+fields[1]+",", ",pids,"):
			root = "/sys/fs/cgroup/" + fields[1]
		default:
			continue
		}
		for group := filepath.Clean("/" + fields[2]); ; group = filepath.Dir(group) {
			folders = append(folders, filepath.Join(root, group))
			if group == "/" {
				break
			}
		}
	}
	return folders
}

// number reads a file that holds a number; ok is false for "max".
func number(path string) (int, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	return n, err == nil
}
