package logfile

import "sync"

// The sizes of a Block: one for lines, one for floods.
const (
	smallBlock = 64 << 10
	largeBlock = 1 << 20
)

// Block is a buffer that is passed on instead of being copied. Its zero value is not usable.
type Block struct {
	buf []byte // whole
	n   int    // bytes in use
}

// NewBlock returns an empty block that holds at least size bytes.
func NewBlock(size int) *Block {
	switch {
	case size <= smallBlock:
		return smallBlocks.Get().(*Block)
	case size <= largeBlock:
		return largeBlocks.Get().(*Block)
	}
	return &Block{buf: make([]byte, size)}
}

var (
	smallBlocks = sync.Pool{New: func() any { return &Block{buf: make([]byte, smallBlock)} }}
	largeBlocks = sync.Pool{New: func() any { return &Block{buf: make([]byte, largeBlock)} }}
)

// Space is the whole buffer, for its owner to fill from the start.
func (b *Block) Space() []byte { return b.buf }

// Release gives the block back. The owner must not use it any more.
func (b *Block) Release() {
	b.n = 0
	switch len(b.buf) {
	case smallBlock:
		smallBlocks.Put(b)
	case largeBlock:
		largeBlocks.Put(b)
	}
}

// add appends p if it fits.
func (b *Block) add(p []byte) bool {
	if len(p) > len(b.buf)-b.n {
		return false
	}
	b.n += copy(b.buf[b.n:], p)
	return true
}
