package event_test

import (
	"os/exec"
	"strings"
	"testing"

	"reeve/config/pytext"
	"reeve/supervisor/event"
	"reeve/supervisor/process"
)

func Test6APayloads(t *testing.T) {
	state := func(from, to process.State, c process.Changed) event.Event {
		c.From, c.To = from, to
		return event.ProcessState("web", "site", c)
	}
	data := []byte("a\nb")
	for _, c := range []struct {
		event event.Event
		name  string
		want  string
	}{
		{
			state(process.Stopped, process.Starting, process.Changed{Tries: 4}),
			"PROCESS_STATE_STARTING", "processname:web groupname:site from_state:STOPPED tries:4",
		},
		{
			state(process.Starting, process.Backoff, process.Changed{Tries: 1}),
			"PROCESS_STATE_BACKOFF", "processname:web groupname:site from_state:STARTING tries:1",
		},
		{
			state(process.Starting, process.Running, process.Changed{Pid: 7}),
			"PROCESS_STATE_RUNNING", "processname:web groupname:site from_state:STARTING pid:7",
		},
		{
			state(process.Running, process.Stopping, process.Changed{Pid: 7}),
			"PROCESS_STATE_STOPPING", "processname:web groupname:site from_state:RUNNING pid:7",
		},
		{
			state(process.Backoff, process.Stopped, process.Changed{}),
			"PROCESS_STATE_STOPPED", "processname:web groupname:site from_state:BACKOFF pid:0",
		},
		{
			state(process.Running, process.Exited, process.Changed{Pid: 7}),
			"PROCESS_STATE_EXITED", "processname:web groupname:site from_state:RUNNING expected:0 pid:7",
		},
		{
			state(process.Running, process.Exited, process.Changed{Pid: 7, Expected: true}),
			"PROCESS_STATE_EXITED", "processname:web groupname:site from_state:RUNNING expected:1 pid:7",
		},
		{
			state(process.Backoff, process.Fatal, process.Changed{Tries: 4}),
			"PROCESS_STATE_FATAL", "processname:web groupname:site from_state:BACKOFF",
		},
		{
			state(process.Running, process.Unknown, process.Changed{Pid: 7}),
			"PROCESS_STATE_UNKNOWN", "processname:web groupname:site from_state:RUNNING",
		},
		{
			event.ProcessOutput(event.ProcessCommunicationStdout, "web", "site", 7, data),
			"PROCESS_COMMUNICATION_STDOUT", "processname:web groupname:site pid:7\na\nb",
		},
		{
			event.ProcessOutput(event.ProcessCommunicationStderr, "web", "site", 7, nil),
			"PROCESS_COMMUNICATION_STDERR", "processname:web groupname:site pid:7\n",
		},
		{
			event.ProcessOutput(event.ProcessLogStdout, "web", "site", 7, data),
			"PROCESS_LOG_STDOUT", "processname:web groupname:site pid:7 channel:stdout\na\nb",
		},
		{
			event.ProcessOutput(event.ProcessLogStderr, "web", "site", 7, []byte("\xff\n")),
			"PROCESS_LOG_STDERR", "processname:web groupname:site pid:7 channel:stderr\nUndecodable: b'\\xff\\n'",
		},
		{event.RemoteCommunication("kind", "data"), "REMOTE_COMMUNICATION", "type:kind\ndata"},
		{event.Supervisor(event.SupervisorStateChangeRunning), "SUPERVISOR_STATE_CHANGE_RUNNING", ""},
		{event.Supervisor(event.SupervisorStateChangeStopping), "SUPERVISOR_STATE_CHANGE_STOPPING", ""},
		{event.Tick(event.Tick60, 1795442400), "TICK_60", "when:1795442400"},
		{event.ProcessGroup(event.ProcessGroupAdded, "site"), "PROCESS_GROUP_ADDED", "groupname:site\n"},
		{event.ProcessGroup(event.ProcessGroupRemoved, "site"), "PROCESS_GROUP_REMOVED", "groupname:site\n"},
		{
			event.ProcessReady("web", "site", 7, true, "tcp:localhost:80"),
			"REEVE_READY", "processname:web groupname:site pid:7 ready:1\ntcp:localhost:80",
		},
		{
			event.ProcessReady("web", "site", 7, false, "not ready within 1m: \xff"),
			"REEVE_READY", "processname:web groupname:site pid:7 ready:0\nUndecodable: b'not ready within 1m: \\xff'",
		},
		{event.ProcessHealth("web", "site", 7, "healthy", ""), "REEVE_HEALTH", "processname:web groupname:site pid:7 health:healthy\n"},
		{
			event.ProcessHealth("web", "site", 7, "unhealthy", "no WATCHDOG=1 for 30s"),
			"REEVE_HEALTH", "processname:web groupname:site pid:7 health:unhealthy\nno WATCHDOG=1 for 30s",
		},
		{event.ProcessWaiting("web", "site", true, "db (STARTING)"), "REEVE_WAITING", "processname:web groupname:site waiting:1\ndb (STARTING)"},
		{event.Roll(3, []string{"a", "b"}, "rolling", "a: available"), "REEVE_ROLL", "roll:3 groupnames:a,b state:rolling\na: available"},
		{event.ProcessWaiting("web", "site", false, ""), "REEVE_WAITING", "processname:web groupname:site waiting:0\n"},
	} {
		if got := c.event.Type.String(); got != c.name {
			t.Errorf("type %s, want %s", got, c.name)
		}
		if c.event.Payload != c.want {
			t.Errorf("%s: payload %q, want %q", c.name, c.event.Payload, c.want)
		}
	}
}

func Test195Envelope(t *testing.T) {
	h := event.Header{Server: "supervisor", Serial: 21, Pool: "listener", PoolSerial: 10}
	e := event.RemoteCommunication("t", "é€")
	want := "ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 eventname:REMOTE_COMMUNICATION len:9\ntype:t\né€"
	if got := string(h.Append(nil, e)); got != want {
		t.Errorf("counting characters: %q, want %q", got, want)
	}
	h.Bytes = true
	want = strings.Replace(want, "len:9", "len:12", 1)
	if got := string(h.Append(nil, e)); got != want {
		t.Errorf("counting bytes: %q, want %q", got, want)
	}
}

func Test6ATree(t *testing.T) {
	names := 0
	for typ := event.Any; int(typ) < event.Types; typ++ {
		names++
		name := typ.String()
		// Names are found in any case (fact 82).
		if got, ok := event.ByName(strings.ToLower(name)); !ok || got != typ {
			t.Errorf("%s is not found by its name", name)
		}
		// The tree is in the names, except for three types that are not named after their
		// parent. What is ours is not below EVENT.
		for sub := event.Any; int(sub) < event.Types; sub++ {
			below := sub == typ || sub == event.Any && !strings.HasPrefix(name, "REEVE") || strings.HasPrefix(name, sub.String()+"_")
			if got := typ.Is(sub); got != below {
				t.Errorf("%s is below %s: %v, want %v", name, sub, got, below)
			}
		}
	}
	if names != 27+5 {
		t.Errorf("%d types, want upstream's 27 and 5", names)
	}
	if _, ok := event.ByName("PROCESS"); ok {
		t.Error("PROCESS is no event type")
	}
}

func Test191BytesRepr(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	inputs := [][]byte{{}, []byte("it's"), []byte(`say "it's"`), []byte(`"`), []byte("\\'\r\t\n\x00\x7f\x80"), all}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 in PATH to ask")
	}
	for _, in := range inputs {
		cmd := exec.Command(python, "-c", "import sys; sys.stdout.write(repr(sys.stdin.buffer.read()))")
		cmd.Stdin = strings.NewReader(string(in))
		want, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := pytext.BytesRepr(in); got != string(want) {
			t.Errorf("%q: %s, Python has %s", in, got, want)
		}
	}
	if got := event.Text([]byte("ok é")); got != "ok é" {
		t.Errorf("text becomes %q", got)
	}
}
