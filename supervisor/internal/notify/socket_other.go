//go:build !linux

package notify

import (
	"errors"
	"os"
)

// socket can't be had: no datagram socket of BSD or macOS says which process sent a
// message without the sender's help, which sd_notify does not give.
type socket struct{}

func openSocket(Options) (*socket, string, error) { return nil, "", errors.ErrUnsupported }

func (*socket) receive(bool) (datagram, error) { return datagram{}, errors.ErrUnsupported }

func (*socket) file() (*os.File, error) { return nil, errors.ErrUnsupported }

func (*socket) close(bool) {}
