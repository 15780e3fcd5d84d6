package rpc_test

import (
	"syscall"
	"testing"
	"time"

	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// reeve.getProcess has the members of getProcessInfo, in their order, then its own.
func TestProcess(t *testing.T) {
	f := newFake()
	f.infos[0].Ready, f.infos[0].Health, f.infos[0].StatusText, f.infos[0].Reason = true, "healthy", "<serving>", process.WhyBoot
	f.infos[1] = &supervisor.Info{
		Name:        supervisor.Name{Group: "g", Process: "a"},
		State:       process.Backoff,
		Start:       started,
		Stop:        started.Add(time.Minute),
		SpawnErr:    "Exited too quickly",
		ExitStatus:  -1,
		Waiting:     "db (STARTING)",
		Restarts:    3,
		NextAttempt: started.Add(time.Hour),
		LastExit:    supervisor.LastExit{Exit: process.Exit{Code: -1, Signal: syscall.SIGKILL}, At: started.Add(time.Minute)},
		Reason:      "retry 3 of 5",
		Disabled:    true,
	}
	f.infos = f.infos[:2]
	s := serve(f)
	begin := started.Unix()
	none := xmlrpc.Struct{{Name: "code", Value: 0}, {Name: "signal", Value: ""}, {Name: "at", Value: 0}}
	killed := xmlrpc.Struct{{Name: "code", Value: -1}, {Name: "signal", Value: "SIGKILL"}, {Name: "at", Value: begin + 60}}
	want := []string{
		wire("name", "cat", "group", "cat", "start", begin, "stop", 0, "now", begin+65, "state", 20, "statename", "RUNNING",
			"spawnerr", "", "exitstatus", 0, "logfile", "", "stdout_logfile", "", "stderr_logfile", "",
			"pid", 11, "description", "pid 11, uptime 0:01:05", "ready", true, "health", "healthy", "waiting_for", "",
			"status_text", "<serving>", "restarts", 0, "next_attempt", 0, "last_exit", none, "reason", "boot", "enabled", true),
		wire("name", "a", "group", "g", "start", begin, "stop", begin+60, "now", begin+65, "state", 30, "statename", "BACKOFF",
			"spawnerr", "Exited too quickly", "exitstatus", -1, "logfile", "", "stdout_logfile", "", "stderr_logfile", "",
			"pid", 0, "description", "waiting for db (STARTING)", "ready", false, "health", "", "waiting_for", "db (STARTING)",
			"status_text", "", "restarts", 3, "next_attempt", begin+3600, "last_exit", killed, "reason", "retry 3 of 5", "enabled", false),
	}
	for i, name := range []string{"cat", "g:a"} {
		if got := encoded(t, s, "reeve.getProcess", name); got != want[i] {
			t.Errorf("reeve.getProcess(%s):\n%s\nwant:\n%s", name, got, want[i])
		}
	}
	all := "<value><array><data>\n" + want[0] + want[1] + "</data></array></value>\n"
	if got := encoded(t, s, "reeve.getAllProcesses"); got != all {
		t.Errorf("reeve.getAllProcesses:\n%s\nwant:\n%s", got, all)
	}
	play(t, []scene{
		{"group form", "reeve.getProcess", args("g:*"), nil, nil, faulted{10, "BAD_NAME: g:*"}},
		{"bare group", "reeve.getProcess", args("g"), nil, nil, faulted{10, "BAD_NAME: g"}},
		{"unknown", "reeve.getProcess", args("x:y"), nil, nil, faulted{10, "BAD_NAME: x:y"}},
		{"nothing", "reeve.getProcess", nil, nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"too much", "reeve.getAllProcesses", args("x"), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
	})
}

// Neither reply allocates in proportion to the number of processes, and the one never
// stands in for the other.
func TestAllProcessesAllocates(t *testing.T) {
	f := newFake()
	f.infos = manyInfos(100)
	s := serve(f)
	dst := make([]byte, 0, 1<<20)
	sizes := map[string]int{}
	for _, method := range []string{"supervisor.getAllProcessInfo", "reeve.getAllProcesses", "supervisor.getAllProcessInfo", "reeve.getAllProcesses"} {
		call := xmlrpc.Call{Method: method}
		all := testing.AllocsPerRun(10, func() {
			reply, err := s.Call(t.Context(), call, dst)
			if err != nil {
				t.Fatal(err)
			}
			if size, ok := sizes[method]; ok && size != len(reply) {
				t.Errorf("%s: %d bytes, then %d", method, size, len(reply))
			}
			sizes[method] = len(reply)
		})
		if all > 10 {
			t.Errorf("%s makes %.0f allocations for 100 processes, want at most 10", method, all)
		}
	}
	if sizes["reeve.getAllProcesses"] <= sizes["supervisor.getAllProcessInfo"] {
		t.Errorf("sizes are %v", sizes)
	}
}
