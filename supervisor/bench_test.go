package supervisor

import (
	"fmt"
	"testing"

	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/process"
)

// BenchmarkPublish is one event to as many pools, from its creation to the writes to the listeners, and their answers.
func BenchmarkPublish(b *testing.B) {
	for _, pools := range []int{0, 1, 10, 100} {
		b.Run(fmt.Sprint(pools), func(b *testing.B) {
			l, listeners := quietLoop(pools)
			change := process.Changed{From: process.Starting, To: process.Running, Pid: 12345}
			ok := []byte("RESULT 2\nOKREADY\n")
			b.ReportAllocs()
			for b.Loop() {
				l.publishState(Name{"group", "process"}, change)
				l.dispatch()
				for _, c := range listeners {
					l.listen(c, ok)
				}
			}
		})
	}
}

// quietLoop is a loop with pools of one READY listener each, whose table takes all that is sent.
func quietLoop(pools int) (*loop, []*child) {
	s := &Supervisor{opt: Options{Log: quietLog{}}}
	l := newLoop(s, ports{table: quietTable{}, files: map[uint64]*openLogs{}})
	cfg := &config.Config{Supervisord: config.Supervisord{Identifier: "supervisor"}}
	l.useConfig(cfg)
	var listeners []*child
	for i := range pools {
		name := fmt.Sprintf("pool%d", i)
		l.add(&config.Group{
			Name: name, Processes: []*config.Process{{Name: name}},
			Listener: &config.Listener{Events: []string{"PROCESS_STATE_RUNNING"}, BufferSize: 10},
		}, &autoLogs{})
		c := l.groups[i].children[0]
		c.machine.State, c.machine.Pid, c.input = process.Running, 1, true
		c.listener.Parser.State = event.Ready
		listeners = append(listeners, c)
	}
	return l, listeners
}

type quietTable struct{ table }

func (quietTable) Send(capture.ID, []byte) error { return nil }
func (quietTable) SetStripANSI(bool)             {}

type quietLog struct{}

func (quietLog) Log(process.Level, string) {}
func (quietLog) Reopen()                   {}
func (quietLog) DebugEnabled() bool        { return false }
