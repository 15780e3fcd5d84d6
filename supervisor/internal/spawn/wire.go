package spawn

import (
	"encoding/binary"
	"errors"
)

// plan is what the last process of a start does until it executes the program. It is sent
// to the starter and the shim.
type plan struct {
	File   string
	Argv   []string
	Env    []string
	Dir    string // "": stay
	Umask  int    // -1: leave
	Switch *identity
	Limits []Rlimit
	Nice   *int
	Extra  int // the number of one more descriptor; 0: none
	// Sockets is how many become the descriptors from 3 on.
	Sockets int
}

// identity is the user to become.
type identity struct {
	UID    uint32
	Groups Groups
	// Refusal is why the switch can't be made, if that is known before.
	Refusal string
}

// special reports whether the plan has steps that only the shim can do.
func (p *plan) special() bool {
	return len(p.Limits) > 0 || p.Nice != nil || p.Sockets > 0 || p.Switch != nil && p.Switch.Refusal != ""
}

// The wire format: numbers as varints, texts and lists after their lengths, optional
// parts after a 0 or 1. Both ends are the same binary, so there is no version.

// mostExtra bounds Spec.Extra: the table of descriptors has to be that large.
const mostExtra = 1023

// mostSockets bounds Spec.Listen.
const mostSockets = 64

const wireMagic = 0x7265

var errWire = errors.New("malformed message")

func (p *plan) append(b []byte) []byte {
	b = binary.AppendUvarint(b, wireMagic)
	b = appendText(b, p.File)
	b = appendTexts(b, p.Argv)
	b = appendTexts(b, p.Env)
	b = appendText(b, p.Dir)
	b = binary.AppendVarint(b, int64(p.Umask))
	if b = appendFlag(b, p.Switch != nil); p.Switch != nil {
		b = binary.AppendUvarint(b, uint64(p.Switch.UID))
		b = binary.AppendUvarint(b, uint64(p.Switch.Groups.GID))
		b = binary.AppendUvarint(b, uint64(len(p.Switch.Groups.Groups)))
		for _, g := range p.Switch.Groups.Groups {
			b = binary.AppendUvarint(b, uint64(g))
		}
		b = appendText(b, p.Switch.Refusal)
	}
	b = binary.AppendUvarint(b, uint64(len(p.Limits)))
	for _, l := range p.Limits {
		b = binary.AppendVarint(b, int64(l.Resource))
		b = binary.AppendUvarint(b, l.Soft)
		b = binary.AppendUvarint(b, l.Hard)
	}
	if b = appendFlag(b, p.Nice != nil); p.Nice != nil {
		b = binary.AppendVarint(b, int64(*p.Nice))
	}
	b = binary.AppendUvarint(b, uint64(p.Extra))
	return binary.AppendUvarint(b, uint64(p.Sockets))
}

// decodePlan decodes what append wrote. What it allocates is bounded by the size of b.
func decodePlan(b []byte) (*plan, error) {
	d := decoder{rest: b}
	if d.uint() != wireMagic {
		d.fail()
	}
	p := &plan{File: d.text(), Argv: d.texts(), Env: d.texts(), Dir: d.text(), Umask: int(d.int())}
	if d.flag() {
		p.Switch = &identity{UID: d.uint32(), Groups: Groups{GID: d.uint32()}}
		for range d.count() {
			p.Switch.Groups.Groups = append(p.Switch.Groups.Groups, d.uint32())
		}
		p.Switch.Refusal = d.text()
	}
	for range d.count() {
		p.Limits = append(p.Limits, Rlimit{int(d.int()), d.uint(), d.uint()})
	}
	if d.flag() {
		nice := int(d.int())
		p.Nice = &nice
	}
	if p.Extra = int(d.uint32()); p.Extra > mostExtra {
		d.fail()
	}
	if p.Sockets = int(d.uint32()); p.Sockets > mostSockets {
		d.fail()
	}
	if len(d.rest) > 0 {
		d.fail()
	}
	if d.failed {
		return nil, errWire
	}
	return p, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

func appendFlag(b []byte, on bool) []byte {
	if on {
		return append(b, 1)
	}
	return append(b, 0)
}

// decoder takes values off the front of rest. After the first failure it returns zeros.
type decoder struct {
	rest   []byte
	copied string // rest at the first text, as a string; all texts are parts of it
	failed bool
}

func (d *decoder) fail() { d.failed, d.rest = true, nil }

func (d *decoder) skip(n int) {
	if n <= 0 {
		d.fail()
		return
	}
	d.rest = d.rest[n:]
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.skip(n)
	if d.failed {
		return 0
	}
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.rest)
	d.skip(n)
	if d.failed {
		return 0
	}
	return v
}

func (d *decoder) uint32() uint32 {
	v := d.uint()
	if v > 1<<32-1 {
		d.fail()
		return 0
	}
	return uint32(v)
}

// count reads the length of something whose elements take at least one byte each.
func (d *decoder) count() int {
	v := d.uint()
	if v > uint64(len(d.rest)) {
		d.fail()
		return 0
	}
	return int(v)
}

func (d *decoder) text() string {
	n := d.count()
	if len(d.copied) < len(d.rest) {
		d.copied = string(d.rest)
	}
	at := len(d.copied) - len(d.rest) // both end at the same byte
	s := d.copied[at : at+n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) texts() []string {
	n := d.count()
	if n == 0 {
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		list = append(list, d.text())
	}
	return list
}

func (d *decoder) flag() bool {
	v := d.uint()
	if v > 1 {
		d.fail()
	}
	return v == 1
}
