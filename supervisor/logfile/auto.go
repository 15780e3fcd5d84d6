package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"reeve/supervisor/safefile"
)

// autoLetters are the characters of the random part of an AUTO name.
const autoLetters = "abcdefghijklmnopqrstuvwxyz0123456789_"

// CreateAuto creates the log file of one channel ("stdout" or "stderr") of a process
// whose logfile is AUTO, with mode 0600, and returns its absolute path (fact 176: AUTO
// logs).
func CreateAuto(dir, process, channel, identifier string) (path string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("cannot create a log file in %s: %w", dir, err)
	}
	for range 1000 {
		path = filepath.Join(dir, fmt.Sprintf("%s-%s---%s-%s.log", process, channel, identifier, randomName()))
		// Every program's first start waits for two of these, so without the cost of an
		// os.File.
		fd, err := safefile.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL|syscall.O_NOFOLLOW, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("cannot create log file %s: %w", path, cause(err))
		}
		return path, syscall.Close(fd)
	}
	return "", fmt.Errorf("cannot create log file %s: %w", path, fs.ErrExist)
}

// randomName returns eight random letters.
func randomName() string {
	var name [8]byte
	for i := range name {
		name[i] = autoLetters[rand.IntN(len(autoLetters))]
	}
	return string(name[:])
}

// CleanAuto removes the AUTO files that earlier runs under identifier left in dir (fact
// 177: cleanup of AUTO logs at start). failed are the paths that could not be removed
// ("Failed to clean up"); err means that dir can't be listed ("Could not clear childlog
// dir").
func CleanAuto(dir, identifier string) (failed []string, err error) {
	d, err := safefile.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot list %s: %w", dir, cause(err))
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("cannot list %s: %w", dir, cause(err))
	}
	slices.Sort(names)
	// Upstream's pattern ends in optional parts and is anchored only at its start, so
	// those parts make no difference.
	auto := regexp.MustCompile(`^.+?---` + regexp.QuoteMeta(identifier) + `-\S+\.log`)
	for _, name := range names {
		if !auto.MatchString(name) {
			continue
		}
		if err := unix.Unlinkat(int(d.Fd()), name, 0); err != nil && err != unix.ENOENT {
			failed = append(failed, filepath.Join(dir, name))
		}
	}
	return failed, nil
}
