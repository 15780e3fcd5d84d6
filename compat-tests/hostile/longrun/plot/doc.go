// Package plot decides what happens in a long run: from a seed come the configuration that
// it begins with, and a sequence of actions that has no end. Both are pure functions of
// the seed, so the same seed repeats a run, as far as its outcome does not depend on the
// clock. Package longrun carries the actions out.
package plot
