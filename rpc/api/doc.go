// Package api has the answers of the methods as plain structs: one form for the XML-RPC
// server, its clients, `supervisorctl --json` and whatever else shows them. Each encodes
// itself as XML-RPC with upstream's member names in upstream's order; the tags are the
// names in JSON and for a client's decoder.
package api
