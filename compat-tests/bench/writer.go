//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
)

// The writers write records, so that one that is lost, doubled or out of order is
// noticed: a number of 16 digits and a filler, one after the other.

// The sizes of the records of the two kinds of writer; pages are written 16 at a time.
const (
	lineSize  = 100
	pageSize  = 4096
	blockSize = 16 * pageSize
)

func record(size int) []byte {
	r := make([]byte, size)
	for i := range r {
		r[i] = "abcdefghijklmnopqrstuvwxyz-. "[i%29]
	}
	r[size-1] = '\n'
	return r
}

func number16(dst []byte, n int) {
	for i := 15; i >= 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
}

// writeRecords writes at least the given number of bytes of records, perWrite of them in
// each write.
func writeRecords(recordSize, perWrite int) func(args []string) error {
	return func(args []string) error {
		total, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		buf := bytes.Repeat(record(recordSize), perWrite)
		for n := 0; total > 0; total -= len(buf) {
			for at := 0; at < len(buf); at += recordSize {
				number16(buf[at:], n)
				n++
			}
			for rest := buf; len(rest) > 0; {
				k, err := syscall.Write(1, rest)
				if err != nil && err != syscall.EINTR {
					return err
				}
				rest = rest[max(k, 0):]
			}
		}
		return nil
	}
}

// verifyRecords reads a log, oldest file first, and compares every byte with what was
// written.
func verifyRecords(paths []string, recordSize, total int) error {
	var parts []io.Reader
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		parts = append(parts, f)
	}
	in := bufio.NewReaderSize(io.MultiReader(parts...), 1<<20)
	want, got := record(recordSize), make([]byte, recordSize)
	for n := range total / recordSize {
		if _, err := io.ReadFull(in, got); err != nil {
			return fmt.Errorf("%s: record %d of %d: %w", paths[len(paths)-1], n, total/recordSize, err)
		}
		if number16(want, n); !bytes.Equal(got, want) {
			return fmt.Errorf("%s: record %d is %q, want %q", paths[len(paths)-1], n, got[:40], want[:40])
		}
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return fmt.Errorf("%s has more than was written", paths[len(paths)-1])
	}
	return nil
}

// writeOnDemand writes a line with the time for each byte that it reads from a FIFO.
func writeOnDemand(args []string) error {
	in, err := os.Open(args[0])
	if err != nil {
		return err
	}
	var one [1]byte
	for {
		if _, err := in.Read(one[:]); err != nil {
			return err
		}
		if _, err := syscall.Write(1, fmt.Appendf(nil, "%019d\n", now())); err != nil {
			return err
		}
	}
}
