package disk

import "testing"

const mountTable = `21 1 8:1 / / rw,relatime - ext4 /dev/root rw
22 21 0:20 / /proc rw - proc proc rw
30 21 0:31 / /mnt rw - tmpfs none rw
31 30 0:32 / /mnt/with\040blank rw shared:1 - nfs host:/x rw
32 21 0:33 / /mnt rw - tmpfs none rw
33 21 7:0 / /srv/log rw - ext4 /dev/loop0 rw
`

func TestDeviceOfPath(t *testing.T) {
	mounts := parseMounts(mountTable)
	for _, c := range []struct{ path, device string }{
		{"/", "8:1"},
		{"/var/log/x", "8:1"},
		{"/srv/log", "7:0"},
		{"/srv/log/a/b", "7:0"},
		{"/srv/logs/a", "8:1"},
		{"/mnt/x", "0:33"},
		{"/mnt/with blank/x", "0:32"},
	} {
		if got := deviceAt(mounts, c.path); got != c.device {
			t.Errorf("%s is on %q, want %q", c.path, got, c.device)
		}
	}
	if got := deviceAt(nil, "/x"); got != "" {
		t.Errorf("without a table: %q", got)
	}
}

func TestOwnDevice(t *testing.T) {
	for path, want := range map[string]bool{
		"/dev/stdout": true, "/dev/pts/3": true, "/proc/self/fd/1": true, "/dev/shm/x": false, "/device/x": false, "x": false,
	} {
		if got := whereIs(path).device == path; got != want {
			t.Errorf("%s by itself: %v", path, got)
		}
	}
}
