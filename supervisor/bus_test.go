package supervisor

import (
	"strings"
	"testing"

	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/process"
)

func TestHandlersHaveRows(t *testing.T) {
	for _, name := range config.Handlers {
		if judges[name] == nil {
			t.Errorf("result handler %s can be configured and is not there", name)
		}
	}
	if len(judges) != len(config.Handlers) {
		t.Errorf("%d result handlers, of which %d can be configured", len(judges), len(config.Handlers))
	}
}

// An event that can't be queued for any listener is dropped, and does not cost the
// listeners that would have got it.
func TestEventTooLargeForAListener(t *testing.T) {
	l, _ := quietLoop(0)
	log := new(lines)
	l.opt.Log = log
	l.add(&config.Group{Name: "p", Listener: &config.Listener{Events: []string{"REMOTE_COMMUNICATION"}, BufferSize: 10}}, &launch.GroupLogs{})
	p := l.groups.active[0].pool
	l.events.publish(event.RemoteCommunication("t", strings.Repeat("x", maxPayload)))
	if len(p.Buffer) != 0 || len(*log) != 1 {
		t.Errorf("%d events buffered, logged %q", len(p.Buffer), *log)
	}
	l.events.publish(event.RemoteCommunication("t", strings.Repeat("x", maxPayload-len("type:t\n"))))
	if len(p.Buffer) != 1 || p.Buffer[0].Serial != 1 || len(*log) != 1 {
		t.Errorf("%d events buffered, logged %q", len(p.Buffer), *log)
	}
}

type lines []string

func (t *lines) Log(_ process.Level, text string) { *t = append(*t, text) }
func (t *lines) Reopen()                          {}
func (t *lines) DebugEnabled() bool               { return false }
