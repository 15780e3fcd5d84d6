package logfile

// CreateAuto creates the log file of one channel ("stdout" or "stderr") of a process whose logfile is AUTO, with mode 0600, and
// returns its absolute path (checklist 176).
func CreateAuto(dir, process, channel, identifier string) (path string, err error) { return "", nil }

// CleanAuto removes the AUTO files that earlier runs under identifier left in dir (checklist 177). failed are the paths that
// could not be removed ("Failed to clean up"); err means that dir can't be listed ("Could not clear childlog dir").
func CleanAuto(dir, identifier string) (failed []string, err error) { return nil, nil }
