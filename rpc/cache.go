package rpc

import (
	"context"
	"maps"
	"math/big"
	"slices"
	"sync"

	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
)

// The namespace of supervisor_cache: values that clients store in the daemon until it
// ends or restarts.

const cacheVersion = "0.2"

// cache holds values as they were decoded. It is safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	items map[string]any
	sizes map[string]int
	size  int // of all, about
}

// cacheMost bounds what is stored, in bytes.
const cacheMost = 64 << 20

// sizeOf is about how much memory a value takes.
func sizeOf(v any) int {
	const least = 64
	n := least
	switch v := v.(type) {
	case string:
		n += len(v)
	case []any:
		for _, e := range v {
			n += sizeOf(e)
		}
	case xmlrpc.Struct:
		for _, m := range v {
			n += len(m.Name) + sizeOf(m.Value)
		}
	case *big.Int:
		n += v.BitLen() / 8
	}
	return n
}

var cacheKeyParam = Param{"string", "key", "any text that is not empty"}

func cacheMethods(map[string]string) []Method {
	c := &cache{items: map[string]any{}, sizes: map[string]int{}}
	rows := []Method{
		{
			Name: "getAPIVersion", Handle: answer(cacheVersion),
			Doc:     "Return the version of this interface.",
			Returns: Param{"string", "version", "0.2"},
		},
		{
			Name: "getKeys", Handle: c.keys,
			Doc:     "List the keys under which something is stored.",
			Returns: Param{"array", "result", "the keys, sorted"},
		},
		{
			Name: "getCount", Handle: c.count,
			Doc:     "Count what is stored.",
			Returns: Param{"integer", "result", "how many keys there are"},
		},
		{
			Name: "store", Handle: c.store,
			Doc:     "Store a value under a key, in place of the one before.",
			Params:  []Param{cacheKeyParam, {"string", "data", "any value"}},
			Returns: always,
		},
		{
			Name: "fetch", Handle: c.fetch,
			Doc:     "Return what is stored under a key.",
			Params:  []Param{cacheKeyParam},
			Returns: Param{"string", "result", "the value"},
		},
		{
			Name: "delete", Handle: c.remove,
			Doc:     "Forget what is stored under a key, if anything is.",
			Params:  []Param{cacheKeyParam},
			Returns: always,
		},
		{
			Name: "clear", Handle: c.clear,
			Doc:     "Forget everything that is stored.",
			Returns: always,
		},
	}
	for i := range rows {
		rows[i].cache = c
		rows[i].AnyState, rows[i].Handle = true, unlessShutdown(rows[i].Handle)
	}
	return rows
}

// cacheKey returns v if it is text that is not empty.
func cacheKey(v any) (string, error) {
	if key, _ := v.(string); key != "" {
		return key, nil
	}
	return "", faultText(api.BadName, "Cache key must be a non-empty string")
}

func (c *cache) keys(*Server, context.Context, Args) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return texts(slices.Sorted(maps.Keys(c.items))), nil
}

func (c *cache) count(*Server, context.Context, Args) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.items)), nil
}

func (c *cache) store(_ *Server, _ context.Context, args Args) (any, error) {
	key, err := cacheKey(args[0])
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(key) + sizeOf(args[1])
	if c.size-c.sizes[key]+n > cacheMost {
		return nil, faultText(api.Failed, "the cache is full")
	}
	c.size += n - c.sizes[key]
	c.items[key], c.sizes[key] = args[1], n
	return true, nil
}

// fetch answers a stored nil like a missing key: BAD_NAME.
func (c *cache) fetch(_ *Server, _ context.Context, args Args) (any, error) {
	key, err := cacheKey(args[0])
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.items[key]; v != nil {
		return v, nil
	}
	return nil, fault(api.BadName)
}

func (c *cache) remove(_ *Server, _ context.Context, args Args) (any, error) {
	key, err := cacheKey(args[0])
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size -= c.sizes[key]
	delete(c.items, key)
	delete(c.sizes, key)
	return true, nil
}

func (c *cache) clear(*Server, context.Context, Args) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.items)
	clear(c.sizes)
	c.size = 0
	return true, nil
}
