package rpc

import (
	"context"
	"math"
	"runtime"
	"time"

	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
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

func (s *Server) getAllProcessInfo(ctx context.Context, _ Args) (any, error) {
	infos, err := s.sup.AllInfo(ctx)
	if err != nil {
		return nil, err
	}
	return Infos{now: s.now(), list: infos}, nil
}

// Infos is the result of getProcessInfo and getAllProcessInfo. It writes itself without reflection and without allocations: this
// is what monitoring asks for every few seconds.
type Infos struct {
	now    time.Time
	list   []*supervisor.Info
	single bool // one struct, no array
}

// breather is after how many processes a long answer lets others go on: some ten microseconds, so that clients that ask for
// everything all the time do not hold up a restart.
const breather = 32

// AppendXMLRPC writes a struct per process, its members in upstream's order (checklist 250).
func (v Infos) AppendXMLRPC(e *xmlrpc.Encoder) {
	if v.single {
		appendInfo(e, v.list[0], v.now)
		return
	}
	e.BeginArray()
	before := len(e.Bytes())
	for i := range v.list {
		if i%breather == breather-1 {
			runtime.Gosched()
		}
		appendInfo(e, v.list[i], v.now)
		if i == 0 { // the others are about as long
			size := len(e.Bytes()) - before
			e.Grow((size + size/8) * len(v.list))
		}
	}
	e.EndArray()
}

func appendInfo(e *xmlrpc.Encoder, i *supervisor.Info, now time.Time) {
	e.BeginStruct()
	e.StringMember("name", i.Process)
	e.StringMember("group", i.Group)
	e.IntMember("start", timestamp(i.Start))
	e.IntMember("stop", timestamp(i.Stop))
	e.IntMember("now", timestamp(now))
	e.IntMember("state", int64(i.State))
	e.StringMember("statename", i.State.String())
	e.StringMember("spawnerr", i.SpawnErr)
	e.IntMember("exitstatus", int64(i.ExitStatus))
	e.StringMember("logfile", i.StdoutLogfile)
	e.StringMember("stdout_logfile", i.StdoutLogfile)
	e.StringMember("stderr_logfile", i.StderrLogfile)
	e.IntMember("pid", int64(i.Pid))
	var description [64]byte
	e.TextMember("description", i.AppendDescription(description[:0], now))
	e.EndStruct()
}

// timestamp is Unix seconds, 0 for never, capped at 32 bits as upstream's (checklist 234).
func timestamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return min(max(t.Unix(), math.MinInt32), math.MaxInt32)
}
