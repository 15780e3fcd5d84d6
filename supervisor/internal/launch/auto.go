package launch

import (
	"fmt"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/logfile"
	"reeve/supervisor/safefile"
)

// GroupLogs are the log files of a group's processes, by process name.
type GroupLogs struct {
	Paths map[string]Logs
	files []string // those that were created
}

// ResolveLogs resolves the log files of processes and creates those named AUTO in dir
// (fact 176: AUTO logs). It waits for the disk.
func ResolveLogs(dir, identifier string, processes []*config.Process) (*GroupLogs, error) {
	logs := &GroupLogs{Paths: make(map[string]Logs, len(processes))}
	for _, p := range processes {
		paths := Logs{p.Stdout.File, p.Stderr.File}
		for _, auto := range []struct {
			config  *config.LogConfig
			channel string
			path    *string
		}{{&p.Stdout, "stdout", &paths.Stdout}, {&p.Stderr, "stderr", &paths.Stderr}} {
			if !auto.config.Auto {
				continue
			}
			path, err := logfile.CreateAuto(dir, p.Name, auto.channel, identifier)
			if err != nil {
				logs.Remove()
				return nil, fmt.Errorf("cannot create the %s log of %s: %w", auto.channel, p.Name, err)
			}
			*auto.path = path
			logs.files = append(logs.files, path)
		}
		logs.Paths[p.Name] = paths
	}
	return logs, nil
}

// TryLogs calls ResolveLogs on the threads of package disk, for a request: a disk that
// hangs costs the request no thread, and too many requests for one disk
// are refused.
func TryLogs(dir, identifier string, processes []*config.Process) (logs *GroupLogs, err error) {
	err = disk.Try(dir+"/auto", func() (err error) {
		logs, err = ResolveLogs(dir, identifier, processes)
		return err
	})
	return logs, err
}

// Remove removes the created files; one that can't be removed is left to the next
// clean-up. It does not wait.
func (g *GroupLogs) Remove() {
	for _, f := range g.files {
		_ = disk.Go(f, func() { _ = safefile.Remove(f) })
	}
}
