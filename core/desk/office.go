package desk

import (
	"context"
	"time"
)

// Office is what a desk of an office tells it, and hears of its other desks. Package office implements it.
type Office interface {
	// Patience returns how long a desk may say nothing before it counts as away.
	Patience() time.Duration
	// StayHere has the office know that this desk is at work.
	StayHere(ctx context.Context) error
	// Away returns the names of the other desks that count as away.
	Away(ctx context.Context) ([]string, error)
	// TakeOver reserves for this desk, for as long as the patience, what is left to be done at a gateway for the visits that began at
	// another desk. It reports whether this desk has it.
	TakeOver(ctx context.Context, desk, gateway string) (bool, error)
}
