package compat

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kolo/xmlrpc"
)

// Listeners that misbehave in every way, beside a good one.
const strangeListeners = `[eventlistener:good]
command={{.Child}} listen {{.Dir}}/good
events=REMOTE_COMMUNICATION
buffer_size=1000
startsecs=0
[eventlistener:stuck]
; takes the first event and never answers
command={{.Child}} say 'READY\n'
events=REMOTE_COMMUNICATION
startsecs=0
[eventlistener:mute]
command={{.Child}} say 'well'
events=EVENT
startsecs=0
[eventlistener:closed]
command={{.Child}} deaf
events=REMOTE_COMMUNICATION
startsecs=0
[eventlistener:garbage]
command={{.Child}} say 'READY\nRESULT what\n\xff\xfe\n'
events=REMOTE_COMMUNICATION
startsecs=0
[eventlistener:refuses]
command={{.Child}} listen {{.Dir}}/refuses FAIL …
events=REMOTE_COMMUNICATION
startsecs=0
`

// One subscriber sees every event while the others misbehave; these cost a bounded amount
// of memory, and nothing afterwards.
func TestHostileListeners(t *testing.T) {
	in := hostile(t, strangeListeners)
	in.mustStart()
	for _, name := range []string{"good", "stuck", "mute", "closed", "garbage", "refuses"} {
		in.await(name+" RUNNING", func() bool { return in.state(name) == "RUNNING" })
	}
	// Each event is larger than a pipe: a listener that does not read leaves part of it
	// with the daemon.
	const rounds, each, size = 20, 25, 80 << 10
	before := residentKiB(t, in)
	for round := range rounds {
		in.sendRemote(round*each, each, size)
		in.await("what the good listener is to see", func() bool { return in.recorded("good") == (round+1)*each })
	}
	in.wantInOrder("good", rounds*each)
	in.served()
	if grown := residentKiB(t, in) - before; grown > 48<<10 {
		t.Errorf("%d events of %d KiB made the daemon grow by %d KiB", rounds*each, size>>10, grown)
	}
	const n = rounds * each
	const held = 4 << 20 / size // by a pool whose listener was never READY
	in.await("the lines about what was lost", func() bool {
		return in.has("supervisord.log", "pool mute event buffer overflowed, discarding event ", n-held)
	})
	text := in.read("supervisord.log")
	for _, c := range []struct {
		pool string
		lost int
	}{
		{"good", 0}, {"stuck", n - 1 - 10}, {"closed", n - 10},
	} {
		if got := strings.Count(text, "ERRO pool "+c.pool+" event buffer overflowed, discarding event "); got != c.lost {
			t.Errorf("pool %s lost %d events, want %d", c.pool, got, c.lost)
		}
	}
	in.awaitQuiet()
	in.stopDaemon()
}

// awaitQuiet waits for two seconds in which the daemon hardly wakes up: the listener that
// refuses everything is still sent an event now and then.
func (in *instance) awaitQuiet() {
	in.t.Helper()
	in.await("two quiet seconds", func() bool {
		before := switches(in.t, in.cmd.Process.Pid)
		<-time.After(2 * time.Second)
		return switches(in.t, in.cmd.Process.Pid)-before < 100
	})
}

// A listener that answers at once gets 20,000 events in order, and none is lost.
func TestHostileManyEvents(t *testing.T) {
	const n, each = 20000, 1000
	in := hostile(t, `[eventlistener:good]
command={{.Child}} listen {{.Dir}}/good
events=REMOTE_COMMUNICATION
buffer_size=20000
startsecs=0
`)
	in.mustStart()
	for i := 0; i < n; i += each {
		in.sendRemote(i, each, 20)
	}
	in.await("all events", func() bool { return in.recorded("good") >= n })
	in.wantInOrder("good", n)
	in.stopDaemon()
}

// sendRemote sends n numbered events in one call.
func (in *instance) sendRemote(first, n, size int) {
	in.t.Helper()
	calls := make([]any, n)
	for i := range calls {
		data := fmt.Sprintf("%d %s", first+i, strings.Repeat("x", size))
		calls[i] = map[string]any{"methodName": "supervisor.sendRemoteCommEvent", "params": []any{"number", data}}
	}
	body, err := xmlrpc.EncodeMethodCall("system.multicall", calls)
	if err != nil {
		in.t.Fatal(err)
	}
	v, err := in.postXML(body)
	if err != nil || len(v.items) != n {
		in.t.Fatalf("sending events: %v, %d answers", err, len(v.items))
	}
}

// recorded counts the events that a listener has recorded.
func (in *instance) recorded(name string) int { return strings.Count(in.read(name), "eventname:") }

// wantInOrder checks that a listener has recorded n events that were numbered by
// sendRemote, in order and with consecutive pool serials.
func (in *instance) wantInOrder(name string, n int) {
	in.t.Helper()
	r := bufio.NewReader(strings.NewReader(in.read(name)))
	for i := range n {
		head, payload, err := readEvent(r, false)
		if err != nil {
			in.t.Fatalf("event %d: %v", i, err)
		}
		if want := fmt.Sprintf("type:number\n%d ", i); !strings.HasPrefix(payload, want) {
			in.t.Fatalf("in place of event %d came %.40q", i, payload)
		}
		if want := fmt.Sprintf("poolserial:%d", i); !slices.Contains(strings.Fields(head), want) {
			in.t.Fatalf("event %d came with the header %q", i, head)
		}
	}
}

// residentKiB returns the daemon's resident memory.
func residentKiB(t *testing.T, in *instance) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", in.cmd.Process.Pid))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

// Listeners that count bytes get the length in bytes (docs/extensions.md).
func TestPayloadLengthInBytes(t *testing.T) {
	in := hostile(t, `[eventlistener:bytes]
command={{.Child}} listen -bytes {{.Dir}}/bytes
events=REMOTE_COMMUNICATION
payload_length=bytes
startsecs=0
`)
	in.mustStart()
	for range 2 {
		if _, err := in.call("supervisor.sendRemoteCommEvent", "t", "grüße ☃"); err != nil {
			t.Fatal(err)
		}
	}
	in.await("both events", func() bool { return in.recorded("bytes") == 2 })
	const want = "ver:3.0 server:supervisor serial:0 pool:bytes poolserial:0 eventname:REMOTE_COMMUNICATION len:18\ntype:t\ngrüße ☃" +
		"ver:3.0 server:supervisor serial:1 pool:bytes poolserial:1 eventname:REMOTE_COMMUNICATION len:18\ntype:t\ngrüße ☃"
	if got := in.read("bytes"); got != want {
		t.Errorf("recorded %q, want %q", got, want)
	}
}
