package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/core/proof"
	"countersign/core/request"
)

type verifyCommand struct {
	Files []string `arg:"" name:"file" help:"PDF files, signed here or anywhere."`
}

// verifiedJSON is what was found in one PDF file, as --json prints it.
type verifiedJSON struct {
	File       string          `json:"file"`
	SHA256     string          `json:"sha256"`
	Size       int64           `json:"size"`
	Pages      int             `json:"pages,omitempty"`
	Encrypted  bool            `json:"encrypted,omitempty"`
	Signatures []signatureJSON `json:"signatures"`
	Blank      []string        `json:"blank_fields,omitempty"`
	Hidden     int             `json:"hidden,omitempty"` // how many things look like a signature but belong to no field
}

type signatureJSON struct {
	Field           string           `json:"field"`
	Fields          []string         `json:"fields,omitempty"` // all fields with this signature, when there are several
	Signer          string           `json:"signer"`
	SignedAt        *time.Time       `json:"signed_at,omitempty"`
	ZoneUnknown     bool             `json:"zone_unknown,omitempty"` // signed_at is stated without a time zone, and read as UTC
	Intact          bool             `json:"intact"`
	CoversWholeFile bool             `json:"covers_whole_file"`
	Trusted         bool             `json:"trusted"`
	Problem         string           `json:"problem,omitempty"`
	request.Cause                    // of Problem
	State           proof.State      `json:"state"`
	Weak            bool             `json:"weak,omitempty"` // intact by a digest that can be forged today
	Kind            string           `json:"kind"`           // signature or timestamp
	Algorithm       string           `json:"algorithm,omitempty"`
	Level           string           `json:"level,omitempty"`
	Trust           string           `json:"trust,omitempty"`
	Certificate     *certificateJSON `json:"certificate,omitempty"`
	Timestamp       *timestampJSON   `json:"timestamp,omitempty"`
	AddedAfter      *addedJSON       `json:"added_after,omitempty"`
	Permits         string           `json:"permits,omitempty"`
	Breach          string           `json:"breach,omitempty"`
	Revocation      string           `json:"revocation"` // good, revoked or not told
	RevokedAt       *time.Time       `json:"revoked_at,omitempty"`
}

type certificateJSON struct {
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

type timestampJSON struct {
	At            *time.Time  `json:"at,omitempty"`
	Authority     string      `json:"authority,omitempty"`
	Intact        bool        `json:"intact"`
	Trusted       bool        `json:"trusted"`
	Problem       string      `json:"problem,omitempty"`
	request.Cause             // of Problem
	Trust         string      `json:"trust,omitempty"`
	State         proof.State `json:"state"`
	Weak          bool        `json:"weak,omitempty"`
}

type addedJSON struct {
	Bytes   int64    `json:"bytes"`
	Change  string   `json:"change"` // the gravest change, or the word "nothing"
	Changes []string `json:"changes,omitempty"`
	Shows   bool     `json:"shows"` // the document may show something else than what was signed
	// NotComparedAt is the offset in the file from which something could not be compared; left out when all was.
	NotComparedAt int64 `json:"not_compared_at,omitempty"`
}

func (c *verifyCommand) Run(ctx context.Context, t *terminal) error {
	anchors := t.anchors().Named
	var failures []error
	code := exitDone
	for _, path := range c.Files {
		v, err := proof.Verify(ctx, path, anchors)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		if !v.Intact() {
			code = exitOtherwise
		}
		if err := t.verified(path, v); err != nil {
			return err
		}
	}
	if len(failures) > 0 {
		return errors.Join(failures...)
	}
	if code != exitDone {
		return exit(code)
	}
	return nil
}

func (t *terminal) verified(path string, v proof.Verified) error {
	if t.json {
		return t.value(verifiedOf(path, v))
	}
	if err := printf(t.out, "%s: %s\n", path, assess(v)); err != nil {
		return err
	}
	for _, f := range v.Signatures {
		if err := printf(t.out, "  %s\n", sentence(f)); err != nil {
			return err
		}
		for _, line := range details(f) {
			if err := printf(t.out, "    %-12s %s\n", line[0], line[1]); err != nil {
				return err
			}
		}
	}
	for _, field := range v.Blank {
		if err := printf(t.out, "  %s: an empty signature field\n", field); err != nil {
			return err
		}
	}
	return nil
}

func verifiedOf(path string, v proof.Verified) verifiedJSON {
	j := verifiedJSON{
		File: path, SHA256: v.SHA256, Size: v.Size, Pages: v.Pages, Encrypted: v.Encrypted,
		Signatures: []signatureJSON{}, Blank: v.Blank, Hidden: v.Hidden,
	}
	for _, f := range v.Signatures {
		j.Signatures = append(j.Signatures, signatureOf(f))
	}
	return j
}

func signatureOf(f proof.Signature) signatureJSON {
	j := signatureJSON{
		Field: f.Field, Fields: f.Fields, Signer: f.Signer, SignedAt: known(f.SignedAt), ZoneUnknown: f.NoZone, Intact: f.Intact(), State: f.State, Weak: f.Weak != "", CoversWholeFile: f.Whole,
		Trusted: f.Trusted, Problem: f.Problem, Cause: f.Cause, Kind: "signature", Algorithm: f.Algorithm, Level: f.Level, Trust: f.Trust,
		Permits: f.Permits, Breach: f.Breach, Revocation: f.Revocation, RevokedAt: known(f.RevokedAt),
	}
	if f.Timestamp {
		j.Kind = "timestamp"
	}
	if f.Issuer != "" {
		j.Certificate = &certificateJSON{Issuer: f.Issuer, NotBefore: f.ValidFrom.UTC(), NotAfter: f.ValidUntil.UTC()}
	}
	if s := f.Stamp; s != nil {
		j.Timestamp = &timestampJSON{At: known(s.At), Authority: s.Authority, Intact: s.Intact(), State: s.State, Weak: s.Weak != "", Trusted: s.Trusted, Problem: s.Problem, Cause: s.Cause, Trust: s.Trust}
	}
	if f.Added > 0 {
		j.AddedAfter = &addedJSON{Bytes: f.Added, Change: "nothing", Changes: f.Changes, Shows: f.Shows, NotComparedAt: f.NotComparedAt}
		if len(f.Changes) > 0 {
			j.AddedAfter.Change = f.Changes[0]
		}
	}
	return j
}

// known returns nil for the zero time, and the time in UTC otherwise.
func known(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

// assess returns one sentence on what the signatures of a file are worth.
func assess(v proof.Verified) string {
	several := counted(len(v.Signatures), "its signature is", "all %d signatures are")
	text := ""
	switch {
	case len(v.Signatures) == 0:
		text = "no signatures"
	case v.Broken():
		text = "NOT INTACT: do not rely on this file"
	case v.Altered():
		text = several + " intact, BUT THE FILE WAS CHANGED AFTERWARDS: what it shows may differ from what was signed"
	case v.AlteredBetween():
		text = several + " intact, BUT THE FILE WAS CHANGED BETWEEN THEM: signers may have signed different content"
	case v.Unchecked() > 0:
		of := counted(len(v.Signatures), "its signature", fmt.Sprint(v.Unchecked())+" of %d signatures")
		text = of + " cannot be checked here"
	case v.Uncompared():
		text = several + " intact; later additions to the file could not be compared with what was signed"
	case !v.AllTrusted():
		text = several + " intact; no issuer that is trusted here confirms who signed"
	default:
		text = several + " intact"
	}
	if weak := v.Weak(); weak != "" {
		text += "; " + weak + " can be forged today, so a signature with it proves little"
	}
	if v.Hidden > 0 {
		text += "; the file also contains something like a signature that is not shown: a signature may have been removed"
	}
	return text
}

// sentence describes one signature in one line.
func sentence(f proof.Signature) string {
	text := f.Field
	if len(f.Fields) > 0 {
		text = strings.Join(f.Fields, " and ")
	}
	who := f.Signer
	if who == "" {
		who = "somebody whose name is not known"
	}
	if f.Timestamp {
		text += ", a timestamp by " + who
	} else {
		text += ", signed by " + who
	}
	if f.Stated != "" {
		text += " at " + f.Stated
	}
	if f.NoZone {
		text += " (without a time zone)"
	}
	switch f.State {
	case proof.Broken:
		return text + ": NOT INTACT: " + f.Problem
	case proof.Unchecked:
		return text + ": cannot be checked here: " + f.Problem
	}
	text += ": intact"
	if f.Weak != "" {
		text += " but weak (" + f.Weak + ")"
	}
	switch {
	case f.Whole:
		text += ", covers the whole file"
	case len(f.Changes) == 0:
		text += fmt.Sprintf(", %s added after it that change nothing", bytesWere(f.Added))
	default:
		text += fmt.Sprintf(", %s added after it: %s", bytesWere(f.Added), strings.Join(f.Changes, ", "))
	}
	if f.Trusted {
		return text + ", trusted"
	}
	return text + ", not trusted"
}

func bytesWere[N int | int64](n N) string { return counted(n, "1 byte was", "%d bytes were") }

// details returns what [sentence] does not say about a signature, as pairs of a name and a value.
func details(f proof.Signature) [][2]string {
	var all [][2]string
	add := func(name, value string) {
		if value != "" {
			all = append(all, [2]string{name, value})
		}
	}
	add("kind", f.Level)
	add("made with", f.Algorithm)
	if f.Issuer != "" {
		add("certificate", fmt.Sprintf("of %s, valid from %s to %s", f.Issuer, f.ValidFrom.Local().Format(time.DateOnly), f.ValidUntil.Local().Format(time.DateOnly)))
	}
	add("trust", f.Trust)
	if f.Intact() {
		add("revocation", f.Revocation)
	}
	if s := f.Stamp; s != nil && s.Intact() {
		add("timestamp", fmt.Sprintf("%s, by %s: %s", s.At.Local().Format(time.DateTime), s.Authority, s.Trust))
	} else if s != nil && s.State == proof.Unchecked {
		add("timestamp", "cannot be checked here: "+s.Problem)
	} else if s != nil {
		add("timestamp", "not valid: "+s.Problem)
	}
	if f.NotComparedAt > 0 {
		add("not compared", fmt.Sprintf("what begins at byte %d", f.NotComparedAt))
	}
	add("allows", f.Permits)
	add("breach", f.Breach)
	return all
}
