package compat

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// slowFS is a file system (FUSE) whose every name is an executable file; look-ups get no
// answer until goOn is called: a disk that hangs and comes back.
type slowFS struct {
	device *os.File

	mu   sync.Mutex
	held []uint64 // pending requests
	on   bool
}

// mountSlow mounts a slowFS at dir, which it makes, or skips the test.
func mountSlow(t *testing.T, dir string) *slowFS {
	t.Helper()
	fd, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("no FUSE here: ", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d", fd, os.Getuid(), os.Getgid())
	if err := unix.Mount("slow", dir, "fuse.slow", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		syscall.Close(fd)
		t.Skip("FUSE can't be mounted here: ", err)
	}
	fs := &slowFS{device: os.NewFile(uintptr(fd), "/dev/fuse")}
	served := make(chan struct{})
	go func() { fs.serve(); close(served) }()
	t.Cleanup(func() {
		fs.goOn()
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
		fs.device.Close()
		<-served
	})
	return fs
}

// waiting reports whether a look-up is pending.
func (fs *slowFS) waiting() bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return len(fs.held) > 0
}

func (fs *slowFS) goOn() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.on = true
	for _, unique := range fs.held {
		fs.found(unique)
	}
	fs.held = nil
}

// The requests that are answered, and those that need no answer; see fuse(4).
const (
	fuseLookup      = 1
	fuseForget      = 2
	fuseGetattr     = 3
	fuseInit        = 26
	fuseInterrupt   = 36
	fuseBatchForget = 42

	fuseRoot = 1 // node
	fuseFile = 2
)

func (fs *slowFS) serve() {
	buf := make([]byte, 1<<20)
	for {
		n, err := fs.device.Read(buf)
		if err != nil {
			return // unmounted
		}
		opcode := binary.NativeEndian.Uint32(buf[4:n])
		unique := binary.NativeEndian.Uint64(buf[8:n])
		node := binary.NativeEndian.Uint64(buf[16:n])
		switch opcode {
		case fuseForget, fuseBatchForget, fuseInterrupt:
		case fuseInit: // version 7.12
			fs.answer(unique, 0, []uint32{7, 12, 0, 0, 0, 4096})
		case fuseGetattr:
			fs.answer(unique, 0, []uint64{1, 0}, attributes(node))
		case fuseLookup:
			fs.mu.Lock()
			if fs.on {
				fs.found(unique)
			} else {
				fs.held = append(fs.held, unique)
			}
			fs.mu.Unlock()
		default:
			fs.answer(unique, syscall.ENOSYS)
		}
	}
}

// found answers a look-up.
func (fs *slowFS) found(unique uint64) {
	fs.answer(unique, 0, []uint64{fuseFile, 0, 1, 1, 0}, attributes(fuseFile))
}

func attributes(node uint64) any {
	mode := uint32(syscall.S_IFREG | 0o755)
	if node == fuseRoot {
		mode = syscall.S_IFDIR | 0o755
	}
	return struct {
		Node, Size, Blocks, Atime, Mtime, Ctime      uint64
		Atimensec, Mtimensec, Ctimensec, Mode, Links uint32
		UID, GID, Device, BlockSize, Padding         uint32
	}{Node: node, Mode: mode, Links: 1, UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), BlockSize: 4096}
}

// answer writes a reply; a requester that no longer waits does not get it.
func (fs *slowFS) answer(unique uint64, errno syscall.Errno, parts ...any) {
	var body bytes.Buffer
	for _, p := range parts {
		_ = binary.Write(&body, binary.NativeEndian, p)
	}
	var out bytes.Buffer
	_ = binary.Write(&out, binary.NativeEndian, struct {
		Length uint32
		Error  int32
		Unique uint64
	}{uint32(16 + body.Len()), -int32(errno), unique})
	out.Write(body.Bytes())
	_, _ = fs.device.Write(out.Bytes())
}
