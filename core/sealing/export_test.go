package sealing

import (
	"context"

	"countersign/core/register"
)

// Internals that the tests use.
const KeptKeyName = keyName + "|" + keyOrigin

var (
	ErrKeyLost  = errKeyLost
	ErrKeyOther = errKeyOther
	ErrKeyBack  = errKeyBack
	ReadPublic  = readPublic
)

func (s *Sealer) Checkpoint(ctx context.Context) (register.Head, error) { return s.checkpoint(ctx) }
