// Package plan decides what a changed configuration means for each process that is active
// or configured. It is pure: two readings of a configuration and what is known of each
// process come in, a list of entries goes out. What config.Changes says of a key decides
// whether its new value is put in force while the process runs or by a restart; what is
// off stays off.
//
// The loop carries a plan out: at once what is live, then the stops, dependants first, and
// when these are over everything else. What follows from that by on_dependency is part of
// the plan, so that a plan can be compared with what then happens.
package plan
