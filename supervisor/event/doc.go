// Package event has what event listeners see: the tree of event types, the payloads, the
// header before a payload, and the protocol that a listener speaks on its stdout. It is
// pure: bytes in, bytes out.
package event
