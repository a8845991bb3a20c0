package desk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"countersign/core/gateway"
)

func TestWhetherEveryGatewayCouldBeAsked(t *testing.T) {
	fault := func(f gateway.Fault, status int) error { return &gateway.Error{Fault: f, Status: status} }
	broken, unreachable := fault(gateway.ServerError, 500), fault(gateway.Unreachable, 0)
	for name, test := range map[string]struct {
		failure error
		want    bool
	}{
		"nothing":                      {nil, true},
		"a fault of its own":           {broken, true},
		"a refusal":                    {fault(gateway.Refused, 400), true},
		"no time":                      {fault(gateway.Busy, 429), true},
		"nonsense":                     {fault(gateway.BadAnswer, 200), true},
		"several of them":              {errors.Join(broken, errors.Join(fault(gateway.Refused, 404), fmt.Errorf("so: %w", broken))), true},
		"no file":                      {gateway.ErrNoFile, true},
		"a file that is not there yet": {newFileFault("", "not yet"), true},
		"a file that broke off":        {newFileFault("", "incomplete (%w)", fmt.Errorf("%w (%w)", errIncomplete, io.ErrUnexpectedEOF)), true},
		"a file that hardly came":      {newFileFault("", "incomplete (%w)", fmt.Errorf("%w (%w)", errIncomplete, fault(gateway.TimedOut, 0))), false},
		"a file without room":          {newFileFault("", "incomplete (%w)", fmt.Errorf("%w (%w)", errIncomplete, &fs.PathError{Op: "write", Path: "x", Err: errors.New("no space")})), false},
		"nobody there":                 {unreachable, false},
		"too late":                     {fault(gateway.TimedOut, 0), false},
		"not trusted":                  {fault(gateway.Untrusted, 0), false},
		"credentials":                  {fault(gateway.Unauthorized, 401), false},
		"one of several":               {errors.Join(broken, fmt.Errorf("so: %w", errors.Join(broken, unreachable))), false},
		"this machine":                 {errors.New("the disk is full"), false},
		"this machine besides":         {errors.Join(broken, errors.New("the disk is full")), false},
	} {
		if got := Answered(test.failure); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
