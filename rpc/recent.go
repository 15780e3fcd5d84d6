package rpc

import (
	"sync/atomic"
	"weak"

	"reeve/rpc/turn"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// recent is the last reply about all processes. It is the same as long as nothing changes and the second does not end, and several
// who watch the daemon ask for it. It is kept for the second of them, and only until the next garbage collection.
type recent struct{ last atomic.Pointer[recentReply] }

// recentReply is one of them. A snapshot is never changed, so its place in memory tells which it is; a weak pointer to it is
// never equal to one to a later snapshot in the same place.
type recentReply struct {
	key
	text weak.Pointer[[]byte]
}

type key struct {
	snapshot weak.Pointer[*supervisor.Info] // its first element
	length   int
	second   int64
}

// fewProcesses are not worth it.
const fewProcesses = 32

// append appends the reply that tells v.
func (r *recent) append(dst []byte, v Infos) []byte {
	if len(v.list) < fewProcesses {
		return xmlrpc.AppendReply(dst, v)
	}
	turn.Take(func() { dst = r.appendMany(dst, v) })
	return dst
}

func (r *recent) appendMany(dst []byte, v Infos) []byte {
	reply := &recentReply{key: key{weak.Make(&v.list[0]), len(v.list), v.now.Unix()}}
	last := r.last.Load()
	again := last != nil && last.key == reply.key
	if again {
		if text := last.text.Value(); text != nil {
			return append(dst, *text...)
		}
	}
	before := len(dst)
	dst = xmlrpc.AppendReply(dst, v)
	if again {
		text := append([]byte(nil), dst[before:]...)
		reply.text = weak.Make(&text)
	}
	r.last.Store(reply)
	return dst
}
