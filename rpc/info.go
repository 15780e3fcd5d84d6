package rpc

import (
	"context"
	"math"
	"runtime"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

func (s *Server) getProcessInfo(ctx context.Context, args Args) (any, error) {
	t, err := args.process(0)
	if err != nil {
		return nil, err
	}
	info, err := s.sup.Info(ctx, t.Name)
	if err != nil {
		return nil, faultOf(err, t.text)
	}
	return Infos{now: s.now(), list: []*supervisor.Info{info}, single: true}, nil
}

func (s *Server) getProcess(ctx context.Context, args Args) (any, error) {
	t, err := args.process(0)
	if err != nil {
		return nil, err
	}
	info, err := s.sup.Info(ctx, t.Name)
	if err != nil {
		return nil, faultOf(err, t.text)
	}
	now := s.now()
	p := processOf(info, now)
	p.Description = info.Description(now)
	return &p, nil
}

func (s *Server) getAllProcesses(ctx context.Context, _ Args) (any, error) {
	infos, err := s.sup.AllInfo(ctx)
	if err != nil {
		return nil, err
	}
	return Processes{Infos{now: s.now(), list: infos}}, nil
}

func (s *Server) getAllProcessInfo(ctx context.Context, _ Args) (any, error) {
	infos, err := s.sup.AllInfo(ctx)
	if err != nil {
		return nil, err
	}
	return Infos{now: s.now(), list: infos}, nil
}

// Infos is the result of getProcessInfo and getAllProcessInfo. It encodes itself without
// reflection and without allocations, because monitoring asks for it every few seconds.
type Infos struct {
	now    time.Time
	list   []*supervisor.Info
	single bool // one struct instead of an array
}

// breather is the number of processes after which a long answer yields the processor:
// some ten microseconds, so that clients that keep asking for everything do not hold up a
// restart.
const breather = 32

// AppendXMLRPC writes a struct per process, its members in upstream's order (fact 250).
func (v Infos) AppendXMLRPC(e *xmlrpc.Encoder) { v.append(e, appendInfo) }

// Processes is the result of reeve.getAllProcesses, encoded as Infos is.
type Processes struct{ Infos }

// AppendXMLRPC writes a struct per process.
func (v Processes) AppendXMLRPC(e *xmlrpc.Encoder) { v.append(e, appendProcess) }

func (v Infos) append(e *xmlrpc.Encoder, one func(*xmlrpc.Encoder, *supervisor.Info, time.Time)) {
	if v.single {
		one(e, v.list[0], v.now)
		return
	}
	e.BeginArray()
	before := len(e.Bytes())
	for i := range v.list {
		if i%breather == breather-1 {
			runtime.Gosched()
		}
		one(e, v.list[i], v.now)
		if i == 0 { // the others are about as long
			size := len(e.Bytes()) - before
			e.Grow((size + size/8) * len(v.list))
		}
	}
	e.EndArray()
}

func appendInfo(e *xmlrpc.Encoder, i *supervisor.Info, now time.Time) {
	info := processInfo(i, now)
	var description [64]byte
	info.AppendDescribed(e, i.AppendDescription(description[:0], now))
}

func appendProcess(e *xmlrpc.Encoder, i *supervisor.Info, now time.Time) {
	p := processOf(i, now)
	var description [64]byte
	p.AppendDescribed(e, i.AppendDescription(description[:0], now))
}

// processOf is what our own methods show of a process, without its description.
func processOf(i *supervisor.Info, now time.Time) api.Process {
	return api.Process{ProcessInfo: processInfo(i, now), Attributes: attributes(i)}
}

func attributes(i *supervisor.Info) api.Attributes {
	a := api.Attributes{
		Ready:       i.Ready,
		Health:      i.Health,
		WaitingFor:  i.Waiting,
		StatusText:  i.StatusText,
		Restarts:    i.Restarts,
		NextAttempt: timestamp(i.NextAttempt),
		LastExit:    api.LastExit{Code: i.LastExit.Code, At: timestamp(i.LastExit.At)},
		Reason:      string(i.Reason),
		Enabled:     !i.Disabled,
	}
	if i.LastExit.Signal != 0 {
		a.LastExit.Signal = process.SignalName(i.LastExit.Signal)
	}
	return a
}

// processInfo is what clients get to see of a process, without its description.
func processInfo(i *supervisor.Info, now time.Time) api.ProcessInfo {
	return api.ProcessInfo{
		Name:          i.Process,
		Group:         i.Group,
		Start:         timestamp(i.Start),
		Stop:          timestamp(i.Stop),
		Now:           timestamp(now),
		State:         int(i.State),
		StateName:     i.State.String(),
		SpawnErr:      i.SpawnErr,
		ExitStatus:    i.ExitStatus,
		StdoutLogfile: i.StdoutLogfile,
		StderrLogfile: i.StderrLogfile,
		PID:           i.Pid,
	}
}

// timestamp returns Unix seconds, 0 for never, limited to 32 bits as upstream's integers
// (fact 234).
func timestamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return min(max(t.Unix(), math.MinInt32), math.MaxInt32)
}
