// Package xmlrpc is the server's side of XML-RPC: it decodes calls and encodes replies. It is pure: no I/O, no clock, no logger.
//
// DecodeCall takes what upstream's server takes (checklist 230-232), within bounds: depth and number of elements are limited,
// document type declarations are refused, so no entity is ever expanded.
//
// The Encoder writes the layout of Python's xmlrpc.client, byte for byte (checklist 233). It appends to one buffer and uses no
// reflection, so a reply of thousands of values is one pass without allocations.
//
// Text that XML cannot carry is replaced, so that a reply is well-formed whatever a program has logged (checklist 235, 252):
// each byte that is not part of valid UTF-8, each control character other than tab, line feed and carriage return, and U+FFFE
// and U+FFFF become U+FFFD (the replacement character). A carriage return is sent as it is, as upstream does; an XML parser
// on the other side turns it into a line feed.
package xmlrpc
