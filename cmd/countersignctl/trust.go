package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/core/trust"
)

type trustCommands struct {
	Add    trustAdd    `cmd:"" help:"Trust the certificates in files: PEM, DER or PKCS #7."`
	List   trustList   `cmd:"" help:"List the certificates that are trusted here, in addition to the system's."`
	Remove trustRemove `cmd:"" help:"Stop trusting a certificate."`
}

type trustAdd struct {
	Files []string `arg:"" name:"file" help:"Files with certificates: .pem, .crt, .cer, .der, .p7b."`
}

type trustList struct{}

type trustRemove struct {
	Name string `arg:"" help:"Its name, or the beginning of its fingerprint."`
}

// anchorJSON is a certificate that is trusted here, as --json prints it.
type anchorJSON struct {
	Name      string    `json:"name"`
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"`
	File      string    `json:"file"` // below the trust folder
	Expired   bool      `json:"expired,omitempty"`
	Added     *bool     `json:"added,omitempty"` // only of add: false when it was there already
}

func (c *trustAdd) Run(ctx context.Context, t *terminal) error {
	folder := trust.NewFolder(t.dir)
	var failures []error
	for _, path := range c.Files {
		added, err := folder.AddAnchors(ctx, path)
		failures = append(failures, err)
		for _, a := range added {
			if err := t.added(a); err != nil {
				return err
			}
		}
	}
	return errors.Join(failures...)
}

func (t *terminal) added(a trust.Added) error {
	if t.json {
		j := anchorOf(a.Anchor)
		j.Added = &a.New
		return t.value(j)
	}
	done := "added"
	if !a.New {
		done = "was there already"
	}
	return printf(t.out, "%s: %s\n", describe(a.Anchor), done)
}

func (c *trustList) Run(ctx context.Context, t *terminal) error {
	set, err := trust.NewFolder(t.dir).Anchors(ctx)
	if err != nil {
		return err
	}
	t.warnAnchors(set)
	if len(set.Unused) > 0 {
		printf(t.err, "countersignctl: warning: skipped, because their names do not end like those of certificates: %s\n", strings.Join(set.Unused, ", "))
	}
	if t.json {
		for _, a := range set.Anchors {
			if err := t.value(anchorOf(a)); err != nil {
				return err
			}
		}
		return nil
	}
	table := t.table()
	for _, a := range set.Anchors {
		printf(table, "%s\t%s\t%s\n", a.Fingerprint, validity(a), a.Name)
	}
	return table.Flush()
}

func (c *trustRemove) Run(ctx context.Context, t *terminal) error {
	removed, err := trust.NewFolder(t.dir).RemoveAnchor(ctx, c.Name)
	if err != nil {
		return err
	}
	if t.json {
		return t.value(anchorOf(removed))
	}
	return printf(t.out, "%s: removed\n", describe(removed))
}

func anchorOf(a trust.Anchor) anchorJSON {
	return anchorJSON{
		Name: a.Name, Issuer: a.Issuer, NotBefore: a.NotBefore.UTC(), NotAfter: a.NotAfter.UTC(),
		SHA256: a.Fingerprint, File: a.File, Expired: a.Expired(time.Now()),
	}
}

// describe returns an anchor in one line.
func describe(a trust.Anchor) string {
	return fmt.Sprintf("%s, %s, %s", a.Name, validity(a), a.Fingerprint)
}

func validity(a trust.Anchor) string {
	text := fmt.Sprintf("%s to %s", a.NotBefore.Local().Format(time.DateOnly), a.NotAfter.Local().Format(time.DateOnly))
	if a.Expired(time.Now()) {
		text += " (expired)"
	}
	return text
}

// anchors returns the anchors of the folder trust, and warns on standard error of files in the folder that
// cannot be used.
func (t *terminal) anchors() trust.Set {
	set := trust.Read(t.dir)
	t.warnAnchors(set)
	return set
}

func (t *terminal) warnAnchors(set trust.Set) {
	for _, problem := range set.Problems {
		printf(t.err, "countersignctl: warning: %v\n", problem)
	}
}
