package client

// ProcessInfo is one process as getProcessInfo and getAllProcessInfo tell it (checklist 250). Times are Unix seconds.
type ProcessInfo struct {
	Name          string `xmlrpc:"name" json:"name"`
	Group         string `xmlrpc:"group" json:"group"`
	Start         int64  `xmlrpc:"start" json:"start"`
	Stop          int64  `xmlrpc:"stop" json:"stop"`
	Now           int64  `xmlrpc:"now" json:"now"`
	State         int    `xmlrpc:"state" json:"state"`
	StateName     string `xmlrpc:"statename" json:"statename"`
	SpawnErr      string `xmlrpc:"spawnerr" json:"spawnerr"`
	ExitStatus    int    `xmlrpc:"exitstatus" json:"exitstatus"`
	StdoutLogfile string `xmlrpc:"stdout_logfile" json:"stdout_logfile"`
	StderrLogfile string `xmlrpc:"stderr_logfile" json:"stderr_logfile"`
	PID           int    `xmlrpc:"pid" json:"pid"`
	Description   string `xmlrpc:"description" json:"description"`
}

// Process states (checklist section 3).
const (
	StateStopped  = 0
	StateStarting = 10
	StateRunning  = 20
	StateBackoff  = 30
	StateStopping = 40
	StateExited   = 100
	StateFatal    = 200
	StateUnknown  = 1000
)

// ConfigInfo is what `avail` shows of one configured process (checklist 251).
type ConfigInfo struct {
	Name         string `xmlrpc:"name" json:"name"`
	Group        string `xmlrpc:"group" json:"group"`
	InUse        bool   `xmlrpc:"inuse" json:"inuse"`
	Autostart    bool   `xmlrpc:"autostart" json:"autostart"`
	GroupPrio    int    `xmlrpc:"group_prio" json:"group_prio"`
	ProcessPrio  int    `xmlrpc:"process_prio" json:"process_prio"`
	Command      string `xmlrpc:"command" json:"command"`
	StartSecs    int    `xmlrpc:"startsecs" json:"startsecs"`
	StartRetries int    `xmlrpc:"startretries" json:"startretries"`
	StopSignal   int    `xmlrpc:"stopsignal" json:"stopsignal"`
	StopWaitSecs int    `xmlrpc:"stopwaitsecs" json:"stopwaitsecs"`
	ExitCodes    []int  `xmlrpc:"exitcodes" json:"exitcodes"`
}

// Result is one process's outcome of a call on a group or on all (checklist 242): Status is Success or a fault code.
type Result struct {
	Name        string `xmlrpc:"name"`
	Group       string `xmlrpc:"group"`
	Status      int    `xmlrpc:"status"`
	Description string `xmlrpc:"description"`
}

// Changes is what reloadConfig found: names of groups (checklist 248).
type Changes struct {
	Added, Changed, Removed []string
}
