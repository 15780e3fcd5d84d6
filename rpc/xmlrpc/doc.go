// Package xmlrpc is the server's side of XML-RPC: it decodes calls and encodes replies.
// It is pure: no I/O, no clock, no logger.
//
// DecodeCall accepts what upstream's server accepts (facts 230-232: root element,
// refusals, value types), within limits: depth and number of elements are bounded, and
// document type declarations are refused, so no entity is ever expanded.
//
// The Encoder writes the layout of Python's xmlrpc.client, byte for byte (fact 233,
// layout of a reply). It appends to one buffer and uses no reflection, so a reply of
// thousands of values takes one pass without allocations.
//
// Text that XML cannot carry is replaced, so that a reply is well-formed whatever a
// program has logged (facts 235 and 252, control characters and logs): each byte that is
// not part of valid UTF-8, each control character other than tab, line feed and carriage
// return, and U+FFFE and U+FFFF become U+FFFD (the replacement character). A carriage
// return is sent unchanged, as upstream does; the client's XML parser turns it into a
// line feed.
package xmlrpc
