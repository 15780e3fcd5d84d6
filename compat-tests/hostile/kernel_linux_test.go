package main

import (
	"bytes"
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The second kernel is Debian's user-mode-linux: an ordinary process that is a Linux with
// all capabilities, cgroups of version 2 and a clock that may be set. Its root is a view of
// the machine's root that the machine's own kernel refuses to write to, whatever the guest
// remounts; what the guest writes is in its memory. It is some twenty times slower, so
// nothing here measures time.

//go:embed testdata/guest.sh
var guestScript string

// boot makes the view, in a mount namespace of its own, and boots. It is the first process
// of a PID namespace: when it ends, or is killed, nothing of the guest stays.
const boot = `set -e
mount --make-rprivate /
mount -t proc proc /proc
mount --bind / "$1/root"
mount --bind "$1/guest" "$1/root/mnt"
mount -o remount,bind,ro "$1/root"
mount -o remount,bind,ro "$1/root/mnt"
linux.uml mem=512M rootfstype=hostfs rootflags="$1/root" init=/mnt/init \
	uml_dir="$1/uml" umid=guest con=null con0=null,fd:1 loglevel=1
`

// tooLong is when a guest is given up, far above what one takes.
const tooLong = 4 * time.Minute

// inSecondKernel boots the second kernel, where script runs as /bin/sh after
// testdata/guest.sh, with our programs in its PATH and conf as /tmp/conf. Each line of its
// output that begins with FAIL fails the test, as does an end other than by `end`.
func inSecondKernel(t *testing.T, conf, script string) {
	t.Helper()
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("user-mode-linux: a read-only view of / needs root")
	}
	if _, err := exec.LookPath("linux.uml"); err != nil {
		t.Skip("user-mode-linux: the package is not installed: ", err)
	}
	dir := t.TempDir()
	for _, sub := range []string{"root", "guest", "uml"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range programs {
		program, err := os.ReadFile(filepath.Join(bin, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "guest", name), program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	init := strings.ReplaceAll(guestScript, "#CONF\n", conf) + script + "\nend\n"
	if err := os.WriteFile(filepath.Join(dir, "guest", "init"), []byte(init), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", boot, "sh", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	out, err := cmd.CombinedOutput()
	out = bytes.ReplaceAll(out, []byte("\r"), nil)
	if strings.Contains(string(out), "\nFAIL") || !strings.Contains(string(out), "\nEND\n") {
		t.Errorf("in the second kernel (%v):\n%s", err, out)
		return
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "ok: ") {
			t.Log(strings.TrimSpace(line))
		}
	}
}
