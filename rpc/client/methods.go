package client

import (
	"context"
	"time"

	"reeve/rpc/api"
)

// Each method below makes one call; Call documents the errors. Names are `process` or
// `group:process`.

// APIVersion calls getVersion, with which upstream's clients probe the daemon.
func (c *Client) APIVersion(ctx context.Context) (v string, err error) {
	return v, c.Call(ctx, "supervisor.getVersion", &v)
}

// SupervisorVersion returns the daemon's version.
func (c *Client) SupervisorVersion(ctx context.Context) (v string, err error) {
	return v, c.Call(ctx, "supervisor.getSupervisorVersion", &v)
}

// PID returns the daemon's process id.
func (c *Client) PID(ctx context.Context) (pid int, err error) {
	return pid, c.Call(ctx, "supervisor.getPID", &pid)
}

// Shutdown asks the daemon to end. It does not wait for that.
func (c *Client) Shutdown(ctx context.Context) error { return c.Call(ctx, "supervisor.shutdown", nil) }

// Restart asks the daemon to stop all processes, read its configuration again and start.
func (c *Client) Restart(ctx context.Context) error { return c.Call(ctx, "supervisor.restart", nil) }

// ReloadConfig makes the daemon read its configuration and returns what has changed;
// nothing is applied yet.
func (c *Client) ReloadConfig(ctx context.Context) (Changes, error) {
	var lists [][][]string // one array inside an array
	if err := c.Call(ctx, "supervisor.reloadConfig", &lists); err != nil {
		return Changes{}, err
	}
	if len(lists) != 1 || len(lists[0]) != 3 {
		return Changes{}, &ReplyError{Method: "supervisor.reloadConfig", Reason: "expected three lists"}
	}
	return Changes{Added: lists[0][0], Changed: lists[0][1], Removed: lists[0][2]}, nil
}

// AddGroup activates a group of the configuration that was read last.
func (c *Client) AddGroup(ctx context.Context, name string) error {
	return c.Call(ctx, "supervisor.addProcessGroup", nil, name)
}

// RemoveGroup removes a stopped group.
func (c *Client) RemoveGroup(ctx context.Context, name string) error {
	return c.Call(ctx, "supervisor.removeProcessGroup", nil, name)
}

// AllProcessInfo lists every active process, sorted by group and name.
func (c *Client) AllProcessInfo(ctx context.Context) (infos []ProcessInfo, err error) {
	return infos, c.Call(ctx, "supervisor.getAllProcessInfo", &infos)
}

// ProcessInfo returns the info of one process.
func (c *Client) ProcessInfo(ctx context.Context, name string) (info ProcessInfo, err error) {
	return info, c.Call(ctx, "supervisor.getProcessInfo", &info, name)
}

// AllProcesses is AllProcessInfo with what upstream's daemon does not have: of that one
// and of older ones the error is a *Fault, UnknownMethod.
func (c *Client) AllProcesses(ctx context.Context) ([]Process, error) {
	var infos []ProcessInfo
	var attributes []api.Attributes
	if err := c.Call(ctx, "reeve.getAllProcesses", parts{&infos, &attributes}); err != nil {
		return nil, err
	}
	all := make([]Process, len(infos))
	for i := range all {
		all[i] = Process{ProcessInfo: infos[i], Attributes: attributes[i]}
	}
	return all, nil
}

// Process is ProcessInfo with what upstream's daemon does not have, see AllProcesses.
func (c *Client) Process(ctx context.Context, name string) (p Process, err error) {
	return p, c.Call(ctx, "reeve.getProcess", parts{&p.ProcessInfo, &p.Attributes}, name)
}

// AllConfigInfo lists every configured process, active or not, sorted by process name.
func (c *Client) AllConfigInfo(ctx context.Context) (infos []ConfigInfo, err error) {
	return infos, c.Call(ctx, "supervisor.getAllConfigInfo", &infos)
}

// Start starts a process. With wait it returns once the start has succeeded (startsecs)
// or failed.
func (c *Client) Start(ctx context.Context, name string, wait bool) error {
	return c.Call(ctx, "supervisor.startProcess", nil, name, wait)
}

// StartGroup starts those processes of a group that are not running.
func (c *Client) StartGroup(ctx context.Context, group string, wait bool) ([]Result, error) {
	return c.results(ctx, "supervisor.startProcessGroup", group, wait)
}

// StartAll starts all processes that are not running.
func (c *Client) StartAll(ctx context.Context, wait bool) ([]Result, error) {
	return c.results(ctx, "supervisor.startAllProcesses", wait)
}

// StartAlone is Start, but neither starts what the process depends on nor waits for it.
// Only reeve has it.
func (c *Client) StartAlone(ctx context.Context, name string, wait bool) error {
	return c.Call(ctx, "reeve.startProcess", nil, name, wait, false)
}

// StartGroupAlone is StartAlone for those processes of a group that are not running.
func (c *Client) StartGroupAlone(ctx context.Context, group string, wait bool) ([]Result, error) {
	return c.results(ctx, "reeve.startProcess", group+":*", wait, false)
}

// StartAllAlone is StartAlone for all processes that are not running.
func (c *Client) StartAllAlone(ctx context.Context, wait bool) ([]Result, error) {
	return c.results(ctx, "reeve.startAllProcesses", wait, false)
}

// Stop stops a process. With wait it returns once the process is gone, however long that
// takes.
func (c *Client) Stop(ctx context.Context, name string, wait bool) error {
	return c.Call(ctx, "supervisor.stopProcess", nil, name, wait)
}

// StopGroup stops the running processes of a group.
func (c *Client) StopGroup(ctx context.Context, group string, wait bool) ([]Result, error) {
	return c.results(ctx, "supervisor.stopProcessGroup", group, wait)
}

// StopAll stops all running processes.
func (c *Client) StopAll(ctx context.Context, wait bool) ([]Result, error) {
	return c.results(ctx, "supervisor.stopAllProcesses", wait)
}

// Enable takes back what Disable did. Only reeve has it.
func (c *Client) Enable(ctx context.Context, name string) error {
	return c.Call(ctx, "reeve.enable", nil, name)
}

// EnableGroup is Enable for all processes of a group.
func (c *Client) EnableGroup(ctx context.Context, group string) ([]Result, error) {
	return c.results(ctx, "reeve.enable", group+":*")
}

// Disable keeps a process from starting by itself until it is enabled. Only reeve has it.
func (c *Client) Disable(ctx context.Context, name string) error {
	return c.Call(ctx, "reeve.disable", nil, name)
}

// DisableGroup is Disable for all processes that a group has or will have.
func (c *Client) DisableGroup(ctx context.Context, group string) ([]Result, error) {
	return c.results(ctx, "reeve.disable", group+":*")
}

// Scale gives a program another number of processes. With wait it returns when the new
// ones run or those that go have stopped. The description of a result is started or
// stopped. Only reeve has it.
func (c *Client) Scale(ctx context.Context, name string, count int, wait bool) ([]Result, error) {
	return c.results(ctx, "reeve.scale", name, count, wait)
}

// Signal sends a signal, by name or number, to a process.
func (c *Client) Signal(ctx context.Context, name, signal string) error {
	return c.Call(ctx, "supervisor.signalProcess", nil, name, signal)
}

// SignalGroup sends a signal to the running processes of a group.
func (c *Client) SignalGroup(ctx context.Context, group, signal string) ([]Result, error) {
	return c.results(ctx, "supervisor.signalProcessGroup", group, signal)
}

// SignalAll sends a signal to all running processes.
func (c *Client) SignalAll(ctx context.Context, signal string) ([]Result, error) {
	return c.results(ctx, "supervisor.signalAllProcesses", signal)
}

// ReadStdoutLog reads a process's standard output log: length bytes from offset, or the
// last bytes if offset is negative (fact 252, reading of logs).
func (c *Client) ReadStdoutLog(ctx context.Context, name string, offset, length int) (text string, err error) {
	return text, c.Call(ctx, "supervisor.readProcessStdoutLog", &text, name, offset, length)
}

// ReadStderrLog is ReadStdoutLog for the standard error log.
func (c *Client) ReadStderrLog(ctx context.Context, name string, offset, length int) (text string, err error) {
	return text, c.Call(ctx, "supervisor.readProcessStderrLog", &text, name, offset, length)
}

// ReadMainLog is ReadStdoutLog for the daemon's own log.
func (c *Client) ReadMainLog(ctx context.Context, offset, length int) (text string, err error) {
	return text, c.Call(ctx, "supervisor.readLog", &text, offset, length)
}

// ClearLogs empties both logs of a process.
func (c *Client) ClearLogs(ctx context.Context, name string) error {
	return c.Call(ctx, "supervisor.clearProcessLogs", nil, name)
}

// ClearAllLogs empties the logs of all processes.
func (c *Client) ClearAllLogs(ctx context.Context) ([]Result, error) {
	return c.results(ctx, "supervisor.clearAllProcessLogs")
}

// SendStdin writes to a process's standard input.
func (c *Client) SendStdin(ctx context.Context, name, chars string) error {
	return c.Call(ctx, "supervisor.sendProcessStdin", nil, name, chars)
}

// Step is one call of a multicall.
type Step struct {
	Method string
	Args   []any
}

// Multicall runs the steps strictly in order on the daemon and returns one value per
// step: the bare result, not wrapped in an array (fact 257, multicall), or a *Fault. The
// error is that of the multicall itself.
func (c *Client) Multicall(ctx context.Context, steps []Step) ([]any, error) {
	calls := make([]any, 0, len(steps))
	for _, step := range steps {
		args := step.Args
		if args == nil {
			args = []any{}
		}
		calls = append(calls, map[string]any{"methodName": step.Method, "params": args})
	}
	var values []any
	if err := c.Call(ctx, "system.multicall", &values, calls); err != nil {
		return nil, err
	}
	for i, value := range values {
		m, _ := value.(map[string]any)
		if code, ok := m["faultCode"].(int64); ok {
			values[i] = &Fault{Code: int(code), Text: AsString(m["faultString"])}
		}
	}
	return values, nil
}

func (c *Client) results(ctx context.Context, method string, args ...any) (results []Result, err error) {
	return results, c.Call(ctx, method, &results, args...)
}

// Graph returns how the active processes depend on each other. Only reeve has it.
func (c *Client) Graph(ctx context.Context) (nodes []OrderNode, err error) {
	err = c.Call(ctx, "reeve.getGraph", &nodes)
	for i := range nodes {
		notNil(&nodes[i].Processes)
		notNil(&nodes[i].Needs)
	}
	return nodes, err
}

// Boot returns what took how long at boot. Only reeve has it.
func (c *Client) Boot(ctx context.Context) (b Boot, err error) {
	err = c.Call(ctx, "reeve.getBoot", &b)
	notNil(&b.Path)
	notNil(&b.Steps)
	notNil(&b.Missing)
	return b, err
}

// Plan makes the daemon read its configuration and returns what Update would do, for the
// groups named or for all; nothing changes. Only reeve has it.
func (c *Client) Plan(ctx context.Context, groups ...string) ([]PlanEntry, error) {
	return c.planned(ctx, "reeve.getPlan", groups)
}

// Update makes the daemon read its configuration and put it in force process by process.
// A *Fault means that nothing was changed. Only reeve has it.
func (c *Client) Update(ctx context.Context, groups ...string) ([]PlanEntry, error) {
	return c.planned(ctx, "reeve.update", groups)
}

func (c *Client) planned(ctx context.Context, method string, groups []string) (all []PlanEntry, err error) {
	notNil(&groups)
	err = c.Call(ctx, method, &all, groups)
	notNil(&all)
	for i := range all {
		notNil(&all[i].Keys)
	}
	return all, err
}

// Upgrade has the daemon replace itself by the program at an absolute path; empty: by the
// one that is installed where its own came from. All processes go on. It returns when the
// new program answers. A *Fault says why nothing was changed. Only reeve has it.
func (c *Client) Upgrade(ctx context.Context, program string) (u Upgrade, err error) {
	return u, c.Call(ctx, "reeve.upgrade", &u, program)
}

// RollSettings say how a roll proceeds. The zero value is one process at a time.
type RollSettings struct {
	Batch          int           // as many at once; 0: 1
	MaxUnavailable *int          // as many may be unavailable; nil: Batch - Surge
	Surge          int           // as many extra processes meanwhile
	Wait           time.Duration // a batch has that time to be available; 0: the daemon's default
	Revert         bool          // an update that fails goes back to the old values
}

func (o RollSettings) values() map[string]any {
	values := map[string]any{"batch": max(o.Batch, 1), "surge": o.Surge, "revert": o.Revert}
	if o.MaxUnavailable != nil {
		values["max_unavailable"] = *o.MaxUnavailable
	}
	if o.Wait > 0 {
		values["wait_healthy"] = o.Wait.Seconds()
	}
	return values
}

// RollRestart begins to restart processes a few at a time, by name or GROUP:*. It returns
// when the roll has begun. Only reeve has it.
func (c *Client) RollRestart(ctx context.Context, names []string, o RollSettings) (Roll, error) {
	notNil(&names)
	return c.roll(ctx, "reeve.rollRestart", names, o.values())
}

// RollUpdate makes the daemon read its configuration and begin to put it in force, for the
// groups named or for all, a few processes at a time. Only reeve has it.
func (c *Client) RollUpdate(ctx context.Context, groups []string, o RollSettings) (Roll, error) {
	notNil(&groups)
	return c.roll(ctx, "reeve.rollUpdate", groups, o.values())
}

// AwaitRoll returns a roll when it has more notes than were seen, or is over; with the new
// notes only.
func (c *Client) AwaitRoll(ctx context.Context, id, seen int) (Roll, error) {
	return c.roll(ctx, "reeve.awaitRoll", id, seen)
}

// Rolls returns the rolls under way and the last ones that have ended, the oldest first.
func (c *Client) Rolls(ctx context.Context) (all []Roll, err error) {
	err = c.Call(ctx, "reeve.getRolls", &all)
	notNil(&all)
	for i := range all {
		filledRoll(&all[i])
	}
	return all, err
}

// AbortRoll stops a roll. With revert, what an update has restarted goes back to its old
// values.
func (c *Client) AbortRoll(ctx context.Context, id int, revert bool) error {
	return c.Call(ctx, "reeve.abortRoll", nil, id, revert)
}

func (c *Client) roll(ctx context.Context, method string, args ...any) (r Roll, err error) {
	err = c.Call(ctx, method, &r, args...)
	filledRoll(&r)
	return r, err
}

func filledRoll(r *Roll) {
	notNil(&r.Groups)
	notNil(&r.Members)
	notNil(&r.Notes)
}

// notNil makes of a list without elements one that is [] as JSON, not null.
func notNil[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}
