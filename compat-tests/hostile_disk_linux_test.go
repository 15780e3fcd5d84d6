package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// freezer is a file system of its own that can be frozen: every write hangs, in the
// kernel, until the file system is thawed.
type freezer struct {
	t   *testing.T
	dir *os.File
}

func (in *instance) freezer(name string) *freezer {
	in.t.Helper()
	image, dir := in.path("image"), in.path(name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		in.t.Fatal(err)
	}
	f, err := os.Create(image)
	if err != nil {
		in.t.Fatal(err)
	}
	if err := f.Truncate(1 << 30); err != nil { // sparse
		in.t.Skip("no image can be made here: ", err)
	}
	f.Close()
	mustHave(in.t, "mkfs.ext4", "-q", "-F", "-O", "^has_journal", image)
	device := mustHave(in.t, "losetup", "--find", "--show", image)
	in.t.Cleanup(func() { mustHave(in.t, "losetup", "--detach", device) })
	if err := unix.Mount(device, dir, "ext4", 0, ""); err != nil {
		in.t.Skip("it can't be mounted here: ", err)
	}
	in.t.Cleanup(func() {
		in.close()
		if err := unix.Unmount(dir, 0); err != nil {
			in.t.Errorf("cannot unmount %s: %v", dir, err)
		}
	})
	open, err := os.Open(dir)
	if err != nil {
		in.t.Fatal(err)
	}
	z := &freezer{in.t, open}
	in.t.Cleanup(func() { _ = z.ioctl(thaw); open.Close() })
	return z
}

// The ioctl numbers FIFREEZE and FITHAW of linux/fs.h.
const (
	freeze = 0xC0045877
	thaw   = 0xC0045878
)

func (z *freezer) ioctl(what uint) error {
	return unix.IoctlSetInt(int(z.dir.Fd()), what, 0)
}

func (z *freezer) must(what uint) {
	z.t.Helper()
	if err := z.ioctl(what); err != nil {
		z.t.Skip("it can't be frozen here: ", err)
	}
}

// append adds text to a file.
func (in *instance) append(name, text string) {
	in.t.Helper()
	f, err := os.OpenFile(in.path(name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		in.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		in.t.Fatal(err)
	}
}

// Sixty programs log to a frozen file system while hardly any more threads can be made:
// the daemon goes on with everything else, and reports the output that it loses.
func TestHostileFrozenFileSystem(t *testing.T) {
	const programs = 60
	in := hostile(t, fmt.Sprintf(`[program:logs]
command=/usr/bin/tail -n +1 -f {{.Dir}}/feed
process_name=%%(process_num)02d
numprocs=%d
stdout_logfile={{.Dir}}/disk/log%%(process_num)02d
stdout_logfile_maxbytes=0
`, programs))
	g := in.inPidsGroup()
	disk := in.freezer("disk")
	in.append("feed", "begin\n")
	in.mustStart()
	logs := func(done func(text string) bool) bool {
		for i := range programs {
			if !done(in.read(fmt.Sprintf("disk/log%02d", i))) {
				return false
			}
		}
		return true
	}
	in.await("the first line in all logs", func() bool {
		return logs(func(text string) bool { return text == "begin\n" })
	})
	in.served()
	disk.must(freeze)
	g.limit(t, g.current(t)+10)

	// Less than the daemon holds in memory: not a byte is lost.
	for i := range 20 {
		in.append("feed", fmt.Sprintf("line %d while it is frozen\n", i))
		in.served()
		in.lives()
	}
	disk.must(thaw)
	feed := in.read("feed")
	in.await("all that was written while it was frozen", func() bool {
		return logs(func(text string) bool { return text == feed })
	})

	// More than that.
	disk.must(freeze)
	for range 40 {
		in.append("feed", strings.Repeat(strings.Repeat("x", 99)+"\n", 1000))
		in.served()
		in.lives()
	}
	in.await("a line about each", func() bool {
		in.lives()
		return in.has("supervisord.log", "output is dropped", programs)
	})
	in.served()
	disk.must(thaw)
	in.await("a line of after the outage in all logs", func() bool {
		in.lives()
		in.append("feed", "end\n")
		return logs(func(text string) bool { return strings.HasSuffix(text, "\nend\n") })
	})
	size := len(in.read("feed"))
	in.await("every byte in a log, or said to be lost", func() bool {
		lost := in.lostBytes()
		for i := range programs {
			name := fmt.Sprintf("log%02d", i)
			if len(in.read("disk/"+name))+lost[name] != size {
				return false
			}
		}
		return true
	})
	in.stopDaemon()
}

// lostBytes returns the number of lost bytes that the daemon's log reports for each log.
func (in *instance) lostBytes() map[string]int {
	lost := map[string]int{}
	said := regexp.MustCompile(`(log\d\d) can be written again; (\d+) bytes were lost`)
	for _, found := range said.FindAllStringSubmatch(in.read("supervisord.log"), -1) {
		n, _ := strconv.Atoi(found[2])
		lost[found[1]] += n
	}
	return lost
}

// deadMount mounts a file system whose server never answers: every access to it hangs
// until release is called.
func (in *instance) deadMount(name string) (release func()) {
	in.t.Helper()
	dir := in.path(name)
	server, err := os.OpenFile("/dev/fuse", os.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		in.t.Skip("no file system can be served here: ", err)
	}
	release = sync.OnceFunc(func() { server.Close() })
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", server.Fd())
	if err := unix.Mount("reeve-test", dir, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		release()
		in.t.Skip("no file system can be mounted here: ", err)
	}
	in.t.Cleanup(func() {
		release()
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			in.t.Errorf("cannot unmount %s: %v", dir, err)
		}
	})
	return release
}

// 120 clients want to start a program whose command is on a dead mount, and as many want
// to read a log that is: no request costs a thread, requests above the limit are refused,
// and all others are served.
func TestHostileCommandOnDeadMount(t *testing.T) {
	in := hostile(t, `[program:dead]
command={{.Dir}}/dead/program
autostart=false
[program:deadlog]
command=/bin/cat
autostart=false
stdout_logfile={{.Dir}}/dead/log
`)
	if err := os.Mkdir(in.path("dead"), 0o755); err != nil {
		t.Fatal(err)
	}
	in.mustStart()
	in.served()
	release := in.deadMount("dead")
	before := in.threads()
	answers := make(chan error, 1000)
	asked := 0
	ask := func(method string, args ...any) {
		asked++
		go func() {
			_, err := in.call(method, args...)
			answers <- err
		}()
	}
	for range 120 {
		ask("supervisor.startProcess", "dead")
		ask("supervisor.clearProcessLogs", "deadlog")
	}
	for range 5 {
		in.served()
	}
	// More than may wait for a file system (256), fewer than may wait in all (384).
	for range 60 {
		ask("supervisor.readProcessStdoutLog", "deadlog", 0, 100)
	}
	busy := false
	in.await("a refusal", func() bool {
		select {
		case err := <-answers:
			asked--
			busy = err != nil && strings.Contains(err.Error(), "too much waits for its file system") || busy
		default:
		}
		return busy
	})
	in.served()
	in.wantDeafThreads()
	// The runtime's own threads come and go.
	if after := in.threads(); after > before+4 {
		t.Errorf("%d threads before, %d while %d requests hang", before, after, asked)
	}
	release()
	for range asked {
		<-answers
	}
	in.served()
	in.stopDaemon()
}

// wantDeafThreads checks that no thread of the daemon that hangs in the dead mount takes a
// signal: the kernel would give it the SIGTERM, or the SIGCHLD, that another could handle.
func (in *instance) wantDeafThreads() {
	in.t.Helper()
	hang := 0
	for _, thread := range mustGlob(fmt.Sprintf("/proc/%d/task/*", in.cmd.Process.Pid)) {
		if where, err := os.ReadFile(thread + "/wchan"); err != nil || !strings.HasPrefix(string(where), "fuse_") {
			continue
		}
		hang++
		status, _ := os.ReadFile(thread + "/status")
		_, mask, _ := strings.Cut(string(status), "\nSigBlk:\t")
		mask, _, _ = strings.Cut(mask, "\n")
		blocked, err := strconv.ParseUint(mask, 16, 64)
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCHLD, syscall.SIGHUP} {
			if err != nil || blocked&(1<<(sig-1)) == 0 {
				in.t.Errorf("a thread that hangs takes %s; it blocks %s", sig, mask)
			}
		}
	}
	if hang == 0 {
		in.t.Log("where threads hang is not shown here")
	}
}

// descriptors counts the open descriptors of the daemon.
func (in *instance) descriptors() int {
	names, _ := os.ReadDir(filepath.Join("/proc", strconv.Itoa(in.cmd.Process.Pid), "fd"))
	return len(names)
}
