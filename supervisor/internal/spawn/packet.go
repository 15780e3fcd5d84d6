package spawn

import (
	"encoding/binary"
	"syscall"
)

// request asks the helper for a fork. With it come the descriptors of the child from 0 on, and last, if plan is empty, a file that
// holds the plan.
type request struct {
	number uint64
	files  int
	plan   []byte
}

// requestHead is the most that a request takes without its plan.
const requestHead = 2 * binary.MaxVarintLen64

// maxFiles is how many descriptors a child gets at most: 0, 1, 2 and the shim's plan.
const maxFiles = planFD + 1

func (r *request) append(b []byte) []byte {
	b = binary.AppendUvarint(b, r.number)
	b = binary.AppendUvarint(b, uint64(r.files))
	return append(b, r.plan...)
}

// decodeRequest reads what append wrote; got is how many descriptors came with it.
func decodeRequest(b []byte, got int) (r request, ok bool) {
	d := decoder{rest: b}
	r.number, r.files = d.uint(), int(min(d.uint(), maxFiles+1))
	r.plan = d.rest
	want := r.files
	if len(r.plan) == 0 {
		want++
	}
	return r, !d.failed && r.files <= maxFiles && got == want
}

// answer is what the helper says when the fork is done.
type answer struct {
	number uint64
	pid    int
	errno  syscall.Errno
}

func (a *answer) append(b []byte) []byte {
	b = binary.AppendUvarint(b, a.number)
	b = binary.AppendUvarint(b, uint64(a.pid))
	return binary.AppendUvarint(b, uint64(a.errno))
}

func decodeAnswer(b []byte) (a answer, ok bool) {
	d := decoder{rest: b}
	a = answer{d.uint(), int(d.uint32()), syscall.Errno(d.uint32())}
	return a, !d.failed && len(d.rest) == 0 && (a.pid != 0) != (a.errno != 0)
}
