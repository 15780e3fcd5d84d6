package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// ask executes a program with the arguments of this one and checkOption.
func (l *life) ask(ctx context.Context, program *os.File, q checkQuestion) (answer checkAnswer, err error) {
	question, err := memoryFile("question", q)
	if err != nil {
		return answer, err
	}
	defer question.Close()
	// Its own descriptors of ExtraFiles. Those of this process are out of its reach if that
	// has changed its user, and have another name if it is in a PID namespace.
	const first, second = 3, 4
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, inheritedPath(program, second))
	cmd.Args = append(append([]string{l.argv[0]}, l.argv[1:]...), checkOption)
	cmd.Env, cmd.ExtraFiles = l.stage.next(handed{Handover: first}), []*os.File{question, program}
	cmd.Stdout, cmd.Stderr = &limited{&out}, &limited{&errs}
	cmd.WaitDelay = time.Second // others may hold its output
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return answer, fmt.Errorf("it has not answered within %s", checkFor)
	case err != nil:
		if said, _, _ := strings.Cut(strings.TrimSpace(errs.String()), "\n"); said != "" {
			return answer, fmt.Errorf("it ended with %w: %s", err, said)
		}
		return answer, fmt.Errorf("it ended with %w", err)
	case json.Unmarshal(out.Bytes(), &answer) != nil || answer.Version == "":
		return answer, errors.New("it is no supervisord that can take over")
	case answer.Refused != "":
		return answer, errors.New(answer.Refused)
	}
	return answer, nil
}

// limited takes the beginning of what a program prints.
type limited struct{ *bytes.Buffer }

func (w *limited) Write(p []byte) (int, error) {
	const most = 64 << 10
	w.Buffer.Write(p[:min(len(p), most-min(w.Len(), most))])
	return len(p), nil
}
