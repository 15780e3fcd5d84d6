package disk

import (
	"path/filepath"
	"strings"
	"sync"
)

// learnedMost bounds what is remembered of folders; with more of them it begins again.
const learnedMost = 4096

// learned are the devices of folders, where they are known from a file that was opened there.
var learned = struct {
	sync.Mutex
	folders map[string]string
}{folders: map[string]string{}}

// Learn says that path was found to be on the device of number dev, so that a folder reached through a link counts for the
// device that it is on. The caller has opened it.
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

// ownDevice reports whether a path hangs, if it does, alone: a terminal, a pipe that the daemon inherited.
func ownDevice(path string) bool {
	return strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/") || strings.HasPrefix(path, "/proc/")
}

// mount is a row of the table of mounts.
type mount struct{ point, device string }

// parseMounts reads /proc/self/mountinfo (proc(5)).
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

// unescape undoes what the kernel does to blanks in names.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// deviceAt finds the mount that an absolute and clean path is on: the longest point above it, and of several on one point the
// last, which hides the others.
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
