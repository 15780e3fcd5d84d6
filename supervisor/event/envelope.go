package event

import (
	"fmt"
	"unicode/utf8"
)

// Header is what stands in front of a payload on its way to a listener (checklist 195).
type Header struct {
	Server     string // identifier of the daemon
	Serial     uint64
	Pool       string
	PoolSerial uint64
	// Bytes makes `len` count bytes. Upstream counts characters, and listeners that read text rely on it (checklist 196, 10C 1).
	Bytes bool
}

// Envelope is the header line and the payload, ready to be sent.
func (h Header) Envelope(e Event) []byte {
	length := utf8.RuneCountInString(e.Payload)
	if h.Bytes {
		length = len(e.Payload)
	}
	return fmt.Appendf(nil, "ver:3.0 server:%s serial:%d pool:%s poolserial:%d eventname:%s len:%d\n%s",
		h.Server, h.Serial, h.Pool, h.PoolSerial, e.Type, length, e.Payload)
}
