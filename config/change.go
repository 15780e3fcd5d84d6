package config

// Change says what a new value of an option asks for when the file is read again and put
// in force process by process. supervisor's own update does not ask: any difference
// restarts a whole group.
type Change int

// The choices. The zero value is no choice: each option needs a row in Changes.
const (
	_         Change = iota
	Unchanged        // what runs keeps the old value; the next start has the new one
	Live             // it is put in force while the process runs
	Restart          // the process is started again
)

func (c Change) String() string { return [...]string{"undecided", "unchanged", "live", "restart"}[c] }

// OptionChange is a row of Changes.
type OptionChange struct {
	Key    string
	Change Change
	Why    string // where it is not obvious
}

// Changes has a row for each key of the sections that make up process groups. A key that
// stands in sections of several kinds means the same in all of them here.
var Changes = []OptionChange{
	{"priority", Live, ""},
	{"autostart", Unchanged, "it is looked at once, for a process that has never run; such a one starts when it becomes true"},
	{"autorestart", Live, "an end that is over stays so: no start follows it afterwards"},
	{"startsecs", Unchanged, "a start under way goes by the value it began with"},
	{"startretries", Live, "one in BACKOFF with no try left is FATAL"},
	{"stopsignal", Live, ""},
	{"stopwaitsecs", Live, "a stop under way keeps the time it was given"},
	{"stopasgroup", Live, ""},
	{"killasgroup", Live, ""},
	{"exitcodes", Live, "an end that is over stays so: no start follows it afterwards"},
	{"redirect_stderr", Restart, "descriptors are given at the start"},
	{"numprocs", Live, "members are added or removed; the others go on"},
	{"numprocs_start", Live, "as numprocs"},
	{"stdout_capture_maxbytes", Live, ""},
	{"stdout_events_enabled", Live, ""},
	{"stderr_capture_maxbytes", Live, ""},
	{"stderr_events_enabled", Live, ""},
	{"serverurl", Restart, "it is in the environment"},
	{"user", Restart, ""},
	{"umask", Restart, ""},
	{"environment", Restart, "also if it is that of [supervisord]"},
	{"process_name", Live, "a process with another name is another one: it is added, the old one removed"},
	{"backoff_delay", Live, "a wait under way keeps its end; the next one is as long as the new value says"},
	{"backoff_factor", Live, ""},
	{"backoff_limit", Live, ""},
	{"backoff_jitter", Live, ""},
	{"backoff_reset", Live, ""},
	{"start_limit", Live, "starts from before the change count if there was a limit then"},
	{"start_delay", Live, "counts from when the process was added"},
	{"oneshot", Unchanged, "what the end of a run means was settled at its start"},
	{"essential", Live, ""},
	{"template", Live, "what counts are the keys that come from it"},
	{"numprocs_min", Live, "for the next scale"},
	{"numprocs_max", Live, "for the next scale"},
	{"keep_stopped", Live, ""},
	{"directory", Restart, ""},
	{"stdout_logfile", Restart, ""},
	{"stdout_logfile_backups", Live, "from the next write on"},
	{"stdout_logfile_maxbytes", Live, "from the next write on"},
	{"stdout_syslog", Restart, ""},
	{"stderr_logfile", Restart, ""},
	{"stderr_logfile_backups", Live, "from the next write on"},
	{"stderr_logfile_maxbytes", Live, "from the next write on"},
	{"stderr_syslog", Restart, ""},
	{"ready", Unchanged, "a program that is ready stays so; one that waits goes by what it was started with"},
	{"ready_timeout", Unchanged, "as ready"},
	{"ready_interval", Live, ""},
	{"health", Live, "health is unknown until the new check has a result"},
	{"health_interval", Live, "as health"},
	{"health_timeout", Live, "from the next check on"},
	{"health_retries", Live, "as health"},
	{"health_start_period", Live, ""},
	{"health_action", Live, ""},
	{"watchdog", Unchanged, "the time is in the environment, and the program goes by it"},
	{"watchdog_signal", Live, ""},
	{"depends_on", Live, "nothing that runs is stopped because it now needs something else"},
	{"on_dependency", Live, ""},
	{"command", Restart, ""},

	{"buffer_size", Live, ""},
	{"result_handler", Live, "from the next result on"},
	{"payload_length", Restart, "the program counts by it"},
	{"events", Live, "from the next event on"},

	{"socket", Restart, "it is closed when all that share it have stopped, and opened again"},
	{"socket_backlog", Restart, "as socket"},
	{"socket_owner", Restart, "as socket"},
	{"socket_mode", Restart, "as socket"},

	{"programs", Live, "groups are added or removed; a program that moves to another group is another one"},
}

var changeOf = func() map[string]Change {
	all := make(map[string]Change, len(Changes))
	for _, row := range Changes {
		all[row.Key] = row.Change
	}
	return all
}()
