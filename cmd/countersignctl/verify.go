package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/core/desk"
	"countersign/core/pdf"
)

type verifyCommand struct {
	Files []string `arg:"" name:"file" help:"PDF files, signed here or anywhere."`
}

// verifiedJSON is what is told of one file.
type verifiedJSON struct {
	File       string          `json:"file"`
	Signatures []signatureJSON `json:"signatures"`
}

type signatureJSON struct {
	Field           string     `json:"field"`
	Signer          string     `json:"signer"`
	SignedAt        *time.Time `json:"signed_at,omitempty"`
	Intact          bool       `json:"intact"`
	CoversWholeFile bool       `json:"covers_whole_file"`
	Trusted         bool       `json:"trusted"`
	Problem         string     `json:"problem,omitempty"`
}

func (c *verifyCommand) Run(_ context.Context, t *terminal) error {
	anchors, err := desk.Anchors(t.dir)
	if err != nil {
		return err
	}
	var failures []error
	code := exitDone
	for _, path := range c.Files {
		signatures, err := desk.Verify(path, anchors)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		if !allIntact(signatures) {
			code = exitOtherwise
		}
		if err := t.verified(path, signatures); err != nil {
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

func allIntact(signatures []pdf.Signature) bool {
	for _, s := range signatures {
		if !s.Intact {
			return false
		}
	}
	return len(signatures) > 0
}

func (t *terminal) verified(path string, signatures []pdf.Signature) error {
	if t.json {
		v := verifiedJSON{File: path, Signatures: []signatureJSON{}}
		for _, s := range signatures {
			j := signatureJSON{
				Field: s.Field, Signer: s.Signer, Intact: s.Intact,
				CoversWholeFile: s.CoversWholeFile, Trusted: s.Trusted, Problem: s.Problem,
			}
			if !s.SignedAt.IsZero() {
				at := s.SignedAt.UTC()
				j.SignedAt = &at
			}
			v.Signatures = append(v.Signatures, j)
		}
		return t.value(v)
	}
	if len(signatures) == 0 {
		return printf(t.out, "%s: no signatures\n", path)
	}
	for _, s := range signatures {
		if err := printf(t.out, "%s: %s\n", path, sentence(s)); err != nil {
			return err
		}
	}
	return nil
}

// sentence is one signature in words.
func sentence(s pdf.Signature) string {
	text := fmt.Sprintf("%s, signed by %s", s.Field, s.Signer)
	if !s.SignedAt.IsZero() {
		text += " at " + s.SignedAt.Local().Format(time.DateTime)
	}
	if !s.Intact {
		return text + ": NOT INTACT: " + s.Problem
	}
	text += ": intact"
	if s.CoversWholeFile {
		text += ", covers the whole file"
	} else {
		text += ", something was added to the file after it"
	}
	if s.Trusted {
		return text + ", trusted"
	}
	return text + ", its issuer is not among the trusted ones here"
}
