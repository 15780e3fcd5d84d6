package disk

import (
	"path/filepath"
	"strings"
	"sync"
)

// learnedMost bounds the number of folders remembered; when it is reached, all are
// forgotten.
const learnedMost = 4096

// learned holds the devices of folders, as far as they are known from files opened there.
var learned = struct {
	sync.Mutex
	folders map[string]string
}{folders: map[string]string{}}

// Learn records that path, which the caller has opened, is on the device with number dev.
// A folder reached through a link then counts for the device that it is on.
func Learn(path string, dev uint64) {
	device := deviceName(dev)
	if device == "" || ownDevice(path) {
		return
	}
	learned.Lock()
	defer learned.Unlock()
	if len(learned.folders) >= learnedMost {
		clear(learned.folders)
	}
	learned.folders[filepath.Dir(path)] = device
}

// whereIs finds the device of a path without touching it.
func whereIs(path string) place {
	if ownDevice(path) {
		return place{path, path}
	}
	folder := filepath.Dir(path)
	learned.Lock()
	device, known := learned.folders[folder]
	learned.Unlock()
	if !known {
		device = mounted(path)
	}
	if device == "" {
		device = folder
	}
	return place{device, path}
}

// ownDevice reports whether a path is a device of its own, so that if it hangs, it hangs
// alone: a terminal, a pipe that the daemon inherited.
func ownDevice(path string) bool {
	return strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/") || strings.HasPrefix(path, "/proc/")
}

// mount is a row of the mount table.
type mount struct{ point, device string }

// parseMounts parses the text of /proc/self/mountinfo (proc(5)); malformed lines are
// skipped.
func parseMounts(table string) (mounts []mount) {
	for row := range strings.Lines(table) {
		fields := strings.Fields(row)
		if len(fields) < 5 {
			continue
		}
		mounts = append(mounts, mount{unescape.Replace(fields[4]), fields[2]})
	}
	return mounts
}

// unescape undoes the kernel's escaping of white space and backslashes in names.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// deviceAt returns the device that an absolute, clean path is on: that of the longest
// mount point above it, and of several mounts on one point, that of the last, which hides
// the others.
func deviceAt(mounts []mount, path string) (device string) {
	longest := -1
	for _, m := range mounts {
		if len(m.point) >= longest && under(m.point, path) {
			longest, device = len(m.point), m.device
		}
	}
	return device
}

func under(point, path string) bool {
	rest, ok := strings.CutPrefix(path, point)
	return ok && (rest == "" || point == "/" || rest[0] == '/')
}
