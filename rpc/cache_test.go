package rpc_test

import (
	"strings"
	"testing"

	"reeve/config"
)

// What clients store does not grow without end.
func TestCacheIsBounded(t *testing.T) {
	s := withPlugins(newFake(), []string{"cache=" + config.CacheFactory})
	large := strings.Repeat("x", 30<<20)
	full := faulted{30, "FAILED: the cache is full"}
	for _, c := range []step{
		{"cache.store", []any{"a", large}, true},
		{"cache.store", []any{"b", []any{large}}, true},
		{"cache.store", []any{"c", large}, full},
		{"cache.store", []any{"b", large}, true},
		{"cache.delete", []any{"a"}, true},
		{"cache.delete", []any{"a"}, true},
		{"cache.store", []any{"c", large}, true},
		{"cache.store", []any{"d", large}, full},
		{"cache.clear", nil, true},
		{"cache.store", []any{"d", large}, true},
		{"cache.getCount", nil, int64(1)},
	} {
		if got := outcome(t, s, c.method, c.args...); got != c.want {
			t.Errorf("%s %.10q: %v, want %v", c.method, c.args, got, c.want)
		}
	}
}
