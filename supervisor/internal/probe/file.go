package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/disk"
)

// tick is how much earlier than the present the kernel may date a change of a file.
const tick = 20 * time.Millisecond

// coarse is how exactly file systems without fractions of seconds date a change.
const coarse = 2 * time.Second

// lookFile succeeds if a file was made, written, renamed or touched since a time: the one
// that an earlier run left behind says nothing.
func lookFile(ctx context.Context, path string, since time.Time) error {
	changed, err := disk.Get(ctx, path, func() (time.Time, error) {
		var st unix.Stat_t
		for {
			if err := unix.Stat(path, &st); !errors.Is(err, unix.EINTR) {
				return time.Unix(st.Ctim.Unix()), os.NewSyscallError("stat", err)
			}
		}
	})
	if err != nil {
		return err
	}
	slack := tick
	if changed.Nanosecond() == 0 {
		slack = coarse
	}
	if changed.Before(since.Round(0).Add(-slack)) {
		return fmt.Errorf("it is from before the start (%s)", changed.Format(time.DateTime))
	}
	return nil
}
