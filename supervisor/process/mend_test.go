package process

import "testing"

// TestMend: whatever two steps a panic came between, the machine can go on.
func TestMend(t *testing.T) {
	type m struct {
		state   State
		pid     int
		forking bool
	}
	for _, c := range []struct {
		name  string
		is    m
		child bool
		wrong string
		again bool
		want  m
	}{
		{"stopped", m{Stopped, 0, false}, false, "", false, m{Stopped, 0, false}},
		{"running", m{Running, 7, false}, true, "", false, m{Running, 7, false}},
		{"starting", m{Starting, 7, false}, true, "", false, m{Starting, 7, false}},
		{"stopping", m{Stopping, 7, false}, true, "", false, m{Stopping, 7, false}},
		{"unknown with a child", m{Unknown, 7, false}, true, "", false, m{Unknown, 7, false}},
		{"a start under way", m{Starting, 0, true}, false, "", true, m{Starting, 0, true}},
		{"a stop before its outcome", m{Stopping, 0, true}, false, "", false, m{Stopping, 0, true}},
		{"a start that was forgotten", m{Starting, 0, false}, false, "it was STARTING without a start", true, m{Starting, 0, true}},
		{"between start and pid", m{Starting, 7, true}, true, "", false, m{Starting, 7, false}},
		{"a child that is not ours", m{Running, 7, false}, false, "it was RUNNING without a child", true, m{Starting, 0, true}},
		{"between pid and state", m{Running, 0, false}, false, "it was RUNNING without a child", true, m{Starting, 0, true}},
		{"the same in a stop", m{Stopping, 0, false}, false, "it was STOPPING without a child", false, m{Stopped, 0, false}},
		{"stopped with a child", m{Exited, 7, false}, true, "it was EXITED with a child", false, m{Running, 7, false}},
		{"stopped with a start", m{Backoff, 0, true}, false, "", false, m{Backoff, 0, false}},
		{"no state", m{State(3), 0, true}, false, "it had no state", false, m{Stopped, 0, false}},
		{"no state with a child", m{State(3), 7, false}, true, "it had no state", false, m{Running, 7, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &Machine{State: c.is.state, Pid: c.is.pid, Forking: c.is.forking, Stuck: c.is.forking}
			wrong, again := p.Mend(c.child)
			if wrong != c.wrong || again != c.again {
				t.Errorf("%q, %v", wrong, again)
			}
			if got := (m{p.State, p.Pid, p.Forking}); got != c.want {
				t.Errorf("it is %+v, want %+v", got, c.want)
			}
			if p.Stuck && c.want.state != Stopping {
				t.Error("it is stuck")
			}
		})
	}
}
