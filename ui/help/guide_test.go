package help

import (
	"slices"
	"strings"
	"testing"
)

func TestTheGuideIsReadWithoutItsMarks(t *testing.T) {
	got := parseGuide("# A guide\n\n1. [Sign](#sign)\n\n## Sign it\n\n![a picture](x.png)\n\nPress *Add PDF…* on\n**your** [desk](#desk), or `add`.\n\n- one\n  goes on\n- two\n\n| status | what |\n| --- | --- |\n| Signed | it is |\n\n## The end\n")
	if len(got) != 2 || got[0].title != "Sign it" || got[1].title != "The end" || len(got[1].blocks) > 0 {
		t.Fatalf("got %+v", got)
	}
	want := []block{
		{kind: paragraph, text: "Press “Add PDF…” on your desk, or add."},
		{kind: item, text: "one goes on"},
		{kind: item, text: "two"},
		{kind: tableHead, cells: []string{"status", "what"}},
		{kind: tableRow, cells: []string{"Signed", "it is"}},
	}
	if !slices.EqualFunc(got[0].blocks, want, func(a, b block) bool {
		return a.kind == b.kind && a.text == b.text && slices.Equal(a.cells, b.cells)
	}) {
		t.Errorf("got %+v", got[0].blocks)
	}
	if !got[0].matches("SIGNED") || !got[0].matches("sign it") || got[0].matches("nowhere") || !got[1].matches("") {
		t.Error("a section is found by other texts than it has")
	}
}

func TestTheGuideOfTheProgramCanBeShown(t *testing.T) {
	sections := guideSections()
	if len(sections) < 10 {
		t.Fatalf("only %d sections", len(sections))
	}
	for _, s := range sections {
		if len(s.blocks) == 0 {
			t.Errorf("%s is empty", s.title)
		}
		for _, b := range s.blocks {
			said := b.text + strings.Join(b.cells, "")
			if said == "" || strings.ContainsAny(said, "*`|") || strings.Contains(said, "](") || strings.HasPrefix(said, "#") || strings.HasPrefix(said, "1. ") {
				t.Errorf("%s: %q has marks", s.title, said)
			}
		}
	}
}

func TestTheLicensesAreShown(t *testing.T) {
	if lines := licenseLines(); len(lines) < 1000 {
		t.Errorf("only %d lines", len(lines))
	}
}
