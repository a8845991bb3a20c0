package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"countersign/core/i18n"
	"countersign/core/workspace"
)

type evidenceCommand struct {
	ID       string `arg:"" help:"Request, by the beginning of its id."`
	Out      string `arg:"" help:"File to write: OUT.zip."`
	Force    bool   `help:"Overwrite an existing file."`
	Language string `help:"Language of the report: ${languages}." placeholder:"CODE"`
}

func (c *evidenceCommand) Run(ctx context.Context, t *terminal) error {
	lang, err := language(c.Language)
	if err != nil {
		return err
	}
	if !strings.EqualFold(filepath.Ext(c.Out), ".zip") {
		return usageError(fmt.Sprintf("%s: the evidence is a ZIP file: use a name that ends with .zip", c.Out))
	}
	path, err := filepath.Abs(c.Out)
	if err != nil {
		return fmt.Errorf("find %s: %w", c.Out, err)
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		r, err := w.Desk.Find(ctx, c.ID)
		if err != nil {
			return err
		}
		if err := w.Exporter.SaveEvidence(ctx, r.ID, path, c.Force, lang); err != nil {
			return t.notWritten(err, c.Out)
		}
		key, _, err := w.Sealer.Key(ctx)
		if err != nil {
			return err
		}
		if t.json {
			return t.value(struct {
				File string `json:"file"`
				Key  string `json:"key"`
			}{c.Out, key})
		}
		return printf(t.out, "the evidence for %s was saved to %s; check it with check.sh %s in it\n", r.Title, c.Out, key)
	})
}

// language returns the language with a code, or English for an empty code. It returns a [usageError] for
// an unknown code.
func language(code string) (i18n.Language, error) {
	if code == "" {
		return i18n.English, nil
	}
	for _, lang := range i18n.Languages() {
		if string(lang) == strings.ToLower(code) {
			return lang, nil
		}
	}
	return "", usageError(fmt.Sprintf("there is no language %q: use %s", code, languageCodes()))
}

func languageCodes() string {
	var codes []string
	for _, lang := range i18n.Languages() {
		codes = append(codes, string(lang))
	}
	return strings.Join(codes, ", ")
}
