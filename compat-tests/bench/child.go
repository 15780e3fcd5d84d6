//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"unsafe"
)

// The child is a program of some twenty instructions, so that the figures are those of a
// start and not of a libc or a Go runtime. Without an argument it exits with 0. With one
// it writes a stamp, which is the monotonic time of its first instruction and its pid, to
// the FIFO of that name, and stays.

// stamp is what the child writes.
type stamp struct{ Sec, Nsec, Pid int64 }

// childCode returns where the child's instructions are in this program.
func childCode() (start, end uintptr)

// writeChild writes the child's executable: two headers and its code, which is
// position-independent.
func writeChild(path string) error {
	const base, align = 0x400000, 0x1000
	start, end := childCode()
	if end <= start || end-start > align {
		return fmt.Errorf("cannot write %s: the child's code is from %#x to %#x", path, start, end)
	}
	machine := elf.EM_X86_64
	if runtime.GOARCH == "arm64" {
		machine = elf.EM_AARCH64
	}
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64, Entry: base + 64 + 56,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	header.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	size := 64 + 56 + uint64(end-start)
	load := elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base,
		Filesz: size, Memsz: size, Align: align,
	}
	var b bytes.Buffer
	for _, part := range []any{header, load, unsafe.Slice(codeAt(start), end-start)} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			return err
		}
	}
	return os.WriteFile(path, b.Bytes(), 0o700)
}

// codeAt returns the address of code as a pointer; code does not move.
func codeAt(pc uintptr) *byte { return *(**byte)(unsafe.Pointer(&pc)) }
