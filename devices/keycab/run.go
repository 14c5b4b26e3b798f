package keycab

import (
	"context"

	"pitlane/devices"
)

// Run owns the line until ctx ends.
func (c *Cabinet) Run(ctx context.Context, emit func(devices.Reading)) error {
	<-ctx.Done()
	return nil
}
