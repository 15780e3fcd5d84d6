package webui

import (
	"context"
	"errors"

	"reeve/rpc/carry"
	"reeve/supervisor"
)

// handing is a Supervisor for requests that may be handed over: when the supervisor has
// been, so is the request, and what the page then says is not sent.
type handing struct{ Supervisor }

func (h handing) AllInfo(ctx context.Context) ([]*supervisor.Info, error) {
	infos, err := h.Supervisor.AllInfo(ctx)
	if errors.Is(err, supervisor.ErrHandedOver) {
		carry.Of(ctx).HandOver()
	}
	return infos, err
}
