package logfile

import "sync"

// blockSize is what a pipe holds, and what stays in a processor's cache between a read and a write.
const blockSize = 64 << 10

// Block is a buffer of a pool. Its zero value is not usable.
type Block struct {
	buf []byte // whole
	n   int    // bytes in use
}

// NewBlock returns an empty block that holds at least size bytes.
func NewBlock(size int) *Block {
	if size <= blockSize {
		return blocks.Get().(*Block)
	}
	return &Block{buf: make([]byte, size)}
}

var blocks = sync.Pool{New: func() any { return &Block{buf: make([]byte, blockSize)} }}

// Space is the whole buffer, for its owner to fill from the start.
func (b *Block) Space() []byte { return b.buf }

// Release gives the block back. The owner must not use it any more.
func (b *Block) Release() {
	b.n = 0
	if len(b.buf) == blockSize {
		blocks.Put(b)
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
