package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reeve/config"
	"reeve/supervisor"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// upgrade is the replacement of this program that was asked for.
type upgrade struct {
	busy   chan struct{} // has a value while there is one
	life   context.Context
	cancel context.CancelFunc // of life

	file   *os.File // the program, opened: what is executed is what was asked
	path   string
	answer checkAnswer
}

// allow is called at the beginning of a session, abandon at its end.
func (u *upgrade) allow() {
	u.busy = make(chan struct{}, 1)
	u.life, u.cancel = context.WithCancel(context.Background())
}

// abandonFor bounds the wait for a program that does not die.
const abandonFor = time.Second

// abandon gives up what was asked for, and leaves nothing of the program that is asked.
func (u *upgrade) abandon() {
	u.cancel()
	select {
	case u.busy <- struct{}{}:
	case <-time.After(abandonFor):
	}
}

// errUpgrading refuses a second upgrade.
var errUpgrading = errors.New("an upgrade is under way")

// checkFor is how long a new program may take to say whether it can go on.
const checkFor = 20 * time.Second

// upgradeTo replaces this program by the one at path, or by the one that is installed now
// where this one was executed from. If the error is nil, supervisor.ErrHandedOver will be
// the error of everything that asks the supervisor, and the program that follows goes on.
// Any other error says why nothing has changed.
func (l *life) upgradeTo(ctx context.Context, sup *supervisor.Supervisor, path string) error {
	select {
	case l.upgrade.busy <- struct{}{}:
	default:
		return errUpgrading
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.upgrade.life, rescue.Around("giving an upgrade up", cancel))()
	if path == "" {
		path = l.executable()
	}
	err := l.prepare(ctx, sup, path)
	if err == nil {
		err = diskRests(ctx, diskEarly)
	}
	if err == nil {
		l.log.Log(process.Warn, fmt.Sprintf("upgrading to %s, version %s", path, l.upgrade.answer.Version))
		if err = sup.Succession().HandOver(ctx); err == nil {
			return nil // and there is no other: this program is done
		}
	}
	if l.upgrade.file != nil {
		_ = l.upgrade.file.Close()
		l.upgrade.file = nil
	}
	<-l.upgrade.busy
	return err
}

// How long a disk may take before it counts as hung: before anything has changed, and when
// everything waits.
const (
	diskEarly = 2 * time.Second
	diskLate  = time.Second
)

// diskRests reports a disk that hangs: an execve would wait for it.
func diskRests(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := supervisor.DiskRests(ctx); err != nil {
		return fmt.Errorf("a disk hangs: %w", err)
	}
	return nil
}

// upgradeBySignal is upgradeTo for SIGUSR1, whose sender hears of it by the log.
func (l *life) upgradeBySignal(sup *supervisor.Supervisor) {
	l.log.Log(process.Warn, "received SIGUSR1 indicating upgrade request")
	if err := l.upgradeTo(context.Background(), sup, ""); err != nil {
		l.log.Log(process.Error, fmt.Sprintf("cannot upgrade, nothing was changed: %v", err))
	}
}

// prepare opens the program and asks it.
func (l *life) prepare(ctx context.Context, sup *supervisor.Supervisor, path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%s is not an absolute path", path)
	}
	file, err := supervisor.OpenProgram(ctx, path)
	if err != nil {
		return err
	}
	l.upgrade.file, l.upgrade.path = file, path
	state, err := sup.Succession().Saved(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkFor)
	defer cancel()
	l.upgrade.answer, err = l.ask(ctx, file, checkQuestion{Format: format, Loader: l.handLoader(), Loop: state})
	if err != nil {
		return fmt.Errorf("%s can't go on from here: %w", path, err)
	}
	return nil
}

// checkQuestion is what a program is asked with --handoff-check.
type checkQuestion struct {
	Format int
	Loader config.HandedLoader
	Loop   json.RawMessage // supervisor.Handed.Loop
}

// checkAnswer is its answer.
type checkAnswer struct {
	Version string
	Refused string // why it can't go on; empty: it can
}

// checkOption asks a program whether it can go on; the question is in the descriptor that
// the stage names.
const checkOption = "--handoff-check"

// answerCheck answers the question of a running daemon, and returns the exit status.
func answerCheck(st *stage) int {
	answer := checkAnswer{Version: config.Own}
	if err := judge(st); err != nil {
		answer.Refused = err.Error()
	}
	text, _ := json.Marshal(answer)
	if _, err := os.Stdout.Write(text); err != nil {
		return exitFailure
	}
	return exitOK
}

func judge(st *stage) error {
	if st.Handover == 0 {
		return errors.New(checkOption + " is for a running supervisord, which asks with it before an upgrade")
	}
	var q checkQuestion
	text, err := supervisor.ReadAll(st.Handover)
	if err == nil {
		err = json.Unmarshal(text, &q)
	}
	if err != nil {
		return fmt.Errorf("the question can't be read: %w", err)
	}
	h := handover{Format: q.Format}
	if err := json.Unmarshal(q.Loop, &h.Supervisor.Loop); err != nil {
		return fmt.Errorf("the state can't be read: %w", err)
	}
	if text, err = json.Marshal(&h); err != nil {
		return err
	}
	if _, err := decodeHandover(text); err != nil {
		return err
	}
	// A session that begins later must find a configuration that this program can read.
	if _, err := config.TakeLoader(q.Loader, st.environ).Load(); err != nil {
		return errors.New("the configuration is broken: " + config.LogText(err))
	}
	return nil
}

// executable returns the path of the program that this process was executed from.
func (d *daemon) executable() string {
	if d.path != "" {
		return d.path
	}
	path, err := os.Executable()
	if err != nil {
		return d.argv[0]
	}
	return strings.TrimSuffix(path, " (deleted)")
}
