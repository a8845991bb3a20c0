package diagnosis

import (
	"context"
	"strings"
	"testing"
	"time"

	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/team"
)

// server is an office as a test wants it.
type server struct {
	status office.Status
	err    error
	state  office.State
}

func (s server) Status(context.Context) (office.Status, error) { return s.status, s.err }
func (s server) State() office.State                           { return s.state }

// copied is the copy of an office's register with what a test wants in it.
type copied struct {
	Ledger
	kept  []ledger.KeptReturn
	unfit []ledger.Unfit
}

func (c copied) KeptReturns(context.Context) ([]ledger.KeptReturn, error) { return c.kept, nil }
func (c copied) Unfit(context.Context) ([]ledger.Unfit, error)            { return c.unfit, nil }

func TestADeskOfAnOfficeIsExamined(t *testing.T) {
	reached := office.Status{Server: team.Server{Version: "15.3", TLS: "TLSv1.3"}, Role: team.Manager}
	ahead := func(d time.Duration) office.Status { s := reached; s.Ahead = d; return s }
	for name, c := range map[string]struct {
		server  server
		ledger  copied
		part    string
		verdict Verdict
		says    string
	}{
		"reached":            {server{status: reached}, copied{}, "office", Well, "PostgreSQL 15.3, encrypted (TLSv1.3), role: manager"},
		"on this computer":   {server{status: office.Status{Server: team.Server{Version: "15.3"}, Role: team.Clerk}}, copied{}, "office", Well, "not encrypted, role: clerk"},
		"out of reach":       {server{err: team.ErrUnreachable}, copied{}, "office", Bad, "cannot be reached"},
		"parted":             {server{status: reached, state: office.State{Reach: office.Parted, Problem: ledger.ErrParted}}, copied{}, "office", Bad, "not the one that this desk has read"},
		"no role":            {server{status: office.Status{}}, copied{}, "office", Bad, "no role"},
		"the clock is right": {server{status: ahead(2 * time.Second)}, copied{}, "office clock", Well, "in seconds: 2"},
		"ahead":              {server{status: ahead(2 * time.Minute)}, copied{}, "office clock", Warning, "is ahead of that of the office’s server, in seconds: 120"},
		"far ahead":          {server{status: ahead(6 * time.Minute)}, copied{}, "office clock", Bad, "in seconds: 360"},
		"behind":             {server{status: ahead(-2 * time.Hour)}, copied{}, "office clock", Warning, "is behind that of the office’s server, in seconds: 7200"},
		"returns wait":       {server{err: team.ErrUnreachable}, copied{kept: make([]ledger.KeptReturn, 3)}, "outbox", Warning, "does not have yet: 3"},
		"entries do not fit": {server{status: reached}, copied{unfit: []ledger.Unfit{{Number: 7}, {Number: 9}}}, "entries of the office", Warning, "change nothing: 2, the first of them entry 7"},
	} {
		x := New(Config{Office: c.server}, nil, nil, c.ledger)
		f := find(t, x.checkOffice(t.Context()), c.part)
		if f.Verdict != c.verdict || !strings.Contains(f.Detail, c.says) || (f.Advice == "") != (c.verdict == Well) {
			t.Errorf("%s: got %+v, want %s and %q", name, f, c.verdict, c.says)
		}
	}
	if found := New(Config{}, nil, nil, copied{kept: make([]ledger.KeptReturn, 1)}).checkOffice(t.Context()); found != nil {
		t.Errorf("a home of its own: %+v", found)
	}
}
