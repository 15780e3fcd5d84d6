package rpc_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"reeve/rpc"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// encoded returns the result of a method as it is on the wire.
func encoded(t *testing.T, s *rpc.Server, method string, args ...any) string {
	t.Helper()
	value, err := s.Do(t.Context(), method, args...)
	if err != nil {
		t.Fatalf("%s%v: %v", method, args, err)
	}
	var e xmlrpc.Encoder
	e.Value(value)
	return string(e.Bytes())
}

// wire builds the expected text of a struct from pairs of name and value.
func wire(pairs ...any) string {
	var e xmlrpc.Encoder
	e.BeginStruct()
	for i := 0; i < len(pairs); i += 2 {
		e.Member(pairs[i].(string))
		e.Value(pairs[i+1])
		e.EndMember()
	}
	e.EndStruct()
	return string(e.Bytes())
}

func Test250ProcessInfo(t *testing.T) {
	f := newFake()
	f.infos[0].StdoutLogfile = "/log"
	f.infos[1] = &supervisor.Info{
		Name:       supervisor.Name{Group: "g", Process: "a"},
		State:      process.Fatal,
		Start:      started,
		Stop:       time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
		SpawnErr:   "can't find <x>",
		ExitStatus: -1,
	}
	f.infos[2] = &supervisor.Info{Name: supervisor.Name{Group: "g", Process: "b"}}
	s := serve(f)
	begin := started.Unix()
	want := []string{
		wire("name", "cat", "group", "cat", "start", begin, "stop", 0, "now", begin+65, "state", 20, "statename", "RUNNING",
			"spawnerr", "", "exitstatus", 0, "logfile", "/log", "stdout_logfile", "/log", "stderr_logfile", "",
			"pid", 11, "description", "pid 11, uptime 0:01:05"),
		wire("name", "a", "group", "g", "start", begin, "stop", 1<<31-1, "now", begin+65, "state", 200, "statename", "FATAL",
			"spawnerr", "can't find <x>", "exitstatus", -1, "logfile", "", "stdout_logfile", "", "stderr_logfile", "",
			"pid", 0, "description", "can't find <x>"),
		wire("name", "b", "group", "g", "start", 0, "stop", 0, "now", begin+65, "state", 0, "statename", "STOPPED",
			"spawnerr", "", "exitstatus", 0, "logfile", "", "stdout_logfile", "", "stderr_logfile", "",
			"pid", 0, "description", "Not started"),
	}
	all := "<value><array><data>\n" + want[0] + want[1] + want[2] + "</data></array></value>\n"
	if got := encoded(t, s, "supervisor.getAllProcessInfo"); got != all {
		t.Errorf("getAllProcessInfo:\n%s\nwant:\n%s", got, all)
	}
	for i, name := range []string{"cat", "g:a", "g:b"} {
		if got := encoded(t, s, "supervisor.getProcessInfo", name); got != want[i] {
			t.Errorf("getProcessInfo(%s):\n%s\nwant:\n%s", name, got, want[i])
		}
	}
	play(t, []scene{
		{"group form", "supervisor.getProcessInfo", args("g:*"), nil, nil, faulted{10, "BAD_NAME: g:*"}},
		{"bare name in a group", "supervisor.getProcessInfo", args("a"), nil, nil, faulted{10, "BAD_NAME: a"}},
		{"bare group", "supervisor.getProcessInfo", args("g"), nil, nil, faulted{10, "BAD_NAME: g"}},
		{"nil", "supervisor.getProcessInfo", args(nil), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
	})
}

// manyInfos returns n running processes.
func manyInfos(n int) []*supervisor.Info {
	infos := make([]*supervisor.Info, n)
	for i := range infos {
		infos[i] = info("group", fmt.Sprintf("process_%04d", i), 1000+i)
		infos[i].StdoutLogfile = fmt.Sprintf("/var/log/process_%04d.log", i)
	}
	return infos
}

// The reply that monitoring polls must not allocate in proportion to the number of
// processes.
func TestAllProcessInfoAllocates(t *testing.T) {
	f := newFake()
	f.infos = manyInfos(100)
	now := started
	s := serve(f, func(o *rpc.Options) {
		// No two calls are in one second.
		o.Now = func() time.Time { now = now.Add(time.Second); return now }
	})
	call := xmlrpc.Call{Method: "supervisor.getAllProcessInfo"}
	dst := make([]byte, 0, 1<<20)
	all := testing.AllocsPerRun(10, func() {
		if _, err := s.Call(t.Context(), call, dst); err != nil {
			t.Fatal(err)
		}
	})
	if all > 10 {
		t.Errorf("getAllProcessInfo makes %.0f allocations for 100 processes, want at most 10", all)
	}
}

// A reply is current whether it was encoded for this call or kept from an earlier one.
func TestAllProcessInfoIsNeverOld(t *testing.T) {
	f := newFake()
	f.infos = manyInfos(100)
	now := started.Add(65 * time.Second)
	s := serve(f, func(o *rpc.Options) { o.Now = func() time.Time { return now } })
	ask := func() string {
		t.Helper()
		reply, err := s.Call(t.Context(), xmlrpc.Call{Method: "supervisor.getAllProcessInfo"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(reply)
	}
	fresh := func(what string) {
		t.Helper()
		want := "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n" + encoded(t, s, "supervisor.getAllProcessInfo") +
			"</param>\n</params>\n</methodResponse>\n"
		for i := range 4 {
			if i == 3 {
				runtime.GC() // kept replies do not outlive it
			}
			if ask() != want {
				t.Errorf("%s, question %d: the reply is another one", what, i+1)
			}
		}
	}
	fresh("at first")
	now = now.Add(900 * time.Millisecond)
	fresh("in the same second")
	now = now.Add(100 * time.Millisecond)
	fresh("a second later")
	f.infos = append([]*supervisor.Info(nil), f.infos...)
	f.infos[7] = info("group", "process_0007", 4711)
	fresh("after a change")
	f.infos = f.infos[:50]
	fresh("with less processes")
}

// BenchmarkAllProcessInfo measures the first reply of each second, and repeats of it.
func BenchmarkAllProcessInfo(b *testing.B) {
	for _, each := range []time.Duration{time.Second, 0} {
		b.Run("every "+each.String(), func(b *testing.B) {
			f := newFake()
			f.infos = manyInfos(1000)
			now := started
			s := serve(f, func(o *rpc.Options) { o.Now = func() time.Time { return now } })
			call := xmlrpc.Call{Method: "supervisor.getAllProcessInfo"}
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(each)
				reply, err := s.Call(b.Context(), call, dst[:0])
				if err != nil {
					b.Fatal(err)
				}
				dst = reply
			}
			b.SetBytes(int64(len(dst)))
		})
	}
}
