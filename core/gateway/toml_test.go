package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"countersign/core/request"
)

// hostile are texts that keep the TOML library busy, or overflow its stack, by the code of the error.
var hostile = []struct{ name, text, code string }{
	{"arrays in arrays", "a = " + strings.Repeat("[", 1<<20-10), "toml_nested"},
	{"arrays in arrays on many lines", "a = " + strings.Repeat("[\n", 1<<19-10), "toml_nested"},
	{"tables in tables", "a = " + strings.Repeat("{a=", 1<<18), "toml_nested"},
	{"arrays behind a string with quotes at its end", `b = """"x"""""` + "\na = " + strings.Repeat("[", 1000), "toml_nested"},
	{"arrays behind an escaped quote", `b = "\""` + "\na = " + strings.Repeat("[", 1000), "toml_nested"},
	{"arrays behind a backslash that is no escape", `b = '\'` + "\na = " + strings.Repeat("[", 1000), "toml_nested"},
	{"arrays behind an empty string", "b = ['', \"\", '''''', " + strings.Repeat("[", 1000), "toml_nested"},
	{"a key of many parts", strings.Repeat("a.", 1<<19-10) + "a = 1", "toml_nested"},
	{"a heading of many parts", "[" + strings.Repeat("a.", 1<<19-10) + "a]", "toml_nested"},
	{"a huge array", "a = [" + strings.Repeat("1,", 1<<19-10) + "]", "toml_values"},
	{"many small tables", "a = [" + strings.Repeat("{},", 1<<18) + "]", "toml_values"},
	{"many keys", manyLines("k%d = 1\n", 50_000), "toml_values"},
	{"many gateways", manyLines("[gateways.g%d]\nkind = \"trident\"\nurl = \"https://example.org\"\n", 501), "gateways_many"},
	{"more than 1 MB", "# " + strings.Repeat("x", 1<<20), "toml_large"},
}

func manyLines(format string, n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, format, i)
	}
	return text.String()
}

func TestAFileOfGatewaysIsReadWithinBounds(t *testing.T) {
	for _, h := range hostile {
		_, err := ParseProfiles(h.text)
		if err == nil || request.CauseOf(err).Code != h.code {
			t.Errorf("%s: %v", h.name, err)
		}
		// What is in the file stays there.
		if text, err := AddProfile(h.text, Profile{Name: "office", Kind: "trident", URL: "https://example.org"}); err == nil {
			t.Errorf("%s: a gateway was added to %d bytes", h.name, len(text))
		}
	}
	if _, err := (Field{Type: TableField}).Parse("a = " + strings.Repeat("[", 1<<20-10)); request.CauseOf(err).Code != "toml_nested" {
		t.Errorf("a table in a form: %v", err)
	}
}

func TestTextsInStringsAndCommentsAreNotCounted(t *testing.T) {
	many := strings.Repeat("[{,=.", 10_000)
	for _, text := range []string{
		"# " + many, `a = "` + many + `\"` + many + `"`, "a = '" + many + "'", `a = """` + many + "\n\"\"" + many + `"""`, "a = '''" + many + "'\n''" + many + "'''''",
		"a = [" + strings.Repeat("[0.5, 1.5],\n", 5000) + "]", "[a.b.c]\nd.e = 1.5",
	} {
		var into map[string]any
		if _, err := DecodeTOML(text, &into); err != nil {
			t.Errorf("%.20s…: %v", text, err)
		}
	}
}

// A line of a string may look like a setting whose comment is to be kept.
func TestALongLineInAStringDoesNoHarm(t *testing.T) {
	text := "[gateways.office]\nkind = \"trident\"\nnote = '''\nurl = " + strings.Repeat("[", 900_000) + "\n'''\nurl = \"https://example.org\"\n"
	text, err := EditProfile(text, Profile{Name: "office", Kind: "trident", URL: "https://other.example.org"})
	if err != nil || !strings.Contains(text, `url = "https://other.example.org"`) {
		t.Errorf("%.200q, %v", text, err)
	}
}

func TestAFileThatIsNotRegularOrTooLargeIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateways.toml")
	if err := os.WriteFile(path, []byte(strings.Repeat("#", maxTOML+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(path); request.CauseOf(err).Code != "config_large" {
		t.Errorf("a large file: %v", err)
	}
	if _, err := ReadConfig(filepath.Dir(path)); request.CauseOf(err).Code != "config_not_regular" {
		t.Errorf("a folder: %v", err)
	}
}

// Whatever is accepted has no more than the bounds once it is decoded.
func FuzzCheckTOML(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.text[:min(len(h.text), 400)])
	}
	for _, seed := range []string{InitialConfig, `a = """""""""[[[`, `a = ''''''''[`, "a = \"\\\"[", "a = \"x\n[[", "a.\"b.c\".'d' = {e = [1, {f = 2}]}", "[[a.b]]\n[[a.b.c]]", "a = \"\"\"\\\"\"\"\"\nb=[[", "\r\n#\r[[", "a = [ # ]\n[ ] ]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > 5000 {
			t.Skip("the library cannot read so many levels")
		}
		var into map[string]any
		_, err := toml.Decode(text, &into)
		if err != nil || CheckTOML(text) != nil {
			return
		}
		if depth := depthOf(into); depth > 3*maxNested {
			t.Errorf("%d deep", depth)
		}
		if profiles, err := ParseProfiles(text); err == nil && len(profiles.List) > maxGateways {
			t.Errorf("%d gateways", len(profiles.List))
		}
	})
}

// depthOf returns how deeply a decoded value is nested.
func depthOf(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			deepest = max(deepest, 1+depthOf(inner))
		}
	case []any:
		for _, inner := range v {
			deepest = max(deepest, 1+depthOf(inner))
		}
	case []map[string]any:
		for _, inner := range v {
			deepest = max(deepest, 1+depthOf(inner))
		}
	}
	return deepest
}
