package webui

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"reeve/supervisor"
	"reeve/supervisor/process"
)

// row is the part of a process that the page shows and that changes only with the
// process, so without the uptime. Its member names are short because a thousand rows may
// be sent.
type row struct {
	ID    string `json:"id"` // the name in commands and links
	Group string `json:"g"`
	State int    `json:"s"`
	Start int64  `json:"t,omitempty"` // Unix seconds of the last start, 0: never
	Pid   int    `json:"p,omitempty"`
	Text  string `json:"d,omitempty"` // description, without the uptime
	Why   string `json:"w,omitempty"` // how it ended, if that is notable
	When  string `json:"e,omitempty"` // when it ended, in full
	// What its checks say while it runs, and what it says of itself. Both are empty for a
	// program without such keys, whose row is as it would be without them.
	Health string `json:"h,omitempty"`
	Told   string `json:"x,omitempty"`
	// What somebody has told the daemon that stays over its end: the program is disabled,
	// stays stopped, or is scaled. It is empty where nobody has.
	Kept string `json:"k,omitempty"`
}

// healths are the words for what the checks say.
var healths = map[string]string{"unknown": "health unknown", "healthy": "healthy", "unhealthy": "unhealthy"}

func rowOf(i *supervisor.Info) row {
	r := row{ID: i.Process, Group: i.Group, State: int(i.State), Pid: i.Pid}
	if i.Group != i.Process {
		r.ID = i.Name.String()
	}
	if !i.Start.IsZero() {
		r.Start = i.Start.Unix()
	}
	if i.State == process.Running {
		r.Text = "pid " + strconv.Itoa(i.Pid)
	} else {
		r.Text = i.Description(time.Time{}) // only an uptime depends on the time
	}
	if i.State == process.Running {
		r.Health = healths[i.Health]
	}
	if i.Pid != 0 {
		r.Told = i.StatusText
	}
	if i.Disabled {
		r.Kept = "disabled"
	}
	if i.StaysStopped {
		r.keep("stays stopped")
	}
	switch {
	case i.State == process.Exited && i.ExitStatus < 0:
		r.Why = "ended by a signal"
	case i.State == process.Exited && i.ExitStatus > 0:
		r.Why = fmt.Sprintf("exit status %d", i.ExitStatus)
	case i.State == process.Unknown:
		r.Why = "its state could not be found out"
	}
	if !i.Stop.IsZero() && i.State.IsStopped() {
		r.When = i.Stop.Format("2006-01-02 15:04:05 MST")
	}
	return r
}

func (r *row) keep(what string) {
	if r.Kept != "" {
		r.Kept += ", "
	}
	r.Kept += what
}

// table is all rows at one time, sorted by group and process name.
type table struct {
	rows    []row
	version string // a hash: equal rows have equal versions
}

func tableOf(infos []*supervisor.Info) table {
	t := table{rows: make([]row, len(infos))}
	sum := fnv.New128a()
	encoder := json.NewEncoder(sum)
	for i := range infos {
		t.rows[i] = rowOf(infos[i])
		if s := infos[i].Scaled; s.Count != 0 && (i == 0 || infos[i-1].Group != infos[i].Group || infos[i-1].Scaled != s) {
			t.rows[i].keep(fmt.Sprintf("scaled to %d, numprocs is %d", s.Count, s.NumProcs)) // said once
		}
		_ = encoder.Encode(&t.rows[i]) // writing to a hash never fails
	}
	t.version = fmt.Sprintf("%x", sum.Sum(nil)[:8])
	return t
}

// diff returns the rows to set and the ids to delete to get from the old rows to the new
// ones.
func diff(old, now []row) (set []row, del []string) {
	before := make(map[string]row, len(old))
	for _, r := range old {
		before[r.ID] = r
	}
	for _, r := range now {
		if was, known := before[r.ID]; !known || was != r {
			set = append(set, r)
		}
		delete(before, r.ID)
	}
	for _, r := range old {
		if _, gone := before[r.ID]; gone {
			del = append(del, r.ID)
		}
	}
	return set, del
}
