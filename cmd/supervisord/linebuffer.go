package main

import (
	"sync"

	"reeve/supervisor/process"
)

// lineBuffer keeps log lines until release; after that it passes them on at once.
type lineBuffer struct {
	log func(process.Level, string)

	mu       sync.Mutex
	released bool
	lines    []process.Log
}

func (b *lineBuffer) Log(level process.Level, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.released {
		b.log(level, text)
		return
	}
	b.lines = append(b.lines, process.Log{Level: level, Text: text})
}

func (b *lineBuffer) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released = true
	for _, l := range b.lines {
		b.log(l.Level, l.Text)
	}
	b.lines = nil
}
