package event

import (
	"strconv"
	"unicode/utf8"
)

// Header is the line that precedes a payload on its way to a listener (fact 195).
type Header struct {
	Server     string // identifier of the daemon
	Serial     uint64
	Pool       string
	PoolSerial uint64
	// Bytes makes `len` count bytes. Upstream counts characters, and listeners that read
	// text rely on that (fact 196).
	Bytes bool
}

// Append appends the header line and the payload of e, as they are sent.
func (h Header) Append(b []byte, e Event) []byte {
	length := len(e.Payload)
	if !h.Bytes {
		length = utf8.RuneCountInString(e.Payload)
	}
	b = append(append(b, "ver:3.0 server:"...), h.Server...)
	b = strconv.AppendUint(append(b, " serial:"...), h.Serial, 10)
	b = append(append(b, " pool:"...), h.Pool...)
	b = strconv.AppendUint(append(b, " poolserial:"...), h.PoolSerial, 10)
	b = append(append(b, " eventname:"...), e.Type.String()...)
	b = strconv.AppendInt(append(b, " len:"...), int64(length), 10)
	return append(append(b, '\n'), e.Payload...)
}
