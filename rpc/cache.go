package rpc

import (
	"context"
	"maps"
	"math/big"
	"slices"
	"sync"

	"reeve/rpc/xmlrpc"
)

// The namespace of supervisor_cache: values that clients store in the daemon, until it ends or is restarted.

const cacheVersion = "0.2"

// cache holds values as they were decoded. It may be used from any goroutine.
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

const helpKey = "@param string key  any text that is not empty\n"

func cacheMethods(map[string]string) []Method {
	c := &cache{items: map[string]any{}, sizes: map[string]int{}}
	rows := []Method{
		{Name: "getAPIVersion", Handle: answer(cacheVersion), Help: "Tell the version of this interface.\n\n@return string version  0.2\n"},
		{Name: "getKeys", Handle: c.keys, Help: "List the keys under which something is stored.\n\n@return array result  the keys, sorted\n"},
		{Name: "getCount", Handle: c.count, Help: "Count what is stored.\n\n@return integer result  how many keys there are\n"},
		{
			Name: "store", Handle: c.store,
			Help: "Store a value under a key, in place of the one before.\n\n" + helpKey + "@param string data  any value\n" + helpTrue,
		},
		{Name: "fetch", Handle: c.fetch, Help: "Return what is stored under a key.\n\n" + helpKey + "@return string result  the value\n"},
		{Name: "delete", Handle: c.remove, Help: "Forget what is stored under a key, if anything is.\n\n" + helpKey + helpTrue},
		{Name: "clear", Handle: c.clear, Help: "Forget everything that is stored.\n\n" + helpTrue},
	}
	for i := range rows {
		rows[i].AnyState, rows[i].Handle = true, unlessShutdown(rows[i].Handle)
	}
	return rows
}

// cacheKey is a text that is not empty.
func cacheKey(v any) (string, error) {
	if key, _ := v.(string); key != "" {
		return key, nil
	}
	return "", faultText(BadName, "Cache key must be a non-empty string")
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
		return nil, faultText(Failed, "the cache is full")
	}
	c.size += n - c.sizes[key]
	c.items[key], c.sizes[key] = args[1], n
	return true, nil
}

// fetch does not tell nil from nothing.
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
	return nil, fault(BadName)
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
