package logfile

import (
	"slices"
	"sync"
)

// blockSize is the capacity of a pipe, and stays in a processor's cache between a read
// and a write.
const blockSize = 64 << 10

// pieceMost is how many pieces a block may have.
const pieceMost = 1024

// Block is a pooled buffer, made by NewBlock. The zero value is not usable.
type Block struct {
	buf    []byte // whole
	n      int    // bytes in use
	pieces []piece
}

// piece is a part of a block that is written separately. It ends where the next one
// begins.
type piece struct {
	end int
	opt *Options // how the file rotates after it
}

// NewBlock returns an empty block of at least size bytes.
func NewBlock(size int) *Block {
	if size <= blockSize {
		return blocks.Get().(*Block)
	}
	return &Block{buf: make([]byte, size)}
}

var blocks = sync.Pool{New: func() any { return &Block{buf: make([]byte, blockSize)} }}

// Space returns the whole buffer, for its owner to fill from the start.
func (b *Block) Space() []byte { return b.buf }

// Release returns the block to its pool. The owner must not use it afterwards.
func (b *Block) Release() {
	b.n, b.pieces = 0, b.pieces[:0]
	if len(b.buf) == blockSize {
		blocks.Put(b)
	}
}

// skip drops the first n bytes.
func (b *Block) skip(n int) {
	b.n = copy(b.buf, b.buf[n:b.n])
	for i := range b.pieces {
		b.pieces[i].end -= n
	}
	b.pieces = slices.DeleteFunc(b.pieces, func(p piece) bool { return p.end <= 0 })
}

// add appends p and returns true, if it fits. p joins the last piece, unless apart is set
// or the options differ.
func (b *Block) add(p []byte, opt *Options, apart bool) bool {
	if len(p) > len(b.buf)-b.n {
		return false
	}
	last := len(b.pieces) - 1
	join := last >= 0 && !apart && b.pieces[last].opt == opt
	if !join && len(b.pieces) == pieceMost {
		return false
	}
	b.n += copy(b.buf[b.n:], p)
	if join {
		b.pieces[last].end = b.n
	} else {
		b.pieces = append(b.pieces, piece{b.n, opt})
	}
	return true
}
