package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"reeve/config"
	"reeve/config/pytext"
	"reeve/rpc/client"
)

// supervisor_cache: an action for each method of the namespace cache.

func cachePlugin(map[string]string) (plugin, error) {
	var p plugin
	for _, v := range []struct {
		name, method string
		words        int
		show         func(value any) string // nil: nothing is printed
		help         string
	}{
		{"cache_clear", "cache.clear", 0, nil, "cache_clear\tForget all that is stored."},
		{"cache_count", "cache.getCount", 0, pythonValue, "cache_count\tPrint how much is stored."},
		{"cache_delete", "cache.delete", 1, nil, "cache_delete <key>\tForget what is stored at <key>."},
		{"cache_fetch", "cache.fetch", 1, pythonLines, "cache_fetch <key>\tPrint what is stored at <key>."},
		{"cache_keys", "cache.getKeys", 0, pythonLines, "cache_keys\tList the keys of all that is stored."},
		{"cache_store", "cache.store", 2, nil, "cache_store <key> <value>\tStore <value> at <key>."},
	} {
		p.verbs = append(p.verbs, verb{name: v.name, talks: true, help: []string{v.help}, run: func(ctx context.Context, c *ctl, arg string) error {
			words, err := config.SplitWords(arg)
			switch {
			case err != nil:
				return valueError(err.Error())
			case len(words) != v.words:
				c.explain(v.name)
				return nil
			}
			args := make([]any, len(words))
			for i, w := range words {
				args[i] = w
			}
			var value any
			if err := c.rpc.Call(ctx, v.method, &value, args...); err != nil {
				return err
			}
			if v.show != nil {
				c.out.line(v.show(value))
			}
			return nil
		}})
	}
	return p, nil
}

// pythonLines renders a value as Python's pprint does: a list too wide for one line has
// one line per element.
func pythonLines(v any) string {
	text := pythonValue(v)
	list, ok := v.([]any)
	if !ok || runeLen(text) <= 80 {
		return text
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = pythonValue(e)
	}
	return "[" + strings.Join(parts, ",\n ") + "]"
}

// pythonValue renders a value as Python prints it, on one line. An empty string arrives
// as nil.
func pythonValue(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		return string(pytext.AppendFloat(nil, v))
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = pythonValue(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, pytext.Repr(key)+": "+pythonValue(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case nil, string:
		return pytext.Repr(client.AsString(v))
	}
	return fmt.Sprint(v)
}
