package rpc

import (
	"sync/atomic"
	"weak"

	"reeve/rpc/turn"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// recent keeps the last reply about all processes. The reply stays the same until
// something changes or the second ends, and several clients that monitor the daemon ask
// for it. It is kept from the second request on, and only until the next garbage
// collection.
type recent struct{ last atomic.Pointer[recentReply] }

// recentReply is one kept reply. A snapshot never changes, so its address identifies it;
// a weak pointer to it never equals one to a later snapshot at the same address.
type recentReply struct {
	key
	text weak.Pointer[[]byte]
}

type key struct {
	snapshot weak.Pointer[*supervisor.Info] // its first element
	length   int
	second   int64
}

// fewProcesses is the number of processes below which keeping a reply is not worth it.
const fewProcesses = 32

// append appends the reply for v to dst.
func (r *recent) append(dst []byte, v Infos) []byte {
	if v.single || len(v.list) < fewProcesses {
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
